/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the library keeps of a handshake on a server, and nobody needs any more: a server has thousands of
 * sessions. With the structs of our own build alone.
 */
#ifndef SSTP_TLS_TRIM_H
#define SSTP_TLS_TRIM_H

#include "tls/wolf.h"

/* An empty session for all of a context's; NULL: out of memory, or not our own build. */
WOLFSSL_SESSION *trim_nobody(void);
/* Frees its secrets for tickets, extensions and random generator; the session is `nobody` from now on. */
void trim_session(WOLFSSL *ssl, WOLFSSL_SESSION *nobody);
/*
 * Before each step of a server's handshake: a resumed session's next ticket gets the first nonce again. Nonces must
 * differ on one connection alone (RFC 8446 section 4.6.1), which has one ticket here; the library counts them up from
 * one resumption to the next, and fails at the 256th.
 */
void trim_nonce(WOLFSSL *ssl);

#endif
