/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Joins a local socket with a connection on the VPN's side, byte for byte: a half-close of one is a
 * half-close of the other, a reset a reset. Neither side is read faster than the other one takes it,
 * so what a relay holds is bounded by conn.h's rooms.
 */
#ifndef SSTP_STACK_RELAY_H
#define SSTP_STACK_RELAY_H

#include "stack/conn.h"

/* All relays of a program; embedded in their owner. */
struct relays {
	struct loop *loop;
	struct relay *first;
	size_t count;
};

void relays_init(struct relays *r, struct loop *loop);
void relays_close(struct relays *r); /* resets all */

/*
 * What stands between the ends where bytes don't pass as they are; embedded in its own. What a call
 * leaves in `in` is offered again.
 */
struct relay_filter {
	/* From the socket: takes all, and writes at most RELAY_FILTER_MORE bytes more than it takes.
	 * False: both sides are to be reset. */
	bool (*to_conn)(struct relay_filter *f, struct reader *in, struct writer *out);
	/* To the socket; `at_end`: behind `in` nothing will come. */
	void (*to_fd)(struct relay_filter *f, struct reader *in, struct writer *out, bool at_end);
	/* How much to_conn takes now at most; 0: the socket is not to be read. */
	size_t (*read_max)(struct relay_filter *f);
	/* True once nothing more is for the socket, whatever conn does. */
	bool (*is_over)(struct relay_filter *f);
	/* It is over and all is written: the socket is the filter's, which frees itself. */
	void (*take_back)(struct relay_filter *f, int fd);
	void (*end)(struct relay_filter *f); /* frees it; not after take_back */
};

enum { RELAY_FILTER_MORE = 64 };

struct relay_cfg {
	int fd;            /* a connected stream socket, non-blocking, not watched by anybody */
	struct conn *conn; /* connected, not attached */
	struct bytes
		early; /* was read from fd already; goes to conn first; at most CONN_ROOM_FIRST */
	struct bytes greeting;       /* goes to fd before anything of conn's */
	struct relay_filter *filter; /* but for these two; NULL: bytes pass as they are */
};

/* Owns fd, conn and filter from here on, whatever happens; copies the bytes. */
void relay_start(struct relays *r, const struct relay_cfg *cfg);
/* Closes a client's socket that there is nothing to join with, by a reset. */
void relay_refuse(int fd);

#endif
