/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket's HTTP: connections, requests, replies. docs/control.md is the contract of what
 * is served; the routes are in server/server_control.c and client/client_control.c.
 *
 * A route replies at once (control_reply), later, or in pieces (control_stream). For the last two it
 * embeds a control_waiter, which also tells it that the client has gone:
 *
 *	run(arg, conn, rq) -> control_wait(conn, w) ... control_reply(conn, ...)
 *	run(arg, conn, rq) -> control_stream(conn, w, ...) -> w->more(w) again and again -> control_end
 *
 * Everything runs in one loop, which is not a worker's. What a client makes us hold is bounded: the
 * number of connections, the size of a request, of what waits to be sent, the time for both.
 */
#ifndef SSTP_CONTROL_CONTROL_H
#define SSTP_CONTROL_CONTROL_H

#include <sys/types.h>

#include "control/control_request.h"
#include "net/loop.h"
#include "util/json.h"

enum {
	CONTROL_CONNS_MAX = 64,
	CONTROL_OUT_MAX = 4 * 1024 * 1024, /* bytes that wait for one client */
};

struct control;
struct control_conn;

struct control_route {
	const char *method; /* GET, which also serves HEAD, or POST */
	const char *path;   /* control_request.h */
	/* `rq` is valid until it returns. */
	void (*run)(void *arg, struct control_conn *conn, const struct control_request *rq);
	bool is_public; /* also on --metrics */
};

struct control_cfg {
	struct loop *loop;
	const struct control_route *routes;
	size_t route_count;
	void *arg;        /* of the routes */
	uint32_t head_ms; /* a request has this time from its first byte on; 0: 10 s */
	gid_t group; /* its members may connect, beside root and our own user; (gid_t)-1: none */
};

/* 0 or -errno. `cfg` is copied. */
int control_open(const struct control_cfg *cfg, struct control **out);
/*
 * Takes over a listening socket. `is_public`: TCP, where anybody may connect and only public routes
 * are served; to a loopback address not for other names of this host than localhost. When all their
 * places are taken, a new connection takes that of an idle one. 0 or -errno.
 */
int control_listen(struct control *c, int fd, bool is_public);
/* Each waiter learns that its client has gone. NULL is fine. */
void control_close(struct control *c);

/* ---- replies */

struct control_waiter {
	void (*more)(
		struct control_waiter *w); /* all that was put has been sent; NULL: no stream */
	/* the connection is gone: it must not be used any more, and this is the last call */
	void (*gone)(struct control_waiter *w);
};

/* A whole reply; copied. The waiter of control_wait, if there is one, is not called any more. */
void control_reply(struct control_conn *conn, int status, const char *type, const void *body,
		   size_t len);
/* The same with a finished JSON text. */
void control_reply_json(struct control_conn *conn, int status, const char *json, size_t len);
/* {"error":"..."} */
void control_fail(struct control_conn *conn, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void control_wait(struct control_conn *conn, struct control_waiter *w);

/*
 * Begins a reply whose length is not known yet, with the first bytes of its body. Without memory it
 * calls w->gone.
 */
void control_stream(struct control_conn *conn, struct control_waiter *w, const char *type,
		    const char *first, size_t len);
/* Adds to it. False: too much waits already, or there is no memory; then nothing is added. */
bool control_put(struct control_conn *conn, const void *from, size_t len);
size_t control_waiting(const struct control_conn *conn); /* bytes that are not sent yet */
/* The stream is complete; its waiter is not called any more. */
void control_end(struct control_conn *conn);
/* There is no memory for a reply: the connection ends before it is complete, which clients notice. */
void control_abort(struct control_conn *conn);

#endif
