/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ring of packets from one worker to another, without locks: one thread puts, one takes. The TUN
 * device may bring a packet to a worker that does not have its session (the first packets of a flow
 * from outside); here it goes to the one that has.
 */
#ifndef SSTP_SERVER_RING_H
#define SSTP_SERVER_RING_H

#include "tun/headers.h"
#include "tun/tun.h"

struct ring;

int ring_open(struct ring **out); /* 0 or -ENOMEM; memory is used as packets need it */
void ring_close(struct ring *r);  /* NULL is fine */

/* Copies the packet in. False when the ring is full: the packet is lost. */
bool ring_put(struct ring *r, const struct packet *p, const struct tun_offload *off);
/* The next packet, good until ring_done. False: there is none. */
bool ring_get(struct ring *r, struct packet *p, struct tun_offload *off);
void ring_done(struct ring *r);

#endif
