/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The addresses of a link's own end, of both families: what PPP agreed on with the server, and what the
 * server's routers advertise. A TUN device and the user-space stack are set up by them.
 */
#ifndef SSTP_IP6_LINK_ADDRS_H
#define SSTP_IP6_LINK_ADDRS_H

#include "ip6/slaac.h"

enum { LINK_DNS_MAX = 4 };

struct link_addrs {
	struct ip_addr own;    /* IPv4 address of ours; AF_UNSPEC: none */
	struct ip_addr peer;   /* the far end's; AF_UNSPEC: it did not say */
	struct ip_addr own_ll; /* IPv6 link-local; AF_UNSPEC: none */
	/* Of IPv6 all else. Until it is settled, what was known before the last reconnect may stay. */
	struct slaac_config ip6;
	struct ip_addr dns[LINK_DNS_MAX]; /* by IPCP, then by router advertisement */
	size_t dns_count;
	uint32_t mtu;          /* the largest IP packet, as agreed with this server */
	struct ip_addr server; /* where the TCP connection goes */
};

#endif
