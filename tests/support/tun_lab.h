/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel as a router between two TUN devices of ours, in a network namespace of the test's own:
 * what is written to one comes out of the other, its TTL one less. The kernel cuts super-packets itself
 * where the second device has no offloads.
 */
#ifndef SSTP_TESTS_SUPPORT_TUN_LAB_H
#define SSTP_TESTS_SUPPORT_TUN_LAB_H

#include "tun/tun.h"

enum { LAB_MTU = 9000 };

struct lab {
	struct tun *in;  /* for packets of tun/packet.h, with offloads */
	struct tun *out; /* where they come out */
};

/* False, having said why: this kernel lets us have no namespace or no TUN. Enter once a process. */
bool lab_enter(void);

void lab_open(struct lab *lab, bool offload_out);
void lab_close(struct lab *lab);

/* What the kernel routed to lab->out; waits up to a second. 0: nothing came. */
size_t lab_read(struct lab *lab, uint8_t *to, size_t room, struct tun_offload *off);
/* Whether nothing more comes; does not wait. */
bool lab_is_empty(struct lab *lab);

#endif
