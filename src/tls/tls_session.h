/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a session. */
#ifndef SSTP_TLS_TLS_SESSION_H
#define SSTP_TLS_TLS_SESSION_H

#include "tls/ctx.h"
#include "util/error.h"

enum { TLS_FIRST_LEN = 16 };

struct ticket_client;

struct tls {
	struct tls_ctx *ctx;
	WOLFSSL *ssl;
	void (*send)(void *arg, const uint8_t *at, size_t len);
	void *arg;
	struct bytes input; /* the unused rest of the input */
	char *name; /* the name that the server's certificate must be for; on a server "the client" */
	uint8_t *leaf; /* the peer's certificate */
	size_t leaf_len;
	uint8_t *bare_cert;            /* bare_cert.c's */
	struct ticket_client *tickets; /* NULL: no session is resumed, and no ticket kept */
	bool is_leaf_good; /* trust_verify accepted it; required for the handshake to be done */
	bool is_up;        /* the handshake is done */
	bool is_over;      /* failed: the library is called only to free it */
	bool is_closed;    /* closed by the peer, or input was lost: no more input is read */
	bool is_close_sent;
	bool is_resumed;
	size_t handshake_len; /* bytes of the client's handshake, on a server */
	uint8_t first_len;
	uint8_t first[TLS_FIRST_LEN]; /* the peer's first bytes */
	struct error *error;          /* NULL: none yet */
	bool is_untrusted;            /* failed because of the peer's certificate, ... */
	bool is_issuer_unknown, is_for_other_names,
		is_not_valid_yet; /* ... and what is wrong with it */
};

#endif
