/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long something took, in buckets: counters of one thread. Bucket n counts what took at most the
 * n-th bound and more than the one before it; the last has no bound.
 */
#ifndef SSTP_UTIL_HISTOGRAM_H
#define SSTP_UTIL_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 12 };

struct histogram {
	uint64_t sum_us;
	uint64_t buckets[HISTOGRAM_BOUNDS + 1];
};

/* Of the turns of a loop, and of logins and RADIUS: in microseconds. */
static const uint32_t histogram_turns[HISTOGRAM_BOUNDS] = {
	20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 200000, 1000000,
};
static const uint32_t histogram_logins[HISTOGRAM_BOUNDS] = {
	2000,   5000,   10000,   25000,   50000,   100000,
	250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

static inline void histogram_add(struct histogram *h, const uint32_t bounds[HISTOGRAM_BOUNDS],
				 uint64_t us)
{
	size_t i = 0;

	while (i < HISTOGRAM_BOUNDS && us > bounds[i])
		i++;
	h->buckets[i]++;
	h->sum_us += us;
}

/* Adds the counters of another thread. */
static inline void histogram_join(struct histogram *to, const struct histogram *from)
{
	to->sum_us += from->sum_us;
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		to->buckets[i] += from->buckets[i];
}

#endif
