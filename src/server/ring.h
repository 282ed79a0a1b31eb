/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lock-free ring of packets from one worker to another: one thread puts, one takes. The TUN
 * device may give a packet to a worker that does not have its session (the first packets of a flow
 * from outside); the ring takes it to the worker that has the session.
 */
#ifndef SSTP_SERVER_RING_H
#define SSTP_SERVER_RING_H

#include "tun/headers.h"
#include "tun/tun.h"

struct ring;

int ring_open(struct ring **out); /* 0 or -ENOMEM; pages are touched only as packets need them */
void ring_close(struct ring *r);  /* NULL is fine */

/* Copies the packet in. False when the ring is full: the packet is lost. */
bool ring_put(struct ring *r, const struct packet *p, const struct tun_offload *off);
/* The next packet, valid until ring_done. False: the ring is empty. */
bool ring_get(struct ring *r, struct packet *p, struct tun_offload *off);
void ring_done(struct ring *r);

#endif
