/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Host routes that keep packets to the server out of the tunnel. Each is a copy of the host's route
 * to the server without the tunnel, including its metrics (mtu). It is recorded in the state file
 * before it is added, and follows the host: when that route changes or ours is removed, as happens
 * when an interface loses its address for a moment, it is added again (server_routes_check). A route
 * into another VPN's device is taken only while the host's own is not usable.
 *
 * If another program has added the same host route, such as another client, we do not remove it at
 * the end, and add our own when that program has removed it.
 */
#ifndef SSTP_CLIENT_SERVER_ROUTE_H
#define SSTP_CLIENT_SERVER_ROUTE_H

#include "client/state.h"
#include "util/log.h"

/* If another program removes our routes again and again, we pause instead of adding them each time. */
struct server_route_limit {
	unsigned count; /* routes added again in a row, each soon after the one before */
	uint64_t last_ms;
};

struct server_routes {
	struct netlink *nl;
	struct state *state; /* its facts contain the routes */
	const struct log *log;
	unsigned tunnel_ifindex;
	uint32_t table;
	uint32_t mark;    /* of the packets that rules let through to the server; 0: any */
	bool is_by_rules; /* policy rules select the route: the main table does not have it */
	struct route last_route; /* the last route to a server; dst AF_UNSPEC: none yet */
	struct route home;       /* the same, before one into another VPN's device replaced it */
	/* Host routes to servers that another program had added before us; it removes them. */
	struct route other[STATE_ROUTES_MAX];
	size_t other_count;
	struct server_route_limit limit;

	uint64_t refused_ms;
};

/* Adds a host route. Returns 0, or -errno if the only route to the server is the tunnel. */
int server_route_keep(struct server_routes *s, const struct ip_addr *server);

/* Removes those to other addresses. */
void server_routes_keep_only(struct server_routes *s, const struct ip_addr *server);
void server_routes_drop(struct server_routes *s);

/*
 * Call it when something on the host has changed: checks that each route exists and leads where it
 * should. While the host has no route to the server, ours is an unreachable one. Returns when to
 * check again even if nothing changes; UINT64_MAX: never.
 */
uint64_t server_routes_check(struct server_routes *s, uint64_t now_ms);

/*
 * Whether a copy of the host's route has to stay as it is although the host has another route now:
 * that one leads into another VPN's device, and `is` is still usable.
 */
bool server_route_must_stay(struct netlink *nl, const struct route *is, const struct route *found);
/*
 * Sets `home`, the route to return to, to the new route `r`, unless that leads into another VPN's
 * device in place of `home`.
 */
void server_route_note_home(struct netlink *nl, struct route *home, const struct route *r);

/*
 * Whether routes were added again too often; then no more are added until *until_ms (set if true).
 */
bool server_route_must_pause(const struct server_route_limit *p, uint64_t now_ms,
			     uint64_t *until_ms);

enum { SERVER_ROUTE_PAUSE_MS = 60 * 1000 };

/* Counts a route that was added again. True: that was once too often, and the pause begins. */
bool server_route_count(struct server_route_limit *p, uint64_t now_ms);

#endif
