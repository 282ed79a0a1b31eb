/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much may wait unsent in a tunnel's socket. A small flow's packet can't overtake what is there, so
 * the limit is what the socket sends in a few milliseconds at its present delivery rate: enough time to
 * wake up and refill it, too little to delay a ping.
 *
 * TCP_NOTSENT_LOWAT alone does not enforce that: the kernel checks it only when it begins a new buffer,
 * and fills the last one up to 64 KiB whatever the limit (238 ms for a ping during an upload of 5 Mbit/s,
 * 109 ms without one). So on a line that is slow enough for 64 KiB to matter, we query the unsent bytes
 * (SIOCOUTQNSD) and stop sending at the limit. TCP_NOTSENT_LOWAT still says when to go on:
 * EPOLLOUT comes when half of it has left.
 *
 * In its startup BBR sends at 2.9 times the line's rate. It ends the startup only after round trips in which the socket
 * did not run empty. With the usual limit the socket is filled a millisecond too late for that speed and runs empty in
 * each round trip; the startup then never ends and keeps the modem's queue full (an upload on LTE: 15 % of the packets
 * lost there, and a round trip of 370 ms instead of 65). So the limit is higher in the startup.
 */
#ifndef SSTP_TUNNEL_UNSENT_H
#define SSTP_TUNNEL_UNSENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunnel/sndbuf.h"

enum {
	/* EPOLLOUT comes at half; with less than a segment left BBR takes us for the limit. */
	UNSENT_MIN = 6 * 1024,
	UNSENT_MAX = 256 * 1024,
	UNSENT_EXACT_MAX = 128 * 1024, /* above it the kernel's own limit is exact enough */
	UNSENT_START = 128 * 1024,     /* while the speed is not known */
	UNSENT_MS = 4,
	UNSENT_STARTUP = 10, /* times as much in BBR's startup */
	UNSENT_LOOK_MS =
		10, /* how often the kernel is asked for speed and state, while something is sent */
};

/* Embedded in its tunnel; zero-initialized. */
struct unsent {
	long limit, room; /* bytes; what still fits, by the last check */
	uint64_t look_ms; /* when to look next */
	bool is_held;     /* the limit is reached: EPOLLOUT says when there is room again */
	/* by the last unsent_look */
	bool is_recovering;
	uint32_t rtt_ms, min_rtt_ms;
	uint32_t repeated;       /* segments retransmitted since the beginning */
	uint32_t sent, received; /* bytes since then; they wrap */
	uint32_t startup_rate;   /* BBR's, bytes a second; 0: not in its startup, or no BBR */
	bool is_slow_start;      /* the first one, of another congestion control */
	struct sndbuf sndbuf;
};

/* The limit for a delivery rate, bytes a second (0: not known), and whether BBR is in its startup. */
long unsent_limit(uint64_t rate, bool is_startup);

/* Segments, as TCP_INFO has them. */
struct unsent_window {
	uint32_t size, threshold, in_flight;
};

/* No loss or delay has set a threshold yet, and more than half of the window is used, else it would not grow. */
bool unsent_is_slow_start(const struct unsent_window *w);

void unsent_start(struct unsent *u, int fd);
void unsent_set_rate(struct unsent *u, int fd, uint64_t rate); /* the limit for it */
/* Reads the socket's speed and state, if it is time; false if not, or if the socket has none. */
bool unsent_look(struct unsent *u, int fd, uint64_t now_ms);
/* The socket sends no faster than this, bytes a second; 0: no limit. */
void unsent_cap(int fd, uint64_t rate);
/* The end of a batch of sends, or EPOLLOUT: is_held is set by what the socket holds now. */
void unsent_check(struct unsent *u, int fd);

static inline bool unsent_is_exact(const struct unsent *u)
{
	return u->limit < UNSENT_EXACT_MAX;
}

/* Bytes given to the socket count at once; bytes that it has sent, only at the next check. */
static inline void unsent_put(struct unsent *u, size_t len)
{
	u->room -= (long)len;
}

static inline bool unsent_is_full(const struct unsent *u)
{
	return unsent_is_exact(u) && u->room <= 0;
}

#endif
