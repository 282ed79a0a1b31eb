/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's side of DHCPv6 on a tunnel: DNS servers and domains for who asks (stateless, RFC 8415
 * section 6.1), and one delegated prefix (section 6.3). A session has one client and at most one
 * prefix for as long as it lives, so there is nothing to remember: each reply follows from the request
 * alone. It assigns no addresses; those come from Router Advertisements.
 */
#ifndef SSTP_IP6_DHCP6_SERVER_H
#define SSTP_IP6_DHCP6_SERVER_H

#include "ip6/dhcp6.h"

enum { DHCP6_SERVERS_MAX = 2 };

struct dhcp6_offer {
	uint8_t own_iid[IP6_IID_LEN];
	uint8_t uuid[DHCP6_UUID_LEN];              /* of the server's DUID */
	struct ip_addr servers[DHCP6_SERVERS_MAX]; /* of DNS; AF_UNSPEC: none */
	const char *const *domains;                /* to search */
	size_t domain_count;
	struct ip_prefix delegated; /* AF_UNSPEC: none */
};

/* Whether the client asks for a prefix to be delegated: then the offer has to have it. */
bool dhcp6_wants_prefix(const uint8_t *packet, size_t len);
/* Writes the reply to a client's packet, and returns its length; 0: no reply. */
size_t dhcp6_serve(const uint8_t *packet, size_t len, const struct dhcp6_offer *offer,
		   uint8_t to[DHCP6_PACKET_MAX]);

#endif
