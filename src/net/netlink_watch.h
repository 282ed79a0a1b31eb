/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notification of changes to links, addresses, routes and rules of our network namespace (rtnetlink(7)).
 * It does not say what has changed: the owner checks what concerns it. So nothing is missed when the
 * kernel drops messages (ENOBUFS).
 *
 * The first change is reported at once, and those of the next NETLINK_WATCH_PAUSE_MS together: a host
 * whose routes change all the time costs a bounded part of our time.
 */
#ifndef SSTP_NET_NETLINK_WATCH_H
#define SSTP_NET_NETLINK_WATCH_H

#include "net/loop.h"

enum { NETLINK_WATCH_PAUSE_MS = 20 };

/* Embedded in its owner's struct; zero-initialized: not open. */
struct netlink_watch {
	struct loop *loop;
	struct loop_watch watch;
	struct loop_timer pause;
	void (*changed)(struct netlink_watch *w);
};

/* Set `changed` before. 0 or -errno. */
int netlink_watch_open(struct netlink_watch *w, struct loop *loop);
/* The same for changes to packet filters (nf_tables). */
int netlink_watch_filters(struct netlink_watch *w, struct loop *loop);
void netlink_watch_close(struct netlink_watch *w);

#endif
