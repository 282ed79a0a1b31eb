/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records changes that would outlive the process, before they are made: host routes, routes to
 * excluded networks, rules and changed resolv.conf files. There is one file for each device and network namespace
 * (DIR/DEVICE.NAMESPACE.state), locked while the process runs, so an unlocked file belongs to a
 * process that crashed.
 *
 *	# sstp writes here what is to be undone if it dies: sstp0, process 4711
 *	netns 4026531840
 *	route 192.0.2.1/32 via 10.0.0.1 ifindex 2 table 0
 *	route 192.0.2.2/32 via none ifindex 0 table 0 unreachable
 *	excluded 192.168.5.0/24 via 10.0.0.1 ifindex 2 table 0
 *	rules priority 32764 mark 443 table 443
 *	no-ipv6 table 0
 *	resolv.conf /etc/resolv.conf
 *	resolvconf sstp0.sstp
 *	end
 */
#ifndef SSTP_CLIENT_STATE_H
#define SSTP_CLIENT_STATE_H

#include <limits.h>

#include "net/netlink.h"

enum { STATE_ROUTES_MAX = 32, STATE_EXCLUDED_MAX = 256 };

struct state_facts {
	uint64_t netns; /* inode of the network namespace, 0: not known */
	struct route route[STATE_ROUTES_MAX];
	size_t route_count;
	struct route excluded[STATE_EXCLUDED_MAX]; /* routes to excluded networks */
	size_t excluded_count;
	uint32_t rule_table; /* policy rules (policy.h) for this table; 0: none */
	uint32_t rule_mark, rule_priority;
	bool blocks_ipv6;           /* by unreachable routes to ::/1 and 8000::/1 ... */
	uint32_t block_table;       /* ... in this table */
	struct ip_prefix delegated; /* unreachable in block_table but for longer prefixes */
	char resolv_conf[PATH_MAX]; /* a file that we changed; empty: none */
	char resolvconf[64];        /* our name in resolvconf; empty: none */
};

struct state {
	int fd; /* -1: there is no file, and a crash leaves our changes */
	char path[PATH_MAX];
	char device[32];
	pid_t pid; /* of the program, whose helper process may write the file */
	struct state_facts facts;
};

/*
 * `pid`: of the program, for the file; 0: this process.
 * Creates the folder (0700) and the file, and locks it. Its former content is lost: call
 * state_each_dead first. Returns 0 or -errno; `s` is usable in any case. -EBUSY: another process
 * has it.
 */
int state_open(struct state *s, const char *dir, const char *device, pid_t pid);
int state_save(struct state *s);   /* writes the current facts */
void state_close(struct state *s); /* removes the file */

/*
 * Waits until the helpers of programs that were killed have ended, too, STATE_DYING_MS at most: until then they hold
 * the locks of state files.
 */
enum { STATE_DYING_MS = 15 * 1000 }; /* twice a program that sets name servers, and its end */
void state_wait_for_dying(const char *dir);

/* Whether these facts are about our network namespace. */
bool state_is_here(const struct state_facts *f);

/*
 * Calls `undo` for each file of a crashed process; `undo` removes from the facts what it has
 * undone. A file without remaining facts is removed.
 */
void state_each_dead(const char *dir, void (*undo)(void *arg, struct state_facts *f), void *arg);

#endif
