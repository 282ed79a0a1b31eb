/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our addresses on a link, of both families: those negotiated by PPP, and those from router
 * advertisements; and what DHCP adds. A TUN device and the user-space stack are configured with them.
 */
#ifndef SSTP_IP6_LINK_ADDRS_H
#define SSTP_IP6_LINK_ADDRS_H

#include <string.h>

#include "ip6/slaac.h"

enum { LINK_DNS_MAX = 4, LINK_ROUTES_MAX = 64, LINK_DOMAIN_SIZE = 254 };

struct link_addrs {
	struct ip_addr own;    /* IPv4 address of ours; AF_UNSPEC: none */
	struct ip_addr peer;   /* the peer's; AF_UNSPEC: unknown */
	struct ip_addr own_ll; /* IPv6 link-local; AF_UNSPEC: none */
	/*
	 * The rest of IPv6. Until it is settled, the settings from before the last reconnect may
	 * stay.
	 */
	struct slaac_config ip6;
	struct ip_prefix delegated;       /* by DHCPv6; AF_UNSPEC: none */
	struct ip_addr dns[LINK_DNS_MAX]; /* by IPCP, by router advertisement, by DHCP */
	size_t dns_count;
	/*
	 * What the server's side gives by DHCP. Until it is complete, that from before the last
	 * reconnect may stay.
	 */
	bool is_informed;
	struct ip_prefix routes[LINK_ROUTES_MAX];
	size_t route_count;
	char domain[LINK_DOMAIN_SIZE]; /* empty: none */
	uint32_t mtu;                  /* the largest IP packet, as negotiated with this server */
	struct ip_addr server;         /* the peer of the TCP connection */
};

/* With these DNS servers in place of the given ones; none: the given ones. */
static inline struct link_addrs link_addrs_with_dns(const struct link_addrs *given,
						    const struct ip_addr *dns, size_t count)
{
	struct link_addrs link = *given;

	if (!count)
		return link;
	link.dns_count = count < LINK_DNS_MAX ? count : LINK_DNS_MAX;
	memcpy(link.dns, dns, link.dns_count * sizeof(*dns));
	return link;
}

#endif
