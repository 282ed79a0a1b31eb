/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/network.h"

#define AT(member) offsetof(struct network_settings, member)

static const struct option interface_table[] = {
	{ .name = "interface",
	  .short_name = 'i',
	  .arg = "NAME",
	  .help = "name of the TUN device; default sstp0 or the next free",
	  .set = set_device,
	  .at = AT(interface) },
};

static const struct option network_table[] = {
	{ .name = "no-default-route",
	  .help = "do not send all traffic through the tunnel",
	  .set = set_flag,
	  .at = AT(no_default_route) },
	{ .name = "allow-ipv6-outside",
	  .help = "permit IPv6 outside of the tunnel while the VPN has none; by "
		  "default it is blocked when all traffic goes through the tunnel",
	  .set = set_flag,
	  .at = AT(allow_ipv6_outside) },
	{ .name = "route",
	  .arg = "NETWORK",
	  .help = "send this network through the tunnel; may be given again",
	  .set = set_prefixes,
	  .at = AT(routes),
	  .clear = clear_prefixes },
	{ .name = "no-offload",
	  .help = "exchange packets with the kernel one by one: slower, for a kernel "
		  "with faults in offloading",
	  .set = set_flag,
	  .at = AT(no_offload) },
};

const struct option_group interface_options = OPTION_GROUP(interface_table);
const struct option_group network_options = OPTION_GROUP(network_table);

struct tun_backend_cfg network_device(const struct network_settings *s)
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
