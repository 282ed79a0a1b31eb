/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connects a local socket with a connection in the VPN, byte for byte: a half-close is passed on as
 * a half-close, a reset as a reset. Neither side is read faster than the other accepts data, so
 * what a relay buffers is bounded by the rooms of conn.h.
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
 * Changes the bytes on their way; embedded in the struct of its implementation. What a call leaves
 * in `in` is passed again.
 */
struct relay_filter {
	/*
	 * From the socket: consumes all, and writes at most RELAY_FILTER_MORE bytes more than it
	 * consumes. False: reset both sides.
	 */
	bool (*to_conn)(struct relay_filter *f, struct reader *in, struct writer *out);
	/* To the socket; `at_end`: nothing will follow `in`. */
	void (*to_fd)(struct relay_filter *f, struct reader *in, struct writer *out, bool at_end);
	/* The most that to_conn accepts now; 0: don't read the socket. */
	size_t (*read_max)(struct relay_filter *f);
	/* True once nothing more will be written to the socket, whatever conn does. */
	bool (*is_over)(struct relay_filter *f);
	/* After is_over, when all is written: the filter owns the socket, and frees itself. */
	void (*take_back)(struct relay_filter *f, int fd);
	void (*end)(struct relay_filter *f); /* frees it; not after take_back */
};

enum { RELAY_FILTER_MORE = 64 };

struct relay_cfg {
	int fd;            /* a connected stream socket, non-blocking, not watched */
	struct conn *conn; /* connected, not attached */
	struct bytes
		early; /* already read from fd; sent to conn first; at most CONN_BUFFER_FIRST */
	struct bytes greeting;       /* written to fd before any bytes from conn */
	struct relay_filter *filter; /* not for these two; NULL: bytes pass unchanged */
};

/* Takes ownership of fd, conn and filter in any case; copies the bytes. */
void relay_start(struct relays *r, const struct relay_cfg *cfg);
/* Resets and closes a client's socket for which there is no connection. */
void relay_refuse(int fd);

#endif
