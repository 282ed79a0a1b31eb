/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a tunnel's connection is better off with BBR. CUBIC, which most hosts have, shares a clean line
 * better, above all with what comes the other way; but it takes each loss for congestion, and fills
 * whatever queue there is. So a connection begins with the host's own, and changes to BBR when
 *
 * - it loses packets though no queue has built up: the round trip is near its least; or
 * - its queue stands at CHOICE_QUEUE_MS and more. Then it sends half of what arrives until
 *   the queue is gone: BBR's start takes the congestion window that it finds for small, and a queue that
 *   is there stayed for ten seconds.
 *
 * It does not change back: on a line that was found so, the next loss would be taken for congestion again.
 */
#ifndef SSTP_TUNNEL_CHOICE_H
#define SSTP_TUNNEL_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CHOICE_LOSSES = 2,            /* so many times, ... */
	CHOICE_LOSSES_MS = 30 * 1000, /* ... within that time; one may be chance */
	CHOICE_QUEUE_MS = 150,        /* of round trip more than the least ... */
	CHOICE_DRAIN_MS = 3000,       /* it is drained for so long at most */
	CHOICE_QUEUE_LASTS_MS = 200,  /* ... for so long */
};

/* What the kernel tells (TCP_INFO). */
struct choice_facts {
	uint32_t rtt_ms, min_rtt_ms;
	uint32_t repeated; /* segments, since the beginning */
};

/* Embedded in its tunnel; zeroes are the beginning. */
struct choice {
	uint32_t repeated;  /* at the last look */
	uint64_t last_ms;   /* of the last loss without a queue that counted; 0: none */
	uint64_t first_ms;  /* of the first of those that count */
	unsigned losses;    /* that count */
	uint64_t capped_ms; /* since when it sends less; 0: it does not */
	uint64_t queue_ms;  /* since when the queue stands; 0: it does not */
};

/* After a change because of a queue: is that gone, or has it been tried for long enough? */
bool choice_is_drained(const struct choice *c, const struct choice_facts *f, uint64_t now_ms);
/* Looks; true when the time has come. */
bool choice_is_bbr(struct choice *c, const struct choice_facts *f, uint64_t now_ms);

#endif
