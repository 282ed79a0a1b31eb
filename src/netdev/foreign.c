/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TUN device in another network namespace: descriptor 0 is the socket, then come the queues. */
#include "netdev/foreign.h"

#include <string.h>
#include <unistd.h>

#include "tun/advice.h"
#include "util/syscall_advice.h"

/* ---- in the child, which ends after this, so nothing is freed */

static int make_queues(const struct foreign_cfg *cfg, int *fds)
{
	struct tun *first, *next;
	int error = tun_open(&cfg->tun, &first);

	if (error)
		return error;
	fds[0] = tun_fd(first);
	for (size_t i = 1; i < cfg->queues; i++) {
		error = tun_open_queue(first, &next);
		if (error)
			return error;
		fds[i] = tun_fd(next);
	}
	return 0;
}

int foreign_make(const struct foreign_cfg *cfg, int *fds)
{
	struct netlink *nl;
	int error = netlink_open(&nl);

	if (error) {
		log_error(cfg->log, "netlink: %s%s", strerror(-error), syscall_advice(error));
		return error;
	}
	fds[0] = netlink_fd(nl);
	error = make_queues(cfg, fds + 1);
	if (!error)
		return (int)(1 + cfg->queues);
	tun_log_error(cfg->log, &cfg->tun, error);
	return error;
}

/* ---- in the parent */

static int take_queues(size_t count, const int *fds, struct tun **tuns)
{
	int error = 0;

	for (size_t i = 0; i < count; i++) {
		tuns[i] = NULL;
		if (!error)
			error = tun_adopt(fds[i], &tuns[i]);
		if (error)
			close(fds[i]);
	}
	return error;
}

int foreign_take(const struct foreign_cfg *cfg, const int *fds, struct tun **tuns,
		 struct netlink **netlink, unsigned *ifindex)
{
	int error = take_queues(cfg->queues, fds + 1, tuns), socket_error;

	*netlink = NULL;
	socket_error = netlink_adopt(fds[0], netlink);
	if (socket_error)
		close(fds[0]);
	if (!error)
		error = socket_error;
	if (!error)
		error = netlink_link_index(*netlink, tun_name(tuns[0]), ifindex);
	if (!error)
		return 0;
	for (size_t i = 0; i < cfg->queues; i++) {
		tun_close(tuns[i]);
		tuns[i] = NULL;
	}
	netlink_close(*netlink);
	*netlink = NULL;
	tun_log_error(cfg->log, &cfg->tun, error);
	return error;
}
