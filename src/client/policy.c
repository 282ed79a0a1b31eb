/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policy rules for a routing table of the tunnel's own. */
#include "client/policy.h"

#include <dirent.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/netlink_rule.h"

enum {
	MAIN_PRIORITY = 32766, /* of the main table's rule, unless it was moved */
	TABLES = 1000,         /* this many are tried */
	RULES = 4,
};

static const sa_family_t families[] = { AF_INET, AF_INET6 };

/* A kernel without IPv6 needs no rules for it. */
static bool is_without_family(int error)
{
	return error == -EAFNOSUPPORT || error == -EOPNOTSUPP;
}

static struct netlink_rule rule_of(const struct state_facts *f, unsigned i)
{
	bool is_first = i % 2 == 0;

	return (struct netlink_rule){
		.family = families[i / 2],
		.kind = is_first ? NETLINK_RULE_BUT_DEFAULT : NETLINK_RULE_NOT_MARK,
		.priority = f->rule_priority + (is_first ? 0 : 1),
		.table = is_first ? RT_TABLE_MAIN : f->rule_table,
		.mark = f->rule_mark,
	};
}

/* ---- choosing */

static int is_used(struct netlink *nl, uint32_t table, bool *used)
{
	int error = 0;

	*used = false;
	for (size_t i = 0; i < 2 && !error && !*used; i++) {
		uint32_t priority;

		error = netlink_table_has_routes(nl, families[i], table, used);
		if (!error && !*used)
			*used = !netlink_rule_of_table(nl, families[i], table, &priority);
		if (families[i] == AF_INET6 && is_without_family(error))
			error = 0;
	}
	return error;
}

int policy_find_table(struct netlink *nl, uint32_t *table)
{
	bool used = true;
	int error = 0;

	for (uint32_t i = 0; i < TABLES && used && !error; i++) {
		*table = POLICY_TABLE + i;
		error = is_used(nl, *table, &used);
	}
	return error ? error : used ? -EBUSY : 0;
}

/* The priority of the first of our two rules. */
static uint32_t find_priority(struct netlink *nl)
{
	uint32_t main, first = MAIN_PRIORITY;

	for (size_t i = 0; i < 2; i++)
		if (!netlink_rule_of_table(nl, families[i], RT_TABLE_MAIN, &main) && main < first)
			first = main;
	return first > 2 ? first - 2 : 1;
}

/* ---- the rules */

/* Each tunnel has its own, even if an equal one exists: so each can remove its own. */
static int add_rules(struct policy *p)
{
	const struct state_facts *f = &p->state->facts;
	int error = 0;

	for (unsigned i = RULES; i > 0 && !error; i--) {
		struct netlink_rule r = rule_of(f, i - 1);

		error = netlink_rule_add(p->nl, &r, false);
		if (r.family == AF_INET6 && is_without_family(error))
			error = 0;
	}
	return error;
}

int policy_up(struct policy *p)
{
	struct state_facts *f = &p->state->facts;
	int error;

	if (f->rule_table)
		return 0;
	f->rule_priority = find_priority(p->nl);
	f->rule_mark = p->mark;
	f->rule_table = p->table;
	state_save(p->state);
	error = add_rules(p);
	if (error)
		policy_drop(p);
	return error;
}

bool policy_check(struct policy *p)
{
	const struct state_facts *f = &p->state->facts;
	bool any = false;

	for (unsigned i = 0; f->rule_table && i < RULES; i++) {
		struct netlink_rule r = rule_of(f, i);

		if (netlink_rule_add(p->nl, &r, true))
			continue; /* it exists */
		any = true;
		log_info(p->log,
			 "the rule (ip rule) with priority %u was removed by another program; "
			 "added it again",
			 r.priority);
	}
	return any;
}

int policy_undo(struct netlink *nl, struct state_facts *f)
{
	for (unsigned i = 0; f->rule_table && i < RULES; i++) {
		struct netlink_rule r = rule_of(f, i);

		if (netlink_rule_del(nl, &r) == -EPERM)
			return -EPERM;
	}
	f->rule_table = 0;
	return 0;
}

void policy_drop(struct policy *p)
{
	policy_undo(p->nl, &p->state->facts);
	state_save(p->state);
}

/* ---- rp_filter */

static int read_rp_filter(const char *device)
{
	char path[300];
	int value = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", device);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &value) != 1)
		value = 0;
	fclose(f);
	return value;
}

/* The larger one of a device's value and that of "all" counts: Documentation/networking/ip-sysctl. */
bool policy_source_is_checked(void)
{
	DIR *d = opendir("/proc/sys/net/ipv4/conf");
	int all = read_rp_filter("all");
	bool is_checked = all == 1;
	struct dirent *entry;

	while (d && all < 1 && !is_checked && (entry = readdir(d)))
		is_checked = *entry->d_name != '.' && read_rp_filter(entry->d_name) == 1;
	if (d)
		closedir(d);
	return is_checked;
}
