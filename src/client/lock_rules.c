/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lock made of policy rules. */
#include "client/lock_rules.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "net/netlink_rule.h"

enum {
	PRIORITY_PERMIT = 1, /* or the next one */
	PRIORITY_STOP = 3,
	PRIORITY_END = 4,
	DEVICE_GROUP = 443,
	TABLE = 443443,     /* of the unreachable routes */
	RULES_A_PERMIT = 4, /* two families, two directions */
	OTHER_RULES = 8,    /* of the device and of two tables */
};

static const sa_family_t families[] = { AF_INET, AF_INET6 };

struct lock_rules {
	struct netlink *nl;
	char device[IF_NAMESIZE];
	bool is_locked;    /* the unreachable routes and their rules exist */
	uint32_t priority; /* of what is permitted; 0: nothing yet */
};

/* A kernel without IPv6 needs no rules for it. */
static int forgive(sa_family_t family, int error)
{
	bool is_missing = error == -EAFNOSUPPORT || error == -EOPNOTSUPP;

	return family == AF_INET6 && is_missing ? 0 : error;
}

/* ---- the rules that should exist */

struct rule_list {
	struct netlink_rule *at;
	size_t count;
	uint32_t priority;
};

static struct netlink_rule *new_rule(struct rule_list *l, sa_family_t family,
				     enum netlink_rule_kind kind)
{
	struct netlink_rule *r = &l->at[l->count++];

	*r = (struct netlink_rule){ .family = family, .kind = kind, .priority = l->priority };
	r->target = kind == NETLINK_RULE_GOTO ? PRIORITY_END : 0;
	return r;
}

static void put_permit(struct rule_list *l, sa_family_t family, const struct lock_permit *p,
		       uint16_t from_port, uint16_t port)
{
	struct netlink_rule *r = new_rule(l, family, NETLINK_RULE_GOTO);

	r->to = p->to;
	r->mark = p->mark;
	r->protocol = p->protocol;
	r->source_port = from_port;
	r->destination_port = port;
}

/*
 * Where the kernel checks the source of what comes in (rp_filter), it looks for the way back. Some versions do
 * that with the ports of the packet itself, not swapped, so the same rule is needed the other way around.
 */
static void put_permit_both_ways(struct rule_list *l, sa_family_t family,
				 const struct lock_permit *p)
{
	if (p->family && p->family != family)
		return;
	put_permit(l, family, p, p->from_port, p->port);
	if (p->port)
		put_permit(l, family, p, p->port, p->from_port);
}

static void put_tunnel(struct rule_list *l, sa_family_t family, const char *device, uint32_t table)
{
	struct netlink_rule *from = new_rule(l, family, NETLINK_RULE_GOTO);

	memcpy(from->device_in, device, strnlen(device, sizeof(from->device_in) - 1));
	new_rule(l, family, NETLINK_RULE_BUT_GROUP)->table = RT_TABLE_MAIN;
	if (table && table != RT_TABLE_MAIN)
		new_rule(l, family, NETLINK_RULE_BUT_GROUP)->table = table;
}

static int make_list(const struct lock_rules *l, const struct lock_permit *permits, size_t count,
		     uint32_t table, struct rule_list *list)
{
	list->count = 0;
	list->priority = l->priority == PRIORITY_PERMIT ? PRIORITY_PERMIT + 1 : PRIORITY_PERMIT;
	list->at = calloc(RULES_A_PERMIT * count + OTHER_RULES, sizeof(*list->at));
	if (!list->at)
		return -ENOMEM;
	for (size_t f = 0; f < 2; f++) {
		for (size_t i = 0; i < count; i++)
			put_permit_both_ways(list, families[f], &permits[i]);
		if (*l->device)
			put_tunnel(list, families[f], l->device, table);
	}
	return 0;
}

/* ---- setting them */

static struct netlink_rule end_of(sa_family_t family)
{
	return (struct netlink_rule){
		.family = family,
		.kind = NETLINK_RULE_NOP,
		.priority = PRIORITY_END,
	};
}

static struct netlink_rule stop_of(sa_family_t family)
{
	return (struct netlink_rule){
		.family = family,
		.kind = NETLINK_RULE_LOOKUP,
		.priority = PRIORITY_STOP,
		.table = TABLE,
	};
}

/* The same rule for each family. */
static int add_for_both(struct lock_rules *l, struct netlink_rule (*rule_of)(sa_family_t family))
{
	int error = 0;

	for (size_t f = 0; f < 2 && !error; f++) {
		struct netlink_rule r = rule_of(families[f]);

		error = netlink_rule_add(l->nl, &r, true);
		error = error == -EEXIST ? 0 : forgive(r.family, error);
	}
	return error;
}

static struct route unreachable_of(sa_family_t family)
{
	return (struct route){
		.dst = { .addr = { .family = family } },
		.table = TABLE,
		.protocol = NETLINK_PROTO_OURS,
		.unreachable = true,
	};
}

static int stop_packets(struct lock_rules *l)
{
	int error = 0;

	for (size_t f = 0; f < 2 && !error; f++) {
		struct route r = unreachable_of(families[f]);

		error = netlink_route_add(l->nl, &r);
		error = error == -EEXIST ? 0 : forgive(families[f], error);
	}
	return error ? error : add_for_both(l, stop_of);
}

