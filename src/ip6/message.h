/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of Neighbor Discovery, RFC 4861 section 4: read with all checks, and written. */
#ifndef SSTP_IP6_MESSAGE_H
#define SSTP_IP6_MESSAGE_H

#include "ip6/slaac.h"

enum {
	ND_ROUTER_SOLICITATION = 133,
	ND_ROUTER_ADVERTISEMENT = 134,
	ND_NEIGHBOR_SOLICITATION = 135,
	ND_NEIGHBOR_ADVERTISEMENT = 136,
};

struct nd_message {
	uint8_t type;
	struct ip_addr from, to;
	struct reader body; /* after type, code and checksum */
};

struct nd_option {
	uint8_t type;
	struct reader body; /* after type and length */
};

/*
 * Checks what sections 6.1.1, 6.1.2, 7.1.1 and 7.1.2 require of all of them: hop limit 255, no
 * header between IPv6's and ICMPv6's, code 0, a correct checksum. The caller checks source, length
 * and options.
 */
bool nd_get(const uint8_t *packet, size_t len, struct nd_message *m);

/* The next option; false at the end. With `options->bad` set, the message is to be dropped. */
bool nd_option_next(struct reader *options, struct nd_option *o);

/*
 * Writes the IPv6 header and the start of a message. Then write the rest, and call nd_end, which
 * fills in length and checksum and returns the packet's length; 0: no room.
 */
void nd_begin(struct writer *w, uint8_t type, const struct ip_addr *from, const struct ip_addr *to);
size_t nd_end(struct writer *w);

/*
 * Writes to `to` the Neighbor Advertisement in response to a Neighbor Solicitation for the
 * link-local address of `own_iid`: some peers probe reachability so. Returns its length; 0: no
 * response.
 */
size_t ip6_neighbor_reply(uint8_t to[IP6_PACKET_MAX], const uint8_t *packet, size_t len,
			  const uint8_t own_iid[IP6_IID_LEN], bool is_router);

#endif
