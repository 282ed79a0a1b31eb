/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks a tunnel's server side for routes, name servers and a domain (DHCPINFORM). Packets and time
 * in, packets and events out. No descriptor, no clock, no allocation, no global.
 *
 *	inform_start -> inform_input for each DHCP packet, inform_tick at the deadline; after each
 *	inform_next until it returns INFORM_NONE
 *
 * Many servers do not reply: after INFORM_TRIES requests the engine ends without a result.
 */
#ifndef SSTP_DHCP_INFORM_H
#define SSTP_DHCP_INFORM_H

#include "dhcp/message.h"

enum { INFORM_TRIES = 4, INFORM_FIRST_MS = 2000 }; /* the pause doubles */

enum inform_out {
	INFORM_NONE,
	INFORM_PACKET, /* send it to the peer */
	INFORM_DONE,   /* see has_reply and info; nothing follows */
};

/* Embedded in its owner; `info` and `has_reply` are to be read after INFORM_DONE, the rest is private. */
struct inform {
	struct dhcp_info info;
	bool has_reply;
	struct ip_addr own;
	uint32_t id;
	unsigned tries;
	uint64_t at_ms; /* the next try, or the end; UINT64_MAX: ended */
	bool must_send, is_done;
	uint8_t packet[DHCP_PACKET_MAX];
};

/* `own`: our IPv4 address in the tunnel; `id`: a random number. */
void inform_start(struct inform *e, const struct ip_addr *own, uint32_t id, uint64_t now_ms);
/* An IPv4 packet. False: it is not for this engine. */
bool inform_input(struct inform *e, const uint8_t *packet, size_t len);
void inform_tick(struct inform *e, uint64_t now_ms);
uint64_t inform_deadline(const struct inform *e);
/* `packet`: filled with INFORM_PACKET; valid until the next call. */
enum inform_out inform_next(struct inform *e, struct bytes *packet);

#endif
