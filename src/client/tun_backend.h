/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The backend of sstp connect and sstp run: a device (netdev/netdev.h), and the network around it,
 * set up by host.h or by the user's script. The device stays the same when the tunnel is lost and
 * comes back.
 */
#ifndef SSTP_CLIENT_TUN_BACKEND_H
#define SSTP_CLIENT_TUN_BACKEND_H

#include "dns/dns_names.h"
#include "netdev/netdev.h"
#include "tunnel/backend.h"

struct tun_backend_cfg {
	const char *interface; /* "sstp%d" */
	bool no_offload;       /* packets to and from the TUN device one by one */
	bool default_route;
	bool ipv6_outside; /* host.h */
	const struct ip_prefix *routes;
	size_t route_count;
	const char *const *route_hosts; /* names as routes, normalized */
	size_t route_host_count;
	const struct ip_prefix *excluded;
	size_t excluded_count;
	uint32_t table, metric;
	bool has_rules; /* host.h */
	uint32_t mark;
	const char *lockdown;      /* the server's name and port (lockdown.h); NULL: no lock */
	bool is_resolved;          /* the addresses of all servers are known */
	bool has_several;          /* there are more servers */
	bool no_dns;               /* do not change the host's DNS servers */
	const struct ip_addr *dns; /* in place of those that the server gives; none: those */
	size_t dns_count;          /* at most LINK_DNS_MAX */
	struct dns_names dns_names;
	const char *script; /* instead of our own set-up; NULL: ours */
	/* beside our own set-up: when packets may pass, and when no longer; NULL: none */
	const char *up, *down;
	struct netdev_source source;
	int exit_fd; /* end the tunnel when its other end is closed; -1: none */
};

/* NULL: no memory. The caller keeps `cfg` valid until the backend is closed. */
struct backend *tun_backend_new(const struct tun_backend_cfg *cfg);

#endif
