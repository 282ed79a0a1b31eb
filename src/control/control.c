/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection reads one request, waits for the route's reply, sends it, and reads the next one.
 * While it does not read, requests that a client has sent early stay in its buffer and in the socket.
 */
#include "control/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/block.h"
#include "http/status.h"
#include "util/ip.h"
#include "util/log.h"
#include "util/text.h"

enum {
	IN_SIZE = 8192, /* a request's head */
	LISTENERS_MAX = 9,
	PUBLIC_MAX = CONTROL_CONNS_MAX / 4, /* the rest is for the control socket */
	READ_MS = 150 * 1000,               /* until the next request begins */
	HEAD_MS = 10 * 1000,   /* from its first byte on; for a public one's first request */
	SEND_MS = 30 * 1000,   /* until a client takes more of a reply */
	LINGER_MS = 10 * 1000, /* a client has so long to close its side after the last reply */
	NO_FILES_MS = 1000,
	CHUNK_HEAD_MAX = 20, /* a chunk's size, and both line ends */
};

enum state {
	READING, /* a request */
	WAITING, /* for the route's reply */
	SENDING,
	STREAMING, /* the reply is not complete */
	LINGERING, /* after the last reply: input is dropped */
};

struct listener {
	struct loop_watch watch;
	struct control *control;
	bool is_public;
};

struct control {
	struct control_cfg cfg;
	uid_t owner; /* who started the program: it may be another user later (proc/sandbox.h) */
	struct listener listeners[LISTENERS_MAX];
	size_t listener_count;
	struct loop_timer accept_again;
	struct control_conn *first;
	size_t count, public_count;
};

struct control_conn {
	struct control *control;
	struct control_conn *next, *prev;
	struct loop_watch watch;
	struct loop_timer timer;
	struct loop_task task; /* something was put, or has been read */
	enum state state;
	bool is_public;
	bool is_loopback; /* public, and the client is on this host */
	bool is_denied;
	bool has_begun; /* the head of a request, which is not complete */
	bool was_served;
	bool is_head; /* of the request: no body in the reply */
	bool is_last; /* the connection is closed after the reply */
	bool is_chunked;
	struct control_waiter *waiter; /* NULL: none */
	uint64_t skip;                 /* bytes of a request's body that are still to come */
	size_t in_len;
	uint8_t *out;
	size_t out_len, out_sent, out_size;
	uint8_t in[IN_SIZE];
};

/* ---- the end of a connection */

static void accept_from(struct control *c, bool on)
{
	for (size_t i = 0; i < c->listener_count; i++)
		loop_watch_events(c->cfg.loop, &c->listeners[i].watch, on ? EPOLLIN : 0);
}

static void drop(struct control_conn *conn)
{
	struct control *c = conn->control;

	if (conn->waiter)
		conn->waiter->gone(conn->waiter);
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		c->first = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	c->public_count -= conn->is_public;
	loop_timer_stop(c->cfg.loop, &conn->timer);
	loop_unpost(c->cfg.loop, &conn->task);
	loop_unwatch(c->cfg.loop, &conn->watch);
	close(conn->watch.fd);
	free(conn->out);
	free(conn);
	if (c->count-- == CONTROL_CONNS_MAX)
		accept_from(c, true);
}

static void on_timer(struct loop_timer *timer)
{
	drop(container_of(timer, struct control_conn, timer));
}

static void set_timer(struct control_conn *conn, uint32_t ms)
{
	loop_timer_set(conn->control->cfg.loop, &conn->timer,
		       ms ? loop_now(conn->control->cfg.loop) + ms : UINT64_MAX);
}

/* ---- what is to be sent */

size_t control_waiting(const struct control_conn *conn)
{
	return conn->out_len - conn->out_sent;
}

/* False: no memory, or too much waits. */
static bool make_room(struct control_conn *conn, size_t len)
{
	size_t waiting = control_waiting(conn), size = conn->out_size ? conn->out_size : 4096;
	uint8_t *out;

	if (waiting + len > CONTROL_OUT_MAX)
		return false;
	if (conn->out_sent) {
		memmove(conn->out, conn->out + conn->out_sent, waiting);
		conn->out_len = waiting;
		conn->out_sent = 0;
	}
	if (waiting + len <= conn->out_size)
		return true;
	while (size < waiting + len)
		size *= 2;
	out = realloc(conn->out, size);
	if (!out)
		return false;
	conn->out = out;
	conn->out_size = size;
	return true;
}

/* There is room. */
static void add(struct control_conn *conn, const void *from, size_t len)
{
	if (len)
		memcpy(conn->out + conn->out_len, from, len);
	conn->out_len += len;
	loop_post(conn->control->cfg.loop, &conn->task);
}

