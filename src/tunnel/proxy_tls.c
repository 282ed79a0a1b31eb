/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves bytes between a socket pair and a TLS session. */
#include "tunnel/proxy_tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/tls.h"
#include "util/log.h"

enum {
	SEALED_SIZE =
		2 * TLS_RECORD_MAX, /* a record with its overhead, or a flight of the handshake */
	PAIR_BYTES = 64 * 1024,     /* what may wait in the pair, in each direction */
	UNSENT_BYTES = 64 * 1024,   /* and in the socket to the proxy */
	GIVE_UP_MS = 60 * 1000,     /* a proxy that acknowledges nothing */
};

/* Bytes that could not be written yet. */
struct waiting {
	size_t done, len;
	uint8_t at[SEALED_SIZE];
};

struct proxy_tls {
	struct reach_cover cover;
	struct loop *loop;
	struct tls *tls;
	struct loop_watch pair, line; /* fd -1: closed */
	bool is_up;                   /* the handshake is done */
	bool has_input;               /* tls_read may find more in `received` */
	bool pair_ended, line_ended;  /* no more will be read from it */
	struct waiting to_pair, to_line;
	uint8_t received[TLS_RECORD_MAX];
	char failure[256];
};

/* ---- the end */

static void hang_up(struct proxy_tls *t, struct loop_watch *w)
{
	if (w->fd < 0)
		return;
	if (w->is_watched)
		loop_unwatch(t->loop, w);
	close(w->fd);
	w->fd = -1;
	t->cover.fd = t->line.fd;
}

/* The tunnel notices that the pair is closed. */
static void end(struct proxy_tls *t)
{
	hang_up(t, &t->pair);
	hang_up(t, &t->line);
}

static void fail(struct proxy_tls *t, const char *why)
{
	if (!*t->failure)
		snprintf(t->failure, sizeof(t->failure), "%.250s", why);
	log_debug(NULL, "TLS with the proxy: %s", why);
	end(t);
}

static const char *failure_of(const struct reach_cover *c)
{
	const struct proxy_tls *t = c->arg;

	return *t->failure ? t->failure : NULL;
}

/* ---- writing */

/* True: all of it is written. */
static bool write_out(struct waiting *w, int fd)
{
	while (w->done < w->len) {
		ssize_t n = send(fd, w->at + w->done, w->len - w->done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false; /* a broken connection is noticed when reading */
		w->done += (size_t)n;
	}
	w->done = w->len = 0;
	return true;
}

/* Ciphertext. The handshake's flights and one record fit. */
static void take_sealed(void *arg, const uint8_t *at, size_t len)
{
	struct proxy_tls *t = arg;
	struct waiting *w = &t->to_line;

	if (len > sizeof(w->at) - w->len) {
		fail(t, "it sends more than it reads");
		return;
	}
	memcpy(w->at + w->len, at, len);
	w->len += len;
}

/* ---- from the proxy to the tunnel */

/* Opens what was received, as far as the pair takes it. */
static void open_records(struct proxy_tls *t)
{
	while (t->has_input && write_out(&t->to_pair, t->pair.fd)) {
		ssize_t n = tls_read(t->tls, t->to_pair.at, sizeof(t->to_pair.at));

		if (n > 0) {
			t->to_pair.len = (size_t)n;
			continue;
		}
		t->has_input = false;
		if (n == TLS_FAILED)
			fail(t, tls_error_of(t->tls)->text);
		else if (n == TLS_CLOSED)
			t->line_ended = true;
	}
}

static void shake_hands(struct proxy_tls *t)
{
	int n = tls_handshake(t->tls);

	if (n == TLS_FAILED) {
		write_out(&t->to_line, t->line.fd); /* the alert */
		fail(t, tls_error_of(t->tls)->text);
	} else if (n == 1) {
		log_debug(NULL, "TLS with the proxy: %s, %s", tls_version(t->tls),
			  tls_cipher(t->tls));
		t->is_up = t->has_input = true;
	}
}

static void receive(struct proxy_tls *t)
{
	ssize_t n = recv(t->line.fd, t->received, sizeof(t->received), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || (!n && !t->is_up)) {
		fail(t, n ? strerror(errno) : "the proxy closed the connection");
		return;
	}
	if (!n) {
		t->line_ended = true;
		return;
	}
	tls_input(t->tls, t->received, (size_t)n);
	if (t->is_up)
		t->has_input = true;
	else
		shake_hands(t);
}

/* ---- from the tunnel to the proxy */

static void seal(struct proxy_tls *t)
{
	uint8_t plain[TLS_RECORD_MAX];
	ssize_t n = recv(t->pair.fd, plain, sizeof(plain), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		if (tls_write(t->tls, plain, (size_t)n))
			fail(t, tls_error_of(t->tls)->text);
		return;
	}
	t->pair_ended = true; /* also by an error: the tunnel has closed it */
	tls_notify_close(t->tls);
	hang_up(t, &t->pair);
}

/* ---- both */

static bool is_idle(const struct waiting *w)
{
	return !w->len;
}

/* The kernel reports a hang-up even if nothing is asked for, again and again. */
static void watch_for(struct proxy_tls *t, struct loop_watch *w, uint32_t events)
{
	int error = 0;

	if (w->is_watched && !events) {
		loop_unwatch(t->loop, w);
	} else if (w->is_watched) {
		loop_watch_events(t->loop, w, events);
	} else if (events) {
		w->events = events;
		error = loop_watch(t->loop, w);
	}
	if (error)
		fail(t, strerror(-error));
}

static uint32_t line_events(const struct proxy_tls *t)
{
	return (t->has_input || t->line_ended ? 0 : EPOLLIN) |
	       (is_idle(&t->to_line) ? 0 : EPOLLOUT);
}

static uint32_t pair_events(const struct proxy_tls *t)
{
	return (t->is_up && is_idle(&t->to_line) && !t->pair_ended ? EPOLLIN : 0) |
	       (is_idle(&t->to_pair) ? 0 : EPOLLOUT);
}

/* What follows from the state; called after each event. */
static void go_on(struct proxy_tls *t)
{
	if (t->line.fd >= 0 && t->is_up)
		open_records(t);
	if (t->line.fd < 0)
		return;
	if (write_out(&t->to_line, t->line.fd) && t->pair_ended) {
		end(t); /* the tunnel reads no more */
		return;
	}
	if (t->line_ended && is_idle(&t->to_pair)) {
		end(t); /* nor can the proxy take anything */
		return;
	}
	watch_for(t, &t->line, line_events(t));
	if (t->pair.fd >= 0)
		watch_for(t, &t->pair, pair_events(t));
}

static void on_line(struct loop_watch *w, uint32_t events)
{
	struct proxy_tls *t = container_of(w, struct proxy_tls, line);

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !t->has_input)
		receive(t);
	go_on(t);
}

