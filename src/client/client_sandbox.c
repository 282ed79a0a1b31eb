/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/client_sandbox.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "client/portal.h"
#include "client/server_list.h"
#include "proc/lookup_paths.h"
#include "util/log.h"
#include "util/log_writer.h"

enum {
	DNS_PORT = 53, /* of name servers whose response is too long for UDP */
	OTHER_PORTS_MAX = 64,
	PORTS_MAX = 2 * (SERVER_LIST_MAX + 1) + 2 + OTHER_PORTS_MAX,
};

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

static void add_server(struct ports *p, const struct server_ref *ref)
{
	add(p, ref->port);
	if (ref->proxy)
		add(p, ref->proxy->port);
}

/* False: too many, so that all of them have to be permitted. */
static bool find_ports(const struct client_sandbox *s, struct ports *p)
{
	p->count = 0;
	add(p, DNS_PORT);
	add(p, PORTAL_PORT);
	add_server(p, s->first);
	for (size_t i = 0; i < s->more_count; i++)
		add_server(p, &s->more[i]);
	for (size_t i = 0; i < s->port_count; i++)
		add(p, s->ports[i]);
	return p->count < PORTS_MAX;
}

int client_sandbox_enter(const struct client_sandbox *s, struct sandbox_report *report,
			 struct error *err)
{
	struct ports ports;
	struct sandbox_cfg cfg = {
		.mode = s->mode,
		.verb = s->verb,
		.landlock = lookup_paths(),
	};
	int error;

	if (find_ports(s, &ports)) {
		cfg.landlock.ports = ports.at;
		cfg.landlock.port_count = ports.count;
	}
	error = sandbox_enter(&cfg, report, err);
	log_writer_go_on();
	if (!error)
		log_debug(NULL, "sandbox: %s", sandbox_report_print(report).text);
	return error;
}
