/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two miniature tunnels, a client and a server, and the wire between them, on which one message may
 * come to harm.
 */
#ifndef SSTP_TESTS_SUPPORT_WIRE_H
#define SSTP_TESTS_SUPPORT_WIRE_H

#include "support/mini.h"

enum { WIRE_CLIENT, WIRE_SERVER };

enum wire_harm {
	WIRE_SOUND,
	WIRE_LOSES,
	WIRE_DOUBLES,
	WIRE_SPLITS,  /* it comes in two reads */
	WIRE_CUTS,    /* its rest never comes, but what follows does */
	WIRE_FLIPS,   /* one bit, in byte `at` */
	WIRE_DIES,    /* neither it nor anything after it, in that direction */
	WIRE_INJECTS, /* a packet of network data goes in front of it */
};

struct wire {
	struct mini end[2];
	unsigned int relayed[2];
	enum wire_harm harm; /* of one message: */
	int from;
	unsigned int number;
	size_t at;
};

/* Opens both ends and lets them talk until nothing is under way. The clock stands still. */
void wire_open(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server);
void wire_harmed(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server,
		 enum wire_harm harm, int from, unsigned int number, size_t at);
void wire_settle(struct wire *w);
/* Turns the clock, deadline by deadline, for `ms` or until one end has closed. */
void wire_turn(struct wire *w, uint64_t ms);

bool wire_is_up(const struct wire *w);   /* both ends */
bool wire_is_down(const struct wire *w); /* one end has closed, and so the connection is */
/* A packet each way: have both come through? */
bool wire_carries(struct wire *w);

/* Two ends that agree on this method, both with the right password. */
struct mini_cfg wire_cfg(enum sstp_role role, enum ppp_auth method);

#endif
