/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policy rules that send packets into a routing table of the tunnel's own, as wg-quick does; the main
 * table stays as it is. In both families:
 *
 *	P	lookup main suppress_prefixlength 0	all routes of the host's but the default one
 *	P+1	not fwmark MARK lookup TABLE		all but the connection to the server
 *
 * P is the priority before that of the main table's first rule. Several tunnels use the same mark,
 * so that none gets the connection of another. The rules are recorded in the state file before they
 * are added, and added again when other programs remove them.
 */
#ifndef SSTP_CLIENT_POLICY_H
#define SSTP_CLIENT_POLICY_H

#include "client/state.h"
#include "util/log.h"

enum {
	POLICY_MARK = 443,  /* the default; free of the bits that container engines use */
	POLICY_TABLE = 443, /* the first that is tried */
};

struct policy {
	struct netlink *nl;
	struct state *state; /* its facts contain the rules */
	const struct log *log;
	uint32_t mark, table;
};

/* Finds a table without routes and rules, from POLICY_TABLE on. 0 or -errno. */
int policy_find_table(struct netlink *nl, uint32_t *table);

/* Adds the rules, unless they exist. 0 or -errno. */
int policy_up(struct policy *p);
/* Adds those again that were removed. Returns whether there was any. */
bool policy_check(struct policy *p);
void policy_drop(struct policy *p);

/* Removes the rules of a crashed process. -EPERM: that is not permitted. */
int policy_undo(struct netlink *nl, struct state_facts *f);

/*
 * Whether the kernel drops packets that come by another device than the one to which a reply would
 * be sent (rp_filter 1), on any device. It takes the rules into account, but not the mark.
 */
bool policy_source_is_checked(void);

#endif