/* `length`: of the body; -1: not known. */
static bool add_head(struct control_conn *conn, int status, const char *type, int64_t length,
		     size_t body_room)
{
	char head[512], framing[64] = "";
	int n;

	if (length >= 0)
		snprintf(framing, sizeof(framing), "Content-Length: %lld\r\n", (long long)length);
	else if (conn->is_chunked)
		snprintf(framing, sizeof(framing), "Transfer-Encoding: chunked\r\n");
	n = snprintf(head, sizeof(head),
		     "HTTP/1.1 %d %s\r\nServer: sstp/" SSTP_VERSION "\r\nContent-Type: %s\r\n"
		     "%s%sCache-Control: no-store\r\n\r\n",
		     status, http_reason(status), type, framing,
		     conn->is_last ? "Connection: close\r\n" : "");
	if (!make_room(conn, (size_t)n + body_room))
		return false;
	add(conn, head, (size_t)n);
	return true;
}

void control_abort(struct control_conn *conn)
{
	conn->waiter = NULL;
	conn->state = SENDING;
	conn->is_last = true;
	conn->out_len = conn->out_sent = 0;
	loop_post(conn->control->cfg.loop, &conn->task);
}

void control_reply(struct control_conn *conn, int status, const char *type, const void *body,
		   size_t len)
{
	conn->waiter = NULL;
	if (!add_head(conn, status, type, (int64_t)len, len)) {
		control_abort(conn);
		return;
	}
	conn->state = SENDING;
	if (!conn->is_head)
		add(conn, body, len);
	set_timer(conn, SEND_MS);
}

void control_reply_json(struct control_conn *conn, int status, const char *json, size_t len)
{
	control_reply(conn, status, "application/json", json, len);
}

void control_fail(struct control_conn *conn, int status, const char *format, ...)
{
	char text[512], body[1024];
	struct json j;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_open(&j, body, sizeof(body));
	json_string(&j, "error", text);
	control_reply_json(conn, status, body, json_close(&j));
}

void control_wait(struct control_conn *conn, struct control_waiter *w)
{
	conn->waiter = w;
}

void control_stream(struct control_conn *conn, struct control_waiter *w, const char *type,
		    const char *first, size_t len)
{
	conn->waiter = w;
	if (!add_head(conn, HTTP_OK, type, -1, 0) || !control_put(conn, first, len)) {
		w->gone(w);
		conn->waiter = NULL;
		control_abort(conn);
		return;
	}
	conn->state = STREAMING;
	set_timer(conn, SEND_MS);
}

bool control_put(struct control_conn *conn, const void *from, size_t len)
{
	char size[CHUNK_HEAD_MAX];
	int n = snprintf(size, sizeof(size), "%zx\r\n", len);

	if (conn->is_head || !len) {
		loop_post(conn->control->cfg.loop, &conn->task);
		return true;
	}
	if (!make_room(conn, len + sizeof(size)))
		return false;
	if (!control_waiting(conn))
		set_timer(conn, SEND_MS);
	if (conn->is_chunked)
		add(conn, size, (size_t)n);
	add(conn, from, len);
	if (conn->is_chunked)
		add(conn, "\r\n", 2);
	return true;
}

void control_end(struct control_conn *conn)
{
	conn->waiter = NULL;
	if (!make_room(conn, 5)) {
		control_abort(conn);
		return;
	}
	if (conn->is_chunked && !conn->is_head)
		add(conn, "0\r\n\r\n", 5);
	conn->state = SENDING;
	set_timer(conn, SEND_MS);
	loop_post(conn->control->cfg.loop, &conn->task);
}

/* ---- a request */

static void run_route(struct control_conn *conn, struct control_request *rq)
{
	const struct control_cfg *cfg = &conn->control->cfg;
	bool is_found = false;
	struct bytes method = conn->is_head ? bytes_text("GET") : rq->method;

	if (conn->is_denied) {
		conn->is_last = true;
		control_fail(conn, HTTP_FORBIDDEN,
			     "only root and the user who runs sstp may use this socket, and the "
			     "group of --control-group");
		return;
	}
	if (conn->is_loopback && !control_request_is_by_address(rq)) {
		conn->is_last = true;
		control_fail(conn, HTTP_FORBIDDEN,
			     "on a loopback address the Host field must be an IP address or "
			     "localhost, so that no web page can read this");
		return;
	}
	for (size_t i = 0; i < cfg->route_count; i++) {
		const struct control_route *r = &cfg->routes[i];

		if ((conn->is_public && !r->is_public) || !control_request_matches(rq, r->path))
			continue;
		if (text_is(method, r->method)) {
			conn->state = WAITING;
			set_timer(conn, 0);
			r->run(cfg->arg, conn, rq);
			return;
		}
		is_found = true;
	}
	if (is_found)
		control_fail(conn, HTTP_METHOD_NOT_ALLOWED, "this path has another method");
	else
		control_fail(conn, HTTP_NOT_FOUND, "there is no such path");
}

