/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policy rules by rtnetlink. */
#include "net/netlink_rule.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "net/netlink_request.h"

/* ---- adding and removing */

static void put_prefix(struct nlmsg *m, uint16_t type, const struct ip_prefix *p)
{
	if (p->len)
		nlmsg_put(m, type, p->addr.bytes, p->addr.family == AF_INET ? 4 : 16);
}

static void put_port(struct nlmsg *m, uint16_t type, uint16_t port)
{
	struct fib_rule_port_range range = { port, port };

	if (port)
		nlmsg_put(m, type, &range, sizeof(range));
}

static void put_selector(struct nlmsg *m, const struct netlink_rule *r)
{
	put_prefix(m, FRA_DST, &r->to);
	if (*r->device_in)
		nlmsg_put(m, FRA_IIFNAME, r->device_in, strlen(r->device_in) + 1);
	if (r->mark)
		nlmsg_put_u32(m, FRA_FWMARK, r->mark);
	if (r->protocol)
		nlmsg_put_u8(m, FRA_IP_PROTO, r->protocol);
	put_port(m, FRA_SPORT_RANGE, r->source_port);
	put_port(m, FRA_DPORT_RANGE, r->destination_port);
}

static void put_owner(struct nlmsg *m, uint32_t priority)
{
	nlmsg_put_u32(m, FRA_PRIORITY, priority);
	nlmsg_put_u8(m, FRA_PROTOCOL, NETLINK_PROTO_OURS); /* since 4.17 */
}

static void put_rule(struct nlmsg *m, const struct netlink_rule *r)
{
	put_owner(m, r->priority);
	switch (r->kind) {
	case NETLINK_RULE_LOOKUP:
		nlmsg_put_u32(m, FRA_TABLE, r->table);
		break;
	case NETLINK_RULE_NOT_MARK:
		nlmsg_put_u32(m, FRA_TABLE, r->table);
		nlmsg_put_u32(m, FRA_FWMARK, r->mark);
		break;
	case NETLINK_RULE_BUT_DEFAULT:
		nlmsg_put_u32(m, FRA_TABLE, r->table);
		nlmsg_put_u32(m, FRA_SUPPRESS_PREFIXLEN, 0);
		break;
	case NETLINK_RULE_BUT_GROUP:
		nlmsg_put_u32(m, FRA_TABLE, r->table);
		nlmsg_put_u32(m, FRA_SUPPRESS_IFGROUP, 0);
		break;
	case NETLINK_RULE_GOTO:
		nlmsg_put_u32(m, FRA_GOTO, r->target);
		put_selector(m, r);
		break;
	case NETLINK_RULE_NOP:
		break;
	}
}

static uint8_t action_of(enum netlink_rule_kind kind)
{
	switch (kind) {
	case NETLINK_RULE_GOTO:
		return FR_ACT_GOTO;
	case NETLINK_RULE_NOP:
		return FR_ACT_NOP;
	case NETLINK_RULE_LOOKUP:
	case NETLINK_RULE_NOT_MARK:
	case NETLINK_RULE_BUT_DEFAULT:
	case NETLINK_RULE_BUT_GROUP:
		break;
	}
	return FR_ACT_TO_TBL;
}

static int change_rule(struct netlink *nl, uint16_t type, uint16_t flags,
		       const struct netlink_rule *r)
{
	struct fib_rule_hdr rule = {
		.family = (uint8_t)r->family,
		.dst_len = (uint8_t)r->to.len,
		.action = action_of(r->kind),
		.flags = r->kind == NETLINK_RULE_NOT_MARK ? FIB_RULE_INVERT : 0,
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

int netlink_rule_del_at(struct netlink *nl, sa_family_t family, uint32_t priority)
{
	struct fib_rule_hdr rule = { .family = (uint8_t)family };

	put_owner(netlink_request(nl, RTM_DELRULE, 0, &rule, sizeof(rule)), priority);
	return netlink_ask(nl, NULL, NULL);
}

/* ---- looking for one */

struct owner_search {
	uint32_t priority;
	bool found;
};

static void consider_owner(const struct nlmsghdr *h, struct reader body, void *arg)
{
	struct owner_search *s = arg;
	uint32_t priority = 0;
	struct fib_rule_hdr m;
	struct nlattr_in a;
	bool is_ours = false;

	get_copy(&body, &m, sizeof(m));
	if (h->nlmsg_type != RTM_NEWRULE || body.bad)
		return;
	while (nlattr_next(&body, &a)) {
		if (a.type == FRA_PRIORITY)
			priority = nlattr_u32(&a);
		else if (a.type == FRA_PROTOCOL)
			is_ours = a.value.len == 1 && *a.value.at == NETLINK_PROTO_OURS;
	}
	s->found |= is_ours && priority == s->priority;
}

int netlink_rule_is_at(struct netlink *nl, sa_family_t family, uint32_t priority, bool *is)
{
	struct fib_rule_hdr rule = { .family = (uint8_t)family };
	struct owner_search s = { .priority = priority };
	int error;

	netlink_request(nl, RTM_GETRULE, NLM_F_DUMP, &rule, sizeof(rule));
	error = netlink_ask(nl, consider_owner, &s);
	*is = s.found;
	return error;
}

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
		else if (a.type == FRA_SUPPRESS_IFGROUP && nlattr_u32(&a) != UINT32_MAX)
			return;
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
