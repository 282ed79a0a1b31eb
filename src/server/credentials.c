/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads and reloads the user file, the certificates and the filters. */
#include "server/credentials.h"

#include <string.h>

#include "eap/packet.h"
#include "tls/open.h"
#include "util/log.h"

static bool has_users(const struct server_cfg *cfg)
{
	return cfg->users_file || cfg->users_folder;
}

static bool offers(const struct server_cfg *cfg, uint8_t eap_type)
{
	return has_users(cfg) && memchr(cfg->eap, eap_type, cfg->eap_count);
}

/* The certificate inside EAP is the server's first one. */
int credentials_open_eap_tls(const struct server_cfg *cfg, struct tls_ctx **tls,
			     struct tls_ctx **peap_tls, struct error *err)
{
	bool has_peap = offers(cfg, EAP_PEAP), has_tls = offers(cfg, EAP_TLS) || has_peap;
	struct tls_server_cfg inside = { .is_eap = true };
	int error = 0;

	*tls = *peap_tls = NULL;
	if (!cfg->cert_count) /* only after TLS terminators */
		return 0;
	inside = cfg->certs[0];
	inside.is_eap = true;
	inside.allow_cbc = false;
	if (has_peap) {
		inside.only_tls12 = true;
		inside.only_tls13 = false;
		error = tls_ctx_server(&inside, peap_tls, err);
	}
	inside.only_tls12 = false;
	inside.only_tls13 = cfg->certs[0].only_tls13;
	inside.client_ca_file = cfg->client_ca_file;
	inside.client_crl_file = cfg->client_crl_file;
	if (!error && has_tls && cfg->client_ca_file)
		error = tls_ctx_server(&inside, tls, err);
	if (error)
		tls_ctx_release(*peap_tls);
	return error;
}

static int use_eap_tls(const struct credentials *c, const struct server_cfg *cfg, struct error *err)
{
	struct tls_ctx *tls, *peap_tls;
	int error = credentials_open_eap_tls(cfg, &tls, &peap_tls, err);

	if (!error && c->users)
		user_file_use_tls(c->users, tls, peap_tls);
	return error;
}

static void use_eap(const struct credentials *c, const struct server_cfg *cfg)
{
	struct eap_login_cfg eap = {
		.method_count = cfg->eap_count,
		.requires_peap_binding = cfg->requires_peap_binding,
	};

	memcpy(eap.methods, cfg->eap, sizeof(eap.methods));
	user_file_use_eap(c->users, &eap);
}

/* ---- names of filters and pools */

enum { WARNINGS_MAX = 20 }; /* lines of a log about names that do not exist, and about addresses */

struct known_names {
	struct users_names names;
	const struct server_cfg *cfg;
	struct filter_store *filters; /* in force; NULL: these */
	const struct filters *read;
	struct reload_report *report; /* NULL: at the start */
	size_t unknown, unfit;
};

static bool has_filter(void *arg, const char *name)
{
	const struct known_names *k = arg;

	return k->filters ? filter_store_has(k->filters, name) : filters_have(k->read, name);
}

static bool has_pool(void *arg, const char *name)
{
	const struct server_cfg *cfg = ((const struct known_names *)arg)->cfg;

	for (size_t i = 0; i < cfg->pool_count; i++)
		if (!strcmp(cfg->pools[i].name, name))
			return true;
	return false;
}

/* `count` of warnings before this one; `more` takes the place of all after the last. */
static void warn(const struct known_names *k, size_t *count, const char *line, const char *more)
{
	if ((*count)++ == WARNINGS_MAX)
		line = more;
	if (*count > WARNINGS_MAX + 1)
		return;
	if (k->report)
		reload_report_warn(k->report, "%s", line);
	else
		log_warn(NULL, "%s", line);
}

static void warn_of_unknown(void *arg, const char *line)
{
	struct known_names *k = arg;

	warn(k, &k->unknown, line,
	     "more filters and pools of users do not exist: sstp serve --check finds them");
}

/* ---- addresses */

static const char *why_unfit(void *arg, uint32_t ipv4)
{
	const struct server_cfg *cfg = ((const struct known_names *)arg)->cfg;
	uint32_t first = ip_v4(&cfg->network.addr), last = first | UINT32_MAX >> cfg->network.len;
	struct ip_addr a = ip_from_v4(ipv4);

	if (ipv4 == first)
		return "is the address of the network itself";
	if (ipv4 == first + 1)
		return "is the server's own address in the tunnels";
	if (ipv4 == last)
		return "is the broadcast address of the network";
	for (size_t i = 0; i < cfg->listen_count; i++)
		if (ip_equal(&cfg->listen[i].addr, &a))
			return "is an address of --listen, which clients connect to";
	return NULL;
}

static void warn_of_unfit(void *arg, const char *line)
{
	struct known_names *k = arg;

	warn(k, &k->unfit, line,
	     "more users have addresses that they cannot have, or the same ones");
}

