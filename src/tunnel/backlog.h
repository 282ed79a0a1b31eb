/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What waits for a tunnel whose socket is full: packets of the TUN device or of the stack, a queue a
 * flow, served in turn, after the idea of fq_codel (RFC 8290). A flow that sends little finds its packet sent next,
 * whatever bulk waits; a flow that keeps a standing queue sees loss after a while (CoDel, RFC 8289),
 * so that it slows down instead of making everybody wait. What may wait in all is what leaves in
 * BACKLOG_WAIT_MS, at the speed seen lately: over that the fattest flow pays. So a fast line has room
 * for the bursts of many flows, and a peer that takes nothing any more soon costs little.
 *
 * A flow is told to slow down by the loss of one packet: of a super-packet, its first segment.
 *
 * Times are milliseconds of the loop's clock. Memory is taken for what waits and given back with it.
 */
#ifndef SSTP_TUNNEL_BACKLOG_H
#define SSTP_TUNNEL_BACKLOG_H

#include "tun/headers.h"
#include "tun/tun.h"

enum {
	BACKLOG_MAX = 8 * 1024 * 1024, /* bytes of memory, however fast the line; ... */
	BACKLOG_MIN = 256 * 1024,      /* ... however slow */
	/* At the least; a long line has more of each (backlog_set_line). */
	BACKLOG_WAIT_MS = 50,
	BACKLOG_TARGET_MS = 5,     /* RFC 8289 section 4.3 */
	BACKLOG_INTERVAL_MS = 100, /* section 4.4 */
	BACKLOG_RTT_MAX_MS = 1000, /* a longer round trip counts as this */
};

struct backlog;

int backlog_open(struct backlog **out); /* 0 or -ENOMEM */
void backlog_close(struct backlog *b);  /* NULL is fine */

/*
 * The round trip of the connection that carries the packets, and whether it makes up for a loss of its
 * own now. While it does, packets wait for it and not for each other, so no flow is told to slow down.
 */
void backlog_set_line(struct backlog *b, uint32_t rtt_ms, bool is_recovering);

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
	unsigned skip; /* so many of its segments are lost */
};

/*
 * The packet whose turn it is; false when none is left. *dropped: how many CoDel dropped on the way
 * to it, those to skip among them.
 */
bool backlog_get(struct backlog *b, struct backlog_packet *p, uint64_t now_ms, unsigned *dropped);
size_t backlog_bytes(const struct backlog *b);

#endif
