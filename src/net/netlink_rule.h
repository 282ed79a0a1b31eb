/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policy rules (ip rule): which routing table is looked at for a packet. All return 0 or -errno, as
 * in netlink.h.
 */
#ifndef SSTP_NET_NETLINK_RULE_H
#define SSTP_NET_NETLINK_RULE_H

#include "net/netlink.h"

enum netlink_rule_kind {
	NETLINK_RULE_NOT_MARK,      /* "not fwmark MARK lookup TABLE" */
	NETLINK_RULE_BUT_DEFAULT,   /* "lookup TABLE suppress_prefixlength 0" */
	NETLINK_RULE_NOT_MARK_STOP, /* "not fwmark MARK unreachable" */
};

struct netlink_rule {
	sa_family_t family;
	enum netlink_rule_kind kind;
	uint32_t priority, table, mark;
};

/* `exclusive`: fails with -EEXIST if there is an equal one; else there may be several. */
int netlink_rule_add(struct netlink *nl, const struct netlink_rule *r, bool exclusive);
int netlink_rule_del(struct netlink *nl, const struct netlink_rule *r); /* one of them */

/* The priority of the first rule for this table. -ENOENT: there is none. */
int netlink_rule_of_table(struct netlink *nl, sa_family_t family, uint32_t table, uint32_t *pref);

#endif
