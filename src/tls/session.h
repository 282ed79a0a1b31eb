/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session from inside. */
#ifndef SSTP_TLS_SESSION_H
#define SSTP_TLS_SESSION_H

#include "tls/ctx.h"
#include "util/error.h"

enum { TLS_FIRST_LEN = 16 };

struct tls {
	struct tls_ctx *ctx;
	WOLFSSL *ssl;
	void (*send)(void *arg, const uint8_t *at, size_t len);
	void *arg;
	struct bytes input; /* what is left of it */
	char *name;         /* the client's: whom the certificate must be for */
	uint8_t *leaf;      /* the server's certificate, kept by the client */
	size_t leaf_len;
	uint8_t *bare_cert; /* bare_cert.c's, on a client */
	bool is_leaf_good;  /* trust_verify accepted it; without that no handshake is done */
	bool is_up;         /* the handshake is done */
	bool is_over;       /* failed: no call to the library but to free it */
	bool is_closed;     /* by the peer, or a gap in its bytes: no more of them is looked at */
	bool is_close_sent;
	size_t handshake_len; /* bytes of the client's handshake, on a server */
	uint8_t first_len;
	uint8_t first[TLS_FIRST_LEN]; /* how the peer's bytes began */
	struct error error;
	bool is_untrusted; /* it was the peer's certificate */
};

#endif