static void know_names(struct known_names *k, const struct server_cfg *cfg)
{
	*k = (struct known_names){
		.names = { .has_filter = has_filter,
			   .has_pool = has_pool,
			   .filters_file = cfg->filters_file,
			   .has_pools = cfg->pool_count,
			   .unknown = warn_of_unknown,
			   .why_unfit = why_unfit,
			   .unfit = warn_of_unfit,
			   .server = cfg->name,
			   .arg = k },
		.cfg = cfg,
	};
}

int credentials_check_users(const struct server_cfg *cfg, struct error *err)
{
	struct filters *filters = NULL;
	struct users *users = NULL;
	struct known_names known;
	int error = cfg->filters_file ? filters_load(cfg->filters_file, &filters, err) : 0;

	know_names(&known, cfg);
	known.read = filters;
	known.names.unknown = NULL;
	if (!error && has_users(cfg))
		error = users_load(cfg->users_file, cfg->users_folder, &known.names, &users, err);
	users_release(users);
	filters_release(filters);
	return error;
}

/* ---- start and reload */

static enum tunnel_reason open_users(struct credentials *c, const struct server_cfg *cfg,
				     unsigned threads)
{
	struct known_names known;
	struct error users_err;
	struct users *users;

	know_names(&known, cfg);
	known.filters = &c->filters;
	if (users_load(cfg->users_file, cfg->users_folder, &known.names, &users, &users_err)) {
		log_error(NULL, "%s", users_err.text);
		return REASON_SETTINGS;
	}
	if (user_file_open(users, cfg->name, threads, &c->users)) {
		users_release(users);
		log_error(NULL, "out of memory");
		return REASON_SYSTEM;
	}
	use_eap(c, cfg);
	if (!users_count(users) && cfg->users_file && !cfg->users_folder)
		log_warn(NULL, "%s: no users yet: add one with: sstp passwd %s NAME",
			 cfg->users_file, cfg->users_file);
	else if (!users_count(users))
		log_warn(NULL,
			 "%s: no users yet: a file NAME.conf there with a line password = ... "
			 "makes one",
			 cfg->users_folder);
	return REASON_NONE;
}

enum tunnel_reason credentials_open(struct credentials *c, const struct server_cfg *cfg,
				    unsigned threads)
{
	enum tunnel_reason reason = REASON_NONE;
	struct filters *filters = NULL;
	struct error tls_err;

	*c = (struct credentials){ .users = NULL };
	filter_store_open(&c->filters, NULL);
	if (cfg->filters_file && filters_load(cfg->filters_file, &filters, &tls_err)) {
		log_error(NULL, "%s", tls_err.text);
		return REASON_SETTINGS;
	}
	filter_store_replace(&c->filters, filters);
	if (has_users(cfg))
		reason = open_users(c, cfg, threads);
	if (reason)
		return reason;
	if (certs_open(&c->certs, cfg, &tls_err) || use_eap_tls(c, cfg, &tls_err)) {
		log_error(NULL, "%s", tls_err.text);
		return REASON_SETTINGS;
	}
	return REASON_NONE;
}

void credentials_close(struct credentials *c)
{
	user_file_close(c->users);
	certs_close(&c->certs);
	filter_store_close(&c->filters);
}

static void reload_filters(struct credentials *c, const char *file, struct reload_report *report)
{
	struct filters *filters;
	struct error err;

	if (filters_load(file, &filters, &err)) {
		reload_report_failed(report, "%s; the filters are unchanged", err.text);
		return;
	}
	reload_report_done(report, "reloaded %s: %zu filter%s", file, filters_count(filters),
			   filters_count(filters) == 1 ? "" : "s");
	filter_store_replace(&c->filters, filters);
}

static void reload_users(struct credentials *c, const struct server_cfg *cfg,
			 void (*changed)(void *arg, const struct users *before,
					 const struct users *now),
			 void *arg, struct reload_report *report)
{
	struct known_names known;
	struct error users_err;
	struct users *users;

	know_names(&known, cfg);
	known.filters = &c->filters;
	known.report = report;
	if (users_load(cfg->users_file, cfg->users_folder, &known.names, &users, &users_err)) {
		reload_report_failed(report, "%s; the users are unchanged", users_err.text);
	} else {
		user_file_replace(c->users, users, changed, arg);
		reload_report_done(report, "reloaded %s%s%s: %zu user%s",
				   cfg->users_file ? cfg->users_file : "",
				   cfg->users_file && cfg->users_folder ? ", " : "",
				   cfg->users_folder ? cfg->users_folder : "", users_count(users),
				   users_count(users) == 1 ? "" : "s");
		if (!users_count(users))
			reload_report_warn(report, "nobody can log in: there are no users");
	}
}

void credentials_reload(struct credentials *c, const struct server_cfg *cfg,
			void (*changed)(void *arg, const struct users *before,
					const struct users *now),
			void *arg, struct reload_report *report)
{
	struct error tls_err;

	if (cfg->filters_file)
		reload_filters(c, cfg->filters_file, report);
	if (c->users)
		reload_users(c, cfg, changed, arg, report);
	certs_reload(&c->certs, cfg, report);
	if (use_eap_tls(c, cfg, &tls_err))
		reload_report_failed(report, "%s; logins with certificates are checked as before",
				     tls_err.text);
}
