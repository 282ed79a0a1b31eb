/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Solicits routers and keeps what they advertise. Each entry has its own deadline and is dropped at
 * the next tick after it. Routers are solicited three times at the start, which goes on for longer
 * than SETTLE_MS, and again when three quarters of the shortest lifetime have passed without an
 * advertisement.
 */
#include "ip6/slaac.h"

#include <stdio.h>
#include <strings.h>

#include "ip6/advert.h"

enum {
	SOLICITATIONS = 3,      /* RFC 4861 section 10: MAX_RTR_SOLICITATIONS */
	SOLICITATION_MS = 4000, /* RTR_SOLICITATION_INTERVAL */
	SETTLE_MS = 5000,       /* time enough for a reply to the second one */
	REFRESH_MIN_MS = 60 * 1000,
	LEAD_MS = 5000,   /* a longer lifetime is reported so long before the former ends */
	REPORT_MS = 1000, /* minimum interval: a peer may advertise without a pause */
};

#define NEVER UINT64_MAX
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static uint64_t min_ms(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t after(const struct slaac *e, uint32_t seconds)
{
	return seconds == UINT32_MAX ? NEVER : e->now_ms + (uint64_t)seconds * 1000;
}

static bool has_passed(const struct slaac *e, uint64_t ms)
{
	return ms <= e->now_ms;
}

/* ---- what routers advertise */

/* An entry for this address, or a free one; NULL: there is no room. */
static struct slaac_entry *entry_for(struct slaac_entry *table, size_t count,
				     const struct ip_addr *addr)
{
	struct slaac_entry *free_one = NULL;

	for (size_t i = count; i > 0; i--) {
		if (ip_equal(&table[i - 1].addr, addr))
			return &table[i - 1];
		if (table[i - 1].addr.family == AF_UNSPEC)
			free_one = &table[i - 1];
	}
	return free_one;
}

static void note_entry(struct slaac *e, struct slaac_entry *table, size_t count,
		       const struct ip_addr *addr, uint32_t lifetime_s)
{
	struct slaac_entry *entry = entry_for(table, count, addr);

	if (!entry)
		return;
	if ((entry->addr.family != AF_UNSPEC) != (lifetime_s != 0))
		e->has_change = true;
	if (lifetime_s)
		*entry = (struct slaac_entry){ *addr, after(e, lifetime_s) };
	else
		entry->addr.family = AF_UNSPEC;
}

static struct slaac_prefix *prefix_for(struct slaac *e, const struct ip_addr *addr)
{
	struct slaac_prefix *free_one = NULL;

	for (size_t i = IP6_ADDRS_MAX; i > 0; i--) {
		if (ip_equal(&e->prefixes[i - 1].addr, addr))
			return &e->prefixes[i - 1];
		if (e->prefixes[i - 1].addr.family == AF_UNSPEC)
			free_one = &e->prefixes[i - 1];
	}
	return free_one;
}

/*
 * Whether a new end of a lifetime is reported. A router repeats itself all the time, and each time
 * the lifetime ends a little later. A shorter one is reported, and a longer one when more than half
 * of what was reported before is over.
 */
static bool is_end_news(const struct slaac *e, uint64_t reported_ms, uint64_t end_ms)
{
	if (end_ms == reported_ms)
		return false;
	return end_ms < reported_ms || end_ms == NEVER || has_passed(e, reported_ms) ||
	       reported_ms - e->now_ms < (end_ms - e->now_ms) / 2;
}

/* Whether new lifetimes of a known prefix are reported; a preferred one of 0 has ended already. */
static bool has_new_end(const struct slaac *e, const struct slaac_prefix *p)
{
	return is_end_news(e, p->reported_valid_ms, p->valid_ms) ||
	       (p->preferred_ms > e->now_ms &&
		is_end_news(e, p->reported_preferred_ms, p->preferred_ms));
}

static void note_prefix(struct slaac *e, const struct advert_option *o)
{
	struct ip_addr addr = o->prefix.addr;
	bool is_known, is_deprecated = !o->prefix.preferred_s;
	struct slaac_prefix *p;

	memcpy(addr.bytes + 16 - IP6_IID_LEN, e->cfg.own_iid, IP6_IID_LEN);
	p = prefix_for(e, &addr);
	if (!p)
		return;
	is_known = p->addr.family != AF_UNSPEC;
	if (is_known != (o->prefix.valid_s != 0))
		e->has_change = true;
	p->addr = addr;
	p->preferred_ms = after(e, o->prefix.preferred_s);
	p->valid_ms = after(e, o->prefix.valid_s);
	if (!o->prefix.valid_s)
		p->addr.family = AF_UNSPEC;
	else if (is_known && (p->is_deprecated != is_deprecated || has_new_end(e, p)))
		e->has_change = true;
	p->is_deprecated = is_deprecated;
}

static void note_domain(struct slaac *e, const char *name, uint32_t lifetime_s)
{
	struct slaac_domain *free_one = NULL, *known = NULL;

	for (size_t i = IP6_DOMAINS_MAX; i > 0; i--) {
		struct slaac_domain *d = &e->domains[i - 1];

		if (!strcasecmp(d->name, name))
			known = d;
		else if (!*d->name)
			free_one = d;
	}
	if (!known)
		known = free_one;
	if (!known)
		return;
	if ((*known->name != '\0') != (lifetime_s != 0))
		e->has_change = true;
	known->until_ms = after(e, lifetime_s);
	snprintf(known->name, sizeof(known->name), "%s", lifetime_s ? name : "");
}

static bool is_same_prefix(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

static void note_route(struct slaac *e, const struct ip_addr *router, const struct ip_prefix *dst,
		       uint32_t lifetime_s)
{
	struct slaac_route *free_one = NULL, *r = NULL;

	for (size_t i = IP6_ROUTES_MAX; i > 0; i--) {
		struct slaac_route *at = &e->routes[i - 1];

		if (is_same_prefix(&at->dst, dst) && ip_equal(&at->router, router))
			r = at;
		else if (at->dst.addr.family == AF_UNSPEC)
			free_one = at;
	}
	if (!r)
		r = free_one;
	if (!r)
		return;
	if ((r->dst.addr.family != AF_UNSPEC) != (lifetime_s != 0))
		e->has_change = true;
	*r = (struct slaac_route){ *dst, *router, after(e, lifetime_s) };
	if (!lifetime_s)
		r->dst.addr.family = AF_UNSPEC;
}

/* As a default router; a route to ::/0 overrides what the header says (RFC 4191 section 3.1). */
static uint32_t router_lifetime(const struct advert *a)
{
	struct reader options = a->options;
	uint32_t lifetime_s = a->lifetime_s;
	struct advert_option o;

	while (advert_option_next(&options, &o))
		if (o.type == ADVERT_ROUTE && !o.route.dst.len)
			lifetime_s = o.route.lifetime_s;
	return lifetime_s;
}

/* First, so that they make room for others of the same advertisement. */
static void drop_withdrawn(struct slaac *e, const struct advert *a)
{
	struct reader options = a->options;
	struct advert_option o;

	while (advert_option_next(&options, &o))
		if (o.type == ADVERT_ROUTE && !o.route.lifetime_s)
			note_route(e, &a->router, &o.route.dst, 0);
}

static void note_option(struct slaac *e, const struct ip_addr *router, struct advert_option *o)
{
	char name[IP6_DOMAIN_SIZE];
	struct ip_addr server;

	switch (o->type) {
	case ADVERT_PREFIX:
		note_prefix(e, o);
		break;
	case ADVERT_MTU:
		e->has_change = e->has_change || e->mtu != o->mtu;
		e->mtu = o->mtu;
		break;
	case ADVERT_SERVERS:
		while (advert_server_next(&o->list.body, &server))
			note_entry(e, e->servers, COUNT(e->servers), &server, o->list.lifetime_s);
		break;
	case ADVERT_DOMAINS:
		while (advert_domain_next(&o->list.body, name))
			note_domain(e, name, o->list.lifetime_s);
		break;
	case ADVERT_ROUTE:
		if (o->route.dst.len)
			note_route(e, router, &o->route.dst, o->route.lifetime_s);
		break;
	case ADVERT_OTHER:
		break;
	}
}

static void expire_entries(struct slaac *e, struct slaac_entry *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].addr.family == AF_UNSPEC || !has_passed(e, table[i].until_ms))
			continue;
		table[i].addr.family = AF_UNSPEC;
		e->has_change = true;
	}
}

