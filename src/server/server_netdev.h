/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's TUN device, with a queue for each worker and with the addresses that the clients
 * see. It is in our network namespace or in another (--netns); the listeners are always in ours.
 */
#ifndef SSTP_SERVER_SERVER_NETDEV_H
#define SSTP_SERVER_SERVER_NETDEV_H

#include "netdev/netdev.h"
#include "ppp/ppp.h"
#include "server/nat.h"
#include "server/server_cfg.h"

struct server_netdev {
	struct tun **tuns; /* `queues` of them, the caller's array */
	unsigned queues;
	struct netdev *netdev;
	struct netlink *netlink;      /* in the device's namespace */
	struct nat *nat;              /* NULL: none */
	int nft_fd;                   /* until server_netdev_open returns */
	uint8_t own_iid[PPP_IID_LEN]; /* of the device's IPv6 link-local address */
};

/*
 * Makes the device and sets it up; `own` is its IPv4 address, `own_ipv6` the one in cfg->ipv6_network
 * (AF_UNSPEC: none). The caller closes it, also after an
 * error. Returns REASON_NONE, or a reason after logging the error.
 */
enum tunnel_reason server_netdev_open(const struct server_cfg *cfg, uint32_t own,
				      const struct ip_addr *own_ipv6, struct server_netdev *d);

#endif
