/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much may wait unsent in a tunnel's socket. What lies there can't be overtaken by a small flow's
 * packet any more, so it is what the socket sends in a few milliseconds at its present delivery rate:
 * enough to wake up and refill it, too little for a ping to notice.
 *
 * TCP_NOTSENT_LOWAT alone does not hold that: the kernel asks for room only when it begins a new buffer,
 * and fills the last one up to 64 KiB whatever the limit (238 ms for a ping beside an upload of 5 Mbit/s,
 * 109 ms with none). So on a line that is slow enough for 64 KiB to matter, what is unsent is asked of the
 * kernel (SIOCOUTQNSD), and sending stops at the limit. TCP_NOTSENT_LOWAT still says when to go on:
 * EPOLLOUT comes when half of it has left.
 */
#ifndef SSTP_TUNNEL_UNSENT_H
#define SSTP_TUNNEL_UNSENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* EPOLLOUT comes at half; with less than a segment left BBR takes us for the limit. */
	UNSENT_MIN = 6 * 1024,
	UNSENT_MAX = 256 * 1024,
	UNSENT_EXACT_MAX = 128 * 1024, /* over this limit the kernel's own is near enough */
	UNSENT_START = 128 * 1024,     /* while the speed is not known */
	UNSENT_MS = 4,
	UNSENT_LOOK_MS =
		10, /* how often the kernel is asked for speed and state, while something is sent */
};

/* Embedded in its tunnel; zeroes are one that never looked. */
struct unsent {
	long limit, room; /* bytes; what still fits, as far as is known */
	uint64_t look_ms; /* when to look next */
	bool is_held;     /* the limit is reached: EPOLLOUT says when there is room again */
	/* of the last look */
	uint32_t rtt_ms, min_rtt_ms;
	uint32_t repeated; /* segments, since the beginning */
	uint64_t rate;     /* bytes a second that arrive, while a queue stands */
	bool is_recovering;
};

/* The limit for a delivery rate, bytes a second; 0: not known. */
long unsent_limit(uint64_t rate);

void unsent_start(struct unsent *u, int fd);
void unsent_set_rate(struct unsent *u, int fd, uint64_t rate);
/* Looks at the socket's speed and state, if it is time; false if not, or if the socket does not tell. */
bool unsent_look(struct unsent *u, int fd, uint64_t now_ms);
/* The socket sends no faster than this, bytes a second; 0: as it likes. */
void unsent_cap(int fd, uint64_t rate);
/* The end of a batch of sends, or EPOLLOUT: is_held is set by what the socket holds now. */
void unsent_check(struct unsent *u, int fd);

static inline bool unsent_is_exact(const struct unsent *u)
{
	return u->limit < UNSENT_EXACT_MAX;
}

/* What is on its way to the socket counts at once; what left it since, only at the next check. */
static inline void unsent_put(struct unsent *u, size_t len)
{
	u->room -= (long)len;
}

static inline bool unsent_is_full(const struct unsent *u)
{
	return unsent_is_exact(u) && u->room <= 0;
}

#endif
