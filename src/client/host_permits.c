/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/host_permits.h"

enum { PORTAL_PORT = 80 };

static void add_port(struct host_permits *p, uint16_t port)
{
	for (size_t i = 0; i < p->port_count; i++)
		if (p->ports[i] == port)
			return;
	p->ports[p->port_count++] = port;
}

static void add_host(struct host_permits *p, const char *host)
{
	struct ip_addr a;

	if (ip_parse(host, &a))
		p->addrs[p->addr_count++] = ip_sockaddr(&a, 0);
	else
		p->is_looked_up = true;
}

/* What is dialed is the proxy if there is one. */
static void add_server(struct host_permits *p, const struct server_ref *ref, bool is_locked)
{
	if (ref->proxy) {
		add_port(p, ref->proxy->port);
		add_host(p, ref->proxy->host);
		return;
	}
	add_port(p, ref->port);
	if (!ref->no_portal_check && !is_locked)
		add_port(p, PORTAL_PORT);
	for (size_t i = 0; i < ref->addr_count; i++)
		p->addrs[p->addr_count++] = ref->addrs[i];
	if (!ref->addr_count)
		add_host(p, ref->host);
}

void host_permits_of(const struct client_cfg *cfg, struct host_permits *p)
{
	*p = (struct host_permits){ .port_count = 0 };
	add_server(p, &cfg->server, cfg->is_locked);
	for (size_t i = 0; i < cfg->more_count; i++)
		add_server(p, &cfg->more[i], cfg->is_locked);
}
