/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PEAP version 0 (type 25, [MS-PEAP]), both roles: a TLS session, in which only the server needs a
 * certificate, and inside it another EAP method. TLS 1.2: with 1.3 implementations differ in the
 * keys of the crypto binding.
 *
 * Life: fill in the first fields, the rest zero; then the struct is `self` of the method. The
 * close function frees what the session needed.
 */
#ifndef SSTP_EAP_PEAP_H
#define SSTP_EAP_PEAP_H

#include "eap/eap_peer.h"
#include "eap/eap_server.h"
#include "eap/peap_crypto.h"
#include "eap/tls_pipe.h"

/* The client. */
struct peap_peer {
	struct tls_ctx *ctx;   /* for EAP, TLS 1.2 alone, with the authorities of the server */
	const char *name;      /* that the server's certificate must have, or a domain of it */
	bool requires_binding; /* refuse a server that sends no crypto binding */
	struct eap_peer inner; /* identity, choices, log */
	/* why the method has failed */
	bool is_untrusted;
	struct error error; /* empty: see the inner method */
	/* internal */
	bool has_key, is_done;
	struct tls_pipe pipe;
	uint8_t key[TLS_EAP_KEY_LEN];
	uint8_t msk[EAP_MSK_LEN];
};

extern const struct eap_method peap_peer;
void peap_peer_close(struct peap_peer *p);

/* The server. */
struct peap_server {
	struct tls_ctx *ctx; /* for EAP, TLS 1.2 alone */
	bool requires_binding;
	struct eap_server inner; /* choices, log */
	void (*random)(void *arg, void *to, size_t len);
	void *random_arg;
	struct error error; /* why the method has failed; empty: see the inner method */
	/* internal */
	bool has_key, is_inner_done;
	struct tls_pipe pipe;
	uint8_t nonce[PEAP_NONCE_LEN];
	struct peap_keys keys;
	uint8_t key[TLS_EAP_KEY_LEN];
	uint8_t msk[EAP_MSK_LEN];
};

extern const struct eap_method peap_server;
void peap_server_close(struct peap_server *s);

#endif
