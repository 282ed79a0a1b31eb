/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the client changes on its host, and how all of it is restored: addresses, routes and DNS of
 * the tunnel's device, the host route to the server (server_route.h), routes to excluded networks
 * (excluded.h). The server's own address in
 * the tunnel gets no route: it would capture another host with that address. No external program is
 * needed, except resolvconf or resolvectl where one of them owns resolv.conf.
 *
 * Whatever would outlive the process (these routes, unreachable ones, resolv.conf) is recorded
 * in a state file, STATE_DIR/DEVICE.NAMESPACE.state, before it is done. The file is locked while
 * the process runs. A later start finds the unlocked file of a crashed process and undoes its
 * changes (host_recover). Everything else disappears with the TUN device.
 *
 * The device may be in another network namespace than the one from which we reach the server. Then
 * no route to the server is needed, and nothing is recorded.
 */
#ifndef SSTP_CLIENT_HOST_H
#define SSTP_CLIENT_HOST_H

#include "dns/dns_names.h"
#include "net/loop.h"
#include "net/netlink.h"
#include "tunnel/backend.h"
#include "util/ip.h"
#include "util/log.h"

#define HOST_STATE_DIR "/run/sstp"

struct dns_forward;

enum host_dns {
	HOST_DNS_AUTO, /* resolvectl, resolvconf or the file, depending on the host */
	HOST_DNS_FILE, /* resolv_conf, in place */
	HOST_DNS_FD,   /* resolv_conf_fd, in place; resolv_conf names it in the log */
	HOST_DNS_NONE,
};

struct host_cfg {
	const char *device; /* the TUN device's name */
	unsigned ifindex;
	bool is_foreign;
	/*
	 * in the device's namespace; host_open takes it over; NULL: one of our namespace is opened
	 */
	struct netlink *netlink;
	/*
	 * All IPv4: 0.0.0.0/1 and 128.0.0.0/1; the old default route stays. All IPv6 that the
	 * server's side forwards: ::/1 and 8000::/1.
	 */
	bool default_route;
	/*
	 * Rules send all packets but those with this mark into the table (policy.h). The default
	 * route is a single one then, and the server needs no host route.
	 */
	bool has_rules;
	uint32_t mark; /* of the connection to the server */
	/* rules hide the way to the server from all but packets with this mark; 0: they do not */
	uint32_t lookup_mark;
	/*
	 * While the server's side forwards no IPv6, IPv6 may bypass the tunnel. Otherwise ::/1 and
	 * 8000::/1 are unreachable then, if there is a default route.
	 */
	bool ipv6_outside;
	/* Additional routes. 0.0.0.0/0 is the same as default_route; ::/0 is ::/1 and 8000::/1. */
	const struct ip_prefix *routes;
	size_t route_count;
	/* Networks whose packets take the way that they would take without the tunnel. */
	const struct ip_prefix *excluded;
	size_t excluded_count;
	uint32_t table;  /* for all of these routes; 0: main, or with has_rules one that is free */
	uint32_t metric; /* of the routes into the tunnel; 0: the kernel's default */
	enum host_dns dns;
	struct dns_names dns_names;
	const char *resolv_conf; /* NULL: /etc/resolv.conf */
	int resolv_conf_fd;      /* the caller closes it */
	int netns_fd; /* the device's namespace, for the forwarder of split DNS; -1: ours */
	struct dns_forward *dns_forward; /* who runs it; NULL: this process */
	const char *state_dir;           /* NULL: HOST_STATE_DIR */
	pid_t pid;                       /* of the program, for its file there; 0: this process */
	/*
	 * For watching the host's network and for running programs that set DNS servers in the
	 * background; SIGCHLD must be one of its signals. NULL: no watching, and we wait for
	 * programs.
	 */
	struct loop *loop;
	void (*settled)(void *arg); /* with a loop: called when host_is_settled becomes true ... */
	void *arg;                  /* ... or takes too long */
	const struct log *log;
};

struct host;

enum { HOST_NAMED_MAX = 256 };

/* Opens netlink and the state file. 0 or -errno, logged. */
int host_open(const struct host_cfg *cfg, struct host **out);

/* Undoes what crashed processes left (in this network namespace). Logs what it finds. */
void host_recover(const char *state_dir, const char *resolv_conf, const struct log *log);

/*
 * Makes sure that packets to the server do not enter the tunnel once its routes exist: adds a host
 * route through the current gateway. Called before each connect, for several addresses if they are
 * tried at the same time; host_up removes all but that of link->server. Does nothing if no route of
 * ours would cover the address. Returns 0, or -errno if there is no route to it.
 */
int host_route_to_server(struct host *h, const struct ip_addr *server);

/* The table of the routes into the tunnel, 0: main; with has_rules known after host_route_to_server. */
uint32_t host_table(const struct host *h);

/* The host's own name servers that are not on this host. Returns their number, `max` at most. */
size_t host_name_servers(const char *resolv_conf, struct ip_addr *to, size_t max);

/*
 * While the tunnel is down its routes stay, and may cover the host's own name servers. Adds host routes to
 * these, as to a server, so that the server's name can be looked up; host_up removes them.
 */
void host_route_to_name_servers(struct host *h);

/*
 * Sets addresses, MTU, routes and DNS; called again after a reconnect it changes only what is
 * different. Returns 0 or -errno, logged with what failed and a hint; what is not vital (DNS on a
 * read-only /etc) is a warning.
 */
int host_up(struct host *h, const struct link_addrs *link);

/* Routes into the tunnel to these addresses, in place of those of the last call. */
void host_set_named(struct host *h, const struct ip_addr *addrs, size_t count);

/*
 * The tunnel is down and will come back: device and routes stay, so that nothing bypasses the
 * tunnel; DNS is restored, so that the server's name can be looked up.
 */
void host_pause(struct host *h);

/* False while a program sets DNS servers or puts them back. */
bool host_is_settled(const struct host *h);
/* Call it on SIGCHLD. */
void host_child(struct host *h);

/*
 * Adds our addresses and routes again that others have removed, and lets the host route follow the current route
 * to the server. Runs by itself if cfg.loop is set. Returns when to call it again even if nothing
 * changes; UINT64_MAX: never.
 */
uint64_t host_check(struct host *h, uint64_t now_ms);

/*
 * Restores everything and frees `h`; takes half a minute at most, if programs hang. NULL is allowed.
 */
void host_close(struct host *h);

#endif
