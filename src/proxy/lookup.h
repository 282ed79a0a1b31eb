/* A name's address, by the name servers that the VPN told us; never by the host's own. */
#ifndef SSTP_PROXY_LOOKUP_H
#define SSTP_PROXY_LOOKUP_H

#include "proxy/stack.h"

struct lookup;

enum { LOOKUP_NAME_MAX = 255 };

struct lookup_cfg {
	const char *name; /* copied; an address of either family, written out, needs no server */
	/* Called once, from the loop, never from inside lookup_start. STACK_OK: `addr` is it. */
	void (*done)(void *arg, enum stack_result result, const struct ip_addr *addr);
	void *arg;
};

/* NULL: no memory, or as many as we hold. While the tunnel is down it waits, STACK_WAIT_MS at most. */
struct lookup *lookup_start(struct stack *s, const struct lookup_cfg *cfg);
void lookup_cancel(struct lookup *l); /* before done was called; NULL is fine */

#endif
