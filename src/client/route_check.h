/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks the kernel after set-up whether packets really go into the tunnel: a rule (ip rule) of
 * another program before the main table, or a longer route, may send them elsewhere.
 */
#ifndef SSTP_CLIENT_ROUTE_CHECK_H
#define SSTP_CLIENT_ROUTE_CHECK_H

#include "net/netlink.h"
#include "util/log.h"

/* Logs a warning and returns false if packets to `dst` leave by another device than this. */
bool route_check(struct netlink *nl, const struct log *log, const char *device, unsigned ifindex,
		 const struct ip_addr *dst);

#endif
