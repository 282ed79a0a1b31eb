/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a local client wants to go: a name, which the VPN's name servers know, or an address; and a port. */
#ifndef SSTP_STACK_TARGET_H
#define SSTP_STACK_TARGET_H

#include "util/bytes.h"
#include "util/ip.h"

enum { TARGET_NAME_ROOM = 256 }; /* SOCKS counts a name in one byte; DNS has no longer ones */

struct target {
	struct ip_addr addr; /* AF_UNSPEC: `name` counts */
	uint16_t port;
	char name[TARGET_NAME_ROOM];
};

/*
 * `host`: a name, or an address as text, an IPv6 one without brackets. False when it is neither: nothing
 * that a look-up could be asked.
 */
bool target_set(struct target *t, struct bytes host, uint16_t port);
void target_set_address(struct target *t, const struct ip_addr *a, uint16_t port);

struct target_text {
	char text[TARGET_NAME_ROOM + 8];
};
struct target_text target_print(const struct target *t); /* "example.net:80", "[2001:db8::1]:80" */
struct target_text target_host(const struct target *t);  /* "example.net", "2001:db8::1" */

/*
 * Addresses that mean this very host, or none, or many: loopback, multicast, broadcast, all zeroes.
 * Behind a VPN there is nobody who could be meant by them.
 */
bool target_is_nowhere(const struct ip_addr *a);

#endif
