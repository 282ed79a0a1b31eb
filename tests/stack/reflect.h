/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Simulates a second host without a second stack: packets to FAR come back with the two addresses
 * exchanged, as if FAR had sent them. So the stack talks to itself: a connection to a port of FAR
 * reaches the stack's own listener on that port. Checksums stay valid, since a sum does not depend
 * on the order.
 */
#ifndef SSTP_TESTS_PROXY_REFLECT_H
#define SSTP_TESTS_PROXY_REFLECT_H

#include "stack/stack.h"

#define OWN "10.1.0.2"
#define FAR "10.9.9.9"
#define OWN6 "fe80::2"
#define FAR6 "fe80::9"

struct reflector {
	struct loop *loop;
	struct stack *stack;
	/* Looks at each packet before it is cut; false: it is dropped. NULL: all pass. */
	bool (*passes)(struct reflector *r, const uint8_t *packet, size_t len);
	bool is_full;          /* the tunnel has no room */
	size_t count;          /* packets that passed, as they were cut */
	struct loop_task task; /* the rest is the reflector's own */
	struct reflected *first, **last;
};

int reflector_open(struct reflector *r); /* a loop and a stack that is up */
void reflector_up(struct reflector *r, const char *own);
void reflector_close(struct reflector *r);

/* Passes this packet to the stack in the next turn. */
void reflector_reply(struct reflector *r, const uint8_t *packet, size_t len);

/* Runs the loop until the condition is true; fails the test if it never is. */
void reflector_run(struct reflector *r, bool (*is_so)(void *arg), void *arg);

#endif
