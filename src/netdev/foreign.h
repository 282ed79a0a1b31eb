/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TUN device in a network namespace that we are not in. /dev/net/tun makes devices where the
 * process that opens it is, so a child of ours makes it there (proc/netns.h), and an rtnetlink socket
 * with it; both work for us wherever we are.
 */
#ifndef SSTP_NETDEV_FOREIGN_H
#define SSTP_NETDEV_FOREIGN_H

#include <stddef.h>

#include "net/netlink.h"
#include "tun/tun.h"
#include "util/log.h"

struct foreign_cfg {
	struct tun_cfg tun;
	size_t queues;
	const struct log *log;
};

/* In the child: fills `fds` with the socket and the queues. How many, or -errno, logged. */
int foreign_make(const struct foreign_cfg *cfg, int *fds);

/*
 * Ours: out of those descriptors the device's queues, the socket, and the device's index in that
 * namespace. All of `fds` are used up, whatever happens. 0 or -errno, logged.
 */
int foreign_take(const struct foreign_cfg *cfg, const int *fds, struct tun **tuns,
		 struct netlink **netlink, unsigned *ifindex);

#endif
