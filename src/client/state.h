/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What would outlive us, written down before it is done: host routes and whose resolv.conf it is.
 * One file a device and network namespace (DIR/DEVICE.NAMESPACE.state), locked while we live, so
 * that a file without a lock is that of a process that died without a word.
 *
 *	# sstp writes here what is to be undone if it dies: sstp0, process 4711
 *	netns 4026531840
 *	route 192.0.2.1/32 via 10.0.0.1 ifindex 2 table 0
 *	route 192.0.2.2/32 via none ifindex 0 table 0 unreachable
 *	no-ipv6 table 0
 *	resolv.conf /etc/resolv.conf
 *	resolvconf sstp0.sstp
 *	end
 */
#ifndef SSTP_CLIENT_STATE_H
#define SSTP_CLIENT_STATE_H

#include <limits.h>

#include "net/netlink.h"

enum { STATE_ROUTES_MAX = 32 };

struct state_facts {
	uint64_t netns; /* inode of the network namespace, 0: not known */
	struct route route[STATE_ROUTES_MAX];
	size_t route_count;
	bool blocks_ipv6;           /* by unreachable routes to ::/1 and 8000::/1 ... */
	uint32_t block_table;       /* ... in this table */
	char resolv_conf[PATH_MAX]; /* a file that we wrote; empty: none */
	char resolvconf[64];        /* a name that resolvconf knows us by; empty: none */
};

struct state {
	int fd; /* -1: there is no file, and what we do is only undone by ourselves */
	char path[PATH_MAX];
	char device[32];
	struct state_facts facts;
};

/*
 * Makes the folder (0700) and the file, and locks it. What stood in the file is lost: recover
 * first. 0 or -errno; `s` is usable in any case. -EBUSY: another process has it.
 */
int state_open(struct state *s, const char *dir, const char *device);
int state_save(struct state *s);   /* the facts as they are now */
void state_close(struct state *s); /* removes the file */

/* Is this fact about the network namespace that we are in? */
bool state_is_here(const struct state_facts *f);

/*
 * Calls `undo` for each file of a dead process; it takes out of the facts what it has undone. A
 * file with nothing left in it is removed.
 */
void state_each_dead(const char *dir, void (*undo)(void *arg, struct state_facts *f), void *arg);

#endif
