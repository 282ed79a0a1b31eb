/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel as a router between two TUN devices, in the test's own network namespace: packets
 * written to one come out of the other, with the TTL decreased by one. The kernel segments
 * super-packets itself if the second device has no offloads.
 */
#ifndef SSTP_TESTS_SUPPORT_TUN_LAB_H
#define SSTP_TESTS_SUPPORT_TUN_LAB_H

#include "tun/tun.h"

enum { LAB_MTU = 9000 };

struct lab {
	struct tun *in;  /* for packets of tun/packet.h, with offloads */
	struct tun *out; /* where they come out */
};

/*
 * Returns false, after printing why, if this kernel permits no namespace or no TUN device. Call it
 * once per process.
 */
bool lab_enter(void);

void lab_open(struct lab *lab, bool offload_out);
void lab_close(struct lab *lab);

/* Reads a packet that the kernel routed to lab->out; waits up to a minute. 0: none came. */
size_t lab_read(struct lab *lab, uint8_t *to, size_t room, struct tun_offload *off);
/* Whether no packet is waiting; does not wait. */
bool lab_is_empty(struct lab *lab);

#endif
