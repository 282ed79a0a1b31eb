/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's current certificates. The name that a client asks for chooses the certificate of its
 * connection. A reload replaces all while workers use them: a worker holds the lock only while it
 * chooses, and a TLS session has its own reference to its context.
 */
#ifndef SSTP_SERVER_CERTS_H
#define SSTP_SERVER_CERTS_H

#include "server/reload_report.h"
#include "server/server_cfg.h"
#include "util/error.h"
#include "util/rwlock.h"

struct certs {
	struct rwlock lock;
	struct tls_ctx **at; /* one for each certificate */
	size_t count;
};

/* 0, or -errno with err filled. */
int certs_open(struct certs *c, const struct server_cfg *cfg, struct error *err);
void certs_close(struct certs *c); /* also after an open that failed */
/* Replaces all certificates or none. */
void certs_reload(struct certs *c, const struct server_cfg *cfg, struct reload_report *report);

bool certs_have_choice(const struct certs *c);
/*
 * The first certificate that matches the name, else the first of all; the caller releases it. An
 * empty name matches none.
 */
struct tls_ctx *certs_choose(struct certs *c, const char *server_name);

#endif
