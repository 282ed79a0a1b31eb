/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's certificates, as they are now. Which one a connection is shown is chosen by the name
 * that the client asks for. A reload replaces all while workers use them: these hold the lock for the
 * choice alone, and a TLS session holds its context by itself.
 */
#ifndef SSTP_SERVER_CERTS_H
#define SSTP_SERVER_CERTS_H

#include "server/server_cfg.h"
#include "util/error.h"
#include "util/rwlock.h"

struct certs {
	struct rwlock lock;
	struct tls_ctx **at; /* one a certificate */
	size_t count;
};

/* 0, or -errno with err filled. */
int certs_open(struct certs *c, const struct server_cfg *cfg, struct error *err);
void certs_close(struct certs *c); /* also after an open that failed */
/* All or none; logged. */
void certs_reload(struct certs *c, const struct server_cfg *cfg);

bool certs_have_choice(const struct certs *c);
/*
 * The first certificate for a server of that name, else the first of all; the caller releases it. An
 * empty name is nobody's.
 */
struct tls_ctx *certs_choose(struct certs *c, const char *server_name);

#endif
