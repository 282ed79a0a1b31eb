/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a tunnel's connection changes to BBR. CUBIC, the default of most hosts, shares a clean line
 * better, above all with traffic in the other direction; but it takes each loss for congestion, and
 * fills whatever queue there is. So a connection begins with the host's default, and changes to BBR when
 *
 * - it loses packets although no queue has built up: the round trip is near its minimum; or
 * - its queue has stayed at CHOICE_QUEUE_MS or more. Then it sends at half the delivery rate until
 *   the queue is gone: BBR's startup assumes a small congestion window, so that without this an existing
 *   queue remained for ten seconds.
 *
 * It does not change back: CUBIC would take the next loss on such a line for congestion again.
 */
#ifndef SSTP_TUNNEL_CHOICE_H
#define SSTP_TUNNEL_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CHOICE_LOSSES = 2,            /* this many losses ... */
	CHOICE_LOSSES_MS = 30 * 1000, /* ... within that time; one may be chance */
	CHOICE_QUEUE_MS = 150,        /* round trip above the minimum ... */
	CHOICE_DRAIN_MS = 3000,       /* maximum time for draining it */
	CHOICE_QUEUE_LASTS_MS = 200,  /* ... for so long */
};

/* From the kernel (TCP_INFO). */
struct choice_facts {
	uint32_t rtt_ms, min_rtt_ms;
	uint32_t repeated; /* segments retransmitted since the beginning */
};

/* Embedded in its tunnel; zeroes are the beginning. */
struct choice {
	uint32_t repeated;  /* at the last look */
	unsigned losses;    /* counted */
	uint64_t last_ms;   /* of the last loss without a queue that was counted; 0: none */
	uint64_t first_ms;  /* of the first of those that are counted */
	uint64_t capped_ms; /* since when it sends less; 0: it does not */
	uint64_t queue_ms;  /* since when there is a standing queue; 0: there is none */
};

/* After a change because of a queue: whether the queue is gone, or CHOICE_DRAIN_MS has passed. */
bool choice_is_drained(const struct choice *c, const struct choice_facts *f, uint64_t now_ms);
/* Evaluates the facts; true when the connection should change to BBR. */
bool choice_is_bbr(struct choice *c, const struct choice_facts *f, uint64_t now_ms);

#endif