static void refuse(struct control_conn *conn, int status)
{
	conn->is_last = true;
	control_fail(conn, status, "%s", http_reason(status));
}

/* Drops the body of the last request. */
static void skip_body(struct control_conn *conn)
{
	size_t len = conn->skip < conn->in_len ? (size_t)conn->skip : conn->in_len;

	memmove(conn->in, conn->in + len, conn->in_len - len);
	conn->in_len -= len;
	conn->skip -= len;
}

/* False: more has to be read. */
static bool take_request(struct control_conn *conn)
{
	struct control_request rq;
	size_t len;
	int status;

	skip_body(conn);
	len = conn->skip ? 0 : http_block_len(conn->in, conn->in_len);
	if (!len && conn->in_len < IN_SIZE)
		return false;
	conn->is_head = false;
	if (!len) {
		refuse(conn, HTTP_HEAD_TOO_LARGE);
		return true;
	}
	status = control_request_parse(bytes_of(conn->in, len), &rq);
	if (status) {
		refuse(conn, status);
		return true;
	}
	conn->is_head = text_is(rq.method, "HEAD");
	conn->is_last = rq.is_last;
	conn->was_served = true;
	conn->is_chunked = !rq.is_http10;
	run_route(conn, &rq);
	conn->skip = rq.body_len + len; /* the block is needed until here */
	return true;
}

/* ---- turns */

/* False: the connection is gone. */
static bool flush(struct control_conn *conn)
{
	while (control_waiting(conn)) {
		ssize_t n = send(conn->watch.fd, conn->out + conn->out_sent, control_waiting(conn),
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			drop(conn);
			return false;
		}
		conn->out_sent += (size_t)n;
		set_timer(conn, SEND_MS);
	}
	conn->out_len = conn->out_sent = 0;
	return true;
}

/* That the client has gone is noticed at all times. */
enum { HANG_UP_ALONE = EPOLLPRI };

static void watch_for(struct control_conn *conn, uint32_t events)
{
	loop_watch_events(conn->control->cfg.loop, &conn->watch, events);
}

/* A request that has begun has its time, however it comes. */
static void note_begun(struct control_conn *conn)
{
	if (conn->has_begun || !(conn->in_len || conn->skip))
		return;
	conn->has_begun = true;
	set_timer(conn, conn->control->cfg.head_ms);
}

/* A stream that waits for its source has no time limit. */
static void continue_stream(struct control_conn *conn)
{
	struct control_waiter *w = conn->waiter;

	set_timer(conn, 0);
	watch_for(conn, HANG_UP_ALONE);
	if (w && w->more)
		w->more(w);
}

/* If a socket is closed with unread bytes, a client that still sends may lose the reply (RFC 9112 section 9.6). */
static void linger(struct control_conn *conn)
{
	if (shutdown(conn->watch.fd, SHUT_WR)) {
		drop(conn);
		return;
	}
	conn->state = LINGERING;
	conn->in_len = 0;
	set_timer(conn, LINGER_MS);
	watch_for(conn, EPOLLIN);
}

static void read_next(struct control_conn *conn)
{
	if (conn->is_last) {
		linger(conn);
		return;
	}
	conn->state = READING;
	conn->has_begun = false;
	set_timer(conn, READ_MS);
	watch_for(conn, EPOLLIN);
	if (take_request(conn))
		watch_for(conn, HANG_UP_ALONE);
	else
		note_begun(conn);
}

static void advance(struct loop_task *task)
{
	struct control_conn *conn = container_of(task, struct control_conn, task);

	if (!flush(conn))
		return;
	if (control_waiting(conn))
		watch_for(conn, EPOLLOUT);
	else if (conn->state == SENDING)
		read_next(conn);
	else if (conn->state == STREAMING)
		continue_stream(conn);
}

static void read_some(struct control_conn *conn)
{
	ssize_t n =
		recv(conn->watch.fd, conn->in + conn->in_len, IN_SIZE - conn->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(conn);
		return;
	}
	if (conn->state == LINGERING)
		return;
	conn->in_len += (size_t)n;
	if (take_request(conn))
		watch_for(conn, HANG_UP_ALONE);
	else
		note_begun(conn);
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
	struct control_conn *conn = container_of(watch, struct control_conn, watch);

	if (events & EPOLLERR || (events & EPOLLHUP && conn->state != READING))
		drop(conn);
	else if (conn->state == READING || conn->state == LINGERING)
		read_some(conn);
	else
		advance(&conn->task);
}

