/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/follow.h"

#define AT(member) offsetof(struct device_settings, member)

static const struct option interface_table[] = {
	{ .name = "interface",
	  .short_name = 'i',
	  .arg = "NAME",
	  .help = "name of the TUN device; default sstp0 or the next free",
	  .set = set_device,
	  .at = AT(interface) },
};

static const struct option offload_table[] = {
	{ .name = "no-offload",
	  .help = "exchange packets with the kernel one by one: slower, for a kernel "
		  "with faults in offloading",
	  .set = set_flag,
	  .at = AT(no_offload) },
};

#undef AT

const struct option_group interface_options = OPTION_GROUP(interface_table);
const struct option_group offload_options = OPTION_GROUP(offload_table);

#define AT(member) offsetof(struct netns_settings, member)

static const struct option netns_table[] = {
	{ .name = "netns",
	  .arg = "WHERE",
	  .help = "put the device, with its addresses, routes and DNS, into another network "
		  "namespace: a process id, a path, or a name of ip netns; the connections "
		  "between client and server stay in this one",
	  .set = set_text,
	  .at = AT(netns) },
	{ .name = "userns",
	  .arg = "PATH",
	  .help = "the user namespace that --netns belongs to, if it is not the one "
		  "that the kernel reports",
	  .set = set_text,
	  .at = AT(userns) },
};

#undef AT

const struct option_group netns_options = OPTION_GROUP(netns_table);

static bool set_route_host(void *to, const char *value, struct error *err)
{
	const struct text_list *l = to;
	char name[DNS_NAME_MAX + 1], *copy;

	if (!dns_name_normalize(value, name)) {
		snprintf(
			err->text, sizeof(err->text),
			"must be a host name such as intranet.example.net; --route takes addresses");
		return false;
	}
	if (l->count == FOLLOW_NAMES_MAX) {
		snprintf(err->text, sizeof(err->text), "can be given %d times at most",
			 FOLLOW_NAMES_MAX);
		return false;
	}
	copy = strdup(name);
	if (copy && set_texts(to, copy, err))
		return true;
	free(copy);
	snprintf(err->text, sizeof(err->text), "out of memory");
	return false;
}

static bool set_request_prefix(void *to, const char *value, struct error *err)
{
	struct request_prefix *p = to;
	uint32_t len = 0;

	if (strcmp(value, "any") != 0 && (!set_number(&len, value, err) || len < 32 || len > 64)) {
		snprintf(err->text, sizeof(err->text),
			 "must be the length of a prefix, 32 to 64, or any");
		return false;
	}
	*p = (struct request_prefix){ true, (uint8_t)len };
	return true;
}

#define AT(member) offsetof(struct network_settings, member)

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
	{ .name = "route-host",
	  .arg = "NAME",
	  .help = "send packets to this name's addresses through the tunnel: they are looked "
		  "up at the VPN's DNS servers and kept fresh; may be given again",
	  .set = set_route_host,
	  .at = AT(route_hosts),
	  .clear = clear_texts },
	{ .name = "no-server-routes",
	  .help = "do not ask the server's side for routes, name servers and a domain "
		  "(DHCPINFORM), and use no routes of Router Advertisements",
	  .set = set_flag,
	  .at = AT(no_server_routes) },
	{ .name = "request-prefix",
	  .arg = "LEN",
	  .help = "ask by DHCPv6 for an IPv6 prefix of this length for the networks behind this "
		  "host, such as 56, or any",
	  .set = set_request_prefix,
	  .at = AT(request_prefix) },
};

#undef AT

const struct option_group network_options = OPTION_GROUP(network_table);

bool netns_is_valid(const struct verb *verb, const struct netns_settings *s)
{
	if (!s->userns || s->netns)
		return true;
	cli_error(verb, "--userns needs --netns: it is the user namespace that --netns belongs to");
	return false;
}

struct tun_backend_cfg network_device(const struct network_settings *s)
{
	return (struct tun_backend_cfg){
		.host = {
			.interface = s->device.interface,
			.no_offload = s->device.no_offload,
			.default_route = !s->no_default_route,
			.ipv6_outside = s->allow_ipv6_outside,
			.routes = s->routes.at,
			.route_count = s->routes.count,
			.dns = s->dns.servers.at,
			.dns_count = s->dns.servers.count,
			.dns_names = dns_settings_names(&s->dns),
			.exit_fd = -1,
		},
		.route_hosts = s->route_hosts.at,
		.route_host_count = s->route_hosts.count,
	};
}
