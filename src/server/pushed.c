/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/pushed.h"

#include <stdio.h>
#include <string.h>

struct routes {
	struct ip_prefix *at;
	size_t count, max;
	size_t wanted; /* also those without room */
};

static bool has_route(const struct ip_prefix *list, size_t count, const struct ip_prefix *p)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].len == p->len && ip_equal(&list[i].addr, &p->addr))
			return true;
	return false;
}

/* Those of one family, each once. */
static void add_routes(struct routes *r, sa_family_t family, const struct ip_prefix *from,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (from[i].addr.family != family || has_route(r->at, r->count, &from[i]))
			continue;
		r->wanted++;
		if (r->count < r->max)
			r->at[r->count++] = from[i];
	}
}

/* The user's own come first. */
static void collect_routes(const struct server_cfg *cfg, const struct auth_grant *grant,
			   sa_family_t family, struct routes *r)
{
	if (grant)
		add_routes(r, family, grant->push_routes, grant->push_route_count);
	add_routes(r, family, cfg->push_routes, cfg->push_route_count);
}

static bool collect(const struct server_cfg *cfg, const struct auth_grant *grant,
		    struct dhcp_info *info)
{
	const uint32_t *dns = grant && grant->dns[0] ? grant->dns : cfg->dns;

	struct routes routes = { .max = DHCP_ROUTES_MAX };

	memset(info, 0, sizeof(*info));
	routes.at = info->routes;
	collect_routes(cfg, grant, AF_INET, &routes);
	info->route_count = routes.count;
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
	struct ip_prefix at4[DHCP_ROUTES_MAX], at6[ADVERT_ROUTES_MAX];
	struct routes v4 = { .at = at4, .max = DHCP_ROUTES_MAX },
		      v6 = { .at = at6, .max = ADVERT_ROUTES_MAX };

	collect_routes(cfg, grant, AF_INET, &v4);
	collect_routes(cfg, grant, AF_INET6, &v6);
	return v4.wanted == v4.count && dhcp_routes_fit(at4, v4.count) && v6.wanted == v6.count;
}

size_t pushed_routes6(const struct server_cfg *cfg, const struct auth_grant *grant,
		      struct ip_prefix to[ADVERT_ROUTES_MAX])
{
	struct routes r = { .at = to, .max = ADVERT_ROUTES_MAX };

	collect_routes(cfg, grant, AF_INET6, &r);
	return r.count;
}

/* Adds to `to` those of `from` that are not in `is`. Returns whether there are any. */
static bool add_missing(struct routes *to, const struct ip_prefix *from, size_t count,
			const struct ip_prefix *is, size_t is_count)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		if (has_route(is, is_count, &from[i]))
			continue;
		add_routes(to, AF_INET6, &from[i], 1);
		found = true;
	}
	return found;
}

bool pushed_change(struct pushed_former *f, const struct server_cfg *was,
		   const struct server_cfg *is, uint64_t now_ms)
{
	struct ip_prefix then[ADVERT_ROUTES_MAX], now[ADVERT_ROUTES_MAX];
	size_t then_count = pushed_routes6(was, NULL, then);
	size_t now_count = pushed_routes6(is, NULL, now);
	struct pushed_former former = { .until_ms = now_ms + ADVERT_LIFETIME_S * 1000 };
	struct routes gone = { .at = former.at, .max = ADVERT_ROUTES_MAX };
	bool is_less = add_missing(&gone, then, then_count, now, now_count);
	bool is_more = now_count > then_count;

	for (size_t i = 0; i < now_count && !is_more; i++)
		is_more = !has_route(then, then_count, &now[i]);
	if (!is_less && !is_more)
		return false;
	if (now_ms < f->until_ms)
		add_missing(&gone, f->at, f->count, now, now_count);
	former.count = gone.count;
	*f = former;
	return true;
}