/* Returns the number of rules that were removed, or -errno. */
static int remove_at(struct netlink *nl, sa_family_t family, uint32_t priority)
{
	int error, count = 0;

	while (!(error = netlink_rule_del_at(nl, family, priority)))
		count++;
	return error == -ENOENT || error == -EAFNOSUPPORT || error == -EOPNOTSUPP ? count : error;
}

static void remove_permits(struct lock_rules *l, uint32_t priority)
{
	for (size_t f = 0; f < 2; f++)
		remove_at(l->nl, families[f], priority);
}

/*
 * The former rules stay until the new ones, of the other priority, are there. (One rule cannot be removed by what
 * it matches: the kernel takes the first that matches at least that.)
 */
int lock_rules_apply(struct lock_rules *l, const struct lock_permit *permits, size_t count,
		     uint32_t table)
{
	struct rule_list wanted;
	int error = make_list(l, permits, count, table, &wanted);

	for (size_t i = 0; i < wanted.count && !error; i++)
		error = forgive(wanted.at[i].family, netlink_rule_add(l->nl, &wanted.at[i], false));
	if (!error && !l->is_locked)
		error = stop_packets(l);
	free(wanted.at);
	if (error) {
		remove_permits(l, wanted.priority);
		return error;
	}
	l->is_locked = true;
	if (l->priority)
		remove_permits(l, l->priority);
	l->priority = wanted.priority;
	return 0;
}

/* What cannot be added is missing, so that lock_rules_apply reports why; a kernel may be without IPv6. */
static bool repair(struct lock_rules *l, sa_family_t family)
{
	struct route unreachable = unreachable_of(family);
	struct netlink_rule stop = stop_of(family), end = end_of(family);
	bool added = !netlink_route_add(l->nl, &unreachable), is_there = false;
	int error = netlink_rule_add(l->nl, &stop, true);

	if (error && error != -EEXIST)
		return forgive(family, error) != 0;
	added = !error || added;
	added = !netlink_rule_add(l->nl, &end, true) || added;
	return added || (!netlink_rule_is_at(l->nl, family, l->priority, &is_there) && !is_there);
}

bool lock_rules_repair(struct lock_rules *l)
{
	bool any = false;

	for (size_t f = 0; f < 2 && l->is_locked; f++)
		any = repair(l, families[f]) || any;
	return any;
}

int lock_rules_device(struct lock_rules *l, const char *device)
{
	unsigned ifindex;
	int error = netlink_link_index(l->nl, device, &ifindex);

	if (!error)
		error = netlink_link_group(l->nl, ifindex, DEVICE_GROUP);
	if (!error)
		memcpy(l->device, device, strnlen(device, sizeof(l->device) - 1));
	return error;
}

/* ---- life */

/*
 * Before 4.17 the kernel ignores ports and protocols, and permits all instead. It ignores the owner too, which
 * shows it.
 */
static int check_kernel(struct lock_rules *l)
{
	bool is_known = false;
	int error = add_for_both(l, end_of);

	if (!error)
		error = netlink_rule_is_at(l->nl, AF_INET, PRIORITY_END, &is_known);
	if (error || is_known)
		return error;
	for (size_t f = 0; f < 2; f++) {
		struct netlink_rule r = end_of(families[f]);

		netlink_rule_del(l->nl, &r);
	}
	return -EOPNOTSUPP;
}

int lock_rules_open(struct lock_rules **out, bool *was_locked)
{
	struct lock_rules *l = calloc(1, sizeof(*l));
	int error;

	if (!l)
		return -ENOMEM;
	error = netlink_open(&l->nl);
	if (!error)
		error = check_kernel(l);
	if (!error)
		error = netlink_rule_is_at(l->nl, AF_INET, PRIORITY_STOP, was_locked);
	if (error) {
		lock_rules_close(l);
		return error;
	}
	/* what an earlier process permitted; nothing but the unreachable routes holds until lock_rules_apply */
	remove_permits(l, PRIORITY_PERMIT);
	remove_permits(l, PRIORITY_PERMIT + 1);
	*out = l;
	return 0;
}

/* A device that outlives us is an ordinary one again. */
static void leave_group(struct lock_rules *l)
{
	unsigned ifindex;

	if (*l->device && !netlink_link_index(l->nl, l->device, &ifindex))
		netlink_link_group(l->nl, ifindex, 0);
}

void lock_rules_close(struct lock_rules *l)
{
	if (!l)
		return;
	if (l->nl)
		leave_group(l);
	netlink_close(l->nl);
	free(l);
}

int lock_rules_remove(void)
{
	static const uint32_t priorities[] = { PRIORITY_STOP, PRIORITY_PERMIT, PRIORITY_PERMIT + 1,
					       PRIORITY_END };
	struct netlink *nl = NULL;
	int error = netlink_open(&nl), count = 0;

	for (size_t f = 0; f < 2 && !error; f++) {
		struct route r = unreachable_of(families[f]);

		for (size_t i = 0; i < sizeof(priorities) / sizeof(*priorities) && !error; i++) {
			int removed = remove_at(nl, families[f], priorities[i]);

			count += removed > 0 ? removed : 0;
			error = removed < 0 ? removed : 0;
		}
		netlink_route_del(nl, &r);
	}
	netlink_close(nl);
	return error ? error : count ? 0 : -ENOENT;
}
