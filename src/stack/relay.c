/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes from the VPN go straight from lwIP into the socket; what the socket does not accept stays
 * in the connection. The socket is read only as far as the connection has room.
 *
 * A relay ends when both directions have ended, or when either side is lost.
 */
#include "stack/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/queue.h"

enum {
	READ_LEN = 256 * 1024,
	FILTER_LEN = 64 * 1024,
	TURN_READS = 2, /* then other descriptors are served */
};

struct relay {
	struct relays *all;
	struct relay *next, **link;
	struct conn *conn;
	struct loop_watch watch;
	struct relay_filter *filter; /* NULL: none */
	struct queue to_fd, to_conn; /* sent before newly received bytes */
	bool fd_has_ended;           /* read to its end */
	bool conn_has_fin;           /* a FIN was sent to the VPN */
	bool fd_has_fin;             /* the VPN's FIN was passed to the socket */
};

void relays_init(struct relays *r, struct loop *loop)
{
	*r = (struct relays){ .loop = loop };
}

static void forget(struct relay *r)
{
	if (r->watch.is_watched)
		loop_unwatch(r->all->loop, &r->watch);
	if (r->watch.fd >= 0)
		close(r->watch.fd);
	if (r->filter)
		r->filter->end(r->filter);
	queue_free(&r->to_fd);
	queue_free(&r->to_conn);
	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	r->all->count--;
	free(r);
}

