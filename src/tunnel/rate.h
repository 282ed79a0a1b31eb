/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A token bucket: how many bytes may pass now at a given rate. A bucket of rate 0 has no limit. What
 * has passed may be more than there was (a super-packet counts as a whole); then the bucket stays
 * empty for as much longer.
 */
#ifndef SSTP_TUNNEL_RATE_H
#define SSTP_TUNNEL_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RATE_BURST_MS = 125,           /* of data, when the line was idle; ... */
	RATE_BURST_MIN = 64 * 1024,    /* ... at least one super-packet */
	RATE_PAUSE_MAX_MS = 10 * 1000, /* a longer time without data counts as this */
};

struct rate {
	uint64_t bytes_s; /* 0: no limit */
	int64_t tokens;   /* thousandths of bytes */
	uint64_t at_ms;
};

static inline int64_t rate_burst(const struct rate *r)
{
	uint64_t burst = r->bytes_s * RATE_BURST_MS / 1000;

	return (int64_t)(burst > RATE_BURST_MIN ? burst : RATE_BURST_MIN) * 1000;
}

#define RATE_MAX UINT64_C(1000000000000) /* a terabit a second; products of more would overflow */

/* `bits_s`: 0: no limit. Starts with a full bucket. */
static inline void rate_set(struct rate *r, uint64_t bits_s, uint64_t now_ms)
{
	r->bytes_s = bits_s && bits_s < 8 ? 1 : (bits_s < RATE_MAX ? bits_s : RATE_MAX) / 8;
	r->at_ms = now_ms;
	r->tokens = rate_burst(r);
}

static inline int64_t rate_tokens(const struct rate *r, uint64_t now_ms)
{
	uint64_t ms = now_ms - r->at_ms;
	int64_t tokens = r->tokens +
			 (int64_t)(r->bytes_s * (ms < RATE_PAUSE_MAX_MS ? ms : RATE_PAUSE_MAX_MS));

	return tokens < rate_burst(r) ? tokens : rate_burst(r);
}

static inline bool rate_is_empty(const struct rate *r, uint64_t now_ms)
{
	return r->bytes_s && rate_tokens(r, now_ms) <= 0;
}

static inline void rate_take(struct rate *r, size_t bytes, uint64_t now_ms)
{
	if (!r->bytes_s)
		return;
	r->tokens = rate_tokens(r, now_ms) - (int64_t)bytes * 1000;
	r->at_ms = now_ms;
}

/* Of an empty bucket: when it has something again. */
static inline uint64_t rate_ready_ms(const struct rate *r)
{
	return r->at_ms + (uint64_t)-r->tokens / r->bytes_s + 1;
}

#endif
