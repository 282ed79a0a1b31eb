/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's TUN device: a queue a worker, with the addresses that the clients see. In our own
 * network namespace or in another (--netns), while the listeners are always in ours.
 */
#ifndef SSTP_SERVER_DEVICE_H
#define SSTP_SERVER_DEVICE_H

#include "net/netlink.h"
#include "ppp/ppp.h"
#include "server/server.h"
#include "tun/tun.h"

struct device {
	struct tun **tuns; /* `queues` of them, the caller's array */
	unsigned queues;
	struct netlink *netlink;      /* of its namespace */
	unsigned ifindex;             /* there */
	uint8_t own_iid[PPP_IID_LEN]; /* of its IPv6 link-local address */
	/* Readable when the process that names its namespace is gone: then it leads nowhere. The
	 * caller's to close; -1: there is none. */
	int process_fd;
};

/*
 * Makes it and sets it up; `own` is its IPv4 address. What is made is the caller's to close, also
 * after an error. EXIT_OK, or an exit code, logged.
 */
enum exit_code device_open(const struct server_cfg *cfg, uint32_t own, struct device *d);

#endif
