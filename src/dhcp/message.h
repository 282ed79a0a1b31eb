/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DHCP for a host that has its address already (RFC 2131, DHCPINFORM): as clients of Windows do in a
 * PPP link, it asks for routes, name servers and a domain, and the server's side replies. Whole IPv4
 * packets are read and written, since a tunnel carries those.
 */
#ifndef SSTP_DHCP_MESSAGE_H
#define SSTP_DHCP_MESSAGE_H

#include "util/bytes.h"
#include "util/ip.h"

enum {
	DHCP_SERVER_PORT = 67,
	DHCP_CLIENT_PORT = 68,

	DHCP_ACK = 5, /* RFC 2132 section 9.6 */
	DHCP_INFORM = 8,

	DHCP_PACKET_MAX = 1472, /* the largest that we send */
	/* How much of a reply is kept; more is ignored. */
	DHCP_ROUTES_MAX = 64,
	DHCP_DNS_MAX = 4,
	DHCP_DOMAIN_SIZE = 254, /* a name as text, terminated */
};

/* What a reply tells, or shall tell. */
struct dhcp_info {
	struct ip_prefix routes[DHCP_ROUTES_MAX];
	size_t route_count;
	struct ip_addr dns[DHCP_DNS_MAX];
	size_t dns_count;
	char domain[DHCP_DOMAIN_SIZE]; /* empty: none */
};

struct dhcp_message {
	uint8_t type; /* DHCP_... */
	uint32_t id;  /* of the transaction */
	struct ip_addr from, to;
	struct ip_addr client; /* ciaddr; AF_UNSPEC: none */
	uint8_t hardware[18];  /* htype, hlen, chaddr: a reply repeats them */
	struct dhcp_info info; /* of a reply */
};

/* Whether a reply has room for all of them; see dhcp_put_ack. */
bool dhcp_routes_fit(const struct ip_prefix *routes, size_t count);

/*
 * Reads a DHCP message in an IPv4 packet. False: it is none, or malformed. The options 121 and 249
 * (classless static routes, RFC 3442, and Microsoft's number for the same), 6 (name servers) and 15
 * (domain) are read, also where one is cut into several (RFC 3396) or is in the fields of the file
 * and the server's name. The routers of the routes are not kept: a link of two ends has one.
 */
bool dhcp_get(const uint8_t *packet, size_t len, struct dhcp_message *m);

/* Write a packet to `to`; both return its length. */
size_t dhcp_put_inform(uint8_t to[DHCP_PACKET_MAX], const struct ip_addr *own, uint32_t id);
/*
 * A reply to `inform`. What does not fit is left out; the routes have 255 bytes, since clients may not
 * read an option that is cut into several.
 */
size_t dhcp_put_ack(uint8_t to[DHCP_PACKET_MAX], const struct dhcp_message *inform,
		    const struct ip_addr *server, const struct dhcp_info *info);

#endif
