/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The peer: a router that sends advertisements, valid or not. */
#ifndef SSTP_TESTS_IP6_ROUTER_H
#define SSTP_TESTS_IP6_ROUTER_H

#include "ip6/slaac.h"

enum { ROUTER_SIZE = 16384 };

/* An advertisement being built. */
struct router {
	uint8_t packet[ROUTER_SIZE];
	struct writer w;
};

/* From fe80::1 to ff02::1. */
void router_begin(struct router *r, uint16_t lifetime_s, uint8_t flags);
void router_prefix(struct router *r, const char *prefix, uint8_t len, uint8_t flags,
		   uint32_t valid_s, uint32_t preferred_s);
void router_mtu(struct router *r, uint32_t mtu);
void router_server(struct router *r, const char *server, uint32_t lifetime_s);
/* RFC 4191: `units`: of eight bytes, as the option's length has it; so much of the prefix is in it. */
void router_route(struct router *r, const char *prefix, uint8_t len, uint8_t flags,
		  uint32_t lifetime_s, uint8_t units);
/* `names`: as on the wire; padded. */
void router_domains(struct router *r, const void *names, size_t len, uint32_t lifetime_s);
/* Length and checksum. Again after a change. */
struct bytes router_end(struct router *r);
void router_checksum(uint8_t *packet, size_t len);

struct ip_addr router_addr(const char *text);

#endif
