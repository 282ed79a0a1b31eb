/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks up a name's addresses at the VPN's name servers; at the host's own only if stack_cfg has
 * domains and the name is in none of them. The resolver is dns/resolver.h; lookup.c sends its messages
 * through sockets of the stack. A name without a dot is looked up in the search domains first.
 */
#ifndef SSTP_STACK_LOOKUP_H
#define SSTP_STACK_LOOKUP_H

#include "stack/stack.h"
#include "stack/target.h"

struct lookup;

enum { LOOKUP_ADDRESSES = 8 };

struct lookup_result {
	enum stack_result result;
	/*
	 * STACK_OK: in the order of RFC 8305 section 4, families in turn; only families in which we
	 * have an address.
	 */
	struct ip_addr addresses[LOOKUP_ADDRESSES];
	size_t count;
	struct ip_addr server; /* the server, of STACK_DNS_... */
};

struct lookup_cfg {
	const struct target *of; /* copied; no query for an address */
	/* Called once, from the loop, never from inside lookup_start. */
	void (*done)(void *arg, const struct lookup_result *r);
	void *arg;
};

/*
 * NULL: no memory, or too many look-ups. While the tunnel is down it waits, at most STACK_WAIT_MS.
 */
struct lookup *lookup_start(struct stack *s, const struct lookup_cfg *cfg);
void lookup_cancel(struct lookup *l); /* only before done was called; NULL is fine */

#endif
