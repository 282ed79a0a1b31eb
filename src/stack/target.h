/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The destination of a local client: a name, for the VPN's name servers, or an address; and a port.
 */
#ifndef SSTP_STACK_TARGET_H
#define SSTP_STACK_TARGET_H

#include "util/bytes.h"
#include "util/ip.h"

enum { TARGET_NAME_SIZE = 256 }; /* SOCKS has a one-byte length; DNS names are not longer */

struct target {
	struct ip_addr addr; /* AF_UNSPEC: use `name` */
	uint16_t port;
	char name[TARGET_NAME_SIZE];
};

/* `host`: a name, or an address as text, an IPv6 one without brackets. False if it is neither. */
bool target_set(struct target *t, struct bytes host, uint16_t port);
void target_set_address(struct target *t, const struct ip_addr *a, uint16_t port);

struct target_text {
	char text[TARGET_NAME_SIZE + 8];
};
struct target_text target_print(const struct target *t); /* "example.net:80", "[2001:db8::1]:80" */
struct target_text target_host(const struct target *t);  /* "example.net", "2001:db8::1" */

/* Addresses that name no single host in the VPN: loopback, multicast, broadcast, all zeroes. */
bool target_is_nowhere(const struct ip_addr *a);

#endif
