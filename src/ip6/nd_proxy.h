/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Neighbor Discovery on a link for addresses of hosts that are reached through us: who solicits one of
 * them gets our link-layer address (RFC 4861 section 7.2.8), and before one is used, duplicate address
 * detection (RFC 4862 section 5.4) shows whether another host of the link has it. Packets in, packets
 * out; nothing is kept.
 */
#ifndef SSTP_IP6_ND_PROXY_H
#define SSTP_IP6_ND_PROXY_H

#include "ip6/message.h"

enum {
	ND_PROXY_PACKET_MAX = 72, /* the largest packet that is written: an advertisement */
	ND_LINK_ADDR_LEN = 6,     /* Ethernet's (RFC 2464) */
};

enum nd_proxy_type {
	ND_PROXY_OTHER,    /* no valid solicitation or advertisement */
	ND_PROXY_SOLICITS, /* a host looks for the target */
	ND_PROXY_DETECTS,  /* a host is about to use the target */
	ND_PROXY_HAS,      /* a host has the target */
};

struct nd_proxy_packet {
	enum nd_proxy_type type;
	struct ip_addr from, target;
};

void nd_proxy_get(const uint8_t *packet, size_t len, struct nd_proxy_packet *p);
/* Writes the advertisement for `p`, which solicits or detects; returns its length. */
size_t nd_proxy_reply(const struct nd_proxy_packet *p, const uint8_t link[ND_LINK_ADDR_LEN],
		      uint8_t to[ND_PROXY_PACKET_MAX]);
/* Writes a solicitation that detects other hosts with the address; returns its length. */
size_t nd_proxy_probe(const struct ip_addr *a, uint8_t to[ND_PROXY_PACKET_MAX]);
/* The group to which an address is solicited (RFC 4291 section 2.7.1). */
struct ip_addr nd_solicited_node(const struct ip_addr *a);

#endif
