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

/* The device's name; the other network options. */
extern const struct option_group interface_options, network_options;

/* Members without a setting are left at their defaults: no table, no script, no source. */
struct tun_backend_cfg network_device(const struct network_settings *s);

#endif
