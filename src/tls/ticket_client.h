/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a client's session that resumes another one, and keeps its own ticket for the next. */
#ifndef SSTP_TLS_TICKET_CLIENT_H
#define SSTP_TLS_TICKET_CLIENT_H

#include "tls/tickets.h"
#include "tls/wolf.h"
#include "util/bytes.h"

struct tls;
struct tls_ctx;
struct ticket_client;

/* Names what this context trusts, and our own certificate. */
void ticket_client_set_trust(struct tls_ctx *ctx);

/* Before the handshake; may offer a ticket. False: out of memory. */
bool ticket_client_open(struct tls *t, const char *sni);
bool ticket_client_offers(const struct tls *t);
/* The server's certificates were accepted. */
void ticket_client_note(struct tls *t, const struct bytes *certs, size_t count);
/* After the handshake: true when it was resumed; then the certificate is that of the former session. */
bool ticket_client_resumed(struct tls *t);
/* The end of the session: keeps its newest ticket. */
void ticket_client_close(struct tls *t);

#endif
