/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list is replaced as a whole. */
#include "server/certs.h"

#include <errno.h>
#include <stdlib.h>

#include "tls/date.h"
#include "util/log.h"

enum { DAY_S = 24 * 3600 };

static void free_all(struct server_cert *at, size_t count)
{
	for (size_t i = 0; at && i < count; i++)
		tls_ctx_release(at[i].ctx);
	free(at);
}

/* Loads all certificates, or returns -errno with the error of one. */
static int load(const struct server_cfg *cfg, struct server_cert **out, struct error *err)
{
	struct server_cert *at = calloc(cfg->cert_count + 1, sizeof(*at));
	int error = at ? 0 : -ENOMEM;

	*err = (struct error){ .text = "out of memory" };
	for (size_t i = 0; !error && i < cfg->cert_count; i++) {
		error = tls_ctx_server(&cfg->certs[i], &at[i].ctx, err);
		if (error)
			break;
		at[i].file = cfg->certs[i].cert_file;
		at[i].key = tls_ctx_key(at[i].ctx);
		at[i].is_default = !i || tls_ctx_shares_name(at[0].ctx, at[i].ctx);
	}
	if (error)
		free_all(at, cfg->cert_count);
	else
		*out = at;
	return error;
}

void certs_warn_of_expiry(const struct certs *c, time_t now, bool with_expired)
{
	for (size_t i = 0; i < c->count; i++) {
		time_t expires = tls_ctx_expires(c->at[i].ctx);
		long long days = ((long long)expires - now) / DAY_S;

		if (expires < now && with_expired)
			log_warn(NULL, "%s: the certificate has expired: %s", c->at[i].file,
				 tls_date_print(expires).text);
		else if (expires >= now && days < CERTS_WARN_DAYS)
			log_warn(NULL, "%s: the certificate expires in %lld day%s: %s",
				 c->at[i].file, days, days == 1 ? "" : "s",
				 tls_date_print(expires).text);
	}
}

time_t certs_expire(const struct certs *c, size_t i)
{
	return tls_ctx_expires(c->at[i].ctx);
}

static int load_plain(const struct server_cfg *cfg, struct tls_ctx **out, struct error *err)
{
	const struct front_cfg *f = &cfg->front;

	*out = NULL;
	return f->binding_cert_count
		       ? tls_ctx_plain(f->binding_certs, f->binding_cert_count, out, err)
		       : 0;
}

int certs_open(struct certs *c, const struct server_cfg *cfg, struct error *err)
{
	int error;

	*c = (struct certs){ .is_strict = cfg->strict_sni };
	rwlock_init(&c->lock);
	error = load(cfg, &c->at, err);
	if (error)
		return error;
	c->count = cfg->cert_count;
	error = load_plain(cfg, &c->plain, err);
	if (error)
		return error;
	certs_warn_of_expiry(c, time(NULL), false); /* loading warned of expired ones */
	return 0;
}

void certs_close(struct certs *c)
{
	free_all(c->at, c->count);
	tls_ctx_release(c->plain);
	rwlock_destroy(&c->lock);
}

static void swap(struct certs *c, struct server_cert *at, struct tls_ctx *plain,
		 const struct server_cfg *cfg)
{
	struct tls_ctx *old_plain = c->plain;
	struct server_cert *old = c->at;
	size_t old_count = c->count;

	rwlock_write(&c->lock);
	c->at = at;
	c->plain = plain;
	c->count = cfg->cert_count;
	c->is_strict = cfg->strict_sni;
	rwlock_write_done(&c->lock);
	free_all(old, old_count);
	tls_ctx_release(old_plain);
}

void certs_reload(struct certs *c, const struct server_cfg *cfg, struct reload_report *report)
{
	struct error err;
	struct server_cert *at = NULL;
	struct tls_ctx *plain;
	int error = load_plain(cfg, &plain, &err);

	if (!error)
		error = load(cfg, &at, &err);
	if (error) {
		tls_ctx_release(plain);
		reload_report_failed(report, "%s; the %s", err.text,
				     c->count > 1 ? "certificates are unchanged"
						  : "certificate is unchanged");
		return;
	}
	swap(c, at, plain, cfg);
	for (size_t i = 0; i < c->count; i++)
		reload_report_done(report, "reloaded %s", c->at[i].file);
	for (size_t i = 0; i < cfg->front.binding_cert_count && !cfg->cert_count; i++)
		reload_report_done(report, "reloaded %s", cfg->front.binding_certs[i]);
	certs_warn_of_expiry(c, time(NULL), false);
}

struct tls_ctx *certs_plain(struct certs *c)
{
	struct tls_ctx *ctx;

	rwlock_read(&c->lock);
	ctx = tls_ctx_hold(c->plain);
	rwlock_read_done(&c->lock);
	return ctx;
}

bool certs_need_hello(struct certs *c)
{
	bool need;

	rwlock_read(&c->lock);
	need = c->count > 1 || c->is_strict;
	rwlock_read_done(&c->lock);
	return need;
}

/* The bits of `takes` and the keys are in the order of preference of RSA, ECDSA, Ed25519. */
static unsigned grade(enum cert_match match, uint8_t key, uint8_t takes)
{
	return (unsigned)match << 8 | (key & takes);
}

/* Of equally good ones the first; NULL: no certificate is for that name. */
static struct tls_ctx *find(const struct certs *c, const struct hello *hello)
{
	struct tls_ctx *best = NULL;
	unsigned best_grade = 0;

	for (size_t i = 0; *hello->server_name && i < c->count; i++) {
		const struct server_cert *cert = &c->at[i];
		enum cert_match match = tls_ctx_match(cert->ctx, hello->server_name);
		unsigned its_grade = grade(match, cert->key, hello->takes);

		if (match == CERT_MATCH_NONE || (best && its_grade <= best_grade))
			continue;
		best = cert->ctx;
		best_grade = its_grade;
	}
	return best;
}

static struct tls_ctx *find_default(const struct certs *c, uint8_t takes)
{
	const struct server_cert *best = &c->at[0];

	for (size_t i = 1; i < c->count; i++)
		if (c->at[i].is_default && (c->at[i].key & takes) > (best->key & takes))
			best = &c->at[i];
	return best->ctx;
}

struct tls_ctx *certs_choose(struct certs *c, const struct hello *hello)
{
	struct tls_ctx *ctx;

	rwlock_read(&c->lock);
	ctx = find(c, hello);
	if (!ctx && !c->is_strict)
		ctx = find_default(c, hello->takes);
	if (ctx)
		tls_ctx_hold(ctx);
	rwlock_read_done(&c->lock);
	return ctx;
}
