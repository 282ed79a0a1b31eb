/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TCP connection in the VPN. It is made by conn_connect or accepted by a listener, and then
 * passed to a relay (relay.h), which owns it from then on. What the peer sends before that is
 * queued in the connection, up to its window.
 *
 * The room of a connection, the bytes that it may buffer in each direction, starts small and grows
 * with what the receiver consumes, up to CONN_BUFFER_MAX and to a share of the rest of the common
 * budget: so a single connection has the window of a long fat network, many have smaller ones, and
 * an idle one costs little.
 */
#ifndef SSTP_STACK_CONN_H
#define SSTP_STACK_CONN_H

#include "stack/stack.h"
#include "stack/target.h"
#include "util/bytes.h"

enum {
	CONN_MAX = 1024,        /* at a time */
	CONN_INBOUND_MAX = 512, /* of them, accepted by listeners: a flood leaves room for ours */
	CONN_BUFFER_FIRST = 64 * 1024,
	CONN_BUFFER_MAX = 16 * 1024 * 1024, /* 1 Gbit/s at 130 ms */
	CONN_BUDGET_IN = 128 * 1024 * 1024, /* of all connections: receive windows, ... */
	CONN_BUDGET_OUT = 64 * 1024 * 1024, /* ... and data kept until it is acknowledged */
	CONN_SHARE = 4, /* a connection has at most this part of what others leave */
};

struct conn;

struct conn_cfg {
	const struct target *to; /* of a name, the first address that responds is used: RFC 8305 */
	/*
	 * Called once, from the loop, never from inside conn_connect. Unless STACK_OK, the
	 * connection is freed when this returns.
	 */
	void (*done)(void *arg, struct conn *c, enum stack_result result);
	void *arg;
};

/* To be called in `done`: the result as text: "the name server 10.9.0.1 does not answer". */
struct conn_why {
	char text[128];
};
struct conn_why conn_why(const struct conn *c);

/* NULL: no memory, or CONN_MAX are open (report it as STACK_FULL). cfg->to is copied. */
struct conn *conn_connect(struct stack *s, const struct conn_cfg *cfg);
/* Gives up an attempt, or resets a connection, at once. NULL is fine. */
void conn_abort(struct conn *c);

/* Our own address and port of a connection; what SOCKS calls BND. */
struct ip_addr conn_local(const struct conn *c, uint16_t *port);
struct ip_addr conn_peer(const struct conn *c, uint16_t *port);

/* ---- a listener on our addresses in the VPN */

struct conn_listener;

struct conn_listener_cfg {
	uint16_t port;
	/* A new connection; the callee owns it. */
	void (*accepted)(void *arg, struct conn *c);
	void *arg;
};

int conn_listen(struct stack *s, const struct conn_listener_cfg *cfg, struct conn_listener **out);
void conn_listener_close(struct conn_listener *l); /* NULL is fine */

/* ---- only for the owner: a relay, or lookup.c */

struct conn_events {
	/*
	 * Bytes were received; returns how many were consumed. The rest is queued for conn_pending
	 * and conn_consume; while some are queued, this is not called.
	 */
	size_t (*received)(void *arg, const uint8_t *at, size_t len);
	void (*ended)(void *arg);    /* the peer's FIN; some bytes may still be queued */
	void (*has_room)(void *arg); /* conn_room may have grown */
	void (*lost)(void *arg);     /* reset, or given up; freed when this returns */
	void *arg;
};

/*
 * `ev` is copied. Queued bytes and a FIN that came before are not reported: ask conn_pending and
 * conn_has_ended. A loss is reported from the loop.
 */
void conn_attach(struct conn *c, const struct conn_events *ev);
bool conn_has_ended(const struct conn *c);
struct bytes conn_pending(const struct conn *c);
void conn_consume(struct conn *c, size_t len); /* of conn_pending */
size_t conn_room(const struct conn *c);
/*
 * Copies bytes into the send queue; returns how many. conn_push sends them. `more`: another call
 * follows before that.
 */
size_t conn_send(struct conn *c, const uint8_t *at, size_t len, bool more);
void conn_push(struct conn *c);
void conn_finish(struct conn *c); /* sends FIN after all queued bytes */
/* After both ends have finished: what is queued is still delivered, without further events. */
void conn_release(struct conn *c);

#endif
