/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The router's side of IPv6 autoconfiguration on a tunnel: sends Router Advertisements (RFC 4861
 * section 6.2) with the prefix that the peer was given, routes to networks (RFC 4191), DNS servers and
 * search domains (RFC 8106), and the MTU. Packets and time in, packets out. No descriptor, no clock, no
 * allocation, no global.
 *
 * Life cycle: advertiser_start when IPV6CP has opened; advertiser_input for each packet of Neighbor
 * Discovery. After each of these, and at each deadline, advertiser_tick writes the advertisement
 * that is due, if one is. What is advertised is not kept here, since most of it is the same for all
 * sessions.
 *
 * The first one is sent at once, two more follow at the longest initial interval, then one every
 * 200 to 600 s. A solicitation is answered at once (the link has one host), but not more often than
 * once per second.
 */
#ifndef SSTP_IP6_ADVERTISER_H
#define SSTP_IP6_ADVERTISER_H

#include "ip6/slaac.h"

enum {
	ADVERT_SERVERS_MAX = 2,
	ADVERT_ROUTES_MAX = IP6_ROUTES_MAX,
	/* of what is advertised, but for the prefix: three times MaxRtrAdvInterval (RFC 8106 5.1) */
	ADVERT_LIFETIME_S = 1800,
	ADVERT_SIZE_MAX = 1280, /* the largest advertisement that is written: each link passes it */
};

/* What is advertised. */
struct advertised {
	uint8_t own_iid[IP6_IID_LEN];
	/* The peer forms its address in this /64 (flag A); AF_UNSPEC: no prefix, and no router. */
	struct ip_addr prefix;
	uint32_t mtu;                               /* 0: not advertised */
	bool has_dhcp;                              /* flag O: DHCPv6 has more */
	struct ip_addr servers[ADVERT_SERVERS_MAX]; /* of DNS; AF_UNSPEC: none */
	/*
	 * To these the peer sends packets into the tunnel (advert_is_route). ADVERT_ROUTES_MAX have
	 * room in any case.
	 */
	const struct ip_prefix *routes;
	size_t route_count;
	/* Advertised before, and no more; those that are among `routes` or have no room are left out. */
	const struct ip_prefix *withdrawn;
	size_t withdrawn_count;
	const char *const *domains; /* to search; those without room are left out */
	size_t domain_count;
};

/* Embedded in its owner; the members are private. */
struct advertiser {
	uint64_t next_ms; /* 0 is not used: advertiser_start sets it */
	uint64_t last_ms;
	uint16_t count; /* of advertisements; stops at the largest */
	bool has_sent;
};

void advertiser_start(struct advertiser *a, uint64_t now_ms);
/*
 * What is advertised has changed: the next advertisement is due at this time, or a second after the
 * last one.
 */
void advertiser_changed(struct advertiser *a, uint64_t due_ms);
/* A complete IPv6 packet from the peer. All but valid Router Solicitations are ignored. */
void advertiser_input(struct advertiser *a, const uint8_t *packet, size_t len, uint64_t now_ms);
uint64_t advertiser_deadline(const struct advertiser *a);
/* Writes the advertisement that is due, and returns its length; 0: none is due. */
size_t advertiser_tick(struct advertiser *a, const struct advertised *what, uint64_t now_ms,
		       uint8_t to[ADVERT_SIZE_MAX]);

#endif
