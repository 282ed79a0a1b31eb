/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks which route packets take. */
#include "client/route_check.h"

#include <linux/rtnetlink.h>
#include <stdio.h>

#include "net/netlink_rule.h"

/* "by the route 45.0.0.0/8 of table 77 (ip rule priority 100)" */
static void print_cause(struct netlink *nl, const struct ip_addr *dst, char *to, size_t room)
{
	struct route r;
	uint32_t pref;

	*to = '\0';
	if (netlink_route_match(nl, dst, &r))
		return;
	if (r.table == RT_TABLE_MAIN)
		snprintf(to, room, ", by the route %s of the main table",
			 ip_prefix_print(&r.dst).text);
	else if (netlink_rule_of_table(nl, dst->family, r.table, &pref))
		snprintf(to, room, ", by the route %s of table %u", ip_prefix_print(&r.dst).text,
			 r.table);
	else
		snprintf(to, room, ", by the route %s of table %u (ip rule, priority %u)",
			 ip_prefix_print(&r.dst).text, r.table, pref);
}

bool route_check(struct netlink *nl, const struct log *log, const char *device, unsigned ifindex,
		 const struct ip_addr *dst)
{
	char name[IF_NAMESIZE] = "another device", cause[160];
	struct route r;

	/* unreachable does not bypass the tunnel; the local table has this host's own addresses */
	if (netlink_route_get(nl, dst, &r) || r.ifindex == ifindex || r.unreachable ||
	    r.table == RT_TABLE_LOCAL)
		return true;
	if_indextoname(r.ifindex, name);
	print_cause(nl, dst, cause, sizeof(cause));
	log_warn(log, "packets to %s, for example, do not go through %s, but through %s%s",
		 ip_print(dst).text, device, name, cause);
	return false;
}
