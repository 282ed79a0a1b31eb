/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A splice has two directions, up to the other server and down to the client. What the server does not
 * accept at once waits in `up`, and the client is not read until it is sent. What the client does not
 * accept waits in the queue of its pump_end, and the server is not read until it is sent.
 *
 * 	client -> wire -> (TLS) -> up -> back -> server
 * 	client <- wire <- queue <- (TLS) <- back <- server
 *
 * With TLS, nothing can be read from the client after our close_notify. So when the server has ended its
 * response, what still comes from the client is discarded until it closes too: without that, a reset
 * could destroy the response on its way.
 */
#include "server/splice.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/status.h"
#include "net/dial.h"
#include "sstp/http.h"
#include "util/file_agent.h"

enum {
	READ_LEN = 64 * 1024,
	TURN_READS = 4, /* then other descriptors are served */
	CONNECT_MS = 10 * 1000,
	IDLE_MS = 60 * 60 * 1000,
	IDLE_ENOUGH_MS = 5000, /* an idle one may end for a new one */
	LINGER_MS = 5000,
	KEEPALIVE_S = 60,
	RESPONSE_MAX = 256,
};

struct splice {
	struct splices *all;
	struct splice *next, *prev;
	const struct splice_target *to;
	struct log log;
	struct pump_end wire;
	struct loop_watch back; /* fd -1: not connected yet, or not any more */
	struct dial *dial;
	struct loop_timer timer;
	uint64_t active_ms;
	uint8_t *up; /* waits for the server */
	size_t up_len, up_done;
	bool up_has_end;   /* the client's end of data has come, ... */
	bool up_is_over;   /* ... and was passed on; or the server accepts no more */
	bool down_has_end; /* the same the other way */
	bool down_is_over;
};

/* ---- the list */

static void list_remove(struct splice *s)
{
	struct splices *all = s->all;

	if (s->prev)
		s->prev->next = s->next;
	else
		all->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	else
		all->last = s->prev;
}

static void list_append(struct splice *s)
{
	struct splices *all = s->all;

	s->next = NULL;
	s->prev = all->last;
	if (s->prev)
		s->prev->next = s;
	else
		all->first = s;
	all->last = s;
}

static void note_activity(struct splice *s)
{
	s->active_ms = loop_now(s->all->loop);
	list_remove(s);
	list_append(s);
}

/* ---- the end */

static void close_back(struct splice *s)
{
	if (s->back.fd < 0)
		return;
	if (s->back.is_watched)
		loop_unwatch(s->all->loop, &s->back);
	close(s->back.fd);
	s->back.fd = -1;
}

static void end(struct splice *s, const char *why)
{
	log_debug(&s->log, "no longer passed on to %s: %s", s->to->text, why);
	dial_cancel(s->dial);
	close_back(s);
	pump_hang_up(&s->wire);
	loop_timer_stop(s->all->loop, &s->timer);
	list_remove(s);
	s->all->count--;
	free(s->up);
	free(s);
}

/* Makes close() send RST. */
static void reset_at_close(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void reset(struct splice *s, const char *why)
{
	reset_at_close(s->wire.fd);
	reset_at_close(s->back.fd);
	end(s, why);
}

/* ---- both directions */

static bool is_up_waiting(const struct splice *s)
{
	return s->up_done < s->up_len;
}

/* With TLS, after our close_notify. */
static bool is_lingering(const struct splice *s)
{
	return s->down_is_over && s->wire.tls;
}

/* A socket that is not read or written must not be watched: its hang-up would be reported all the time. */
static void watch_back(struct splice *s, uint32_t events)
{
	struct loop *loop = s->all->loop;

	if (s->back.is_watched && events) {
		loop_watch_events(loop, &s->back, events);
		return;
	}
	s->back.events = events;
	if (s->back.is_watched)
		loop_unwatch(loop, &s->back);
	else if (events)
		loop_watch(loop, &s->back); /* if this fails, it ends as an idle one */
}

static void watch_both(struct splice *s)
{
	bool reads_wire = is_lingering(s) || (s->back.fd >= 0 && !is_up_waiting(s) &&
					      !s->up_has_end && !s->up_is_over);
	uint32_t back = (is_up_waiting(s) ? EPOLLOUT : 0) |
			(!s->wire.queue.len && !s->down_has_end ? EPOLLIN : 0);

	if (s->wire.is_paused == reads_wire)
		pump_pause(&s->wire, !reads_wire);
	if (s->back.fd >= 0 && s->back.events != back)
		watch_back(s, back);
}

/* After each step: passes on the ends that all data has been sent before. False: it has ended. */
static bool go_on(struct splice *s)
{
	if (s->up_has_end && !s->up_is_over && s->back.fd >= 0 && !is_up_waiting(s)) {
		shutdown(s->back.fd, SHUT_WR);
		s->up_is_over = true;
	}
	if (s->down_has_end && !s->down_is_over && !s->wire.queue.len) {
		shutdown(s->wire.fd, SHUT_WR);
		s->down_is_over = true;
		if (is_lingering(s)) {
			close_back(s);
			loop_timer_set(s->all->loop, &s->timer, loop_now(s->all->loop) + LINGER_MS);
		}
	}
	if (s->down_is_over && (is_lingering(s) ? s->up_has_end : s->up_is_over)) {
		end(s, "both sides have ended");
		return false;
	}
	if (s->down_has_end && s->up_is_over) /* its hang-up would be reported again and again */
		close_back(s);
	watch_both(s);
	return true;
}

/* ---- up */

/* The server accepts no more; its response may still come. */
static void stop_up(struct splice *s)
{
	s->up_len = s->up_done = 0;
	s->up_is_over = true;
}

static size_t send_back(struct splice *s, const uint8_t *at, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = send(s->back.fd, at + done, len - done, MSG_NOSIGNAL);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR) {
			stop_up(s);
			return len;
		}
	}
	return done;
}

