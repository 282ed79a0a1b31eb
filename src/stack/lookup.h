/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A name's addresses, by the name servers that the VPN told us; never by the host's own. The resolver is
 * dns/resolver.h; here its messages get sockets of the stack.
 */
#ifndef SSTP_STACK_LOOKUP_H
#define SSTP_STACK_LOOKUP_H

#include "stack/stack.h"
#include "stack/target.h"

struct lookup;

enum { LOOKUP_ADDRESSES = 8 };

struct lookup_result {
	enum stack_result result;
	/* STACK_OK: in the order of RFC 8305 section 4, families in turn, those alone that we have a
	 * way to. */
	struct ip_addr addresses[LOOKUP_ADDRESSES];
	size_t count;
	struct ip_addr server; /* of STACK_DNS_...: which one */
};

struct lookup_cfg {
	const struct target *of; /* copied; of an address no server is asked */
	/* Called once, from the loop, never from inside lookup_start. */
	void (*done)(void *arg, const struct lookup_result *r);
	void *arg;
};

/* NULL: no memory, or as many as we hold. While the tunnel is down it waits, STACK_WAIT_MS at most. */
struct lookup *lookup_start(struct stack *s, const struct lookup_cfg *cfg);
void lookup_cancel(struct lookup *l); /* before done was called; NULL is fine */

#endif
