/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's TUN device: a queue a worker, with the addresses that the clients see. In our own
 * network namespace or in another (--netns), while the listeners are always in ours.
 */
#ifndef SSTP_SERVER_SERVER_NETDEV_H
#define SSTP_SERVER_SERVER_NETDEV_H

#include "netdev/netdev.h"
#include "ppp/ppp.h"
#include "server/server_cfg.h"

struct server_netdev {
	struct tun **tuns; /* `queues` of them, the caller's array */
	unsigned queues;
	struct netdev *netdev;
	struct netlink *netlink;      /* of its namespace */
	uint8_t own_iid[PPP_IID_LEN]; /* of its IPv6 link-local address */
};

/*
 * Makes it and sets it up; `own` is its IPv4 address. What is made is the caller's to close, also
 * after an error. REASON_NONE, or an reason, logged.
 */
enum tunnel_reason server_netdev_open(const struct server_cfg *cfg, uint32_t own,
				      struct server_netdev *d);

#endif
