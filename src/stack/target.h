/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a local client wants to go, as it says it: a name, which the VPN's name servers know, or an
 * address, and a port.
 */
#ifndef SSTP_STACK_TARGET_H
#define SSTP_STACK_TARGET_H

#include "util/bytes.h"
#include "util/ip.h"

enum { TARGET_HOST_ROOM = 256 }; /* SOCKS counts a name in one byte; DNS has no longer ones */

struct target {
	char host[TARGET_HOST_ROOM]; /* an IPv6 address without brackets */
	uint16_t port;
};

/* False when that is no name and no address: nothing that a look-up could be asked. */
bool target_set(struct target *t, struct bytes host, uint16_t port);
void target_set_address(struct target *t, const struct ip_addr *a, uint16_t port);

/* "example.net:80", "[2001:db8::1]:80" */
struct target_text {
	char text[TARGET_HOST_ROOM + 8];
};
struct target_text target_print(const struct target *t);

/*
 * Addresses that mean this very host, or none, or many: loopback, multicast, broadcast, all zeroes.
 * Behind a VPN there is nobody who could be meant by them.
 */
bool target_is_nowhere(const struct ip_addr *a);

#endif
