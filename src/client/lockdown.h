/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kill switch (--lockdown): a packet filter that lets nothing leave this network namespace but
 *
 *	the loopback device's traffic, and all of the tunnel's device
 *	TCP to the server's addresses and port (the proxy's, if there is one)
 *	what goes to excluded networks
 *	DHCP (UDP 68 to 67), DHCPv6 (546 to 547), and ICMPv6 of neighbor and router discovery and of
 *	multicast groups
 *	DNS (port 53) with the mark of this process, to look the server's name up again
 *	all DNS (port 53, 853), only until the server's name has been looked up for the first time; with
 *	several servers until one is connected
 *
 * for both families, for forwarded packets as for the host's own, and for connections that exist
 * already. (ARP is not IP, and is not filtered.) It is one table of nf_tables of ours, or, where the kernel
 * has none, policy rules, which stop less (lock_rules.h). It survives a
 * crash on purpose, unlike all that state.h records; the next start with --lockdown takes it over,
 * and `sstp unlock` removes it. The addresses that it permits are in a file, DIR/lockdown.NAMESPACE:
 * a start that finds the table cannot look the name up.
 *
 *	lockdown_open -> lockdown_device, lockdown_permit, ... -> lockdown_close
 */
#ifndef SSTP_CLIENT_LOCKDOWN_H
#define SSTP_CLIENT_LOCKDOWN_H

#include "net/loop.h"
#include "util/ip.h"
#include "util/log.h"

enum { LOCKDOWN_SERVERS_MAX = 32 };

struct lockdown_cfg {
	const char *server; /* the name or address as the user gave it, with its port */
	bool is_resolved;   /* its addresses are known without a look-up */
	bool has_several;   /* more servers, whose names are looked up when their turn comes */
	const struct ip_prefix *excluded;
	size_t excluded_count;
	uint32_t mark;         /* of this process's own sockets to the outside; not 0 */
	struct loop *loop;     /* to lock again when another program removes the lock; NULL: not */
	const char *state_dir; /* NULL: HOST_STATE_DIR */
	const struct log *log;
};

struct lockdown;

/* Locks. 0 or -errno, logged. -EBUSY: another process holds the lock. */
int lockdown_open(const struct lockdown_cfg *cfg, struct lockdown **out);
/* The tunnel's device; the caller keeps the name. 0 or -errno, logged. */
int lockdown_device(struct lockdown *l, const char *name);
/* The table of the tunnel's routes; 0: main. 0 or -errno, logged. */
int lockdown_table(struct lockdown *l, uint32_t number);
/* Whether look-ups of routes need the mark to find any. NULL: not locked. */
bool lockdown_is_by_rules(const struct lockdown *l);
/* Whether any program may look up names now. */
bool lockdown_permits_dns(const struct lockdown *l);
/* Permits connections to this address and port. 0 or -errno, logged. */
int lockdown_permit(struct lockdown *l, const struct sockaddr_storage *to);
/* Permits this address alone. */
int lockdown_permit_only(struct lockdown *l, const struct ip_addr *server);
/* `unlock`: removes the table; else it stays. Frees `l`; NULL is fine. */
void lockdown_close(struct lockdown *l, bool unlock);
/* Whether the table was there before lockdown_open. */
bool lockdown_was_locked(const struct lockdown *l);

/* The addresses of this server that a former process permitted. Returns their number. */
size_t lockdown_remembered(const char *state_dir, const char *server,
			   struct sockaddr_storage *addrs, size_t max);

/* For `sstp unlock`: 0, -ENOENT if nothing is locked, -EBUSY if a process holds it, or -errno. */
int lockdown_remove(const char *state_dir);

#endif
