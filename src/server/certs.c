/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list is replaced as a whole. */
#include "server/certs.h"

#include <errno.h>
#include <stdlib.h>

#include "tls/open.h"

static void free_all(struct tls_ctx **at, size_t count)
{
	for (size_t i = 0; at && i < count; i++)
		tls_ctx_release(at[i]);
	free(at);
}

/* Loads all certificates, or returns -errno with the error of one. */
static int load(const struct server_cfg *cfg, struct tls_ctx ***out, struct error *err)
{
	struct tls_ctx **at = calloc(cfg->cert_count, sizeof(struct tls_ctx *));
	int error = at ? 0 : -ENOMEM;

	*err = (struct error){ .text = "out of memory" };
	for (size_t i = 0; !error && i < cfg->cert_count; i++)
		error = tls_ctx_server(&cfg->certs[i], &at[i], err);
	if (error)
		free_all(at, cfg->cert_count);
	else
		*out = at;
	return error;
}

int certs_open(struct certs *c, const struct server_cfg *cfg, struct error *err)
{
	*c = (struct certs){ .count = cfg->cert_count };
	rwlock_init(&c->lock);
	return load(cfg, &c->at, err);
}

void certs_close(struct certs *c)
{
	free_all(c->at, c->count);
	rwlock_destroy(&c->lock);
}

static void swap(struct certs *c, struct tls_ctx **at)
{
	struct tls_ctx **old = c->at;

	rwlock_write(&c->lock);
	c->at = at;
	rwlock_write_done(&c->lock);
	free_all(old, c->count);
}

void certs_reload(struct certs *c, const struct server_cfg *cfg, struct reload_report *report)
{
	struct error err;
	struct tls_ctx **at;

	if (load(cfg, &at, &err)) {
		reload_report_failed(report, "%s; the %s", err.text,
				     c->count > 1 ? "certificates are unchanged"
						  : "certificate is unchanged");
		return;
	}
	swap(c, at);
	for (size_t i = 0; i < c->count; i++)
		reload_report_done(report, "reloaded %s", cfg->certs[i].cert_file);
}

bool certs_have_choice(const struct certs *c)
{
	return c->count > 1;
}

static struct tls_ctx *find(const struct certs *c, const char *server_name)
{
	for (size_t i = 0; *server_name && i < c->count; i++)
		if (tls_ctx_is_for(c->at[i], server_name))
			return c->at[i];
	return c->at[0];
}

struct tls_ctx *certs_choose(struct certs *c, const char *server_name)
{
	struct tls_ctx *ctx;

	rwlock_read(&c->lock);
	ctx = tls_ctx_hold(find(c, server_name));
	rwlock_read_done(&c->lock);
	return ctx;
}
