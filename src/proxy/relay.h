/*
 * Joins a local socket with a connection on the VPN's side, byte for byte: a half-close of one is a
 * half-close of the other, a reset a reset. Neither side is read faster than the other one takes it,
 * so what a relay holds is bounded by conn.h's rooms.
 */
#ifndef SSTP_PROXY_RELAY_H
#define SSTP_PROXY_RELAY_H

#include "proxy/conn.h"

/* All relays of a program; embedded in their owner. */
struct relays {
	struct loop *loop;
	struct relay *first;
	size_t count;
};

void relays_init(struct relays *r, struct loop *loop);
void relays_close(struct relays *r); /* resets all */

struct relay_cfg {
	int fd;                /* a connected stream socket, non-blocking, not watched by anybody */
	struct conn *conn;     /* connected, not attached */
	struct bytes early;    /* was read from fd already; goes to conn first; at most CONN_ROOM_FIRST */
	struct bytes greeting; /* goes to fd before anything of conn's */
};

/* Owns fd and conn from here on, whatever happens; copies the bytes. */
void relay_start(struct relays *r, const struct relay_cfg *cfg);
/* Closes a client's socket that there is nothing to join with, by a reset. */
void relay_refuse(int fd);

#endif
