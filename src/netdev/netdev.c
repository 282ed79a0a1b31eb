/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netdev/inside.h"

#include <errno.h>
#include <string.h>

#include "util/log.h"

enum tunnel_reason netdev_no_memory(const struct netdev_cfg *cfg)
{
	log_error(cfg->log, "cannot make the TUN device: %s", strerror(ENOMEM));
	return REASON_SYSTEM;
}

enum tunnel_reason netdev_open(const struct netdev_source *source, const struct netdev_cfg *cfg,
			       struct netdev **out)
{
	*out = NULL;
	switch (source->kind) {
	case NETDEV_HERE:
		return netdev_open_here(cfg, out);
	case NETDEV_IN_NETNS:
		return netdev_open_in_netns(source, cfg, out);
	case NETDEV_FOR_COMMAND:
		return netdev_open_for_command(source, cfg, out);
	case NETDEV_GIVEN:
		return netdev_open_given(source, cfg, out);
	case NETDEV_FOR_SCRIPT:
		return netdev_open_for_script(source, cfg, out);
	}
	return REASON_SYSTEM;
}

int netdev_up(struct netdev *n, const struct link_addrs *link)
{
	return n->ops->up ? n->ops->up(n, link) : 0;
}

bool netdev_signal(struct netdev *n, const struct signalfd_siginfo *info)
{
	return n->ops->signal && n->ops->signal(n, info);
}

void netdev_close(struct netdev *n)
{
	if (n)
		n->ops->close(n);
}
