/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notification of changes to this network namespace. */
#include "net/netlink_watch.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/clock.h"

enum { READ_MAX = 256 }; /* messages per turn; the rest is reported after the pause */

static void on_pause_over(struct loop_timer *t)
{
	struct netlink_watch *w = container_of(t, struct netlink_watch, pause);

	loop_watch_events(w->loop, &w->watch, EPOLLIN);
}

/* Discards the messages. Other processes may write to us too; then the owner checks for nothing. */
static bool drain(int fd)
{
	bool any = false;
	char byte;

	for (int i = 0; i < READ_MAX; i++) {
		if (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_TRUNC) >= 0 ||
		    errno == ENOBUFS)
			any = true;
		else if (errno != EINTR)
			break;
	}
	return any;
}

static void on_messages(struct loop_watch *watch, uint32_t events)
{
	struct netlink_watch *w = container_of(watch, struct netlink_watch, watch);

	uint64_t start = clock_now_ms(), end;

	(void)events;
	loop_watch_events(w->loop, &w->watch, 0);
	if (drain(watch->fd))
		w->changed(w);
	end = clock_now_ms(); /* with very many routes a check takes long: limit it to a tenth of our time */
	loop_timer_set(w->loop, &w->pause, end + NETLINK_WATCH_PAUSE_MS + 10 * (end - start));
}

static int open_groups(struct netlink_watch *w, struct loop *loop, int protocol, unsigned numbers)
{
	const struct sockaddr_nl groups = { .nl_family = AF_NETLINK, .nl_groups = numbers };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	int error;

	if (fd < 0)
		return -errno;
	w->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_messages };
	w->pause.expired = on_pause_over;
	error = bind(fd, (const struct sockaddr *)&groups, sizeof(groups)) ? -errno : 0;
	if (!error)
		error = loop_watch(loop, &w->watch);
	if (error)
		close(fd);
	else
		w->loop = loop;
	return error;
}

int netlink_watch_open(struct netlink_watch *w, struct loop *loop)
{
	return open_groups(w, loop, NETLINK_ROUTE,
			   RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE |
				   RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE |
				   1u << (RTNLGRP_IPV6_RULE - 1));
}

int netlink_watch_filters(struct netlink_watch *w, struct loop *loop)
{
	return open_groups(w, loop, NETLINK_NETFILTER, 1u << (NFNLGRP_NFTABLES - 1));
}

void netlink_watch_close(struct netlink_watch *w)
{
	if (!w->loop)
		return;
	loop_timer_stop(w->loop, &w->pause);
	loop_unwatch(w->loop, &w->watch);
	close(w->watch.fd);
	w->loop = NULL;
}