static void expire_prefix(struct slaac *e, struct slaac_prefix *p)
{
	if (p->addr.family == AF_UNSPEC)
		return;
	if (has_passed(e, p->valid_ms)) {
		p->addr.family = AF_UNSPEC;
		e->has_change = true;
	} else if (!p->is_deprecated && has_passed(e, p->preferred_ms)) {
		p->is_deprecated = true;
		e->has_change = true;
	}
}

/* When an address must be reported again, because its lifetime has become longer than reported. */
static uint64_t next_report_ms(const struct slaac *e)
{
	uint64_t first = NEVER;

	for (size_t i = 0; i < IP6_ADDRS_MAX; i++) {
		const struct slaac_prefix *p = &e->prefixes[i];

		if (p->addr.family == AF_UNSPEC)
			continue;
		if (p->reported_valid_ms < p->valid_ms)
			first = min_ms(first, p->reported_valid_ms);
		if (!p->is_deprecated && p->reported_preferred_ms < p->preferred_ms)
			first = min_ms(first, p->reported_preferred_ms);
	}
	return first == NEVER ? NEVER : first > LEAD_MS ? first - LEAD_MS : 0;
}

static void note_reported(struct slaac *e)
{
	for (size_t i = 0; i < IP6_ADDRS_MAX; i++) {
		e->prefixes[i].reported_preferred_ms = e->prefixes[i].preferred_ms;
		e->prefixes[i].reported_valid_ms = e->prefixes[i].valid_ms;
	}
}

