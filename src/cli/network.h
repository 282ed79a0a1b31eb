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

/* The device's name; and all but that. */
extern const struct option_group interface_options, network_options;

/* The rest of it has no setting: no table, DNS as it comes, no script, no source yet. */
struct tun_backend_cfg network_device(const struct network_settings *s);

#endif
