/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps host routes to the server. */
#include "client/server_route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum {
	SOON_MS = 5 * 1000, /* a route that is removed again this soon is removed on purpose */
	ROUNDS_MAX = 8,
	REFUSED_MS = 500,
};

/* ---- facts. They are saved before the change that they record */

static void forget(struct server_routes *s, size_t i)
{
	struct state_facts *f = &s->state->facts;

	f->route_count--;
	memmove(&f->route[i], &f->route[i + 1], (f->route_count - i) * sizeof(f->route[i]));
	state_save(s->state);
}

static void drop(struct server_routes *s, size_t i)
{
	netlink_route_del(s->nl, &s->state->facts.route[i]);
	forget(s, i);
}

static void note(struct server_routes *s, const struct route *r)
{
	struct state_facts *f = &s->state->facts;

	if (f->route_count == STATE_ROUTES_MAX)
		drop(s, 0);
	f->route[f->route_count++] = *r;
	state_save(s->state);
}

static void forget_other(struct server_routes *s, size_t i)
{
	s->other_count--;
	memmove(&s->other[i], &s->other[i + 1], (s->other_count - i) * sizeof(s->other[i]));
}

/* The host has such a route already: another program's, which may remove it. */
static void note_other(struct server_routes *s, const struct route *r)
{
	if (s->other_count == STATE_ROUTES_MAX)
		forget_other(s, 0);
	s->other[s->other_count++] = *r;
}

/* Removes all routes to `server`, or all others. */
static void drop_those(struct server_routes *s, const struct ip_addr *server, bool to_it)
{
	struct state_facts *f = &s->state->facts;

	for (size_t i = f->route_count; i > 0; i--)
		if (ip_equal(&f->route[i - 1].dst.addr, server) == to_it)
			drop(s, i - 1);
	for (size_t i = s->other_count; i > 0; i--)
		if (ip_equal(&s->other[i - 1].dst.addr, server) == to_it)
			forget_other(s, i - 1);
}

void server_routes_keep_only(struct server_routes *s, const struct ip_addr *server)
{
	drop_those(s, server, false);
}

void server_routes_drop(struct server_routes *s)
{
	while (s->state->facts.route_count)
		drop(s, s->state->facts.route_count - 1);
	s->other_count = 0;
}

static int add(struct server_routes *s, const struct route *r)
{
	int error;

	note(s, r);
	error = netlink_route_add(s->nl, r);
	if (error)
		forget(s, s->state->facts.route_count - 1);
	if (error == -EEXIST)
		note_other(s, r);
	return error;
}

/* ---- the current route */

/* As netlink_route_match, ... */
static int look_up(struct server_routes *s, const struct ip_addr *server, struct route *route)
{
	int error;

	netlink_set_mark(s->nl, s->mark);
	error = netlink_route_match(s->nl, server, route);
	netlink_set_mark(s->nl, 0);
	return error;
}

/* ... and as netlink_route_get_whole. */
static int look_up_whole(struct server_routes *s, const struct ip_addr *server, struct route *route)
{
	int error;

	netlink_set_mark(s->nl, s->mark);
	error = netlink_route_get_whole(s->nl, server, route);
	netlink_set_mark(s->nl, 0);
	return error;
}

static bool is_same_route(const struct route *a, const struct route *b)
{
	return a->ifindex == b->ifindex && ip_equal(&a->via, &b->via) &&
	       ip_equal(&a->src, &b->src) && a->unreachable == b->unreachable &&
	       a->metrics.len == b->metrics.len &&
	       !memcmp(a->metrics.at, b->metrics.at, a->metrics.len);
}

/* Whether the last gateway is still reachable, on the same device. */
static bool is_last_route_open(struct server_routes *s, const struct ip_addr *server)
{
	const struct route *last = &s->last_route;
	struct route r;

	if (last->dst.addr.family != server->family || last->via.family == AF_UNSPEC)
		return false;
	return !netlink_route_without(s->nl, &last->via, s->tunnel_ifindex, NULL, &r) &&
	       r.via.family == AF_UNSPEC && r.ifindex == last->ifindex;
}

/*
 * Whether the route's device still leads to its next hop: the gateway, or the server itself if it is
 * on the link. (A gateway that only "onlink" allows is its own gateway.)
 */
static bool is_still_usable(struct netlink *nl, const struct route *is)
{
	const struct ip_addr *hop = is->via.family == AF_UNSPEC ? &is->dst.addr : &is->via;
	struct route r;

	return !is->unreachable && is->ifindex && !netlink_route_on(nl, hop, is->ifindex, is, &r) &&
	       (r.via.family == AF_UNSPEC || ip_equal(&r.via, &is->via));
}

