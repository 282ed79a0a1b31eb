/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files are the helper's (server_helper.h), but for those that the C library reads to look up names. */
#include "server/server_sandbox.h"

#include <time.h>

#include "proc/lookup_paths.h"
#include "util/log.h"

enum { DNS_PORT = 53, PORTS_MAX = 64 };

struct ports {
	uint16_t at[PORTS_MAX];
	size_t count;
};

static void add(struct ports *p, uint16_t port)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->at[i] == port)
			return;
	if (p->count < PORTS_MAX)
		p->at[p->count++] = port;
}

static void add_target(struct ports *p, const struct splice_target *to)
{
	if (to->host)
		add(p, to->port);
}

static void add_radius(struct ports *p, const struct radius_endpoint *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].is_tls)
			add(p, at[i].port);
}

/* False: too many, so that all of them have to be permitted. */
static bool find_ports(const struct server_cfg *cfg, struct ports *p)
{
	p->count = 0;
	add(p, DNS_PORT);
	if (cfg->front.web.text)
		add_target(p, &cfg->front.web);
	for (size_t i = 0; i < cfg->front.pass_count; i++)
		add_target(p, &cfg->front.passes[i].to);
	if (cfg->radius) {
		add_radius(p, cfg->radius->servers, cfg->radius->server_count);
		add_radius(p, cfg->radius->acct, cfg->radius->acct_count);
	}
	return p->count < PORTS_MAX;
}

int server_sandbox_enter(const struct server_cfg *cfg, bool has_helper,
			 struct sandbox_report *report)
{
	struct ports ports;
	struct error err;
	struct sandbox_cfg sandbox = {
		/* without a helper, commands are run by this process */
		.mode = has_helper ? cfg->sandbox : SANDBOX_OFF,
		.verb = SANDBOX_SERVE,
		.landlock = lookup_paths(),
	};
	int error;

	if (find_ports(cfg, &ports)) {
		sandbox.landlock.ports = ports.at;
		sandbox.landlock.port_count = ports.count;
	}
	tzset(); /* reads the time zone's file, for the hours of logins */
	error = sandbox_enter(&sandbox, report, &err);
	if (error)
		log_error(NULL, "%s", err.text);
	else
		log_debug(NULL, "sandbox: %s", sandbox_report_print(report).text);
	return error;
}
