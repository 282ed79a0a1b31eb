/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client's side of DHCPv6 on a tunnel (RFC 8415): a delegated prefix (section 6.3) if one is
 * wanted, DNS servers and domains in any case. It requests no addresses; those come from router
 * advertisements. Packets and time in, packets and events out. No descriptor, no clock, no allocation,
 * no global.
 *
 * Life cycle: dhcp6_client_init; dhcp6_client_start when packets may pass and DHCPv6 is wanted; then
 * dhcp6_client_input for each packet and dhcp6_client_tick at each deadline. After each of these call
 * dhcp6_client_next until it returns false. On DHCP6_OUT_CHANGED call dhcp6_client_config. After a
 * reconnect, dhcp6_client_start again: what is still valid stays, and the same prefix is asked for.
 *
 * The link has one server, which has been authenticated: the first good Advertise is taken (section
 * 18.2.9 waits for others).
 */
#ifndef SSTP_IP6_DHCP6_CLIENT_H
#define SSTP_IP6_DHCP6_CLIENT_H

#include "ip6/dhcp6.h"

struct dhcp6_client_cfg {
	uint8_t own_iid[IP6_IID_LEN];
	uint8_t uuid[DHCP6_UUID_LEN]; /* of the client's DUID: the same each time */
	bool wants_prefix;
	uint8_t prefix_len; /* the length that is asked for; 0: any */
	uint64_t seed;      /* for transactions and delays; not 0 */
	const struct log *log;
};

/* The settings at one moment. */
struct dhcp6_config {
	struct ip_prefix prefix; /* delegated; AF_UNSPEC: none */
	uint32_t valid_s;        /* for so many seconds from now; UINT32_MAX: infinity */
	struct ip_addr servers[IP6_SERVERS_MAX];
	size_t server_count;
	char domains[IP6_DOMAINS_MAX][IP6_DOMAIN_SIZE];
	size_t domain_count;
};

enum dhcp6_out_type {
	DHCP6_OUT_PACKET,  /* send `packet` to the peer */
	DHCP6_OUT_CHANGED, /* call dhcp6_client_config */
};

struct dhcp6_out {
	enum dhcp6_out_type type;
	struct bytes packet; /* valid until the next call on the engine */
};

enum dhcp6_state {
	DHCP6_IDLE,
	DHCP6_INFORMING, /* Information-Request */
	DHCP6_INFORMED,  /* until the refresh time */
	DHCP6_SOLICITING,
	DHCP6_REQUESTING,
	DHCP6_BOUND,
	DHCP6_RENEWING,
	DHCP6_REBINDING,
};

/* Embedded in its owner; the members are private. */
struct dhcp6_client {
	struct dhcp6_client_cfg cfg;
	enum dhcp6_state state;
	uint64_t now_ms, random;
	uint32_t transaction;
	uint64_t first_ms;     /* when the exchange began */
	uint64_t send_ms;      /* the next transmission; UINT64_MAX: none */
	uint32_t interval_ms;  /* RT of section 15 */
	unsigned sent;         /* transmissions of the exchange */
	uint64_t t1_ms, t2_ms; /* of the binding */
	uint64_t valid_ms;     /* when the prefix ends; UINT64_MAX: never */
	uint64_t refresh_ms;   /* when information is asked for again */
	bool has_change, must_send, has_said_none;
	uint8_t server_id[DHCP6_DUID_MAX];
	size_t server_id_len;
	struct ip_prefix prefix; /* requested or delegated; AF_UNSPEC: none yet */
	bool is_bound;           /* the prefix is delegated to us */
	struct dhcp6_config config;
	uint8_t packet[DHCP6_PACKET_MAX];
};

void dhcp6_client_init(struct dhcp6_client *e, const struct dhcp6_client_cfg *cfg);
void dhcp6_client_start(struct dhcp6_client *e, const uint8_t own_iid[IP6_IID_LEN],
			uint64_t now_ms);
void dhcp6_client_stop(struct dhcp6_client *e); /* the link is down; what is valid stays */
/*
 * Writes a Release for the prefix, to be sent once before the link ends. Returns its length; 0: there
 * is nothing to release.
 */
size_t dhcp6_client_release(struct dhcp6_client *e, uint64_t now_ms, uint8_t to[DHCP6_PACKET_MAX]);
/* False: the packet is not for this client; another one may run on this host. */
bool dhcp6_client_input(struct dhcp6_client *e, const uint8_t *packet, size_t len, uint64_t now_ms);
void dhcp6_client_tick(struct dhcp6_client *e, uint64_t now_ms);
uint64_t dhcp6_client_deadline(const struct dhcp6_client *e); /* UINT64_MAX: no timer */
bool dhcp6_client_next(struct dhcp6_client *e, struct dhcp6_out *out);
void dhcp6_client_config(const struct dhcp6_client *e, uint64_t now_ms, struct dhcp6_config *out);

#endif