static bool is_into_another_vpn(struct netlink *nl, const struct route *is,
				const struct route *found)
{
	return found->ifindex != is->ifindex && netlink_link_is_layer3(nl, found->ifindex);
}

/*
 * Another VPN's routes may cover the server while that VPN itself needs the host's own route. (Two
 * tunnels to one server would each be sent into the other.)
 */
bool server_route_must_stay(struct netlink *nl, const struct route *is, const struct route *found)
{
	return is_into_another_vpn(nl, is, found) && is_still_usable(nl, is);
}

/*
 * So a route into such a device does not replace one whose device still leads to the server, perhaps
 * by another gateway, or whose next hop is still reachable. Then *found becomes that one.
 */
static bool keep_out_of_vpn(struct server_routes *s, const struct route *is, struct route *found)
{
	struct route r;

	if (is->unreachable || !is->ifindex || !ip_equal(&is->dst.addr, &found->dst.addr) ||
	    !is_into_another_vpn(s->nl, is, found))
		return false;
	if (!netlink_route_on(s->nl, &is->dst.addr, is->ifindex, is, &r))
		*found = r;
	else if (is_still_usable(s->nl, is))
		*found = *is;
	else
		return false;
	return true;
}

void server_route_note_home(struct netlink *nl, struct route *home, const struct route *r)
{
	if (r->ifindex &&
	    (!ip_equal(&home->dst.addr, &r->dst.addr) || !is_into_another_vpn(nl, home, r)))
		*home = *r;
}

/*
 * While a tunnel is down its routes stay, and cover the server: the kernel's lookup then returns
 * the tunnel, or no route, and we search the main table ourselves, since the gateway may have
 * changed. If the host's routes are in other tables, selected by rules, that finds nothing: then
 * the last route is used.
 */
static int find_route(struct server_routes *s, const struct ip_addr *server, struct route *route)
{
	int error = look_up_whole(s, server, route);
	struct route in_main;

	if (!error && route->ifindex != s->tunnel_ifindex) {
		s->is_by_rules =
			netlink_route_without(s->nl, server, s->tunnel_ifindex, route, &in_main) ||
			in_main.ifindex != route->ifindex || !ip_equal(&in_main.via, &route->via);
		return 0;
	}
	error = netlink_route_without(s->nl, server, s->tunnel_ifindex, NULL, route);
	if (!error || !is_last_route_open(s, server))
		return error;
	*route = s->last_route;
	route->dst.addr = *server;
	return 0;
}

/*
 * Adds a route even if the server is on the link: what looks so may be a default route without a
 * gateway (a modem's, another tunnel's), and a --route can be longer than the link's own.
 */
int server_route_keep(struct server_routes *s, const struct ip_addr *server)
{
	struct route route;
	int error;

	drop_those(s, server, true);
	error = find_route(s, server, &route);
	if (error) {
		log_debug(s->log, "no route to %s except through the tunnel itself: %s",
			  ip_print(server).text, strerror(-error));
		return error;
	}
	/* this host itself: the local table is searched before our routes */
	if (route.table == RT_TABLE_LOCAL)
		return 0;
	keep_out_of_vpn(s, &s->home, &route);
	route.table = s->table;
	s->last_route = route;
	server_route_note_home(s->nl, &s->home, &route);
	s->limit = (struct server_route_limit){ 0 };
	error = add(s, &route);
	if (!error)
		log_debug(s->log, "route to the server: %s via %s",
			  ip_prefix_print(&route.dst).text, ip_print(&route.via).text);
	/* -EEXIST: the host has such a route, which is the one that was found: see check_others */
	return error == -EEXIST ? 0 : error;
}

/* ---- when the host has changed */

bool server_route_must_pause(const struct server_route_limit *p, uint64_t now_ms,
			     uint64_t *until_ms)
{
	if (p->count < ROUNDS_MAX || now_ms - p->last_ms >= SERVER_ROUTE_PAUSE_MS)
		return false;
	*until_ms = p->last_ms + SERVER_ROUTE_PAUSE_MS;
	return true;
}

bool server_route_count(struct server_route_limit *p, uint64_t now_ms)
{
	bool is_soon = p->count && now_ms - p->last_ms < SOON_MS;

	p->count = is_soon ? p->count + 1 : 1;
	p->last_ms = now_ms;
	return p->count == ROUNDS_MAX;
}

/*
 * Where the route should lead now. If rules hide the host's route from us: where it already leads.
 * From another VPN's device it returns to the host's own route as soon as there is one.
 */
static struct route current_route(struct server_routes *s, const struct route *is)
{
	struct route route;

