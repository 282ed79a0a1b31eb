/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps routes to networks that the tunnel must not take. */
#include "client/excluded.h"

#include <errno.h>
#include <string.h>

enum { REFUSED_MS = 500 };

/* ---- facts. They are saved before the change that they record */

static size_t index_of(const struct excluded_routes *e, const struct ip_prefix *dst)
{
	const struct state_facts *f = &e->state->facts;
	size_t i = 0;

	while (i < f->excluded_count && (f->excluded[i].dst.len != dst->len ||
					 !ip_equal(&f->excluded[i].dst.addr, &dst->addr)))
		i++;
	return i;
}

static void forget(struct excluded_routes *e, size_t i)
{
	struct state_facts *f = &e->state->facts;

	f->excluded_count--;
	memmove(&f->excluded[i], &f->excluded[i + 1],
		(f->excluded_count - i) * sizeof(f->excluded[i]));
	state_save(e->state);
}

static void drop(struct excluded_routes *e, size_t i)
{
	netlink_route_del(e->nl, &e->state->facts.excluded[i]);
	forget(e, i);
}

/*
 * If there is an equal route, it is our own, left by a crash in another namespace, or another
 * program's, which is enough.
 */
static int add(struct excluded_routes *e, const struct route *r)
{
	struct state_facts *f = &e->state->facts;
	int error;

	f->excluded[f->excluded_count++] = *r;
	state_save(e->state);
	error = netlink_route_add(e->nl, r);
	if (error == -EEXIST && !netlink_route_del(e->nl, r))
		error = netlink_route_add(e->nl, r);
	if (error)
		forget(e, f->excluded_count - 1);
	return error;
}

/* ---- one network */

/*
 * Returns false if the host has a route to this very network. From another VPN's device the route
 * returns to the host's own as soon as that is usable again.
 */
static bool find_route(struct excluded_routes *e, const struct ip_prefix *dst,
		       const struct route *is, struct route *route)
{
	struct route *home = &e->home[dst - e->at];
	bool has_route =
		!e->is_throw && !netlink_route_over(e->nl, dst, e->tunnel_ifindex, is, route);

	if (has_route && route->dst.len == dst->len && !e->table)
		return false;
	if (!has_route)
		*route = (struct route){ .unreachable = !e->is_throw, .is_throw = e->is_throw };
	else if (is && server_route_must_stay(e->nl, is, route))
		*route = *is;
	else if (server_route_must_stay(e->nl, home, route))
		*route = *home;
	route->dst = *dst;
	route->table = e->table;
	route->protocol = NETLINK_PROTO_OURS;
	server_route_note_home(e->nl, home, route);
	return true;
}

static bool is_same(const struct route *a, const struct route *b)
{
	return a->ifindex == b->ifindex && ip_equal(&a->via, &b->via) &&
	       ip_equal(&a->src, &b->src) && a->unreachable == b->unreachable &&
	       a->is_throw == b->is_throw && a->metrics.len == b->metrics.len &&
	       !memcmp(a->metrics.at, b->metrics.at, a->metrics.len);
}

/*
 * A gateway that is not reachable yet is refused: then another change of the host follows. Our own
 * attempt is such a change too, so attempts are limited to two a second.
 */
static void replace(struct excluded_routes *e, size_t i, const struct route *route, uint64_t now_ms)
{
	struct route none = { .dst = route->dst,
			      .table = route->table,
			      .protocol = NETLINK_PROTO_OURS,
			      .unreachable = true };
	struct ip_text network = ip_prefix_print(&route->dst);
	int error;

	drop(e, i);
	error = add(e, route);
	if (error && error != -EEXIST) {
		if (!route->unreachable)
			add(e, &none);
		e->refused_ms = now_ms;
		return;
	}
	if (route->unreachable)
		log_warn(e->log, "the host has no route to the excluded network %s any more",
			 network.text);
	else
		log_info(e->log, "the route to the excluded network %s has changed: via %s",
			 network.text, ip_print(&route->via).text);
}

/* Whether a route that another program had removed was added again. */
static bool restore(struct excluded_routes *e, const struct route *r)
{
	if (netlink_route_add(e->nl, r))
		return false;
	log_info(e->log,
		 "the route to the excluded network %s was removed by another program; "
		 "added it again",
		 ip_prefix_print(&r->dst).text);
	return true;
}

static void begin(struct excluded_routes *e, const struct ip_prefix *dst)
{
	struct route route;
	int error;

	if (!find_route(e, dst, NULL, &route))
		return;
	error = add(e, &route);
	if (error && error != -EEXIST)
		log_warn(e->log, "no route to the excluded network %s: %s",
			 ip_prefix_print(dst).text, strerror(-error));
	else if (route.unreachable)
		log_warn(e->log, "the host has no route to the excluded network %s",
			 ip_prefix_print(dst).text);
}

static bool is_refused(const struct excluded_routes *e, const struct route *is, uint64_t now_ms)
{
	return is->unreachable && e->refused_ms && now_ms - e->refused_ms < REFUSED_MS;
}

/* Returns true if a removed route was added again. */
static bool check(struct excluded_routes *e, const struct ip_prefix *dst, uint64_t now_ms,
		  uint64_t *again)
{
	struct state_facts *f = &e->state->facts;
	size_t i = index_of(e, dst);
	bool has_ours = i < f->excluded_count;
	struct route route;

	if (!find_route(e, dst, has_ours ? &f->excluded[i] : NULL, &route)) {
		if (has_ours)
			drop(e, i);
		return false;
	}
	if (!has_ours) {
		add(e, &route);
		return false;
	}
	if (is_same(&f->excluded[i], &route))
		return restore(e, &route);
	if (is_refused(e, &f->excluded[i], now_ms))
		*again = e->refused_ms + REFUSED_MS;
	else
		replace(e, i, &route, now_ms);
	return false;
}

/* ---- all of them */

void excluded_up(struct excluded_routes *e)
{
	for (size_t i = 0; i < e->count && !e->is_up; i++)
		begin(e, &e->at[i]);
	e->is_up = true;
}

uint64_t excluded_check(struct excluded_routes *e, uint64_t now_ms)
{
	uint64_t again = UINT64_MAX;
	bool any = false;

	if (!e->is_up || server_route_must_pause(&e->limit, now_ms, &again))
		return again;
	for (size_t i = 0; i < e->count; i++)
		any = check(e, &e->at[i], now_ms, &again) || any;
	if (any)
		server_route_count(&e->limit, now_ms);
	return again;
}

void excluded_drop(struct excluded_routes *e)
{
	while (e->state->facts.excluded_count)
		drop(e, e->state->facts.excluded_count - 1);
	e->is_up = false;
}

int excluded_len(const struct excluded_routes *e, const struct ip_addr *a)
{
	int len = -1;

	for (size_t i = 0; i < e->count; i++)
		if (ip_prefix_has(&e->at[i], a) && (int)e->at[i].len > len)
			len = (int)e->at[i].len;
	return len;
}