/* ---- accepting */

static bool is_in_group(int fd, gid_t primary, gid_t group)
{
	gid_t groups[256];
	socklen_t len = sizeof(groups);

	if (primary == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (size_t i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

static bool may_connect(const struct control *c, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	return peer.uid == 0 || peer.uid == c->owner ||
	       (c->cfg.group != (gid_t)-1 && is_in_group(fd, peer.gid, c->cfg.group));
}

static bool is_loopback(int fd)
{
	struct sockaddr_storage local = { 0 };
	socklen_t len = sizeof(local);
	struct ip_addr a;

	if (getsockname(fd, (struct sockaddr *)&local, &len))
		return false;
	a = ip_from_sockaddr(&local);
	return ip_is_loopback(&a);
}

/*
 * Who keeps connections open and asks nothing must not keep others out. Those without a request so
 * far go first, then those that wait for the next one; of each the oldest. False: all are busy.
 */
static bool drop_idle(struct control *c)
{
	struct control_conn *idle = NULL;

	for (struct control_conn *conn = c->first; conn; conn = conn->next)
		if (conn->is_public && (conn->state == READING || conn->state == LINGERING) &&
		    (!idle || !conn->was_served || idle->was_served))
			idle = conn;
	if (idle)
		drop(idle);
	return idle;
}

static void add_conn(struct control *c, int fd, bool is_public)
{
	bool is_full = is_public && c->public_count >= PUBLIC_MAX && !drop_idle(c);
	struct control_conn *conn = is_full ? NULL : calloc(1, sizeof(*conn));

	if (!conn) {
		close(fd);
		return;
	}
	conn->control = c;
	conn->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_ready };
	conn->timer.expired = on_timer;
	conn->task.run = advance;
	conn->is_public = is_public;
	conn->is_loopback = is_public && is_loopback(fd);
	conn->is_denied = !is_public && !may_connect(c, fd);
	if (loop_watch(c->cfg.loop, &conn->watch)) {
		close(fd);
		free(conn);
		return;
	}
	conn->next = c->first;
	if (c->first)
		c->first->prev = conn;
	c->first = conn;
	c->public_count += is_public;
	set_timer(conn, is_public ? c->cfg.head_ms : READ_MS);
	if (++c->count == CONTROL_CONNS_MAX)
		accept_from(c, false);
}

static void on_accept_again(struct loop_timer *timer)
{
	struct control *c = container_of(timer, struct control, accept_again);

	accept_from(c, c->count < CONTROL_CONNS_MAX);
}

/* One a turn. */
static void on_accept(struct loop_watch *watch, uint32_t events)
{
	struct listener *l = container_of(watch, struct listener, watch);
	struct control *c = l->control;
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0) {
		add_conn(c, fd, l->is_public);
	} else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
		accept_from(c, false); /* no descriptor is free */
		loop_timer_set(c->cfg.loop, &c->accept_again, loop_now(c->cfg.loop) + NO_FILES_MS);
	}
}

/* ---- start and end */

int control_open(const struct control_cfg *cfg, struct control **out)
{
	struct control *c = calloc(1, sizeof(*c));

	*out = c;
	if (!c)
		return -ENOMEM;
	c->cfg = *cfg;
	c->owner = geteuid();
	if (!c->cfg.head_ms)
		c->cfg.head_ms = HEAD_MS;
	c->accept_again.expired = on_accept_again;
	return 0;
}

int control_listen(struct control *c, int fd, bool is_public)
{
	struct listener *l = &c->listeners[c->listener_count];
	int error = -ENOSPC;

	if (c->listener_count < LISTENERS_MAX) {
		*l = (struct listener){
			.watch = { .fd = fd, .events = EPOLLIN, .ready = on_accept },
			.control = c,
			.is_public = is_public
		};
		error = loop_watch(c->cfg.loop, &l->watch);
	}
	if (error)
		close(fd);
	else
		c->listener_count++;
	return error;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	for (struct control_conn *conn = c->first, *next; conn; conn = next) {
		next = conn->next;
		if (flush(conn)) /* what fits into the socket */
			drop(conn);
	}
	for (size_t i = 0; i < c->listener_count; i++) {
		loop_unwatch(c->cfg.loop, &c->listeners[i].watch);
		close(c->listeners[i].watch.fd);
	}
	loop_timer_stop(c->cfg.loop, &c->accept_again);
	free(c);
}
