/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One direction of a line, as an engine: packets and time in, packets and times out. A packet passes
 *
 *	MTU -> cut -> queue (drop-tail, bytes) -> link (bit/s) -> loss -> delay and jitter
 *
 * and leaves in the order in which it came. The time at which it leaves is known when it comes, so there
 * is no timer inside; the owner asks way_deadline() and calls way_get() then.
 *
 * Times are nanoseconds. The same seed and the same packets give the same losses.
 */
#ifndef SSTP_TOOLS_LINE_WAY_H
#define SSTP_TOOLS_LINE_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAY_MS = 1000 * 1000 };

/* Zeroes: a line without delay, loss and limits. */
struct way_cfg {
	double rate;              /* bit/s of IP packets; 0: no limit */
	uint64_t delay_ns;        /* one way */
	uint64_t jitter_ns;       /* up to this much more, ... */
	uint64_t jitter_every_ns; /* ... drawn again after this time */
	double loss;              /* share of the packets, each by itself */
	double burst_begin; /* share of the packets that begin a burst, in which all are lost, ... */
	double burst_end;   /* ... and that end it (Gilbert's model) */
	double queue_bytes; /* what may wait for the link; 0: no limit */
	double queue_ms;    /* the same as time of the link's; used if it is not 0 */
	size_t mtu;         /* a larger packet is dropped without ICMP; 0: no limit */
};

struct way_stats {
	uint64_t packets, bytes; /* that left */
	uint64_t full, lost, too_big, cut;
	size_t queued_max;
};

struct way_packet {
	struct way_packet *next;
	uint64_t sent_ns, due_ns; /* by the link, at the other end */
	uint32_t len;
	bool is_lost;
	uint8_t at[];
};

/* Embedded in its owner; way_init initializes it. */
struct way {
	struct way_cfg cfg; /* way_set changes it */
	struct way_stats stats;
	struct way_packet *first, *last;
	struct way_packet *queued; /* the first that the link has not sent yet */
	size_t queued_bytes;
	uint64_t link_free_ns, last_due_ns, cut_until_ns;
	uint64_t jitter_until_ns, jitter_now_ns;
	uint64_t random;
	bool in_burst;
};

void way_init(struct way *w, uint64_t seed);
void way_free(struct way *w);

/*
 * One setting, "rate=20M", or an incident that begins now: "outage=2000" (nothing leaves the queue
 * for that many ms), "cut=2000" (all packets that arrive are lost). Returns false if there is no
 * such setting or value.
 */
bool way_set(struct way *w, const char *setting, uint64_t now_ns);

/* A packet comes. False: no memory. */
bool way_put(struct way *w, const uint8_t *packet, size_t len, uint64_t now_ns);
/* The next packet that has arrived by now, for the caller to free; NULL: none. */
struct way_packet *way_get(struct way *w, uint64_t now_ns);
/* When the next one arrives; UINT64_MAX: nothing is on its way. */
uint64_t way_deadline(const struct way *w);

#endif
