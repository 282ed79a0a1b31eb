/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Host routes that keep packets to the server out of the tunnel. Each is a copy of the way that the
 * host has to the server without the tunnel, metrics (mtu) and all. It is written down in the state
 * file before it is made, and follows the host: when the way changes or the route is removed, as
 * happens when an interface loses its address for a moment, it is put back (server_routes_check).
 */
#ifndef SSTP_CLIENT_SERVER_ROUTE_H
#define SSTP_CLIENT_SERVER_ROUTE_H

#include "client/state.h"
#include "util/log.h"

/* Somebody removes what we put back: then we pause, for a fight is of no use to anybody. */
struct server_route_patience {
	unsigned count; /* put back in a row, each soon after the one before */
	uint64_t last_ms;
};

struct server_routes {
	struct netlink *nl;
	struct state *state; /* its facts hold the routes */
	const struct log *log;
	unsigned tunnel_ifindex;
	uint32_t table;
	bool is_by_rules;      /* the main table does not tell the way; the kernel told it once */
	struct route last_way; /* by which a server was reached last; dst AF_UNSPEC: none yet */
	struct server_route_patience patience;

	uint64_t refused_ms;
};

/* 0, or -errno when there is no way to it but through the tunnel. */
int server_route_keep(struct server_routes *s, const struct ip_addr *server);

/* Removes those that lead elsewhere. */
void server_routes_keep_only(struct server_routes *s, const struct ip_addr *server);
void server_routes_drop(struct server_routes *s);

/*
 * Something on the host has changed: looks whether each is there and leads where it should. While
 * the host has no way to the server, the route is an unreachable one. Returns when to look again
 * even if nothing changes; UINT64_MAX: never.
 */
uint64_t server_routes_check(struct server_routes *s, uint64_t now_ms);

/* Too much was put back lately, and nothing shall be until *until_ms (then set). */
bool server_route_is_tired(const struct server_route_patience *p, uint64_t now_ms,
			   uint64_t *until_ms);
/* Counts one that was put back. */
void server_route_count(struct server_route_patience *p, uint64_t now_ms);

#endif
