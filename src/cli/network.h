/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network of a client's TUN device: connect, run. */
#ifndef SSTP_CLI_NETWORK_H
#define SSTP_CLI_NETWORK_H

#include "cli/login.h"
#include "client/tun_backend.h"

struct network_settings {
	const char *interface;
	bool no_default_route, allow_ipv6_outside;
	struct prefix_list routes;
	bool no_offload;
};

#define NETWORK_DEFAULTS              \
	{                             \
		.interface = "sstp%d" \
	}

#define NETWORK_OPTIONS(type)                                                               \
	{ .help = "The network:" },                                                         \
		{ "interface", 'i',                                                         \
		  "NAME",      "name of the TUN device; default sstp0 or the next free",    \
		  set_device,  offsetof(type, network.interface),                           \
		  false,       NULL },                                                      \
		LINK_OPTIONS(type),                                                         \
		{ "no-default-route",                                                       \
		  0,                                                                        \
		  NULL,                                                                     \
		  "do not send all traffic through the tunnel",                             \
		  set_flag,                                                                 \
		  offsetof(type, network.no_default_route),                                 \
		  false,                                                                    \
		  NULL },                                                                   \
		{ "allow-ipv6-outside",                                                     \
		  0,                                                                        \
		  NULL,                                                                     \
		  "let IPv6 leave past the tunnel while the VPN has none; "                 \
		  "by default it is unreachable when all traffic goes through the tunnel",  \
		  set_flag,                                                                 \
		  offsetof(type, network.allow_ipv6_outside),                               \
		  false,                                                                    \
		  NULL },                                                                   \
		{ "route",      0,                                                          \
		  "NETWORK",    "send this network through the tunnel; may be given again", \
		  set_prefixes, offsetof(type, network.routes),                             \
		  false,        clear_prefixes },                                           \
	{                                                                                   \
		"no-offload", 0, NULL,                                                      \
			"exchange packets with the kernel one by one; slower, for a "       \
			"kernel that does it wrong in bulk",                                \
			set_flag, offsetof(type, network.no_offload), false, NULL           \
	}

/* The rest of it has no setting: no table, DNS as it comes, no script, no source yet. */
static inline struct tun_backend_cfg network_device(const struct network_settings *s)
{
	return (struct tun_backend_cfg){
		.interface = s->interface,
		.no_offload = s->no_offload,
		.default_route = !s->no_default_route,
		.ipv6_outside = s->allow_ipv6_outside,
		.routes = s->routes.at,
		.route_count = s->routes.count,
		.exit_fd = -1,
	};
}

#endif
