/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files are the helper's (server_helper.h), but for those that the C library reads to look up names. */
#include "server/server_sandbox.h"

#include <time.h>

#include "dns/message.h"
#include "proc/lookup_paths.h"
#include "proc/tcp_ports.h"
#include "util/log.h"

static void add_target(struct tcp_ports *p, const struct splice_target *to)
{
	if (to->host)
		tcp_ports_add(p, to->port);
}

static void add_radius(struct tcp_ports *p, const struct radius_endpoint *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].is_tls)
			tcp_ports_add(p, at[i].port);
}

static void find_ports(const struct server_cfg *cfg, struct tcp_ports *p)
{
	tcp_ports_add(p, DNS_PORT);
	if (cfg->front.web.text)
		add_target(p, &cfg->front.web);
	for (size_t i = 0; i < cfg->front.pass_count; i++)
		add_target(p, &cfg->front.passes[i].to);
	if (cfg->radius) {
		add_radius(p, cfg->radius->servers, cfg->radius->server_count);
		add_radius(p, cfg->radius->acct, cfg->radius->acct_count);
	}
}

int server_sandbox_enter(const struct server_cfg *cfg, bool has_helper,
			 struct sandbox_report *report)
{
	struct tcp_ports ports = { .count = 0 };
	struct error err;
	struct sandbox_cfg sandbox = {
		/* without a helper, commands are run by this process */
		.mode = has_helper ? cfg->sandbox : SANDBOX_OFF,
		.verb = SANDBOX_SERVE,
		.landlock = lookup_paths(),
	};
	int error;

	find_ports(cfg, &ports);
	tcp_ports_permit(&ports, &sandbox.landlock);
	tzset(); /* reads the time zone's file, for the hours of logins */
	error = sandbox_enter(&sandbox, report, &err);
	if (error)
		log_error(NULL, "%s", err.text);
	else
		log_debug(NULL, "sandbox: %s", sandbox_report_print(report).text);
	return error;
}