static void expire_routes(struct slaac *e)
{
	for (size_t i = 0; i < IP6_ROUTES_MAX; i++) {
		if (e->routes[i].dst.addr.family == AF_UNSPEC ||
		    !has_passed(e, e->routes[i].until_ms))
			continue;
		e->routes[i].dst.addr.family = AF_UNSPEC;
		e->has_change = true;
	}
}

static void expire(struct slaac *e)
{
	if (has_passed(e, next_report_ms(e)))
		e->has_change = true;
	expire_entries(e, e->routers, COUNT(e->routers));
	expire_entries(e, e->servers, COUNT(e->servers));
	expire_routes(e);
	for (size_t i = 0; i < IP6_ADDRS_MAX; i++)
		expire_prefix(e, &e->prefixes[i]);
	for (size_t i = 0; i < IP6_DOMAINS_MAX; i++) {
		if (!*e->domains[i].name || !has_passed(e, e->domains[i].until_ms))
			continue;
		*e->domains[i].name = '\0';
		e->has_change = true;
	}
}

static uint64_t first_entry_ms(const struct slaac_entry *table, size_t count)
{
	uint64_t first = NEVER;

	for (size_t i = 0; i < count; i++)
		if (table[i].addr.family != AF_UNSPEC)
			first = min_ms(first, table[i].until_ms);
	return first;
}

