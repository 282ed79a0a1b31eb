/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client and a server in one process; the ciphertext of one waits in the inbox of the other. */
#ifndef SSTP_TESTS_TLS_PAIR_H
#define SSTP_TESTS_TLS_PAIR_H

#include "support/pki.h"
#include "tls/cfg.h"
#include "tls/ctx.h"
#include "tls/tls_session.h"
#include "tls/tls.h"

enum { PAIR_INBOX = 1 << 20 };

struct pair_end {
	struct tls_ctx *ctx;
	struct tls *tls;
	struct pair_end *other;
	uint8_t inbox[PAIR_INBOX];
	size_t inbox_len;
	size_t sends;
	int result; /* of the handshake */
};

struct pair {
	struct pair_end client, server;
};

/* An authority, and the certificate and key of a server; pair_make_files makes them for a group of tests. */
extern struct pki pair_pki;
extern struct pki_files pair_files;

int pair_make_files(void **state);
int pair_drop_files(void **state);

/* Contexts with all defaults; the client trusts the pki's authority. */
struct tls_client_cfg pair_client_cfg(const struct pki *pki);
struct tls_server_cfg pair_server_cfg(const struct pki_files *f);

/* Takes over both contexts and opens a session of each for `name`. */
struct pair *pair_new(struct tls_ctx *client, struct tls_ctx *server, const char *name);
/* The same, with contexts made from these; NULL: pair_client_cfg, pair_server_cfg. */
struct pair *pair_of(const struct tls_client_cfg *client, const struct tls_server_cfg *server,
		     const char *name);
void pair_free(struct pair *p);

/* Runs both handshakes until neither makes progress; true when both are done. */
bool pair_shake(struct pair *p);
/* Gives the inbox to the session, all of it or the first `len` bytes. */
void pair_feed(struct pair_end *e);
void pair_feed_some(struct pair_end *e, size_t len);
/* Feeds the inbox and reads all data into `to`; returns its length, *result is the last result. */
size_t pair_read(struct pair_end *e, uint8_t *to, size_t room, int *result);

#endif
