/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Session tickets on a server: issued after each handshake of TLS 1.3, and then forgotten. */
#ifndef SSTP_TLS_TICKET_SERVER_H
#define SSTP_TLS_TICKET_SERVER_H

#include "tls/wolf.h"

struct ticket_server;

/* From now on the sessions of this context get tickets; NULL: out of memory. */
struct ticket_server *ticket_server_new(WOLFSSL_CTX *wolf);
void ticket_server_free(struct ticket_server *s); /* NULL is fine */

/* Before each step of a session's handshake. */
void ticket_server_prepare(const struct ticket_server *s, WOLFSSL *ssl);
/* After the handshake of a session: nothing of its tickets is kept. */
void ticket_server_forget(const struct ticket_server *s, WOLFSSL *ssl);

#endif
