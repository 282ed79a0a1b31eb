/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TUN device: connect, run, serve. A client's routes through it: connect, run. */
#ifndef SSTP_CLI_NETWORK_H
#define SSTP_CLI_NETWORK_H

#include "cli/dns_options.h"
#include "cli/login.h"
#include "client/tun_backend.h"

struct device_settings {
	const char *interface;
	bool no_offload;
};

#define DEVICE_DEFAULTS               \
	{                             \
		.interface = "sstp%d" \
	}

/* The device's name; how packets are exchanged with it. */
extern const struct option_group interface_options, offload_options;

struct netns_settings {
	const char *netns, *userns; /* NULL: this one; the one that netns belongs to */
};

extern const struct option_group netns_options;

/* Returns false after printing an error. */
bool netns_is_valid(const struct verb *verb, const struct netns_settings *s);

/* --request-prefix */
struct request_prefix {
	bool is_wanted;
	uint8_t len; /* 0: any */
};

struct network_settings {
	struct device_settings device;
	bool no_default_route, allow_ipv6_outside;
	struct prefix_list routes;
	struct text_list route_hosts;
	bool no_server_routes;
	struct request_prefix request_prefix;
	struct dns_settings dns;
};

#define NETWORK_DEFAULTS                  \
	{                                 \
		.device = DEVICE_DEFAULTS \
	}

/* Options of network_settings but for its device. */
extern const struct option_group network_options;

/* The rows of a client with a TUN device, whose `settings` have a `network` and a `login`. */
#define NETWORK_USES(settings)                                                  \
	OPTION_USE("The network", interface_options, settings, network.device), \
		OPTION_USE(NULL, link_options, settings, login.link),           \
		OPTION_USE(NULL, ipv6_id_options, settings, login.ipv6_id),     \
		OPTION_USE(NULL, network_options, settings, network),           \
		OPTION_USE(NULL, offload_options, settings, network.device),    \
		OPTION_USE(NULL, dns_options, settings, network.dns)

/* Members without a setting are left at their defaults: no table, no script, no source. */
struct tun_backend_cfg network_device(const struct network_settings *s);

#endif
