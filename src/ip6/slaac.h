/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host's part of IPv6 on a tunnel, in place of its kernel's: it asks for routers (RFC 4861 section
 * 6.3), and makes addresses out of the prefixes that they advertise (RFC 4862) with the interface
 * identifier that IPV6CP agreed on (RFC 5072), each for as long as the router says. It learns DNS
 * servers and search domains (RFC 8106) and the MTU. Packets and time in, packets and events out. No
 * descriptor, no clock, no allocation, no global.
 *
 * Life: slaac_init, slaac_start when packets may pass, then slaac_input for each packet of Neighbor
 * Discovery and slaac_tick at each deadline; after each of these drain slaac_next until it says false. On
 * SLAAC_OUT_CHANGED ask slaac_config what holds now. A new call begins with slaac_init again.
 *
 * The link has two ends, and PPP has told each the other's identifier. So there are no duplicates to be
 * detected, no neighbor's link-layer address to be looked up, and nobody but the peer, who has been
 * authenticated, can send an advertisement: lifetimes are taken as sent, without the two-hour rule of
 * RFC 4862 section 5.5.3. Not taken are routes (RFC 4191), on-link prefixes and redirects: which packets
 * go into the tunnel is its user's to say. DHCPv6 is not spoken.
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
	/* What is kept of what a peer advertises; more is passed over. */
	IP6_ROUTERS_MAX = 4,
	IP6_ADDRS_MAX = 4,
	IP6_SERVERS_MAX = 4,
	IP6_DOMAINS_MAX = 4,
	IP6_DOMAIN_SIZE = 254, /* a name as text, terminated (RFC 1035 section 2.3.4) */
};

struct slaac_cfg {
	uint8_t own_iid[IP6_IID_LEN];
	const struct log *log; /* NULL: logs without a name */
};

/* An address, and for how many seconds from now: UINT32_MAX is for ever. */
struct slaac_addr {
	struct ip_addr addr;
	uint32_t preferred_s; /* 0: deprecated, for what uses it already */
	uint32_t valid_s;
};

/* What holds at some moment. */
struct slaac_config {
	bool is_settled; /* a router has answered, or none has for five seconds; one may still come */
	bool has_router; /* one that forwards to anywhere (Router Lifetime is not 0) */
	bool has_dhcp;   /* the flags M or O: there is more to be had by DHCPv6 */
	uint32_t mtu;    /* 0: nobody said; never under IP6_MIN_MTU */
	struct slaac_addr addrs[IP6_ADDRS_MAX]; /* of prefixes of 64 bits */
	size_t addr_count;
	struct ip_addr servers[IP6_SERVERS_MAX];
	size_t server_count;
	char domains[IP6_DOMAINS_MAX][IP6_DOMAIN_SIZE];
	size_t domain_count;
};

enum slaac_out_type {
	SLAAC_OUT_PACKET, /* packet: to be sent to the peer */
	/*
	 * Ask slaac_config; at most once a second. A router that repeats itself changes nothing, and
	 * longer lives of addresses are told when they matter to who set the former ones.
	 */
	SLAAC_OUT_CHANGED,
};

struct slaac_out {
	enum slaac_out_type type;
	struct bytes packet; /* good until the next call on the engine */
};

/* What a router told, until when; in ms, UINT64_MAX: for ever. */
struct slaac_entry {
	struct ip_addr addr; /* AF_UNSPEC: the entry is free */
	uint64_t until_ms;
};

struct slaac_prefix {
	struct ip_addr addr; /* ours in it; AF_UNSPEC: the entry is free */
	uint64_t preferred_ms, valid_ms;
	bool is_deprecated;                                /* preferred_ms has passed */
	uint64_t reported_preferred_ms, reported_valid_ms; /* as of the last SLAAC_OUT_CHANGED */
};

struct slaac_domain {
	char name[IP6_DOMAIN_SIZE]; /* empty: the entry is free */
	uint64_t until_ms;
};

/* Embedded in its owner's, and public for that alone. */
struct slaac {
	struct slaac_cfg cfg;
	uint64_t now_ms; /* as of the last call */
	bool is_running, is_settled, has_dhcp;
	bool must_solicit;  /* a packet is to go out */
	bool has_change;    /* to be told, */
	uint64_t report_ms; /* but not before */
	unsigned solicit_left;
	uint64_t solicit_ms; /* the next solicitation, or the end of waiting after the last */
	uint64_t settle_ms;  /* when who waits for the first router goes on */
	uint64_t refresh_ms; /* when routers are asked again, if none speaks by itself */
	uint32_t mtu;
	struct slaac_entry routers[IP6_ROUTERS_MAX];
	struct slaac_prefix prefixes[IP6_ADDRS_MAX];
	struct slaac_entry servers[IP6_SERVERS_MAX];
	struct slaac_domain domains[IP6_DOMAINS_MAX];
	uint8_t packet[IP6_PACKET_MAX];
};

void slaac_init(struct slaac *e, const struct slaac_cfg *cfg);
void slaac_start(struct slaac *e, uint64_t now_ms);
/* A packet that is IPv6 by its version, and whole by its own length. What is not for us is dropped. */
void slaac_input(struct slaac *e, const uint8_t *packet, size_t len, uint64_t now_ms);
void slaac_tick(struct slaac *e, uint64_t now_ms);
uint64_t slaac_deadline(const struct slaac *e); /* UINT64_MAX: waiting for nothing */
bool slaac_next(struct slaac *e, struct slaac_out *out);

void slaac_config(const struct slaac *e, uint64_t now_ms, struct slaac_config *out);

/*
 * The answer to a Neighbor Solicitation for the link-local address of `own_iid`, in `to`: for a peer
 * that wants to know whether we are still there. Its length; 0: the packet is none that is answered.
 */
size_t ip6_neighbor_reply(uint8_t to[IP6_PACKET_MAX], const uint8_t *packet, size_t len,
			  const uint8_t own_iid[IP6_IID_LEN], bool is_router);

#endif
