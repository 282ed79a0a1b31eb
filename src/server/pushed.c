/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/pushed.h"

#include <stdio.h>
#include <string.h>

static void add_routes(struct dhcp_info *info, const struct ip_prefix *routes, size_t count)
{
	for (size_t i = 0; i < count && info->route_count < DHCP_ROUTES_MAX; i++)
		info->routes[info->route_count++] = routes[i];
}

/* The user's own come first. */
static void collect_routes(const struct server_cfg *cfg, const struct auth_grant *grant,
			   struct dhcp_info *info)
{
	if (grant)
		add_routes(info, grant->push_routes, grant->push_route_count);
	add_routes(info, cfg->push_routes, cfg->push_route_count);
}

static bool collect(const struct server_cfg *cfg, const struct auth_grant *grant,
		    struct dhcp_info *info)
{
	const uint32_t *dns = grant && grant->dns[0] ? grant->dns : cfg->dns;

	memset(info, 0, sizeof(*info));
	collect_routes(cfg, grant, info);
	if (cfg->push_domain_count)
		snprintf(info->domain, sizeof(info->domain), "%s", cfg->push_domains[0]);
	for (size_t i = 0; i < 2; i++)
		if (dns[i])
			info->dns[info->dns_count++] = ip_from_v4(dns[i]);
	return info->route_count || *info->domain;
}

/* To all, or to the server alone. */
static bool is_inform(const struct dhcp_message *m, const struct ip_addr *client,
		      const struct ip_addr *own)
{
	return m->type == DHCP_INFORM && ip_equal(&m->from, client) &&
	       (!m->client.family || ip_equal(&m->client, client)) &&
	       (ip_v4(&m->to) == UINT32_MAX || ip_equal(&m->to, own));
}

size_t pushed_reply(const struct server_cfg *cfg, const struct auth_grant *grant,
		    const struct ip_addr *client, const struct ip_addr *own, const struct packet *p,
		    uint8_t reply[DHCP_PACKET_MAX])
{
	struct dhcp_message m;
	struct dhcp_info info;

	if (!collect(cfg, grant, &info) || !dhcp_get(p->at, p->h.total, &m) ||
	    !is_inform(&m, client, own))
		return 0;
	return dhcp_put_ack(reply, &m, own, &info);
}

bool pushed_fits(const struct server_cfg *cfg, const struct auth_grant *grant)
{
	struct dhcp_info info = { .route_count = 0 };

	collect_routes(cfg, grant, &info);
	return dhcp_routes_fit(info.routes, info.route_count);
}
