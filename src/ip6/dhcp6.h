/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of DHCPv6 (RFC 8415) in IPv6 and UDP: read with all checks, and written. What they mean is
 * in dhcp6_client.h and dhcp6_server.h.
 */
#ifndef SSTP_IP6_DHCP6_H
#define SSTP_IP6_DHCP6_H

#include "ip6/slaac.h"

enum {
	DHCP6_CLIENT_PORT = 546, /* section 7.2 */
	DHCP6_SERVER_PORT = 547,
	DHCP6_PACKET_MAX = 1280, /* the largest packet that we write */
	DHCP6_UUID_LEN = 16,
	DHCP6_DUID_MAX = 130, /* section 11.1 */
};

enum dhcp6_type { /* section 7.3 */
		  DHCP6_SOLICIT = 1,
		  DHCP6_ADVERTISE = 2,
		  DHCP6_REQUEST = 3,
		  DHCP6_CONFIRM = 4,
		  DHCP6_RENEW = 5,
		  DHCP6_REBIND = 6,
		  DHCP6_REPLY = 7,
		  DHCP6_RELEASE = 8,
		  DHCP6_DECLINE = 9,
		  DHCP6_INFORMATION_REQUEST = 11,
};

enum dhcp6_code { /* of options: section 21, RFC 3646 */
		  DHCP6_OPT_CLIENT_ID = 1,
		  DHCP6_OPT_SERVER_ID = 2,
		  DHCP6_OPT_IA_NA = 3,
		  DHCP6_OPT_ORO = 6,
		  DHCP6_OPT_ELAPSED_TIME = 8,
		  DHCP6_OPT_STATUS = 13,
		  DHCP6_OPT_RAPID_COMMIT = 14,
		  DHCP6_OPT_SERVERS = 23,
		  DHCP6_OPT_DOMAINS = 24,
		  DHCP6_OPT_IA_PD = 25,
		  DHCP6_OPT_IA_PREFIX = 26,
		  DHCP6_OPT_REFRESH_TIME = 32,
};

enum dhcp6_status { /* section 21.13 */
		    DHCP6_SUCCESS = 0,
		    DHCP6_NO_ADDRS_AVAIL = 2,
		    DHCP6_NO_BINDING = 3,
		    DHCP6_NO_PREFIX_AVAIL = 6,
};

struct dhcp6_message {
	struct ip_addr from, to;
	uint8_t type;
	uint32_t transaction;  /* 24 bits */
	struct reader options; /* all of them have valid lengths */
};

struct dhcp6_option {
	uint16_t code;
	struct reader body;
};

/*
 * A complete IPv6 packet, from a link-local address, to this port. False: it is no valid message, or
 * it has extension headers.
 */
bool dhcp6_get(const uint8_t *packet, size_t len, uint16_t port, struct dhcp6_message *m);
/* The next option; false at the end. With `options->bad` set, the message is to be dropped. */
bool dhcp6_option_next(struct reader *options, struct dhcp6_option *o);
/* The first option of this code. */
bool dhcp6_option_find(struct reader options, uint16_t code, struct reader *body);

/*
 * Writes the headers and the start of a message. Then write the options, and call dhcp6_end, which
 * fills in lengths and checksum and returns the packet's length; 0: no room.
 */
void dhcp6_begin(struct writer *w, const struct dhcp6_message *m, uint16_t to_port);
size_t dhcp6_end(struct writer *w);
/* Writes an option's header; dhcp6_option_end(w, its result) fills in the length. */
size_t dhcp6_option_begin(struct writer *w, enum dhcp6_code code);
void dhcp6_option_end(struct writer *w, size_t at);
void dhcp6_put_option(struct writer *w, enum dhcp6_code code, const void *body, size_t len);
/* A DUID of a UUID (section 11.5). */
void dhcp6_put_duid(struct writer *w, enum dhcp6_code code, const uint8_t uuid[DHCP6_UUID_LEN]);
bool dhcp6_is_duid(struct reader body, const uint8_t uuid[DHCP6_UUID_LEN]);

#endif
