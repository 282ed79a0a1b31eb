/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TUN device in our own network namespace. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "netdev/inside.h"
#include "tun/advice.h"
#include "util/log.h"

static void close_here(struct netdev *n)
{
	free(n);
}

static int open_queues(const struct netdev_cfg *cfg)
{
	int error = tun_open(&cfg->tun, &cfg->tuns[0]);

	for (size_t i = 1; i < cfg->queues && !error; i++)
		error = tun_open_queue(cfg->tuns[0], &cfg->tuns[i]);
	if (!error)
		return 0;
	tun_log_error(cfg->log, &cfg->tun, error);
	for (size_t i = 0; i < cfg->queues; i++) {
		tun_close(cfg->tuns[i]);
		cfg->tuns[i] = NULL;
	}
	return error;
}

enum tunnel_reason netdev_open_here(const struct netdev_cfg *cfg, struct netdev **out)
{
	static const struct netdev_ops ops = { .close = close_here };
	struct netdev *n = calloc(1, sizeof(*n));

	if (!n)
		return netdev_no_memory(cfg);
	if ((cfg->prepare && cfg->prepare(cfg->arg, cfg->prepared_fd)) || open_queues(cfg)) {
		free(n);
		return REASON_NETWORK;
	}
	*n = (struct netdev){
		.ops = &ops,
		.ifindex = tun_ifindex(cfg->tuns[0]),
		.dns = cfg->wants_dns ? NETDEV_DNS_HOST : NETDEV_DNS_NONE,
		.resolv_conf_fd = -1,
		.netns_fd = -1,
		.process_fd = -1,
	};
	snprintf(n->name, sizeof(n->name), "%s", tun_name(cfg->tuns[0]));
	*out = n;
	return REASON_NONE;
}
