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
 *
 * Where a line has jitter, ACKs come in bunches, and BBR takes the line for several times faster than it is:
 * it keeps the queue full and loses much of what it sends, as long as there is always something to send. So
 * a standing queue with BBR is drained too, and then it sends for a while at the rate that was measured.
 * A queue that does not drain is that of others on the same line, and is left alone for as long.
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
	/* with BBR */
	CHOICE_MEASURE_MS = 500,     /* of two such windows the better one is the line's rate */
	CHOICE_LIMIT_MS = 10 * 1000, /* after that BBR may look for a higher rate */
	CHOICE_LIMIT_PERCENT = 95,   /* of the measured rate: the queue must not come back */
	CHOICE_OWN_MIN = 32 * 1024,  /* bytes of ours in a queue that is worth draining */
};

/* From the kernel (TCP_INFO). */
struct choice_facts {
	uint32_t rtt_ms, min_rtt_ms;
	uint32_t repeated;  /* segments retransmitted since the beginning */
	uint32_t delivered; /* segments that have arrived, in whatever order */
	uint32_t mss;
};

/* Embedded in its tunnel; zeroes are the beginning. */
struct choice {
	bool is_bbr;     /* it has changed */
	bool is_others;  /* with BBR: the queue did not drain, so it is not ours */
	uint16_t losses; /* counted */
	/* Without BBR: retransmitted segments at the last look. With it: delivered ones when the window began. */
	uint32_t segments;
	union {
		/* without BBR: losses without a queue that are counted, the last (0: none) and the first */
		struct {
			uint64_t last_ms, first_ms;
		};
		/* with BBR: bytes a second, 0: not known; until when a limit or is_others holds, 0: neither */
		struct {
			uint64_t rate, limit_ms;
		};
	};
	uint64_t capped_ms; /* since when it sends less, to drain a queue; 0: it does not */
	uint64_t queue_ms; /* since when there is a standing queue, or a window; 0: there is none */
};

/* Evaluates the facts; true when the connection should change to BBR. */
bool choice_is_bbr(struct choice *c, const struct choice_facts *f, uint64_t now_ms);
/* The connection has changed. */
void choice_begin_bbr(struct choice *c, uint64_t now_ms);
/*
 * Evaluates the facts after that. True: the connection must send no faster than *rate from now on, bytes a
 * second; 0: as fast as it likes.
 */
bool choice_limit(struct choice *c, const struct choice_facts *f, uint64_t now_ms, uint64_t *rate);

#endif