static void on_pair(struct loop_watch *w, uint32_t events)
{
	struct proxy_tls *t = container_of(w, struct proxy_tls, pair);

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && t->is_up && is_idle(&t->to_line) &&
	    !t->pair_ended)
		seal(t);
	go_on(t);
}

/* ---- life */

/* The tunnel's last bytes may still be in the pair. */
static void flush(struct proxy_tls *t)
{
	while (t->line.fd >= 0 && t->is_up && !t->pair_ended &&
	       write_out(&t->to_line, t->line.fd)) {
		seal(t);
		if (is_idle(&t->to_line))
			return;
	}
	if (t->line.fd >= 0)
		write_out(&t->to_line, t->line.fd);
}

static void close_cover(struct reach_cover *c)
{
	struct proxy_tls *t = c->arg;

	if (t->pair.fd >= 0)
		flush(t);
	end(t);
	tls_close(t->tls);
	free(t);
}

static void set_line(int fd)
{
	unsigned unsent = UNSENT_BYTES, give_up_ms = GIVE_UP_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &give_up_ms, sizeof(give_up_ms));
}

static int open_pair(int ends[2])
{
	int bytes = PAIR_BYTES;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		return -errno;
	for (size_t i = 0; i < 2; i++)
		setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return 0;
}

static int begin(struct proxy_tls *t, const struct reach_proxy *p, int ends[2])
{
	struct tls_session_cfg cfg = { .name = p->host, .send = take_sealed, .arg = t };
	int error = tls_open(p->cover_arg, &cfg, &t->tls);

	if (!error)
		error = open_pair(ends);
	if (error)
		return error;
	t->pair = (struct loop_watch){ .fd = ends[1], .events = 0, .ready = on_pair };
	return 0;
}

int proxy_tls_cover(const struct reach_proxy *p, struct loop *l, int fd, int *inner,
		    struct reach_cover **out)
{
	struct proxy_tls *t = calloc(1, sizeof(*t));
	int ends[2], error = -ENOMEM;

	if (t) {
		t->cover = (struct reach_cover){ close_cover, failure_of, fd, t };
		t->loop = l;
		t->pair.fd = -1;
		t->line = (struct loop_watch){ .fd = fd, .events = 0, .ready = on_line };
		error = begin(t, p, ends);
	}
	if (error) {
		if (t)
			tls_close(t->tls);
		free(t);
		close(fd);
		return error;
	}
	set_line(fd);
	shake_hands(t);
	go_on(t);
	*inner = ends[0];
	*out = &t->cover;
	return 0;
}