/* When the first entry will be deprecated or expire. */
static uint64_t first_end_ms(const struct slaac *e)
{
	uint64_t first = min_ms(first_entry_ms(e->routers, COUNT(e->routers)),
				first_entry_ms(e->servers, COUNT(e->servers)));

	for (size_t i = 0; i < IP6_ADDRS_MAX; i++) {
		const struct slaac_prefix *p = &e->prefixes[i];

		if (p->addr.family != AF_UNSPEC)
			first = min_ms(first, p->is_deprecated ? p->valid_ms : p->preferred_ms);
	}
	for (size_t i = 0; i < IP6_DOMAINS_MAX; i++)
		if (*e->domains[i].name)
			first = min_ms(first, e->domains[i].until_ms);
	for (size_t i = 0; i < IP6_ROUTES_MAX; i++)
		if (e->routes[i].dst.addr.family != AF_UNSPEC)
			first = min_ms(first, e->routes[i].until_ms);
	return first;
}

/* ---- soliciting */

static void begin_to_solicit(struct slaac *e)
{
	e->solicit_left = SOLICITATIONS;
	e->solicit_ms = e->now_ms;
	e->refresh_ms = NEVER;
}

/* After three quarters of the time to the first expiry, if there is one. */
static void set_refresh(struct slaac *e)
{
	uint64_t end = first_end_ms(e), wait = end > e->now_ms ? end - e->now_ms : 0;

	wait -= wait / 4;
	e->refresh_ms =
		end == NEVER ? NEVER : e->now_ms + (wait > REFRESH_MIN_MS ? wait : REFRESH_MIN_MS);
}

static void settle(struct slaac *e)
{
	if (!e->is_settled)
		e->has_change = true;
	e->is_settled = true;
	e->settle_ms = NEVER;
}

static void solicit(struct slaac *e)
{
	if (has_passed(e, e->settle_ms)) {
		log_debug(e->cfg.log, "ipv6: no router answers");
		settle(e);
	}
	if (has_passed(e, e->refresh_ms))
		begin_to_solicit(e);
	if (!has_passed(e, e->solicit_ms))
		return;
	if (e->solicit_left) {
		e->solicit_left--;
		e->must_solicit = true;
		e->solicit_ms = e->now_ms + SOLICITATION_MS;
		return;
	}
	e->solicit_ms = NEVER;
	set_refresh(e);
}

static size_t write_solicitation(struct slaac *e)
{
	static const struct ip_addr all_routers = { AF_INET6, { 0xff, 2, [15] = 2 } };
	struct writer w = writer_of(e->packet, sizeof(e->packet));
	struct ip_addr own = ip_link_local(e->cfg.own_iid);

	nd_begin(&w, ND_ROUTER_SOLICITATION, &own, &all_routers);
	put_u32(&w, 0); /* Reserved */
	return nd_end(&w);
}

/* ---- the owner's calls */

void slaac_init(struct slaac *e, const struct slaac_cfg *cfg)
{
	*e = (struct slaac){
		.cfg = *cfg,
		.solicit_ms = NEVER,
		.settle_ms = NEVER,
		.refresh_ms = NEVER,
	};
}

void slaac_start(struct slaac *e, uint64_t now_ms)
{
	e->now_ms = now_ms;
	e->is_running = true;
	e->settle_ms = now_ms + SETTLE_MS;
	begin_to_solicit(e);
	solicit(e);
}

void slaac_input(struct slaac *e, const uint8_t *packet, size_t len, uint64_t now_ms)
{
	struct advert a;
	struct advert_option o;

	e->now_ms = now_ms;
	if (!e->is_running || !advert_get(packet, len, e->cfg.own_iid, &a))
		return;
	expire(e); /* entries that have expired since the last tick */
	note_entry(e, e->routers, COUNT(e->routers), &a.router, router_lifetime(&a));
	e->has_change = e->has_change || e->has_dhcp != a.has_dhcp;
	e->has_dhcp = a.has_dhcp;
	drop_withdrawn(e, &a);
	while (advert_option_next(&a.options, &o))
		note_option(e, &a.router, &o);
	settle(e);
	e->must_solicit = false;
	e->solicit_left = 0;
	e->solicit_ms = NEVER;
	set_refresh(e);
}

