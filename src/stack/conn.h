/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TCP connection on the VPN's side. It is made by conn_connect, or comes from a listener, and is
 * then handed to a relay (relay.h), which owns it from there on. What the far end sends before that
 * waits in the connection, within its window.
 *
 * How much a connection may have under way in each direction starts small and grows with what the
 * receiver takes, up to CONN_ROOM_MAX and to a share of what is left of the common budget: so one has
 * the window of a fast and long way, many have smaller ones, and an idle one costs nothing.
 */
#ifndef SSTP_STACK_CONN_H
#define SSTP_STACK_CONN_H

#include "stack/stack.h"
#include "stack/target.h"
#include "util/bytes.h"

enum {
	CONN_MAX = 1024,        /* at a time */
	CONN_INBOUND_MAX = 512, /* of them, made from afar: a flood of a listener leaves us room */
	CONN_ROOM_FIRST = 64 * 1024,
	CONN_ROOM_MAX = 16 * 1024 * 1024,   /* 1 Gbit/s at 130 ms */
	CONN_BUDGET_IN = 128 * 1024 * 1024, /* of all connections: what may come, ... */
	CONN_BUDGET_OUT = 64 * 1024 * 1024, /* ... and what we hold until it is acknowledged */
	CONN_SHARE = 4, /* a connection has this part at most of what nobody else has */
};

struct conn;

struct conn_cfg {
	const struct target
		*to; /* of a name's addresses the first that answers is taken, RFC 8305 */
	/* Called once, from the loop, never from inside conn_connect. But for STACK_OK the connection
	 * is gone when this returns. */
	void (*done)(void *arg, struct conn *c, enum stack_result result);
	void *arg;
};

/* In `done`: the attempt's outcome in words: "the name server 10.9.0.1 does not answer". */
struct conn_why {
	char text[128];
};
struct conn_why conn_why(const struct conn *c);

/* NULL: no memory, or CONN_MAX are open: that is STACK_FULL. cfg->to need not outlive the call. */
struct conn *conn_connect(struct stack *s, const struct conn_cfg *cfg);
/* At once: an attempt is given up, a connection reset. NULL is fine. */
void conn_abort(struct conn *c);

/* Our own address and port of a connection; what SOCKS calls BND. */
struct ip_addr conn_local(const struct conn *c, uint16_t *port);
struct ip_addr conn_peer(const struct conn *c, uint16_t *port);

/* ---- a listener inside the VPN, on our addresses there */

struct conn_listener;

struct conn_listener_cfg {
	uint16_t port;
	/* A connection that is the receiver's from now on. */
	void (*accepted)(void *arg, struct conn *c);
	void *arg;
};

int conn_listen(struct stack *s, const struct conn_listener_cfg *cfg, struct conn_listener **out);
void conn_listener_close(struct conn_listener *l); /* NULL is fine */

/* ---- for the relay alone */

struct conn_events {
	/*
	 * Bytes have come: how many of them are taken. The rest waits in the connection, until
	 * conn_pending and conn_consume; while some wait, this is not called.
	 */
	size_t (*received)(void *arg, const uint8_t *at, size_t len);
	void (*ended)(void *arg);    /* the far end sends no more (FIN); some may wait still */
	void (*has_room)(void *arg); /* conn_room may have grown */
	void (*lost)(void *arg);     /* reset, or given up; freed when this returns */
	void *arg;
};

/* `ev` is copied. What waits, and the end, are there to be asked for; a loss is told from the loop. */
void conn_attach(struct conn *c, const struct conn_events *ev);
bool conn_has_ended(const struct conn *c);
struct bytes conn_pending(const struct conn *c);
void conn_consume(struct conn *c, size_t len); /* of conn_pending */
size_t conn_room(const struct conn *c);
/* Copies; how much. It leaves with conn_push. `more`: another call follows before that. */
size_t conn_send(struct conn *c, const uint8_t *at, size_t len, bool more);
void conn_push(struct conn *c);
void conn_finish(struct conn *c); /* sends FIN behind all that was sent */
/* Both ends have finished: what is still on its way arrives, but nobody is told any more. */
void conn_release(struct conn *c);

#endif
