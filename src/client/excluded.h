/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Networks that the tunnel must not take (--exclude). Each gets a route of its own, a copy of the
 * host's route to it, which is longer than the tunnel's. It is recorded in the state file before it
 * is added, and follows the host as the route to the server does (server_route.h). A network for
 * which the host has an equal route already, as for its own link, needs none. While the host has no
 * route to it, ours is an unreachable one. In a table of the tunnel's own (policy.h) they are routes
 * of the type throw, and follow nothing.
 */
#ifndef SSTP_CLIENT_EXCLUDED_H
#define SSTP_CLIENT_EXCLUDED_H

#include "client/server_route.h"

struct excluded_routes {
	struct netlink *nl;
	struct state *state; /* its facts contain the routes */
	const struct log *log;
	unsigned tunnel_ifindex;
	uint32_t table;
	bool is_throw; /* the table is our own, and rules follow it: the next one decides */
	const struct ip_prefix *at; /* STATE_EXCLUDED_MAX at most */
	size_t count;
	/* The last route to each network that did not replace another one as a VPN's; see excluded.c. */
	struct route home[STATE_EXCLUDED_MAX];
	bool is_up;
	struct server_route_limit limit;
	uint64_t refused_ms; /* the kernel refused a route; 0: never */
};

/* Adds the routes; what cannot be added is a warning. */
void excluded_up(struct excluded_routes *e);

/*
 * Call it when something on the host has changed. Returns when to check again even if nothing
 * changes; UINT64_MAX: never.
 */
uint64_t excluded_check(struct excluded_routes *e, uint64_t now_ms);
void excluded_drop(struct excluded_routes *e);

/* The length of the longest of them that has this address; -1: none has. */
int excluded_len(const struct excluded_routes *e, const struct ip_addr *a);

#endif
