/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of a peer's packets may reach a kernel (or lwIP) at all. A kernel trusts what comes from a link:
 * a Router Advertisement gives it a default route, a Redirect changes a route, a routing header makes it
 * forward the packet to a destination that was never checked. On a tunnel, whose two ends are configured
 * by PPP, none of these is needed, in either direction.
 *
 * Passed: everything that is not ICMP; ICMP errors and echoes. Dropped:
 *
 *	IPv4   Redirect (RFC 792), Router Advertisement (RFC 1256), source routes
 *	ICMPv6 all but errors (types 1 to 4) and echoes (128, 129, RFC 8335's 160, 161)
 *	IPv6   routing headers with Segments Left (RFC 5095 for type 0), chains of headers that are cut
 *	       off (RFC 7112), out of order, or too long
 *
 * Neighbor Discovery goes to src/ip6 instead. In fragments, or after an extension header, it is dropped
 * (RFC 6980).
 */
#ifndef SSTP_TUN_INGRESS_H
#define SSTP_TUN_INGRESS_H

#include "tun/headers.h"

enum ingress {
	INGRESS_PASS,
	INGRESS_NEIGHBOR, /* RFC 4861: types 133 to 137, for src/ip6 */
	INGRESS_DROP,
};

enum ingress ingress_examine(const struct packet *p);

static inline enum ingress ingress_of(const struct packet *p)
{
	/* nearly all packets: nothing between the IP header and TCP or UDP */
	if (p->h.is_bare && (p->h.proto == IPPROTO_TCP || p->h.proto == IPPROTO_UDP))
		return INGRESS_PASS;
	return ingress_examine(p);
}

#endif
