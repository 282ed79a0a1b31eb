/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session tickets of a client (RFC 8446 section 4.6.1): for each server the newest one. Each is used
 * once, and is never written to a file: whoever has it can be that client's server.
 *
 * A resumed handshake shows no certificate, so a ticket is kept with the certificates of the full handshake
 * that it goes back to. It is used only for the same name, by a context that trusts the same pins or
 * authorities and has the same certificate of its own; within a day of that full handshake; and if those
 * certificates are accepted again, by today's date and revocation lists. Else, or if the server refuses
 * it, the handshake is a full one.
 *
 * For one thread. Where the library lacks tickets, none are kept.
 */
#ifndef SSTP_TLS_TICKETS_H
#define SSTP_TLS_TICKETS_H

#include <stdbool.h>
#include <stdint.h>

struct tls_tickets;
struct ticket;

/* NULL: out of memory. now_s: seconds since any moment, as clock_boot_s. */
struct tls_tickets *tls_tickets_new(uint64_t (*now_s)(void));
void tls_tickets_free(struct tls_tickets *s);
bool tls_tickets_are_there(const struct tls_tickets *s); /* one at least */
/* Whether the newest session offers a ticket, or has offered one. */
bool tls_tickets_are_tried(const struct tls_tickets *s);
/* Forgets all. */
void tls_tickets_clear(struct tls_tickets *s);

/* For ticket_client.c. */
void tls_tickets_try(struct tls_tickets *s, bool is_tried);
uint64_t tls_tickets_now_s(const struct tls_tickets *s);
/*
 * Takes that server's ticket out, if there is one, since each is used once: else others on the way could see
 * that two connections are of one client.
 */
void tls_tickets_take(struct tls_tickets *s, const char *name, const char *sni, struct ticket *out);
/* The store owns what the ticket has; it replaces that server's former one, or the oldest. */
void tls_tickets_put(struct tls_tickets *s, const struct ticket *k);

#endif
