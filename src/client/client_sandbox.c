/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/client_sandbox.h"

#include "client/portal.h"
#include "dns/message.h"
#include "proc/lookup_paths.h"
#include "proc/tcp_ports.h"
#include "util/log.h"
#include "util/log_writer.h"

static void add_server(struct tcp_ports *p, const struct server_ref *ref)
{
	tcp_ports_add(p, ref->port);
	if (ref->proxy)
		tcp_ports_add(p, ref->proxy->port);
}

static void find_ports(const struct client_sandbox *s, struct tcp_ports *p)
{
	tcp_ports_add(p, DNS_PORT); /* for a response that is too long for UDP */
	tcp_ports_add(p, PORTAL_PORT);
	add_server(p, s->first);
	for (size_t i = 0; i < s->more_count; i++)
		add_server(p, &s->more[i]);
	for (size_t i = 0; i < s->port_count; i++)
		tcp_ports_add(p, s->ports[i]);
}

int client_sandbox_enter(const struct client_sandbox *s, struct sandbox_report *report,
			 struct error *err)
{
	struct tcp_ports ports = { .count = 0 };
	struct sandbox_cfg cfg = {
		.mode = s->mode,
		.verb = s->verb,
		.landlock = lookup_paths(),
	};
	int error;

	find_ports(s, &ports);
	tcp_ports_permit(&ports, &cfg.landlock);
	error = sandbox_enter(&cfg, report, err);
	log_writer_go_on();
	if (!error)
		log_debug(NULL, "sandbox: %s", sandbox_report_print(report).text);
	return error;
}
