/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All that a client with a TUN device needs privileges for: the kill switch (lockdown.h), the device
 * (netdev/netdev.h), the network around it (host.h), or the user's script in place of our own set-up
 * (script.h). Packets are not its business: it gives the device away.
 *
 *	open -> [ before_connect -> up, up, ... -> down ] again and again -> restore -> close
 *
 * host_setup_new does the work in this process.
 */
#ifndef SSTP_CLIENT_HOST_SETUP_H
#define SSTP_CLIENT_HOST_SETUP_H

#include "client/name_lookup.h"
#include "dns/dns_names.h"
#include "ip6/link_addrs.h"
#include "net/loop.h"
#include "netdev/netdev.h"
#include "tunnel/reason.h"

struct dns_forward;

struct host_setup_cfg {
	const char *interface; /* "sstp%d" */
	bool no_offload;       /* packets to and from the TUN device one by one */
	bool default_route;
	bool ipv6_outside; /* host.h */
	const struct ip_prefix *routes;
	size_t route_count;
	const struct ip_prefix *excluded;
	size_t excluded_count;
	uint32_t table, metric;
	bool has_rules; /* host.h */
	uint32_t mark;
	int exit_fd; /* when its other end is closed, the tunnel ends, as by a signal; -1: none */
	const char *lockdown;      /* the server's name and port (lockdown.h); NULL: no lock */
	bool is_resolved;          /* the addresses of all servers are known */
	bool has_several;          /* there are more servers */
	bool no_dns;               /* do not change the host's DNS servers */
	const struct ip_addr *dns; /* in place of those that the server gives; none: those */
	size_t dns_count;          /* at most LINK_DNS_MAX */
	struct dns_names dns_names;
	const char *script; /* instead of our own set-up; NULL: ours */
	pid_t pid;          /* the process that scripts may send signals to; 0: this one */
	/* beside our own set-up: when packets may pass, and when no longer; NULL: none */
	const char *up, *down;
	struct netdev_source source;
	struct dns_forward
		*dns_forward; /* who runs the forwarder of split DNS; NULL: this process */
};

/* Who uses it; valid until it is closed. */
struct host_setup_user {
	struct loop *loop;
	const struct log *log;
	/* After an `up` or a `down` that returned HOST_SETUP_LATER: its work is done. */
	void (*settled)(void *arg);
	/* The tunnel has to end. `status`: exit status of the command that it was for; else 0. Logged. */
	void (*end)(void *arg, enum tunnel_reason reason, int status);
	void *arg;
};

enum { HOST_SETUP_LATER = 1 };

/* How the server's name is looked up. */
struct host_name_lookup {
	bool is_marked; /* by queries of our own with the mark, to these name servers */
	struct ip_addr servers[NAME_LOOKUP_SERVERS_MAX];
	size_t server_count;
};

struct host_setup;

struct host_setup_ops {
	/* Locks, makes the device, and prepares the rest. REASON_NONE, or why not; logged. */
	enum tunnel_reason (*open)(struct host_setup *s, const struct host_setup_user *user);
	/* Before the server's name is looked up; `again`: after a tunnel. */
	void (*before_lookup)(struct host_setup *s, bool again, struct host_name_lookup *how);
	/* Before a socket connects to that address. 0 or -errno. */
	int (*before_connect)(struct host_setup *s, const struct sockaddr_storage *to);
	/* Packets may pass, or the addresses have changed. 0, HOST_SETUP_LATER, or -errno, logged. */
	int (*up)(struct host_setup *s, const struct link_addrs *link);
	/* No packets may pass until the next `up`, which comes if `will_return`. 0 or HOST_SETUP_LATER. */
	int (*down)(struct host_setup *s, bool will_return);
	/* Routes into the tunnel to these addresses of --route-host, in place of those before. */
	void (*set_named)(struct host_setup *s, const struct ip_addr *addrs, size_t count);
	/* Called while a signal that asks for the end is pending. NULL: nothing to do. */
	void (*before_end)(struct host_setup *s);
	/* True: it has handled the signal. */
	bool (*signal)(struct host_setup *s, const struct signalfd_siginfo *info);
	/*
	 * Restores the network; the device is still there. Also after an open that failed, or without one. Called
	 * again it does nothing.
	 */
	void (*restore)(struct host_setup *s);
	/* After the caller has closed the device. `was_asked`: the user ends it, so nothing stays locked. */
	void (*close)(struct host_setup *s, bool was_asked);
};

struct host_setup {
	const struct host_setup_ops *ops;
	/* from `open` on */
	const char *name; /* the device's */
	struct tun *tun;  /* the caller closes it */
};

/* NULL: no memory. The caller keeps `cfg` valid until it is closed. */
struct host_setup *host_setup_new(const struct host_setup_cfg *cfg);

#endif