void slaac_tick(struct slaac *e, uint64_t now_ms)
{
	e->now_ms = now_ms;
	if (!e->is_running)
		return;
	expire(e);
	solicit(e);
}

uint64_t slaac_deadline(const struct slaac *e)
{
	if (!e->is_running)
		return NEVER;
	return min_ms(
		min_ms(min_ms(e->has_change ? e->report_ms : next_report_ms(e), first_end_ms(e)),
		       e->settle_ms),
		min_ms(e->solicit_ms, e->refresh_ms));
}

bool slaac_next(struct slaac *e, struct slaac_out *out)
{
	if (e->must_solicit) {
		e->must_solicit = false;
		out->type = SLAAC_OUT_PACKET;
		out->packet = bytes_of(e->packet, write_solicitation(e));
		return true;
	}
	if (!e->has_change || !has_passed(e, e->report_ms))
		return false;
	e->has_change = false;
	note_reported(e);
	e->report_ms = e->now_ms + REPORT_MS;
	out->type = SLAAC_OUT_CHANGED;
	return true;
}

/* ---- the current settings */

/* Rounded up, since it has not passed yet. */
static uint32_t seconds_left(uint64_t now_ms, uint64_t until_ms)
{
	uint64_t s = until_ms <= now_ms ? 0 : (until_ms - now_ms + 999) / 1000;

	return until_ms == NEVER ? UINT32_MAX : (uint32_t)(s < UINT32_MAX ? s : UINT32_MAX - 1);
}

static bool is_valid(const struct slaac_entry *entry, uint64_t now_ms)
{
	return entry->addr.family != AF_UNSPEC && entry->until_ms > now_ms;
}

static void fill_addrs(const struct slaac *e, uint64_t now_ms, struct slaac_config *out)
{
	for (size_t i = 0; i < IP6_ADDRS_MAX; i++) {
		const struct slaac_prefix *p = &e->prefixes[i];

		if (p->addr.family != AF_UNSPEC && p->valid_ms > now_ms)
			out->addrs[out->addr_count++] = (struct slaac_addr){
				.addr = p->addr,
				.preferred_s = seconds_left(now_ms, p->preferred_ms),
				.valid_s = seconds_left(now_ms, p->valid_ms),
			};
	}
}

static bool has_route(const struct slaac_config *c, const struct ip_prefix *dst)
{
	for (size_t i = 0; i < c->route_count; i++)
		if (is_same_prefix(&c->routes[i], dst))
			return true;
	return false;
}

/* Two routers may have the same. */
static void fill_routes(const struct slaac *e, uint64_t now_ms, struct slaac_config *out)
{
	for (size_t i = 0; i < IP6_ROUTES_MAX; i++) {
		const struct slaac_route *r = &e->routes[i];

		if (r->dst.addr.family != AF_UNSPEC && r->until_ms > now_ms &&
		    !has_route(out, &r->dst))
			out->routes[out->route_count++] = r->dst;
	}
}

void slaac_config(const struct slaac *e, uint64_t now_ms, struct slaac_config *out)
{
	*out = (struct slaac_config){
		.is_settled = e->is_settled,
		.has_dhcp = e->has_dhcp,
		.mtu = e->mtu,
	};
	for (size_t i = 0; i < IP6_ROUTERS_MAX; i++)
		out->has_router = out->has_router || is_valid(&e->routers[i], now_ms);
	fill_addrs(e, now_ms, out);
	fill_routes(e, now_ms, out);
	for (size_t i = 0; i < IP6_SERVERS_MAX; i++)
		if (is_valid(&e->servers[i], now_ms))
			out->servers[out->server_count++] = e->servers[i].addr;
	for (size_t i = 0; i < IP6_DOMAINS_MAX; i++)
		if (*e->domains[i].name && e->domains[i].until_ms > now_ms)
			memcpy(out->domains[out->domain_count++], e->domains[i].name,
			       IP6_DOMAIN_SIZE);
}
