/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A descriptor opened by the caller: a TUN device, or a socket with packet boundaries. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netdev/inside.h"
#include "util/log.h"

static const char *descriptor_hint(int error)
{
	if (error == -EBADF)
		return ": there is no such descriptor";
	if (error == -EINVAL || error == -ENOTSOCK || error == -ENOTTY)
		return ": it must be a TUN device without packet information (IFF_TUN, IFF_NO_PI), "
		       "or a socket of datagrams or packets";
	return "";
}

static void close_given(struct netdev *n)
{
	free(n);
}

static void set_name(struct netdev *n, const struct tun *tun, int fd)
{
	if (*tun_name(tun))
		snprintf(n->name, sizeof(n->name), "%s", tun_name(tun));
	else
		snprintf(n->name, sizeof(n->name), "descriptor %d", fd);
}

enum tunnel_reason netdev_open_given(const struct netdev_source *source,
				     const struct netdev_cfg *cfg, struct netdev **out)
{
	static const struct netdev_ops ops = { .close = close_given };
	struct netdev *n = calloc(1, sizeof(*n));
	int error;

	if (!n)
		return netdev_no_memory(cfg);
	error = tun_adopt(source->fd, &cfg->tuns[0]);
	if (error) {
		log_error(cfg->log, "--tun-fd %d: %s%s", source->fd, strerror(-error),
			  descriptor_hint(error));
		free(n);
		return REASON_SETTINGS;
	}
	*n = (struct netdev){
		.ops = &ops,
		.is_bare = true,
		.dns = NETDEV_DNS_NONE,
		.resolv_conf_fd = -1,
		.netns_fd = -1,
		.process_fd = -1,
	};
	set_name(n, cfg->tuns[0], source->fd);
	*out = n;
	return REASON_NONE;
}
