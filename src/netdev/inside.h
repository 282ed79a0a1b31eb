/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to src/netdev: what netdev.c and the kinds of devices share; one file for each kind. */
#ifndef SSTP_NETDEV_INSIDE_H
#define SSTP_NETDEV_INSIDE_H

#include "netdev/netdev.h"

struct netdev_ops {
	int (*up)(struct netdev *n, const struct link_addrs *link);            /* or NULL */
	bool (*signal)(struct netdev *n, const struct signalfd_siginfo *info); /* or NULL */
	void (*close)(struct netdev *n);
};

/* Logs it. */
enum tunnel_reason netdev_no_memory(const struct netdev_cfg *cfg);

/* ---- here.c, in_netns.c, for_command.c, given.c, for_script.c */

enum tunnel_reason netdev_open_here(const struct netdev_cfg *cfg, struct netdev **out);
enum tunnel_reason netdev_open_in_netns(const struct netdev_source *source,
					const struct netdev_cfg *cfg, struct netdev **out);
enum tunnel_reason netdev_open_for_command(const struct netdev_source *source,
					   const struct netdev_cfg *cfg, struct netdev **out);
enum tunnel_reason netdev_open_given(const struct netdev_source *source,
				     const struct netdev_cfg *cfg, struct netdev **out);
enum tunnel_reason netdev_open_for_script(const struct netdev_source *source,
					  const struct netdev_cfg *cfg, struct netdev **out);

#endif
