/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serve --dns host: a DNS server at the server's own addresses in the tunnels, which passes the clients'
 * queries on to the servers that this host's resolv.conf names, and follows that file.
 */
#ifndef SSTP_SERVER_HOST_DNS_H
#define SSTP_SERVER_HOST_DNS_H

#include "net/loop.h"
#include "netdev/netdev.h"
#include "server/registry.h"

struct host_dns;

struct host_dns_cfg {
	struct loop *loop;
	const struct netdev *netdev; /* whose packets bring the queries */
	struct ip_addr v4, v6;       /* the server's; v6 may be AF_UNSPEC */
	struct registry *registry;   /* whose clients these are */
};

/* 0 or -errno, logged. */
int host_dns_open(const struct host_dns_cfg *cfg, struct host_dns **out);
void host_dns_close(struct host_dns *d); /* NULL is fine */

#endif
