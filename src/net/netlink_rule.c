/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policy rules by rtnetlink. */
#include "net/netlink_rule.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "net/netlink_request.h"

/* ---- adding and removing */

static void put_rule(struct nlmsg *m, const struct netlink_rule *r)
{
	nlmsg_put_u32(m, FRA_PRIORITY, r->priority);
	nlmsg_put_u8(m, FRA_PROTOCOL, NETLINK_PROTO_OURS); /* since 4.17 */
	if (r->kind != NETLINK_RULE_NOT_MARK_STOP)
		nlmsg_put_u32(m, FRA_TABLE, r->table);
	if (r->kind == NETLINK_RULE_BUT_DEFAULT)
		nlmsg_put_u32(m, FRA_SUPPRESS_PREFIXLEN, 0);
	else
		nlmsg_put_u32(m, FRA_FWMARK, r->mark);
}

static int change_rule(struct netlink *nl, uint16_t type, uint16_t flags,
		       const struct netlink_rule *r)
{
	struct fib_rule_hdr rule = {
		.family = (uint8_t)r->family,
		.action =
			r->kind == NETLINK_RULE_NOT_MARK_STOP ? FR_ACT_UNREACHABLE : FR_ACT_TO_TBL,
		.flags = r->kind == NETLINK_RULE_BUT_DEFAULT ? 0 : FIB_RULE_INVERT,
	};

	put_rule(netlink_request(nl, type, flags, &rule, sizeof(rule)), r);
	return netlink_ask(nl, NULL, NULL);
}

int netlink_rule_add(struct netlink *nl, const struct netlink_rule *r, bool exclusive)
{
	return change_rule(nl, RTM_NEWRULE, NLM_F_CREATE | (exclusive ? NLM_F_EXCL : 0), r);
}

int netlink_rule_del(struct netlink *nl, const struct netlink_rule *r)
{
	return change_rule(nl, RTM_DELRULE, 0, r);
}

/* ---- looking for one */

struct rule_search {
	uint32_t table, pref;
	bool found;
};

static void consider_rule(const struct nlmsghdr *h, struct reader body, void *arg)
{
	struct rule_search *s = arg;
	uint32_t table, pref = 0;
	struct fib_rule_hdr m;
	struct nlattr_in a;

	get_copy(&body, &m, sizeof(m));
	if (h->nlmsg_type != RTM_NEWRULE || body.bad || m.action != FR_ACT_TO_TBL)
		return;
	table = m.table;
	while (nlattr_next(&body, &a)) {
		if (a.type == FRA_TABLE)
			table = nlattr_u32(&a);
		else if (a.type == FRA_PRIORITY)
			pref = nlattr_u32(&a);
	}
	if (table != s->table || (s->found && s->pref <= pref))
		return;
	s->pref = pref;
	s->found = true;
}

int netlink_rule_of_table(struct netlink *nl, sa_family_t family, uint32_t table, uint32_t *pref)
{
	struct fib_rule_hdr rule = { .family = (uint8_t)family };
	struct rule_search s = { .table = table };
	int error;

	netlink_request(nl, RTM_GETRULE, NLM_F_DUMP, &rule, sizeof(rule));
	error = netlink_ask(nl, consider_rule, &s);
	*pref = s.pref;
	return error ? error : s.found ? 0 : -ENOENT;
}
