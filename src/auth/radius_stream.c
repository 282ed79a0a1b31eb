/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connecting, TLS, and cutting the stream into packets by their Length. */
#include "auth/radius_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"

static void connect_again(struct radius_stream *s);

/* ---- the end of a connection */

static void hang_up(struct radius_stream *s)
{
	bool was_up = s->is_up;

	dial_cancel(s->dial);
	s->dial = NULL;
	tls_close(s->tls);
	s->tls = NULL;
	if (s->watch.fd >= 0) {
		loop_unwatch(s->loop, &s->watch);
		close(s->watch.fd);
		s->watch.fd = -1;
	}
	free(s->queue);
	s->queue = NULL;
	s->queue_len = s->in_len = 0;
	s->is_up = false;
	if (was_up)
		s->changed(s->arg, false);
}

/* The first failure in a row is logged. */
static void break_off(struct radius_stream *s, const char *why)
{
	if (!s->is_reported)
		log_error(NULL, "RADIUS server %s port %u, TLS: %s", s->host, s->port, why);
	s->is_reported = true;
	hang_up(s);
	loop_timer_set(s->loop, &s->timer, loop_now(s->loop) + s->pause_ms);
	s->pause_ms = s->pause_ms * 2 < RADIUS_STREAM_PAUSE_MAX_MS ? s->pause_ms * 2
								   : RADIUS_STREAM_PAUSE_MAX_MS;
}

/* ---- to the server */

static void flush(struct radius_stream *s)
{
	size_t done = 0;

	while (done < s->queue_len) {
		ssize_t n = send(s->watch.fd, s->queue + done, s->queue_len - done, MSG_NOSIGNAL);

		if (n <= 0)
			break; /* an error shows at the next read */
		done += (size_t)n;
	}
	s->queue_len -= done;
	memmove(s->queue, s->queue + done, s->queue_len);
	loop_watch_events(s->loop, &s->watch, s->queue_len ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void take_ciphertext(void *arg, const uint8_t *at, size_t len)
{
	struct radius_stream *s = arg;
	uint8_t *queue = s->queue_len + len > RADIUS_STREAM_QUEUE_MAX
				 ? NULL
				 : realloc(s->queue, s->queue_len + len);

	if (!queue) { /* the server takes nothing: what is lost breaks TLS, and so the connection */
		shutdown(s->watch.fd, SHUT_RDWR);
		return;
	}
	s->queue = queue;
	memcpy(queue + s->queue_len, at, len);
	s->queue_len += len;
}

void radius_stream_send(struct radius_stream *s, struct bytes packet)
{
	if (!s->is_up)
		return;
	tls_write(s->tls, packet.at, packet.len);
	flush(s);
}

/* ---- from the server */

/* How long the packet under way is, as far as is known: first its header. 0: malformed. */
static size_t wanted(const struct radius_stream *s)
{
	size_t len = s->in_len < 4 ? 4 : load_u16(s->in + 2);

	return len < 4 || len > sizeof(s->in) || (s->in_len >= 4 && len < RADIUS_HDR_LEN) ? 0 : len;
}

/* False when the connection has ended. */
static bool read_packets(struct radius_stream *s)
{
	for (;;) {
		size_t want = wanted(s);
		ssize_t n;

		if (!want) {
			break_off(s, "the server sent something else than RADIUS");
			return false;
		}
		if (s->in_len >= 4 && s->in_len == want) {
			s->in_len = 0;
			s->packet(s->arg, bytes_of(s->in, want));
			if (!s->tls)
				return false;
			continue;
		}
		n = tls_read(s->tls, s->in + s->in_len, want - s->in_len);
		if (n == TLS_WANT_INPUT)
			return true;
		if (n < 0) {
			break_off(s, n == TLS_CLOSED ? "the server closed the connection"
						     : tls_error_of(s->tls)->text);
			return false;
		}
		s->in_len += (size_t)n;
	}
}

static void come_up(struct radius_stream *s)
{
	loop_timer_stop(s->loop, &s->timer);
	log_info(NULL, "RADIUS server %s port %u: connected by %s", s->host, s->port,
		 tls_version(s->tls));
	s->is_up = true;
	s->is_reported = false;
	s->pause_ms = RADIUS_STREAM_PAUSE_MS;
	s->changed(s->arg, true);
}

static void take_input(struct radius_stream *s)
{
	if (!s->is_up) {
		int n = tls_handshake(s->tls);

		flush(s);
		if (n == TLS_FAILED) {
			break_off(s, tls_error_of(s->tls)->text);
			return;
		}
		if (n != 1)
			return;
		come_up(s);
	}
	if (s->tls && read_packets(s))
		flush(s);
}

static void on_ready(struct loop_watch *w, uint32_t events)
{
	struct radius_stream *s = container_of(w, struct radius_stream, watch);
	ssize_t n;

	if (events & EPOLLOUT)
		flush(s);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	n = recv(s->watch.fd, s->received, sizeof(s->received), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		break_off(s, n ? strerror(errno) : "the server closed the connection");
		return;
	}
	tls_input(s->tls, s->received, (size_t)n);
	take_input(s);
}

/* ---- connecting */

static void on_dialed(void *arg, const struct dial_result *result)
{
	struct radius_stream *s = arg;
	struct tls_session_cfg tls = { .name = s->host, .send = take_ciphertext, .arg = s };

	s->dial = NULL;
	if (result->status != DIAL_CONNECTED) {
		break_off(s, result->text);
		return;
	}
	s->watch = (struct loop_watch){ .fd = result->fd, .events = EPOLLIN, .ready = on_ready };
	if (loop_watch(s->loop, &s->watch) || tls_open(s->tls_ctx, &tls, &s->tls)) {
		break_off(s, "out of memory");
		return;
	}
	take_input(s);
}

static void connect_again(struct radius_stream *s)
{
	struct dial_cfg cfg = { .host = s->host,
				.port = s->port,
				.timeout_ms = RADIUS_STREAM_CONNECT_MS,
				.lookup_ms = RADIUS_STREAM_CONNECT_MS,
				.done = on_dialed,
				.arg = s };

	loop_timer_set(s->loop, &s->timer, loop_now(s->loop) + 2 * RADIUS_STREAM_CONNECT_MS);
	if (dial_start(s->loop, &cfg, &s->dial))
		break_off(s, "out of memory");
}

static void on_timer(struct loop_timer *timer)
{
	struct radius_stream *s = container_of(timer, struct radius_stream, timer);

	if (s->dial || s->tls)
		break_off(s, "the server does not finish the TLS handshake");
	else
		connect_again(s);
}

void radius_stream_open(struct radius_stream *s)
{
	s->watch.fd = -1;
	s->timer.expired = on_timer;
	s->pause_ms = RADIUS_STREAM_PAUSE_MS;
	connect_again(s);
}

void radius_stream_close(struct radius_stream *s)
{
	if (s->tls && s->is_up) {
		tls_notify_close(s->tls);
		flush(s);
	}
	s->is_up = false; /* no more events */
	hang_up(s);
	loop_timer_stop(s->loop, &s->timer);
}

void radius_stream_restart(struct radius_stream *s)
{
	if (!s->is_up)
		return;
	hang_up(s);
	loop_timer_set(s->loop, &s->timer, loop_now(s->loop));
}
