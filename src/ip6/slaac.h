/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IPv6 autoconfiguration of a host on a tunnel, in place of the kernel's: it solicits routers (RFC
 * 4861 section 6.3), and forms addresses from the prefixes that they advertise (RFC 4862) and the
 * interface identifier that IPV6CP negotiated (RFC 5072), with the lifetimes that the router gives.
 * It learns DNS servers and search domains (RFC 8106) and the MTU. Packets and time in, packets and
 * events out. No descriptor, no clock, no allocation, no global.
 *
 * Life cycle: slaac_init; slaac_start when packets may pass; then slaac_input for each packet of
 * Neighbor Discovery and slaac_tick at each deadline. After each of these call slaac_next until it
 * returns false. On SLAAC_OUT_CHANGED call slaac_config for the current settings. A new call starts
 * with slaac_init again.
 *
 * The link has two ends, and each has the other's identifier from IPV6CP. So there is no duplicate
 * address detection and no link-layer address resolution, and only the peer, which has been
 * authenticated, can send an advertisement: lifetimes are used as sent, without the two-hour rule
 * of RFC 4862 section 5.5.3. It learns routes to networks (RFC 4191, as a host of type C), which the
 * owner uses if the user lets the server set routes. On-link prefixes and redirects are ignored.
 */
#ifndef SSTP_IP6_SLAAC_H
#define SSTP_IP6_SLAAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"
#include "util/ip.h"
#include "util/log.h"

enum {
	IP6_IID_LEN = 8,
	IP6_MIN_MTU = 1280,  /* RFC 8200 section 5 */
	IP6_PACKET_MAX = 64, /* the largest packet that we send: a Neighbor Advertisement */
	/* How much of the peer's advertisements is kept; more is ignored. */
	IP6_ROUTERS_MAX = 4,
	IP6_ADDRS_MAX = 4,
	IP6_SERVERS_MAX = 4,
	IP6_DOMAINS_MAX = 4,
	IP6_ROUTES_MAX = 32,
	IP6_DOMAIN_SIZE = 254, /* a name as text, terminated (RFC 1035 section 2.3.4) */
};

struct slaac_cfg {
	uint8_t own_iid[IP6_IID_LEN];
	const struct log *log; /* NULL: logs without a name */
};

/* An address with its lifetimes, in seconds from now; UINT32_MAX: infinity. */
struct slaac_addr {
	struct ip_addr addr;
	uint32_t preferred_s; /* 0: deprecated: not for new connections */
	uint32_t valid_s;
};

/* The settings at one moment. */
struct slaac_config {
	bool is_settled; /* a router responded, or none did in SETTLE_MS (5 s); one still may */
	bool has_router; /* there is a default router: by its lifetime, or a route to ::/0 */
	bool has_dhcp;   /* flag M or O: DHCPv6 is available */
	uint32_t mtu;    /* 0: not advertised; never under IP6_MIN_MTU */
	struct slaac_addr addrs[IP6_ADDRS_MAX]; /* of prefixes of 64 bits */
	size_t addr_count;
	struct ip_addr servers[IP6_SERVERS_MAX];
	size_t server_count;
	char domains[IP6_DOMAINS_MAX][IP6_DOMAIN_SIZE];
	size_t domain_count;
	struct ip_prefix routes[IP6_ROUTES_MAX]; /* each once, and not ::/0 */
	size_t route_count;
};

enum slaac_out_type {
	SLAAC_OUT_PACKET, /* send `packet` to the peer */
	/*
	 * Call slaac_config; at most once per second. An advertisement that only repeats itself is
	 * not reported, and longer lifetimes of addresses are reported only when the former ones
	 * are about to end.
	 */
	SLAAC_OUT_CHANGED,
};

struct slaac_out {
	enum slaac_out_type type;
	struct bytes packet; /* valid until the next call on the engine */
};

/* A router or server, and when it expires, in ms; UINT64_MAX: never. */
struct slaac_entry {
	struct ip_addr addr; /* AF_UNSPEC: the entry is free */
	uint64_t until_ms;
};

struct slaac_prefix {
	struct ip_addr addr; /* our address in it; AF_UNSPEC: the entry is free */
	uint64_t preferred_ms, valid_ms;
	bool is_deprecated;                                /* preferred_ms has passed */
	uint64_t reported_preferred_ms, reported_valid_ms; /* as of the last SLAAC_OUT_CHANGED */
};

struct slaac_route {
	struct ip_prefix dst; /* AF_UNSPEC: the entry is free */
	struct ip_addr router;
	uint64_t until_ms;
};

struct slaac_domain {
	char name[IP6_DOMAIN_SIZE]; /* empty: the entry is free */
	uint64_t until_ms;
};

/* Embedded in its owner; the members are private. */
struct slaac {
	struct slaac_cfg cfg;
	uint64_t now_ms; /* as of the last call */
	bool is_running, is_settled, has_dhcp;
	bool must_solicit;  /* a Router Solicitation must be sent */
	bool has_change;    /* SLAAC_OUT_CHANGED is due, */
	uint64_t report_ms; /* but not before this time */
	unsigned solicit_left;
	uint64_t solicit_ms; /* the next solicitation, or the end of waiting after the last */
	uint64_t settle_ms;  /* when waiting for the first router ends */
	uint64_t refresh_ms; /* when routers are solicited again, unless one advertises before */
	uint32_t mtu;
	struct slaac_entry routers[IP6_ROUTERS_MAX];
	struct slaac_prefix prefixes[IP6_ADDRS_MAX];
	struct slaac_entry servers[IP6_SERVERS_MAX];
	struct slaac_domain domains[IP6_DOMAINS_MAX];
	struct slaac_route routes[IP6_ROUTES_MAX];
	uint8_t packet[IP6_PACKET_MAX];
};

void slaac_init(struct slaac *e, const struct slaac_cfg *cfg);
void slaac_start(struct slaac *e, uint64_t now_ms);
/* A complete IPv6 packet. Packets that are not for this engine are ignored. */
void slaac_input(struct slaac *e, const uint8_t *packet, size_t len, uint64_t now_ms);
void slaac_tick(struct slaac *e, uint64_t now_ms);
uint64_t slaac_deadline(const struct slaac *e); /* UINT64_MAX: no timer */
bool slaac_next(struct slaac *e, struct slaac_out *out);

void slaac_config(const struct slaac *e, uint64_t now_ms, struct slaac_config *out);

#endif
