/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single addresses that sessions have out of one network, which other hosts use too: where there is only
 * one /64 (--ndp-proxy). A session claims each address that it uses; the first that does gets it (as
 * RFC 6620), unless a host on the interface has it: that is looked for during CLAIMS_WAIT_MS. A session
 * has CLAIMS_MAX addresses at most: hosts use new ones every day (RFC 8981), so the oldest is given up.
 *
 * All calls are made under the registry's lock.
 */
#ifndef SSTP_SERVER_CLAIMS_H
#define SSTP_SERVER_CLAIMS_H

#include "server/ndp_proxy.h"

enum {
	CLAIMS_MAX = 8,
	CLAIMS_WAIT_MS = 500,
};

enum claim_state {
	CLAIM_WAITING, /* other hosts with the address are looked for */
	CLAIM_TAKEN,
	CLAIM_REFUSED, /* another session or host has it */
};

struct claim;

struct claims {
	const struct ndp_proxy *proxy;
	struct claim *first; /* the newest */
};

/*
 * The session claims the address, for the first time or again. `*is_new`: it is taken from now on. In
 * `*dropped` is an address that the session had and loses (AF_UNSPEC: none).
 */
enum claim_state claims_claim(struct claims *c, uint64_t session, const struct ip_addr *a,
			      uint64_t now_ms, bool *is_new, struct ip_addr *dropped);
/* A host on the interface has the address. */
void claims_other_has(struct claims *c, const struct ip_addr *a);
/* Gives up one address of the session. False: it has none. */
bool claims_drop(struct claims *c, uint64_t session, struct ip_addr *dropped);

#endif
