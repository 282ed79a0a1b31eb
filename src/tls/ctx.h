/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a context, which the sessions of one kind share. After it is made only its
 * reference count changes.
 */
#ifndef SSTP_TLS_CTX_H
#define SSTP_TLS_CTX_H

#include <stdatomic.h>

#include "crypto/digest.h"
#include "tls/authorities.h"
#include "tls/crls.h"
#include "tls/pin.h"
#include "tls/wolf.h"

struct key_agent;
struct ticket_server;
struct tls_tickets;

struct tls_ctx {
	WOLFSSL_CTX *wolf;
	atomic_uint refs;
	bool is_server;
	bool is_only_tls13;
	bool is_eap;
	bool wants_client_cert;
	int keylog_fd;                  /* -1: none */
	const char *who_trusts;         /* "not signed by an authority that ..." */
	const char *ca_option;          /* of tls_client_cfg */
	struct authorities authorities; /* for the peer's certificate, if there are no pins */
	struct crls crls;
	bool allow_cn;
	struct pin *pins;
	size_t pin_count;
	struct key_agent *keys; /* has the private key; NULL: it is here */
	uint32_t key_number;    /* there */
	uint8_t *leaf;          /* the server's own certificate, DER */
	size_t leaf_len;
	/* Without TLS, which a terminator ends: its certificates, in place of all above; else NULL. */
	struct cert_hashes *plain;
	size_t plain_count;
	uint8_t cert_sha1[SHA1_LEN]; /* of the leaf */
	uint8_t cert_sha256[SHA256_LEN];
	uint8_t trust[SHA256_LEN];     /* a client's: ticket_client_set_trust */
	struct tls_tickets *store;     /* a client's; NULL: none */
	struct ticket_server *tickets; /* NULL: none are issued */
};

/* The groups of key agreement, the preferred one first; not in EAP. */
extern int ctx_groups[]; /* the library's functions want no const */
extern const size_t ctx_group_count;

/* The smallest keys that are accepted, our own and the peer's. */
bool ctx_set_key_sizes(WOLFSSL_CTX *wolf);

struct tls_ctx *ctx_hold(struct tls_ctx *ctx);
/* Drops a reference, and frees the context with the last one; NULL is fine. */
void ctx_release(struct tls_ctx *ctx);

#endif
