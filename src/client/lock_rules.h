/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --lockdown on a kernel without nf_tables: policy rules (ip rule) with the lowest priorities that can be
 * given, in both families:
 *
 *	1	iif DEVICE goto 4				what comes from the tunnel
 *	1	to SERVER ipproto tcp dport PORT goto 4, ...	what is permitted
 *	1	lookup TABLE suppress_ifgroup 0			the routes into the tunnel's device
 *	3	lookup 443443					unreachable default
 *	4	nop						what follows decides
 *
 * The tunnel's device is in a group of its own, so that the last rule of priority 1 uses no route by another
 * device. After every other change these rules have priority 2 in place of 1. Unreachable routes stop packets
 * alone; an unreachable rule would also refuse each route by a gateway that the host gets (by DHCP) while it
 * is locked, since the kernel looks the gateway up. Rules are found by priority and owner
 * (NETLINK_PROTO_OURS), so nothing about them is recorded.
 *
 * A rule decides about routes, not about packets. What needs no route passes: IPv4 packets of programs that
 * bind to a device (SO_BINDTODEVICE, SO_DONTROUTE) or write to it (packet sockets), and broadcasts and
 * multicast on the link, which the table of local addresses (priority 0) permits.
 */
#ifndef SSTP_CLIENT_LOCK_RULES_H
#define SSTP_CLIENT_LOCK_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "client/lock_permit.h"

struct lock_rules;

/* 0 or -errno; -EOPNOTSUPP: the kernel has no such rules (before 4.17). *was_locked: they exist. */
int lock_rules_open(struct lock_rules **out, bool *was_locked);
void lock_rules_close(struct lock_rules *l); /* the rules stay; NULL is fine */

/* The tunnel's device. 0 or -errno. */
int lock_rules_device(struct lock_rules *l, const char *device);
/* Locks, or changes what is permitted. `table`: the tunnel's routes; 0: main. 0 or -errno. */
int lock_rules_apply(struct lock_rules *l, const struct lock_permit *permits, size_t count,
		     uint32_t table);
/*
 * Adds again what stops packets where another program has removed it. True: it had removed some of the rules; what is
 * permitted needs lock_rules_apply then.
 */
bool lock_rules_repair(struct lock_rules *l);
/* Removes all of them. 0, -ENOENT: there are none, or -errno. */
int lock_rules_remove(void);

#endif