/* Makes close() send RST. */
static void reset_fd(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void relay_refuse(int fd)
{
	reset_fd(fd);
	close(fd);
}

static void abort_relay(struct relay *r)
{
	reset_fd(r->watch.fd);
	conn_abort(r->conn);
	forget(r);
}

static void lost(void *arg)
{
	struct relay *r = arg;

	reset_fd(r->watch.fd);
	forget(r);
}

/* ---- events to watch */

static uint32_t wanted(const struct relay *r)
{
	bool reads = !r->fd_has_ended && !r->to_conn.len && conn_room(r->conn) &&
		     (!r->filter || r->filter->read_max(r->filter));
	bool writes = r->to_fd.len || conn_pending(r->conn).len;

	return (reads ? EPOLLIN : 0) | (writes ? EPOLLOUT : 0);
}

static void watch(struct relay *r, uint32_t events)
{
	if (!r->watch.is_watched) {
		r->watch.events = events;
		loop_watch(r->all->loop, &r->watch);
	} else if (events != r->watch.events) {
		loop_watch_events(r->all->loop, &r->watch, events);
	}
}

/* ---- from the VPN to the socket */

/* `taken`: how much was written. False: the socket is broken. */
static bool write_fd(int fd, const uint8_t *at, size_t len, size_t *taken)
{
	ssize_t n = send(fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	*taken = n > 0 ? (size_t)n : 0;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static bool write_queue(struct relay *r)
{
	struct bytes b = queue_bytes(&r->to_fd);
	size_t taken = 0;

	if (b.len && !write_fd(r->watch.fd, b.at, b.len, &taken))
		return false;
	queue_drop(&r->to_fd, taken);
	return true;
}

static bool write_filtered(struct relay *r, const uint8_t *at, size_t len, bool at_end,
			   size_t *taken)
{
	static uint8_t made[FILTER_LEN];
	struct reader in = reader_of(at, len);
	struct writer out = writer_of(made, sizeof(made));

	r->filter->to_fd(r->filter, &in, &out, at_end);
	*taken = len - in.left;
	return queue_put(&r->to_fd, made, out.len) && write_queue(r);
}

/* Writes what came from the VPN; `taken`: how much was consumed. False: the socket is broken. */
static bool deliver(struct relay *r, const uint8_t *at, size_t len, size_t *taken)
{
	if (r->filter)
		return write_filtered(r, at, len, false, taken);
	return write_fd(r->watch.fd, at, len, taken);
}

static bool write_waiting(struct relay *r)
{
	struct bytes b;
	size_t taken;

	if (!write_queue(r))
		return false;
	b = conn_pending(r->conn);
	if (r->to_fd.len || !b.len)
		return true;
	if (!deliver(r, b.at, b.len, &taken))
		return false;
	conn_consume(r->conn, taken);
	return true;
}

/* Whether everything for the socket is written. */
static bool is_over(const struct relay *r)
{
	return r->filter && !r->to_fd.len && r->filter->is_over(r->filter);
}

/* Passes the FIN on, once all that came before it is written. */
static void pass_end_to_fd(struct relay *r)
{
	size_t none;

	if (r->fd_has_fin || !conn_has_ended(r->conn) || r->to_fd.len || conn_pending(r->conn).len)
		return;
	/* a filter's last bytes; a broken socket is reported by epoll */
	if (r->filter && write_filtered(r, NULL, 0, true, &none) && (r->to_fd.len || is_over(r)))
		return;
	r->fd_has_fin = true;
	shutdown(r->watch.fd, SHUT_WR);
}

/* ---- from the socket to the VPN */

static bool send_early(struct relay *r)
{
	struct bytes b = queue_bytes(&r->to_conn);

	if (!b.len)
		return true;
	queue_drop(&r->to_conn, conn_send(r->conn, b.at, b.len, false));
	conn_push(r->conn);
	return !r->to_conn.len;
}

/* Replaces what was read with what the filter sends. False: the filter failed. */
static bool filter_read(struct relay *r, struct bytes *b)
{
	static uint8_t made[READ_LEN + RELAY_FILTER_MORE];
	struct reader in = reader_of(b->at, b->len);
	struct writer out = writer_of(made, sizeof(made));

	if (!r->filter->to_conn(r->filter, &in, &out))
		return false;
	*b = bytes_of(made, out.len);
	return true;
}

/* False: the socket is broken, or the filter failed. */
static bool read_once(struct relay *r, bool *again)
{
	static uint8_t buffer[READ_LEN];
	size_t room = conn_room(r->conn), max = sizeof(buffer), sent;
	struct bytes b;
	ssize_t n;

	*again = false;
	if (r->filter && r->filter->read_max(r->filter) < max)
		max = r->filter->read_max(r->filter);
	if (r->fd_has_ended || !room || !max)
		return true;
	n = recv(r->watch.fd, buffer, room < max ? room : max, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	r->fd_has_ended = n == 0;
	*again = n == READ_LEN;
	b = bytes_of(buffer, (size_t)n);
	if (r->filter && !filter_read(r, &b))
		return false;
	sent = conn_send(r->conn, b.at, b.len, *again);
	return queue_put(&r->to_conn, b.at + sent, b.len - sent);
}

static bool read_fd(struct relay *r)
{
	bool again = send_early(r);

	for (int i = 0; again && i < TURN_READS; i++)
		if (!read_once(r, &again))
			return false;
	conn_push(r->conn);
	return true;
}

static void pass_end_to_conn(struct relay *r)
{
	if (r->conn_has_fin || !r->fd_has_ended || r->to_conn.len)
		return;
	r->conn_has_fin = true;
	conn_finish(r->conn);
}

/* ---- both directions */

/*
 * Returns the socket to the filter. The target is not needed any more; if it has not closed its
 * end, it is reset.
 */
static void return_fd(struct relay *r)
{
	struct relay_filter *filter = r->filter;
	int fd = r->watch.fd;

	if (r->watch.is_watched)
		loop_unwatch(r->all->loop, &r->watch);
	r->watch.fd = -1;
	if (conn_has_ended(r->conn)) {
		if (!r->conn_has_fin)
			conn_finish(r->conn);
		conn_release(r->conn);
	} else {
		conn_abort(r->conn);
	}
	r->filter = NULL;
	forget(r);
	filter->take_back(filter, fd);
}

static void continue_relay(struct relay *r)
{
	if (is_over(r)) {
		return_fd(r);
		return;
	}
	pass_end_to_fd(r);
	if (is_over(r)) {
		return_fd(r);
		return;
	}
	pass_end_to_conn(r);
	if (r->fd_has_fin && r->conn_has_fin) {
		conn_release(r->conn);
		forget(r);
		return;
	}
	watch(r, wanted(r));
}

/*
 * A hang-up while nothing is watched: both directions of the socket have ended, and lwIP still has
 * to finish.
 */
static bool is_idle_hangup(const struct relay *r, uint32_t events)
{
	return events & EPOLLHUP && !(events & EPOLLERR) && !wanted(r);
}

static void on_fd(struct loop_watch *w, uint32_t events)
{
	struct relay *r = container_of(w, struct relay, watch);

	if (is_idle_hangup(r, events)) {
		loop_unwatch(r->all->loop, w);
		return;
	}
	if (events & EPOLLERR || !write_waiting(r) || !read_fd(r))
		abort_relay(r);
	else
		continue_relay(r);
}

static size_t on_received(void *arg, const uint8_t *at, size_t len)
{
	struct relay *r = arg;
	size_t taken = 0;

	/* for a broken socket everything is discarded; epoll reports its error */
	if (!r->to_fd.len && !deliver(r, at, len, &taken))
		taken = len;
	if (taken < len || r->to_fd.len || is_over(r))
		watch(r, r->watch.events | EPOLLOUT);
	return taken;
}

static void on_change(void *arg)
{
	struct relay *r = arg;

	send_early(r);
	continue_relay(r);
}

void relay_start(struct relays *all, const struct relay_cfg *cfg)
{
	struct relay *r = calloc(1, sizeof(*r));
	struct conn_events ev = { on_received, on_change, on_change, lost, r };

	if (!r) {
		conn_abort(cfg->conn);
		relay_refuse(cfg->fd);
		if (cfg->filter)
			cfg->filter->end(cfg->filter);
		return;
	}
	r->all = all;
	r->conn = cfg->conn;
	r->filter = cfg->filter;
	r->watch = (struct loop_watch){ .fd = cfg->fd, .ready = on_fd };
	r->next = all->first;
	r->link = &all->first;
	if (r->next)
		r->next->link = &r->next;
	all->first = r;
	all->count++;
	conn_attach(r->conn, &ev);
	if (!queue_put(&r->to_fd, cfg->greeting.at, cfg->greeting.len) ||
	    !queue_put(&r->to_conn, cfg->early.at, cfg->early.len) || !write_waiting(r))
		abort_relay(r);
	else
		on_change(r);
}

void relays_close(struct relays *r)
{
	for (struct relay *one = r->first, *next; one; one = next) {
		next = one->next;
		abort_relay(one);
	}
}
