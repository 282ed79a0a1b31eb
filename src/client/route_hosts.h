/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names as routes (--route-host): looks their addresses up at the VPN's DNS servers and keeps them
 * fresh (dns/follow.h). Queries are packets that we send through the tunnel ourselves, from our address
 * in it, so no route and no socket is needed, in another network namespace neither.
 */
#ifndef SSTP_CLIENT_ROUTE_HOSTS_H
#define SSTP_CLIENT_ROUTE_HOSTS_H

#include "dns/follow.h"
#include "ip6/link_addrs.h"
#include "net/loop.h"
#include "tunnel/tunnel.h"

enum { ROUTE_HOSTS_ADDRS_MAX = 256 };

struct route_hosts_cfg {
	struct loop *loop;
	struct tunnel *tunnel;
	const struct log *log;
	const char *const *names; /* normalized, FOLLOW_NAMES_MAX at most */
	size_t count;
	/* The addresses have changed. */
	void (*changed)(void *arg, const struct ip_addr *addrs, size_t count);
	void *arg;
};

struct route_hosts;

/* NULL: no memory. */
struct route_hosts *route_hosts_open(const struct route_hosts_cfg *cfg);
/* Packets may pass, with these addresses and DNS servers. */
void route_hosts_up(struct route_hosts *r, const struct link_addrs *link);
/* Nothing can be asked; the addresses stay. */
void route_hosts_down(struct route_hosts *r);
/* A packet from the tunnel. True: it was a response to us. */
bool route_hosts_take(struct route_hosts *r, const struct packet *p);
void route_hosts_close(struct route_hosts *r); /* NULL is fine */

#endif
