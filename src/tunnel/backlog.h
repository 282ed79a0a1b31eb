/*
 * What waits for a tunnel whose socket is full: packets from the port, a queue a flow, served in
 * turn, after the idea of fq_codel (RFC 8290). A flow that sends little finds its packet sent next,
 * whatever bulk waits; a flow that keeps a standing queue sees loss after a while (CoDel, RFC 8289),
 * so that it slows down instead of making everybody wait; and over BACKLOG_MAX the fattest flow pays.
 *
 * Times are milliseconds of the loop's clock. Memory is taken for what waits and given back with it.
 */
#ifndef SSTP_TUNNEL_BACKLOG_H
#define SSTP_TUNNEL_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

#include "tun/tun.h"

enum {
	BACKLOG_MAX = 2 * 1024 * 1024, /* bytes */
	BACKLOG_TARGET_MS = 5,         /* RFC 8289 section 4.3 */
	BACKLOG_INTERVAL_MS = 100,     /* section 4.4 */
};

struct backlog;

int backlog_open(struct backlog **out); /* 0 or -ENOMEM */
void backlog_close(struct backlog *b);  /* NULL is fine */

/* Copies the packet in; returns how many packets were dropped for it. */
unsigned backlog_put(struct backlog *b, const uint8_t *packet, size_t len,
		     const struct tun_offload *off, uint64_t now_ms);
/*
 * The packet whose turn it is, good until the next call; NULL when none is left. *dropped: how many
 * CoDel dropped on the way to it.
 */
const uint8_t *backlog_get(struct backlog *b, size_t *len, struct tun_offload *off,
			   uint64_t now_ms, unsigned *dropped);
size_t backlog_bytes(const struct backlog *b);

#endif