	if (s->is_by_rules && !is->unreachable)
		return *is;
	if (netlink_route_without(s->nl, &is->dst.addr, s->tunnel_ifindex, is, &route))
		route = (struct route){ .dst = is->dst, .unreachable = true };
	else if (!keep_out_of_vpn(s, is, &route))
		keep_out_of_vpn(s, &s->home, &route);
	route.table = is->table;
	return route;
}

/*
 * The kernel may refuse the new route if its gateway is not reachable yet: then another change
 * follows. Returns whether the route is there now.
 */
static bool put(struct server_routes *s, const struct route *route, uint64_t now_ms)
{
	struct route none = { .dst = route->dst, .table = route->table, .unreachable = true };
	int error = add(s, route);

	if (error && error != -EEXIST && !route->unreachable) {
		add(s, &none);
		s->refused_ms = now_ms;
		return false;
	}
	if (!route->unreachable) {
		s->last_route = *route;
		server_route_note_home(s->nl, &s->home, route);
	}
	return true;
}

static void warn_no_route(const struct server_routes *s, const struct route *r)
{
	log_warn(s->log, "the host has no route to the server %s any more",
		 ip_print(&r->dst.addr).text);
}

static void replace(struct server_routes *s, size_t i, const struct route *route, uint64_t now_ms)
{
	drop(s, i);
	if (!put(s, route, now_ms))
		return;
	if (route->unreachable)
		warn_no_route(s, route);
	else
		log_info(s->log, "the route to the server %s has changed: via %s",
			 ip_print(&route->dst.addr).text, ip_print(&route->via).text);
}

static bool has_host_route(struct server_routes *s, const struct ip_prefix *server)
{
	struct route there;

	return !look_up(s, &server->addr, &there) && there.dst.len == server->len;
}

static void log_restored(const struct server_routes *s, const struct route *r)
{
	log_info(s->log,
		 "the route to the server %s was removed by another program; added it again",
		 ip_print(&r->dst.addr).text);
}

/* Another program's host route to the server: when it has removed it, we need one of our own. */
static void check_others(struct server_routes *s, uint64_t now_ms)
{
	for (size_t i = s->other_count; i > 0; i--) {
		struct route is = s->other[i - 1], route;

		if (has_host_route(s, &is.dst))
			continue;
		route = current_route(s, &is);
		forget_other(s, i - 1);
		if (!put(s, &route, now_ms))
			continue;
		if (route.unreachable)
			warn_no_route(s, &route);
		else
			log_restored(s, &route);
	}
}

/*
 * Our own attempt changes the host too and triggers another check, so attempts are limited to two a
 * second.
 */
static bool is_refused(const struct server_routes *s, uint64_t now_ms)
{
	return s->refused_ms && now_ms - s->refused_ms < REFUSED_MS;
}

static uint64_t restore_route(struct server_routes *s, const struct route *r, uint64_t now_ms)
{
	uint64_t until = UINT64_MAX;
	struct route there;
	int error;

	if (!look_up(s, &r->dst.addr, &there) &&
	    there.ifindex == (r->unreachable ? there.ifindex : r->ifindex) &&
	    there.dst.len == r->dst.len)
		return UINT64_MAX;
	if (server_route_must_pause(&s->limit, now_ms, &until))
		return until;
	error = netlink_route_add(s->nl, r);
	if (error)
		/* it exists (-EEXIST), or it is not possible; then a change follows */
		return UINT64_MAX;
	if (server_route_count(&s->limit, now_ms)) {
		log_warn(s->log,
			 "another program removes the route to the server %s each time; "
			 "adding it again in %d s",
			 ip_print(&r->dst.addr).text, SERVER_ROUTE_PAUSE_MS / 1000);
		return now_ms + SERVER_ROUTE_PAUSE_MS;
	}
	log_restored(s, r);
	return UINT64_MAX;
}

uint64_t server_routes_check(struct server_routes *s, uint64_t now_ms)
{
	struct state_facts *f = &s->state->facts;
	uint64_t again = UINT64_MAX;

	/* from the end, since a replaced one moves there */
	for (size_t i = f->route_count; i > 0; i--) {
		const struct route *is = &f->route[i - 1];
		struct route route = current_route(s, is);
		uint64_t at = UINT64_MAX;

		if (is_same_route(is, &route))
			at = restore_route(s, is, now_ms);
		else if (is->unreachable && is_refused(s, now_ms))
			at = s->refused_ms + REFUSED_MS;
		else
			replace(s, i - 1, &route, now_ms);
		again = at < again ? at : again;
	}
	check_others(s, now_ms);
	return again;
}
