/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TUN device in another network namespace than ours. /dev/net/tun makes devices in the namespace of
 * the process that opens it, so a child of ours makes it there (proc/netns.h), and opens an rtnetlink
 * socket; we can use both from our namespace.
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

/* In the child: fills `fds` with the socket and the queues. Returns how many, or -errno, logged. */
int foreign_make(const struct foreign_cfg *cfg, int *fds);

/*
 * In the parent: makes of those descriptors the device's queues and the socket, and finds the device's
 * index in that namespace. Takes ownership of all `fds`, also when it fails. 0 or -errno, logged.
 */
int foreign_take(const struct foreign_cfg *cfg, const int *fds, struct tun **tuns,
		 struct netlink **netlink, unsigned *ifindex);

#endif
