/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets that were dropped, by cause. A tunnel only has the totals, since a server has many tunnels;
 * the causes are counted for all tunnels of a thread, in its pump. DROP_DEVICE, DROP_NO_SESSION and
 * DROP_WORKER are in no tunnel's totals.
 */
#ifndef SSTP_TUNNEL_DROPS_H
#define SSTP_TUNNEL_DROPS_H

#include <stdbool.h>
#include <stdint.h>

enum drop_cause {
	DROP_MALFORMED,     /* not a complete IP packet of the protocol that its frame says */
	DROP_NOT_UP,        /* that protocol is not open on the link */
	DROP_CONFIGURATION, /* from the peer: it would configure its receiver (tun/ingress.h) */
	DROP_SOURCE,        /* from the peer: with an address that is not its own */
	DROP_FILTER,        /* the session's filter */
	DROP_CLIENT,        /* from the peer: to another client, which is not allowed */
	DROP_DEVICE,        /* from the peer: the TUN device refused it */
	DROP_NO_SESSION,    /* to the peer: no session has the address */
	DROP_TOO_BIG,    /* to the peer: and must not be fragmented; its sender got an ICMP error */
	DROP_QUEUE_FULL, /* to the peer: too much waited */
	DROP_QUEUE_DELAY, /* to the peer: it had waited too long (CoDel) */
	DROP_RATE,        /* to the peer: one of these two, of a tunnel whose speed is limited */
	DROP_WORKER,      /* to the peer: the worker that has the session was too busy to take it */
	DROP_MEMORY,      /* to the peer: no memory for a queue */
	DROP_CAUSES,
};

/* By direction: from the peer, to it. */
struct drops {
	uint64_t rx[DROP_CAUSES], tx[DROP_CAUSES];
};

/* "queue_full" */
const char *drop_cause_name(enum drop_cause cause);
/* Whether packets from the peer, or those to it, can be dropped for that cause. */
bool drop_is_rx(enum drop_cause cause);
bool drop_is_tx(enum drop_cause cause);
bool drop_is_at_client(enum drop_cause cause); /* and not at a server alone */
uint64_t drops_sum(const uint64_t by_cause[DROP_CAUSES]);
void drops_add(struct drops *to, const struct drops *from);

#endif