static void drain_up(struct splice *s)
{
	s->up_done += send_back(s, s->up + s->up_done, s->up_len - s->up_done);
	if (is_up_waiting(s))
		return;
	free(s->up);
	s->up = NULL;
	s->up_len = s->up_done = 0;
}

/* Nothing waits, since the client is not read as long as something does. False: no memory. */
static bool put_up(struct splice *s, const uint8_t *at, size_t len)
{
	size_t done = s->up_is_over ? len : send_back(s, at, len);

	if (done == len)
		return true;
	s->up = malloc(len - done);
	if (!s->up)
		return false;
	memcpy(s->up, at + done, len - done);
	s->up_len = len - done;
	return true;
}

/* Decrypts all input, as the TLS session requires. False: the session has failed. */
static bool decrypt(struct splice *s, size_t len, size_t *plain_len)
{
	struct pump *p = s->wire.pump;
	ssize_t n;

	tls_input(s->wire.tls, p->recv, len);
	while ((n = tls_read(s->wire.tls, p->plain + *plain_len, PUMP_PLAIN_LEN - *plain_len)) > 0)
		*plain_len += (size_t)n;
	s->up_has_end |= n == TLS_CLOSED;
	return n != TLS_FAILED;
}

static bool take_input(struct splice *s, size_t len)
{
	struct pump *p = s->wire.pump;
	size_t plain_len = 0;

	if (is_lingering(s))
		return true;
	if (!s->wire.tls)
		return put_up(s, p->recv, len);
	return decrypt(s, len, &plain_len) && put_up(s, p->plain, plain_len);
}

/* False: it has ended. */
static bool read_wire(struct splice *s)
{
	ssize_t n = recv(s->wire.fd, s->wire.pump->recv, READ_LEN, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0) {
		reset(s, "the client's connection is lost");
		return false;
	}
	if (n == 0)
		s->up_has_end = true;
	else if (!take_input(s, (size_t)n)) {
		pump_flush(s->wire.pump); /* sends the alert, if there is one */
		end(s, s->wire.tls && *tls_error_of(s->wire.tls)->text
			       ? tls_error_of(s->wire.tls)->text
			       : "out of memory");
		return false;
	}
	return true;
}

static void on_wire(struct loop_watch *w, uint32_t events)
{
	struct splice *s = container_of(w, struct splice, wire.watch);

	note_activity(s);
	if ((events & EPOLLOUT) && s->wire.queue.len)
		pump_drain(&s->wire);
	if ((events & (EPOLLHUP | EPOLLERR)) && s->wire.is_paused) {
		reset(s, "the client's connection is lost");
		return;
	}
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !read_wire(s))
		return;
	go_on(s);
}

static void on_broken(struct pump_end *wire)
{
	(void)wire; /* its next read fails */
}

/* ---- down */

static bool put_down(struct splice *s, const uint8_t *at, size_t len)
{
	if (s->wire.tls)
		return !tls_write(s->wire.tls, at, len);
	pump_take_ciphertext(&s->wire, at, len);
	return true;
}

static void end_down(struct splice *s)
{
	s->down_has_end = true;
	if (s->wire.tls)
		tls_notify_close(s->wire.tls);
	pump_flush(s->wire.pump);
}

/* False: it has ended. */
static bool read_back(struct splice *s)
{
	struct pump *p = s->wire.pump;

	for (int i = 0; i < TURN_READS && !s->wire.queue.len; i++) {
		ssize_t n = recv(s->back.fd, p->plain, READ_LEN, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n < 0) {
			reset(s, "the server's connection is lost");
			return false;
		}
		if (n == 0) {
			end_down(s);
			return true;
		}
		if (!put_down(s, p->plain, (size_t)n)) {
			end(s, "TLS has failed");
			return false;
		}
		pump_flush(p);
	}
	return true;
}

static void on_back(struct loop_watch *w, uint32_t events)
{
	struct splice *s = container_of(w, struct splice, back);

	note_activity(s);
	if ((events & EPOLLOUT) && is_up_waiting(s))
		drain_up(s);
	if (s->down_has_end && (events & (EPOLLHUP | EPOLLERR)))
		stop_up(s);
	else if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !s->down_has_end && !read_back(s))
		return;
	go_on(s);
}

/* ---- connecting */

