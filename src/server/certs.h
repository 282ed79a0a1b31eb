/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's current certificates. The name that a client asks for, and the signatures that it
 * verifies, choose the certificate of its connection. A reload replaces all while workers use them:
 * a worker holds the lock only while it chooses, and a TLS session has its own reference to its
 * context.
 */
#ifndef SSTP_SERVER_CERTS_H
#define SSTP_SERVER_CERTS_H

#include "server/reload_report.h"
#include "server/server_cfg.h"
#include "tls/open.h"
#include "util/rwlock.h"

enum { CERTS_WARN_DAYS = 20 }; /* a certificate that expires within this time is warned of */

struct server_cert {
	struct tls_ctx *ctx;
	const char *file;
	bool is_default; /* the first, and others of the same name */
	uint8_t key;     /* HELLO_... */
};

struct certs {
	struct rwlock lock;
	struct server_cert *at; /* one for each certificate */
	size_t count;
	struct tls_ctx *plain; /* of the TLS terminators; NULL: none */
	bool is_strict;
};

/* 0, or -errno with err filled. */
int certs_open(struct certs *c, const struct server_cfg *cfg, struct error *err);
void certs_close(struct certs *c); /* also after an open that failed */
/* Replaces all certificates or none. */
void certs_reload(struct certs *c, const struct server_cfg *cfg, struct reload_report *report);

/* Logs a warning for each certificate that expires soon or, if `with_expired`, has expired. */
void certs_warn_of_expiry(const struct certs *c, time_t now, bool with_expired);

/* When that certificate expires. Call it in the thread that reloads. */
time_t certs_expire(const struct certs *c, size_t i);

/* For a connection from a TLS terminator; the caller releases it. */
struct tls_ctx *certs_plain(struct certs *c);

/* False: certs_choose needs no ClientHello, which is not waited for. */
bool certs_need_hello(struct certs *c);
/*
 * The caller releases it. A certificate with this name is preferred to one with a wildcard, and
 * that to the first of all and those of the same name. Of several equally good ones it is one that
 * the client can use, and ECDSA before RSA, which costs the server more. NULL: the name is not
 * known and strict.
 */
struct tls_ctx *certs_choose(struct certs *c, const struct hello *hello);

#endif
