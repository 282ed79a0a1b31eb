/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policy rules (ip rule): which routing table is looked at for a packet. All return 0 or -errno, as
 * in netlink.h.
 */
#ifndef SSTP_NET_NETLINK_RULE_H
#define SSTP_NET_NETLINK_RULE_H

#include "net/netlink.h"

enum netlink_rule_kind {
	NETLINK_RULE_LOOKUP,      /* "lookup TABLE" */
	NETLINK_RULE_NOT_MARK,    /* "not fwmark MARK lookup TABLE" */
	NETLINK_RULE_BUT_DEFAULT, /* "lookup TABLE suppress_prefixlength 0" */
	NETLINK_RULE_BUT_GROUP,   /* "lookup TABLE suppress_ifgroup 0": not by devices of group 0 */
	NETLINK_RULE_GOTO,        /* "SELECTOR goto TARGET" */
	NETLINK_RULE_NOP,         /* "nop": the target of a goto */
};

struct netlink_rule {
	sa_family_t family;
	enum netlink_rule_kind kind;
	uint32_t priority, table, mark, target;
	/* further ones of a goto's selector, beside the mark; 0 or empty: any */
	struct ip_prefix to;
	char device_in[IF_NAMESIZE];
	uint8_t protocol; /* this and the ports: since Linux 4.17, and ignored before */
	uint16_t source_port, destination_port;
};

/* `exclusive`: fails with -EEXIST if there is an equal one; else there may be several. */
int netlink_rule_add(struct netlink *nl, const struct netlink_rule *r, bool exclusive);
int netlink_rule_del(struct netlink *nl, const struct netlink_rule *r); /* one of them */
/* One of our rules with this priority, whatever it is. */
int netlink_rule_del_at(struct netlink *nl, sa_family_t family, uint32_t priority);
/* Whether there is a rule of ours with this priority. Never before Linux 4.17, which records no owner. */
int netlink_rule_is_at(struct netlink *nl, sa_family_t family, uint32_t priority, bool *is);

/* The priority of the first rule for this table, without those that leave out a device group. -ENOENT: none. */
int netlink_rule_of_table(struct netlink *nl, sa_family_t family, uint32_t table, uint32_t *pref);

#endif
