/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the client changes on its host, and how it is all put back: addresses, routes and DNS of the
 * tunnel's device, the host route to the server (server_route.h). The server's own address in the
 * tunnel gets no route: it would capture whatever else has that address. Without any external program, but for resolvconf
 * or resolvectl where one of them owns resolv.conf.
 *
 * Whatever would outlive the process (the host route, unreachable routes, resolv.conf) is written down in a state file,
 * STATE_DIR/DEVICE.NAMESPACE.state, before it is done, locked while we live. A later start finds
 * the file of a process that died without a word and undoes what it had done (host_recover).
 * Everything else goes with the TUN device.
 *
 * The device may be elsewhere: in another network namespace than the one we reach the server from.
 * Then there is no way to the server to be kept open, and nothing is written down.
 */
#ifndef SSTP_CLIENT_HOST_H
#define SSTP_CLIENT_HOST_H

#include "net/loop.h"
#include "net/netlink.h"
#include "tunnel/backend.h"
#include "util/ip.h"
#include "util/log.h"

#define HOST_STATE_DIR "/run/sstp"

enum host_dns {
	HOST_DNS_AUTO, /* resolvectl, resolvconf or the file, whichever this host goes by */
	HOST_DNS_FILE, /* resolv_conf, in place */
	HOST_DNS_FD,   /* resolv_conf_fd, in place; resolv_conf names it in the log */
	HOST_DNS_NONE,
};

struct host_cfg {
	const char *device; /* the TUN device's name */
	unsigned ifindex;
	bool is_elsewhere;
	struct netlink *netlink; /* of its namespace, ours from host_open on; NULL: of our own */
	/* All IPv4: 0.0.0.0/1 and 128.0.0.0/1; the old one stays underneath. All IPv6 that the
	 * server's side forwards: ::/1 and 8000::/1. */
	bool default_route;
	/* While the server's side forwards none, IPv6 may leave past the tunnel: else ::/1 and
	 * 8000::/1 are unreachable then, if there is a default route. */
	bool ipv6_outside;
	/* Besides. 0.0.0.0/0 is as default_route; ::/0 is ::/1 and 8000::/1. */
	const struct ip_prefix *routes;
	size_t route_count;
	uint32_t table; /* for all of these routes; 0: main */
	enum host_dns dns;
	const char *resolv_conf; /* NULL: /etc/resolv.conf */
	int resolv_conf_fd;      /* stays the caller's */
	const char *state_dir;   /* NULL: HOST_STATE_DIR */
	/* To see what others change on this host, and for programs that set DNS servers to run
	 * beside; SIGCHLD is one of its signals. NULL: nobody looks, programs are waited for. */
	struct loop *loop;
	void (*settled)(void *arg); /* with a loop: host_is_settled is true from now on, ... */
	void *arg;                  /* ... or will not be soon */
	const struct log *log;
};

struct host;

/* Opens netlink and the state file. 0 or -errno, logged. */
int host_open(const struct host_cfg *cfg, struct host **out);

/* Undoes what processes that died left behind (in this network namespace). Logs what it finds. */
void host_recover(const char *state_dir, const char *resolv_conf, const struct log *log);

/*
 * Makes sure that packets to the server keep their way once the tunnel's routes are there: a host
 * route through the gateway of now. Called before each connect, and for several addresses where
 * they are tried at the same time; host_up drops all but that of link->server. Does nothing when no
 * route of ours would cover the address. 0, or -errno when there is no way to it.
 */
int host_route_to_server(struct host *h, const struct ip_addr *server);

/*
 * Puts addresses, MTU, routes and DNS in place; called again after a reconnect it changes only what
 * is different. 0 or -errno, logged with what failed and what would help; what is not vital (DNS on
 * a read-only /etc) is a warning.
 */
int host_up(struct host *h, const struct link_addrs *link);

/*
 * The tunnel is down and will come back: device and routes stay, so that nothing leaves another
 * way; DNS goes back, so that the server's name can be found.
 */
void host_pause(struct host *h);

/* False while a program sets DNS servers or puts them back. */
bool host_is_settled(const struct host *h);
/* SIGCHLD has come. */
void host_child(struct host *h);

/*
 * Puts back of our routes what others have removed, and lets the host route follow the way of now.
 * Called by itself when cfg.loop is set. Returns when to call it again though nothing changes;
 * UINT64_MAX: never.
 */
uint64_t host_check(struct host *h, uint64_t now_ms);

/* Puts everything back and frees; some seconds at most, whatever programs do. NULL is fine. */
void host_close(struct host *h);

#endif
