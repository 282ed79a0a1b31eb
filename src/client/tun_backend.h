/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The backend of sstp connect and sstp run: a device (netdev/netdev.h), and the network around it, set
 * up by ourselves (host.h) or by the user's script. One device from start to end, whatever
 * happens to the tunnel in between.
 */
#ifndef SSTP_CLIENT_TUN_BACKEND_H
#define SSTP_CLIENT_TUN_BACKEND_H

#include "netdev/netdev.h"
#include "tunnel/backend.h"

struct tun_backend_cfg {
	const char *interface; /* "sstp%d" */
	bool no_offload;       /* packets to and from the TUN device one by one */
	bool default_route;
	bool ipv6_outside; /* host.h */
	const struct ip_prefix *routes;
	size_t route_count;
	uint32_t table;
	bool no_dns;        /* the host's DNS servers stay as they are */
	const char *script; /* in place of our own set-up; NULL: ours */
	struct netdev_source source;
	int exit_fd; /* the tunnel ends when its other end is closed; -1: none */
};

/* NULL: no memory. `cfg` is kept by the caller until the backend's close. */
struct backend *tun_backend_new(const struct tun_backend_cfg *cfg);

#endif
