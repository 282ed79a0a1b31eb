/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether packets really go into the tunnel, asked of the kernel after set-up: a rule (ip rule) that
 * another program has put in front of the main table, or a longer route, sends them past it.
 */
#ifndef SSTP_CLIENT_WAY_CHECK_H
#define SSTP_CLIENT_WAY_CHECK_H

#include "net/netlink.h"
#include "util/log.h"

/* Logs a warning, and returns false, if packets to `dst` leave by another device than this. */
bool way_check(struct netlink *nl, const struct log *log, const char *device, unsigned ifindex,
	       const struct ip_addr *dst);

#endif
