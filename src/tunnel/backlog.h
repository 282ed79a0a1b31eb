/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets that wait for a tunnel whose socket is full, from the TUN device or the stack: one queue per
 * flow, served in turn, as in fq_codel (RFC 8290). The packet of a flow that sends little is sent next,
 * however much bulk waits; a flow that keeps a standing queue loses packets after a while (CoDel,
 * RFC 8289), so that it slows down instead of delaying all others. As much may wait in total as leaves
 * in BACKLOG_WAIT_MS at the recent speed; beyond that, packets of the longest queue are dropped. So a
 * fast line has room for the bursts of many flows, and a peer that stops reading soon costs little.
 *
 * A flow is signaled to slow down by a mark in one packet if it speaks ECN (RFC 3168), else by dropping one:
 * of a super-packet, its first segment.
 *
 * Times are milliseconds of the loop's clock. Memory is allocated per waiting packet and freed with it; the
 * queues themselves take 18 KB, so an idle backlog should be closed.
 */
#ifndef SSTP_TUNNEL_BACKLOG_H
#define SSTP_TUNNEL_BACKLOG_H

#include "tun/headers.h"
#include "tun/tun.h"

enum {
	BACKLOG_MAX = 8 * 1024 * 1024, /* bytes of memory, however fast the line; ... */
	BACKLOG_MIN = 256 * 1024,      /* ... however slow */
	/* Minima; a line with a long round trip has more of each (backlog_set_line). */
	BACKLOG_WAIT_MS = 50,
	BACKLOG_TARGET_MS = 5,     /* RFC 8289 section 4.3 */
	BACKLOG_INTERVAL_MS = 100, /* section 4.4 */
	BACKLOG_RTT_MAX_MS = 1000, /* a longer round trip counts as this */
	BACKLOG_IDLE_MS = 10 * 1000,
};

struct backlog;

int backlog_open(struct backlog **out); /* 0 or -ENOMEM */
void backlog_close(struct backlog *b);  /* NULL is fine */

/* The connection that carries the packets. */
struct backlog_line {
	uint32_t rtt_ms;
	/*
	 * It sends less than the line carries: it recovers from a loss of its own, or has not found the line's rate (again).
	 * Packets wait for it then and not for each other, so no flow is slowed down.
	 */
	bool is_slow;
	/* It sends more in each round trip: as much may wait as in a new backlog, or more. */
	bool is_starting;
};

void backlog_set_line(struct backlog *b, const struct backlog_line *l);

/* Copies the packet in; returns how many packets were dropped for it. */
unsigned backlog_put(struct backlog *b, const struct packet *p, const struct tun_offload *off,
		     uint64_t now_ms);
/*
 * The same for a packet at the start of a block of TUN_PACKET_MAX bytes from alloc_get. A large one is
 * not copied: the block is kept, and p->at is another.
 */
unsigned backlog_put_block(struct backlog *b, struct packet *p, const struct tun_offload *off,
			   uint64_t now_ms);
struct backlog_packet {
	struct packet p; /* good until the next call */
	struct tun_offload off;
	unsigned skip;  /* how many of its first segments are dropped */
	bool is_marked; /* it carries ECN's mark from now on */
};

/*
 * The packet to send next; false when none is left. *dropped: how many packets CoDel dropped in this
 * call, including those to skip.
 */
bool backlog_get(struct backlog *b, struct backlog_packet *p, uint64_t now_ms, unsigned *dropped);
size_t backlog_bytes(const struct backlog *b);
/* Nothing has waited for BACKLOG_IDLE_MS: what it knows of the line is out of date. */
bool backlog_is_idle(const struct backlog *b, uint64_t now_ms);

#endif
