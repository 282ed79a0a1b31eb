/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two miniature tunnels, a client and a server, and the wire between them, which may damage one
 * message.
 */
#ifndef SSTP_TESTS_SUPPORT_WIRE_H
#define SSTP_TESTS_SUPPORT_WIRE_H

#include "support/mini.h"

enum { WIRE_CLIENT, WIRE_SERVER };

enum wire_harm {
	WIRE_SOUND,
	WIRE_LOSES,
	WIRE_DOUBLES,
	WIRE_SPLITS,  /* it arrives in two reads */
	WIRE_CUTS,    /* its rest is lost, but later messages arrive */
	WIRE_FLIPS,   /* one bit, in byte `at` */
	WIRE_DIES,    /* it and everything after it in that direction is lost */
	WIRE_INJECTS, /* a network data packet is inserted before it */
};

/* Hosts that stop, and a line that pauses and then delivers all at once. */
struct wire_stops {
	uint32_t longest_ms;
	uint64_t left_ms;    /* all stops together, less than the time limits of the protocol */
	unsigned int one_in; /* of the things that happen, one in so many is a stop */
	uint32_t seed;
	/* else, with one_in 0, one stop of longest_ms: of that host, before its step of that number */
	int host;
	unsigned int at_step;
	/* state */
	unsigned int steps[2];
	uint64_t host_ms[2], line_ms[2]; /* when the host, the line from that end goes on */
};

struct wire {
	struct mini end[2];
	unsigned int relayed[2];
	struct wire_stops stops;
	enum wire_harm harm; /* damage to one message: */
	int from;
	unsigned int number;
	size_t at;
};

/* Opens both ends and relays messages until none is left. The clock does not advance. */
void wire_open(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server);
void wire_harmed(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server,
		 enum wire_harm harm, int from, unsigned int number, size_t at);
void wire_settle(struct wire *w);
/* Advances the clock, deadline by deadline, for `ms` or until one end has closed. */
void wire_turn(struct wire *w, uint64_t ms);

/*
 * With stops: wire_slow begins a call, wire_run goes on with it for `ms` or until one end has closed and the
 * other has read what was sent. Input counts before timers, as in the loop. Hosts read one message at a time, or
 * several at once.
 */
void wire_slow(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server,
	       const struct wire_stops *stops);
void wire_run(struct wire *w, uint64_t ms);

bool wire_is_up(const struct wire *w);   /* both ends */
bool wire_is_down(const struct wire *w); /* one end has closed, so the connection is closed */
/* Sends a packet each way; returns whether both arrived. */
bool wire_carries(struct wire *w);

/* The configuration of an end; two with the same method and the right password agree. */
struct mini_cfg wire_cfg(enum sstp_role role, enum ppp_auth method);

#endif
