/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The periods of a Restart timer, RFC 1661 section 4.6: how long to wait for a response before the
 * same request is sent again. TCP loses nothing, so a repeat helps only with a peer that dropped
 * the request because it was not ready: pppd started late, accel-ppp just after CHAP's Success.
 * Such a peer is ready soon, so the first period is short. But it is longer than a response can
 * take: an unnecessary repeat makes some peers renegotiate an open layer.
 */
#ifndef SSTP_PPP_RESTART_H
#define SSTP_PPP_RESTART_H

#include <stdbool.h>
#include <stdint.h>

enum {
	RESTART_MIN_MS = 300,
	RESTART_MAX_MS = 3000,
	RESTART_RTT_MAX_MS = 5000, /* no real line is slower, but a peer can delay its packets */
};

struct restart {
	uint32_t first_ms;
	uint32_t max_ms; /* RESTART_MAX_MS, or more on a very long line */
	uint32_t next_ms;
};

/* `rtt_ms`: the measured round trip; 0: short or unknown. */
static inline struct restart restart_of(uint32_t rtt_ms)
{
	uint32_t rtt = rtt_ms < RESTART_RTT_MAX_MS ? rtt_ms : RESTART_RTT_MAX_MS;
	uint32_t first = 2 * rtt + 100;

	first = first > RESTART_MIN_MS ? first : RESTART_MIN_MS;
	return (struct restart){ first, first > RESTART_MAX_MS ? first : RESTART_MAX_MS, first };
}

/* Call after a valid response, which shows that the peer listens. */
static inline void restart_reset(struct restart *r)
{
	r->next_ms = r->first_ms;
}

/* The period to wait now; the next one is twice as long. */
static inline uint32_t restart_next(struct restart *r)
{
	uint32_t ms = r->next_ms;

	r->next_ms = 2 * ms < r->max_ms ? 2 * ms : r->max_ms;
	return ms;
}

/*
 * True if a period of that length uses up one of the tries. The short ones at the beginning do not,
 * so that a slow peer has the same total time as with full periods.
 */
static inline bool restart_counts(uint32_t ms)
{
	return ms >= RESTART_MAX_MS;
}

#endif