/* A web server that cannot be reached is reported as a reverse proxy reports it. */
static void fail(struct splice *s, const char *why)
{
	uint8_t text[RESPONSE_MAX];
	struct writer w = writer_of(text, sizeof(text));

	if (!strncmp(why, s->to->text, strlen(s->to->text)))
		log_warn(&s->log, "cannot pass a connection on to %s", why);
	else
		log_warn(&s->log, "cannot pass a connection on to %s: %s", s->to->text, why);
	if (!s->wire.tls) {
		reset(s, why);
		return;
	}
	sstp_http_put_response(&w, HTTP_BAD_GATEWAY);
	stop_up(s);
	if (put_down(s, text, w.len)) {
		end_down(s);
		go_on(s);
	} else {
		end(s, "TLS has failed");
	}
}

static void use(struct splice *s, int fd)
{
	s->back = (struct loop_watch){ .fd = fd, .ready = on_back };
	loop_timer_set(s->all->loop, &s->timer, loop_now(s->all->loop) + IDLE_MS);
	drain_up(s);
	go_on(s);
}

static void on_dialed(void *arg, const struct dial_result *result)
{
	struct splice *s = arg;

	s->dial = NULL;
	note_activity(s);
	if (result->status == DIAL_CONNECTED)
		use(s, result->fd);
	else
		fail(s, result->text);
}

/* Connects at once, or fails when too many others wait. */
static void connect_unix(struct splice *s)
{
	int fd = file_connect(s->to->path);

	if (fd >= 0)
		use(s, fd);
	else
		fail(s, strerror(-fd));
}

static void connect_back(struct splice *s)
{
	const struct dial_cfg cfg = {
		.host = s->to->host,
		.port = s->to->port,
		.timeout_ms = CONNECT_MS,
		.done = on_dialed,
		.arg = s,
	};
	int error;

	if (!s->to->host) {
		connect_unix(s);
		return;
	}
	error = dial_start(s->all->loop, &cfg, &s->dial);
	if (error)
		fail(s, strerror(-error));
}

static void on_timer(struct loop_timer *timer)
{
	struct splice *s = container_of(timer, struct splice, timer);
	uint64_t now = loop_now(s->all->loop);

	if (is_lingering(s))
		end(s, "the client does not close its connection");
	else if (now - s->active_ms >= IDLE_MS)
		end(s, "nothing came for an hour");
	else
		loop_timer_set(s->all->loop, timer, s->active_ms + IDLE_MS);
}

/* ---- the beginning */

static bool fill_up(struct splice *s, const struct splice_cfg *cfg)
{
	uint8_t header[PROXY_HEADER_PUT_MAX];
	struct writer w = writer_of(header, sizeof(header));

	if (cfg->to->proxy_version)
		proxy_header_put(&w, cfg->to->proxy_version, cfg->addresses);
	s->up_len = w.len + cfg->early.len;
	s->up = malloc(s->up_len + !s->up_len);
	if (!s->up)
		return false;
	memcpy(s->up, header, w.len);
	if (cfg->early.len)
		memcpy(s->up + w.len, cfg->early.at, cfg->early.len);
	return true;
}

/* A client that is gone without a word is found out. */
static void keep_alive(int fd)
{
	int on = 1, idle = KEEPALIVE_S;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
}

static struct splice *new_splice(struct splices *all, const struct splice_cfg *cfg)
{
	struct splice *s = calloc(1, sizeof(*s));

	if (!s || !fill_up(s, cfg)) {
		free(s);
		return NULL;
	}
	s->all = all;
	s->to = cfg->to;
	s->log = *cfg->log;
	s->back.fd = -1;
	s->timer.expired = on_timer;
	s->up_has_end = cfg->has_ended;
	s->active_ms = loop_now(all->loop);
	s->wire = (struct pump_end){ .pump = cfg->wire->pump,
				     .watch = { .ready = on_wire },
				     .queue_max = PUMP_QUEUE_MAX,
				     .broken = on_broken };
	return s;
}

bool splice_start(struct splices *all, const struct splice_cfg *cfg)
{
	struct splice *s = new_splice(all, cfg);

	if (!s) {
		pump_hang_up(cfg->wire);
		return false;
	}
	list_append(s);
	all->count++;
	if (pump_move(cfg->wire, &s->wire)) {
		end(s, "out of memory");
		return false;
	}
	log_debug(&s->log, "passed on to %s", s->to->text);
	keep_alive(s->wire.fd);
	pump_pause(&s->wire, true);
	connect_back(s);
	return true;
}

void splices_open(struct splices *all, struct loop *loop)
{
	*all = (struct splices){ .loop = loop };
}

void splices_close(struct splices *all)
{
	struct splice *next;

	for (struct splice *s = all->first; s; s = next) {
		next = s->next;
		end(s, "the server stops");
	}
}

bool splices_make_room(struct splices *all, size_t max)
{
	struct splice *idle = all->first;

	if (all->count < max)
		return true;
	if (!idle || loop_now(all->loop) - idle->active_ms < IDLE_ENOUGH_MS)
		return false;
	end(idle, "idle, and others wait");
	return true;
}
