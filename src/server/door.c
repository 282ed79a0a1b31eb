/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection is accepted; a load balancer's begins with the header of the PROXY protocol; its source
 * address must not be banned; its ClientHello is searched for the server's name, if that chooses a
 * certificate; then come the TLS handshake and one HTTP request. After that it is a session, or it
 * has ended. Beside its TLS session it has one block of memory, c->start: the incomplete input of
 * its stage.
 *
 * The end of a connection here is logged at debug, because of port scans.
 */
#include "server/door.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/block.h"
#include "http/status.h"
#include "server/forwarded.h"
#include "server/proxy_header.h"
#include "sstp/http.h"
#include "sstp/states.h"
#include "tls/hello.h"
#include "tls/open.h"

enum {
	ACCEPTS_A_TURN = 16,
	NO_FILES_MS = 1000,
	TOO_MANY_MS = 10,
	LOGIN_MS = 3000,       /* a connection older than this may be closed when others wait */
	LOGIN_SHORT_MS = 1000, /* the same if fewer than FEW may log in at a time */
	FEW = 200,
	PROXY_HEADER_MS = 5000, /* it comes at once with the connection */
	TLS_MS = 10 * 1000,
	LINGER_MS = 10 * 1000, /* a refused client has so long to close its side */
	RESPONSE_MAX = 256,
	ALERT_ACCESS_DENIED = 49, /* RFC 8446 section 6 */
	ALERT_UNRECOGNIZED_NAME = 112,
};

enum stage_name {
	STAGE_PROXY_HEADER,
	STAGE_SOURCE,
	STAGE_HELLO,
	STAGE_TLS,
	STAGE_HTTP,
	STAGE_REFUSED, /* after the response: input is dropped */
};

struct door_conn {
	struct half_open half_open;
	struct door *door;
	struct pump_end wire;
	enum stage_name stage;
	bool is_broken;         /* its socket accepts no more data */
	struct loop_timer late; /* expires when the stage takes too long */
	bool is_plain;          /* from a TLS terminator, ... */
	bool is_stranger;       /* ... which it is not */
	bool is_without_vpn;    /* the web server gets it, whatever it asks for */
	uint8_t *start;         /* incomplete input, of which the stage needs more; NULL: none */
	size_t start_len;
	struct log log;               /* "session 7" */
	struct sockaddr_storage peer; /* the client; that of a PROXY header once it is read */
	struct ip_addr
		local; /* where the client connected to, by the PROXY header; AF_UNSPEC: here */
	uint16_t local_port;
};

/* ---- the end */

/*
 * Frees the rest, when its half-open entry, socket and TLS session are closed or have a new owner.
 */
static void discard(struct door_conn *c)
{
	loop_timer_stop(c->door->host->loop, &c->late);
	free(c->start);
	free(c);
}

static void hang_up(struct door_conn *c)
{
	struct session_host *h = c->door->host;

	pump_hang_up(&c->wire);
	half_open_remove(&h->half_open, &c->half_open);
	discard(c);
	h->ended(h, false);
}

static void log_closing(const struct door_conn *c, const char *reason)
{
	log_event(&c->log, LOG_LEVEL_DEBUG, "session_end", "{peer}: ended: {reason}",
		  LOG_TEXT("peer", ip_print_sockaddr(&c->peer).text), LOG_TEXT("reason", reason));
}

static void end(struct door_conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void end(struct door_conn *c, const char *format, ...)
{
	char reason[512];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	c->door->host->stats.tls_failed += c->stage == STAGE_TLS || c->stage == STAGE_HELLO;
	log_closing(c, reason);
	hang_up(c);
}

/*
 * Reads on after a response. If a socket is closed with unread bytes, a client that still sends may
 * lose the response (RFC 9112 section 9.6).
 */
static void linger(struct door_conn *c)
{
	struct loop *loop = c->door->host->loop;

	log_closing(c, sstp_closed_text(SSTP_CLOSED_NOT_SSTP));
	if (c->is_broken || shutdown(c->wire.fd, SHUT_WR)) {
		hang_up(c);
		return;
	}
	c->stage = STAGE_REFUSED;
	loop_timer_set(loop, &c->late, loop_now(loop) + LINGER_MS);
}

static void end_tls(struct door_conn *c)
{
	pump_flush(c->wire.pump); /* sends the alert, if there is one */
	end(c, "TLS: %s", tls_error_of(c->wire.tls)->text);
}

/* ---- stages */

enum step {
	STEP_WAIT, /* the stage needs more bytes */
	STEP_NEXT, /* the next stage gets the same bytes */
	STEP_GONE, /* the connection has ended, was refused or became a session: do not use *c */
};

static const struct front_cfg *front_of(const struct door_conn *c)
{
	return &c->door->host->cfg->front;
}

static bool has_web(const struct door_conn *c)
{
	return front_of(c)->web.text;
}

static struct proxy_header addresses_of(const struct door_conn *c)
{
	struct sockaddr_storage here = { 0 };
	socklen_t len = sizeof(here);
	struct proxy_header h = { .source = ip_from_sockaddr(&c->peer),
				  .source_port = ip_port_of_sockaddr(&c->peer),
				  .destination = c->local,
				  .destination_port = c->local_port };

	if (!c->local.family && !getsockname(c->wire.fd, (struct sockaddr *)&here, &len)) {
		h.destination = ip_from_sockaddr(&here);
		h.destination_port = ip_port_of_sockaddr(&here);
	}
	return h;
}

/* The connection goes to another server, with what the client has sent so far. */
static enum step pass_on(struct door_conn *c, const struct splice_target *to, struct bytes early,
			 bool has_ended)
{
	struct session_host *h = c->door->host;
	const struct proxy_header addresses = addresses_of(c);
	const struct splice_cfg cfg = { .to = to,
					.wire = &c->wire,
					.early = early,
					.has_ended = has_ended,
					.addresses = &addresses,
					.log = &c->log };

	half_open_remove(&h->half_open, &c->half_open);
	splice_start(&c->door->splices, &cfg);
	discard(c);
	h->stats.passed_on++;
	h->ended(h, false);
	return STEP_GONE;
}

static bool can_pass_on(struct door_conn *c)
{
	return splices_make_room(&c->door->splices, c->door->limits->splices_max);
}

/* Keeps incomplete input until the rest of it comes, in a block of exactly its size. */
static enum step keep_start(struct door_conn *c, const uint8_t *at, size_t len)
{
	uint8_t *start = len ? realloc(c->start, len) : NULL;

	if (!len)
		return STEP_WAIT;
	if (!start) {
		end(c, "out of memory");
		return STEP_GONE;
	}
	c->start = start;
	memcpy(start, at, len);
	c->start_len = len;
	return STEP_WAIT;
}

/* Copies the input that was kept to `to`. */
static size_t take_start(struct door_conn *c, uint8_t *to)
{
	if (c->start_len)
		memcpy(to, c->start, c->start_len);
	return c->start_len;
}

static void drop_start(struct door_conn *c)
{
	free(c->start);
	c->start = NULL;
	c->start_len = 0;
}

/* Before a TLS session exists. */
static void send_alert(struct door_conn *c, uint8_t alert)
{
	const uint8_t record[] = { 21, 3, 3, 0, 2, 2, alert }; /* RFC 8446 section 6 */

	send(c->wire.fd, record, sizeof(record), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* What follows the header moves to the beginning of the input. */
static enum step take_proxy_header(struct door_conn *c, size_t *len)
{
	uint8_t *at = c->wire.pump->recv;
	struct proxy_header h;
	enum proxy_header_result result = proxy_header_read(&h, at, *len);

	if (result == PROXY_HEADER_INCOMPLETE)
		return keep_start(c, at, *len);
	if (result == PROXY_HEADER_BAD) {
		log_warn(&c->log,
			 "%s is in --proxy-protocol-from, but sent no PROXY header; it sent %s",
			 ip_print_sockaddr(&c->peer).text, log_quote(at, *len).text);
		end(c, "no PROXY header");
		return STEP_GONE;
	}
	drop_start(c);
	*len -= h.len;
	memmove(at, at + h.len, *len);
	if (!h.source.family)
		return STEP_NEXT;
	c->peer = ip_sockaddr(&h.source, h.source_port);
	c->local = h.destination;
	c->local_port = h.destination_port;
	log_debug(&c->log, "the client is %s", ip_print_sockaddr(&c->peer).text);
	return STEP_NEXT;
}

/*
 * Whoever may not log in from this address gets no TLS handshake, which costs us more than the
 * client. The alert is one that the client's user can see. But where there is a web site it stays
 * visible.
 */
static enum step take_source(struct door_conn *c, size_t *unused)
{
	struct session_host *h = c->door->host;
	struct ip_addr source = ip_from_sockaddr(&c->peer);

	(void)unused;
	if (c->is_stranger) {
		if (log_limit_passes(&log_strangers))
			log_warn(&c->log, "%s may not send HTTP without TLS (--terminator-from)",
				 ip_print_sockaddr(&c->peer).text);
		end(c, "not a TLS terminator");
		return STEP_GONE;
	}
	if (!source.family || !registry_refuses_source(h->registry, &source, loop_now(h->loop)))
		return STEP_NEXT;
	if (has_web(c)) {
		c->is_without_vpn = true;
		return STEP_NEXT;
	}
	send_alert(c, ALERT_ACCESS_DENIED);
	end(c, "refused: too many failed logins before");
	return STEP_GONE;
}

static enum step begin_session(struct door_conn *c, struct tls_ctx *ctx, size_t len)
{
	const struct tls_session_cfg cfg = { .send = pump_take_ciphertext, .arg = &c->wire };
	int error = tls_open(ctx, &cfg, &c->wire.tls);

	tls_ctx_release(ctx);
	if (error) {
		end(c, "%s", strerror(-error));
		return STEP_GONE;
	}
	tls_input(c->wire.tls, c->wire.pump->recv, len);
	return STEP_NEXT;
}

static enum step refuse_name(struct door_conn *c, const char *name)
{
	send_alert(c, ALERT_UNRECOGNIZED_NAME);
	if (*name)
		end(c, "refused: no certificate is for %s (--strict-sni)",
		    log_quote(name, strlen(name)).text);
	else
		end(c, "refused: the client asks for no server name (--strict-sni)");
	return STEP_GONE;
}

static bool needs_hello(const struct door_conn *c)
{
	return certs_need_hello(c->door->certs) || front_of(c)->sstp_host_count ||
	       front_of(c)->pass_count;
}

static enum step pass_hello_on(struct door_conn *c, const struct pass_rule *rule, size_t len)
{
	if (can_pass_on(c))
		return pass_on(c, &rule->to, bytes_of(c->wire.pump->recv, len), false);
	end(c, "too many connections are passed on");
	return STEP_GONE;
}

/* The ClientHello chooses the certificate, unless the connection is passed on. */
static enum step take_hello(struct door_conn *c, size_t *len)
{
	struct certs *certs = c->door->certs;
	const uint8_t *at = c->wire.pump->recv;
	struct tls_ctx *ctx;
	struct hello hello = { .takes = 0 };
	const struct pass_rule *rule;
	struct bytes name;

	if (c->is_plain)
		return begin_session(c, certs_plain(certs), *len);
	if (needs_hello(c) && !hello_read(&hello, at, *len))
		return keep_start(c, at, *len);
	name = bytes_text(hello.server_name);
	rule = front_find_pass(front_of(c), name, bytes_of(hello.protocols, hello.protocols_len));
	if (rule)
		return pass_hello_on(c, rule, *len);
	c->is_without_vpn |= !front_serves(front_of(c), name);
	drop_start(c);
	ctx = certs_choose(certs, &hello);
	if (!ctx)
		return refuse_name(c, hello.server_name);
	return begin_session(c, ctx, *len);
}

static enum step take_tls(struct door_conn *c, size_t *unused)
{
	const struct tls *tls = c->wire.tls;
	int n = tls_handshake(c->wire.tls);

	(void)unused;
	if (n == TLS_WANT_INPUT)
		return STEP_WAIT;
	if (n == TLS_FAILED) {
		end_tls(c);
		return STEP_GONE;
	}
	c->door->host->stats.tls_ok++;
	c->door->host->stats.tls_resumed += tls_is_resumed(tls);
	log_debug(&c->log, "%s, %s %s%s", tls_version(tls), tls_cipher(tls), tls_group(tls),
		  tls_is_resumed(tls) ? ", resumed" : "");
	return STEP_NEXT;
}

static void respond(struct door_conn *c, int status)
{
	uint8_t text[RESPONSE_MAX];
	struct writer w = writer_of(text, sizeof(text));

	sstp_http_put_response(&w, status);
	memcpy(pump_put_own_record(&c->wire, w.len), text, w.len);
	pump_flush(c->wire.pump);
	tls_notify_close(c->wire.tls);
	pump_flush(c->wire.pump);
	linger(c);
}

/* Makes a session, which continues with the plaintext in pump->plain. */
static void make_session(struct door_conn *c, size_t len)
{
	struct session_host *h = c->door->host;
	struct session *s = session_open(h, &c->half_open, &c->wire, &c->peer);

	if (!s) {
		half_open_remove(&h->half_open, &c->half_open);
		h->ended(h, false);
	}
	discard(c);
	if (s)
		session_start(s, len);
}

/* To the web server, with the first `len` bytes of pump->plain. */
static enum step pass_request_on(struct door_conn *c, size_t len, bool has_ended)
{
	if (can_pass_on(c))
		return pass_on(c, &front_of(c)->web, bytes_of(c->wire.pump->plain, len), has_ended);
	respond(c, HTTP_SERVICE_UNAVAILABLE);
	return STEP_GONE;
}

/* The rest of what was received must be decrypted before the buffer is used again. */
static enum step pass_all_on(struct door_conn *c, size_t len)
{
	uint8_t *plain = c->wire.pump->plain;
	ssize_t n;

	while ((n = tls_read(c->wire.tls, plain + len, TLS_RECORD_MAX)) > 0)
		len += (size_t)n;
	if (n != TLS_FAILED)
		return pass_request_on(c, len, n == TLS_CLOSED);
	end_tls(c);
	return STEP_GONE;
}

/*
 * The client's address, unless a PROXY header has given it, and whether it is banned. False: it is, and the
 * connection has ended.
 */
static bool take_forwarded(struct door_conn *c, struct bytes block)
{
	struct session_host *h = c->door->host;
	struct ip_addr client = forwarded_client(block, &front_of(c)->terminators);

	if (!client.family || !source_list_has(&front_of(c)->terminators, &c->peer))
		return true;
	c->peer = ip_sockaddr(&client, 0);
	log_debug(&c->log, "the client is %s", ip_print(&client).text);
	if (!registry_refuses_source(h->registry, &client, loop_now(h->loop)))
		return true;
	if (has_web(c)) {
		c->is_without_vpn = true;
		return true;
	}
	respond(c, HTTP_FORBIDDEN);
	return false;
}

/* The head of a request is complete: SSTP's, or another. */
static enum step take_request(struct door_conn *c, size_t block_len, size_t len)
{
	struct bytes block = bytes_of(c->wire.pump->plain, block_len);
	struct bytes line = http_block_line(block);
	int status = sstp_http_check(block);

	if (c->is_plain && !take_forwarded(c, block))
		return STEP_GONE;
	if (status == HTTP_OK &&
	    (c->is_without_vpn || !front_serves(front_of(c), http_block_field(block, "Host"))))
		status = HTTP_NOT_FOUND;
	if (status == HTTP_OK) {
		make_session(c, len);
		return STEP_GONE;
	}
	if (has_web(c))
		return pass_all_on(c, len);
	c->door->host->stats.not_sstp++;
	log_debug(&c->log, "http: %d for %s", status, log_quote(line.at, line.len).text);
	respond(c, status);
	return STEP_GONE;
}

static enum step take_http(struct door_conn *c, size_t *unused)
{
	uint8_t *plain = c->wire.pump->plain;
	size_t len = take_start(c, plain), block_len;
	ssize_t n;

	(void)unused;
	while ((n = tls_read(c->wire.tls, plain + len, TLS_RECORD_MAX)) > 0) {
		len += (size_t)n;
		if (has_web(c) && !sstp_http_may_be_request(plain, len))
			return pass_all_on(c, len);
		block_len = http_block_len(plain, len < SSTP_HTTP_MAX ? len : SSTP_HTTP_MAX);
		if (block_len)
			return take_request(c, block_len, len);
		if (len >= SSTP_HTTP_MAX && has_web(c))
			return pass_all_on(c, len);
		if (len >= SSTP_HTTP_MAX) {
			respond(c, HTTP_BAD_REQUEST);
			return STEP_GONE;
		}
	}
	if (n == TLS_WANT_INPUT)
		return len ? keep_start(c, plain, len) : STEP_WAIT;
	if (n == TLS_CLOSED && has_web(c))
		return pass_request_on(c, len, true);
	if (n == TLS_CLOSED)
		end(c, "the peer closed the connection without a request");
	else
		end_tls(c);
	return STEP_GONE;
}

static const struct stage {
	/* Gets *len bytes of pump->recv, and the next stage those that it leaves there. */
	enum step (*take)(struct door_conn *c, size_t *len);
	const char *when; /* "the peer closed the connection ..." */
	const char *late;
	uint32_t within_ms;
} stages[] = {
	[STAGE_PROXY_HEADER] = { take_proxy_header, "before the PROXY header",
				 "no PROXY header within 5 seconds", PROXY_HEADER_MS },
	[STAGE_SOURCE] = { take_source, "during the TLS handshake",
			   "no TLS handshake within 10 seconds", TLS_MS },
	[STAGE_HELLO] = { take_hello, "during the TLS handshake",
			  "no TLS handshake within 10 seconds", 0 },
	[STAGE_TLS] = { take_tls, "during the TLS handshake", "no TLS handshake within 10 seconds",
			0 },
	[STAGE_HTTP] = { take_http, "without a request", NULL, SSTP_HTTP_REQUEST_MS },
};

/* A stage without its own time limit keeps the deadline of the stage before it. */
static void enter(struct door_conn *c, enum stage_name stage)
{
	struct loop *loop = c->door->host->loop;

	c->stage = stage;
	if (stages[stage].within_ms)
		loop_timer_set(loop, &c->late, loop_now(loop) + stages[stage].within_ms);
}

static void on_late(struct loop_timer *timer)
{
	struct door_conn *c = container_of(timer, struct door_conn, late);
	const char *late;

	if (c->stage == STAGE_REFUSED) {
		hang_up(c);
		return;
	}
	late = stages[c->stage].late;
	if (c->stage == STAGE_HTTP && has_web(c)) /* which has a time limit of its own */
		pass_request_on(c, take_start(c, c->wire.pump->plain), false);
	else
		end(c, "%s", late ? late : sstp_closed_text(SSTP_CLOSED_NO_REQUEST));
}

/* The peer closed the connection, or the socket has an error. */
static void on_hang_up(struct door_conn *c, int error)
{
	if (c->is_broken)
		end(c, "the peer does not read what is sent to it");
	else
		end(c, "the peer closed the connection %s%s%s", stages[c->stage].when,
		    error ? ": " : "", error ? strerror(error) : "");
}

static void read_socket(struct door_conn *c)
{
	uint8_t *at = c->wire.pump->recv;
	size_t len = c->wire.tls ? 0 : take_start(c, at);
	ssize_t n = recv(c->wire.fd, at + len, PUMP_RECV_LEN - len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (c->stage == STAGE_REFUSED) {
		if (n <= 0)
			hang_up(c);
		return;
	}
	if (n <= 0) {
		on_hang_up(c, n < 0 ? errno : 0);
		return;
	}
	len += (size_t)n;
	if (c->wire.tls)
		tls_input(c->wire.tls, at, len);
	for (;;) {
		enum step step = stages[c->stage].take(c, &len);

		if (step != STEP_NEXT)
			return;
		enter(c, c->stage + 1);
	}
}

static void on_ready(struct loop_watch *w, uint32_t events)
{
	struct door_conn *c = container_of(w, struct door_conn, wire.watch);

	if ((events & EPOLLOUT) && c->wire.queue.len)
		pump_drain(&c->wire);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_socket(c);
}

static void on_broken(struct pump_end *wire)
{
	container_of(wire, struct door_conn, wire)->is_broken = true;
}

static void shut_down(struct half_open *o)
{
	struct door_conn *c = container_of(o, struct door_conn, half_open);

	if (c->stage == STAGE_REFUSED) {
		hang_up(c);
		return;
	}
	if (c->stage == STAGE_HTTP)
		tls_notify_close(c->wire.tls);
	pump_flush(c->wire.pump);
	end(c, "disconnected");
}

static void abandon(struct half_open *o)
{
	hang_up(container_of(o, struct door_conn, half_open));
}

/* ---- the limit on half-open connections */

static size_t share(size_t all, unsigned workers)
{
	return all && all < workers ? 1 : all / workers;
}

struct door_limits door_limits(size_t half_open_max, size_t splices_max, unsigned workers)
{
	return (struct door_limits){
		.half_open_max = share(half_open_max, workers),
		.splices_max = share(splices_max, workers),
		.login_ms = half_open_max < FEW ? LOGIN_SHORT_MS : LOGIN_MS,
	};
}

static size_t count_half_open(const struct door *d)
{
	return atomic_load_explicit(&d->half_open_count, memory_order_relaxed);
}

static bool has_old_half_open(const struct door *d)
{
	const struct half_open *first = d->host->half_open.first;

	return first && loop_now(d->host->loop) - first->started_ms >= d->limits->login_ms;
}

bool door_is_below_limit(const struct door *d)
{
	return count_half_open(d) < d->limits->half_open_max;
}

/*
 * When all clients come at once, as after a restart, logins that have begun should finish before
 * more begin. But a connection that has had enough time to log in is closed for a new one: it may
 * be part of a flood.
 */
static bool has_room(const struct door *d)
{
	return door_is_below_limit(d) || has_old_half_open(d);
}

/*
 * The new one is counted already. Workers that move connections here at the same time may exceed
 * the limit by one each; that closes no login that has just begun.
 */
static void make_room(struct door *d)
{
	struct half_open *oldest = d->host->half_open.first;

	if (count_half_open(d) > d->limits->half_open_max && has_old_half_open(d))
		oldest->abandon(oldest);
}

void door_expect(struct door *d)
{
	atomic_fetch_add_explicit(&d->half_open_count, 1, memory_order_relaxed);
}

void door_forget(struct door *d)
{
	atomic_fetch_sub_explicit(&d->half_open_count, 1, memory_order_relaxed);
}

/* ---- a new connection */

static struct door_conn *new_conn(struct door *d, uint64_t id, int fd)
{
	struct door_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->half_open = (struct half_open){ .id = id,
					   .started_ms = loop_now(d->host->loop),
					   .shut_down = shut_down,
					   .abandon = abandon };
	c->door = d;
	c->wire = (struct pump_end){
		.pump = d->host->pump,
		.fd = fd,
		.watch = { .fd = fd, .events = EPOLLIN, .ready = on_ready },
		.queue_max = PUMP_QUEUE_EARLY_MAX,
		.broken = on_broken,
	};
	c->late.expired = on_late;
	c->log = session_log(id);
	return c;
}

bool door_accept(struct door *d, uint64_t id, const struct arrival *a)
{
	bool has_header = source_list_has(&d->host->cfg->front.proxy_from, &a->peer);
	struct door_conn *c;
	int on = 1;

	make_room(d);
	c = new_conn(d, id, a->fd);
	if (!c || loop_watch(d->host->loop, &c->wire.watch)) {
		free(c);
		close(a->fd);
		return false;
	}
	setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->peer = a->peer;
	c->is_plain = a->is_plain;
	c->is_stranger = a->is_plain && !source_list_has(&front_of(c)->terminators, &a->peer);
	d->host->stats.connections++;
	half_open_add(&d->host->half_open, &c->half_open);
	enter(c, has_header ? STAGE_PROXY_HEADER : STAGE_SOURCE);
	log_debug(&c->log, "%s connected", ip_print_sockaddr(&a->peer).text);
	return true;
}

/* ---- listening */

static void hold_listeners(struct door *d, bool hold)
{
	for (size_t i = 0; i < d->listener_count; i++)
		loop_watch_events(d->host->loop, &d->listeners[i].watch, hold ? 0 : EPOLLIN);
}

static void accept_later(struct door *d, uint32_t ms)
{
	hold_listeners(d, true);
	loop_timer_set(d->host->loop, &d->accept_again, loop_now(d->host->loop) + ms);
}

static void accept_again(struct loop_timer *timer)
{
	hold_listeners(container_of(timer, struct door, accept_again), false);
}

/* After a failed accept. */
static bool may_go_on(struct door *d, int error)
{
	if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS) {
		if (log_limit_passes(&log_strangers))
			log_error(NULL, "accept: %s; waiting a second", strerror(error));
		accept_later(d, NO_FILES_MS);
		return false;
	}
	return error == ECONNABORTED || error == EINTR;
}

static void on_connection(struct loop_watch *watch, uint32_t events)
{
	const struct door_listener *l = container_of(watch, struct door_listener, watch);
	struct door *d = l->door;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		struct arrival a = { .is_plain = l->is_plain };
		socklen_t len = sizeof(a.peer);

		if (!has_room(d)) {
			accept_later(d, TOO_MANY_MS);
			return;
		}
		a.fd = accept4(watch->fd, (struct sockaddr *)&a.peer, &len,
			       SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (a.fd >= 0 && a.peer.ss_family == AF_UNIX) /* the path says nothing */
			a.peer = (struct sockaddr_storage){ .ss_family = AF_UNIX };
		if (a.fd >= 0)
			d->accepted(d, &a);
		else if (!may_go_on(d, errno))
			return;
	}
}

void door_open(struct door *d, struct session_host *host, const struct door_limits *limits)
{
	d->host = host;
	d->limits = limits;
	splices_open(&d->splices, host->loop);
	d->accept_again.expired = accept_again;
}

int door_listen(struct door *d, int fd, bool is_plain)
{
	struct door_listener *l = &d->listeners[d->listener_count];
	int error;

	l->door = d;
	l->is_plain = is_plain;
	l->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_connection };
	error = loop_watch(d->host->loop, &l->watch);
	if (error)
		close(fd);
	else
		d->listener_count++;
	return error;
}

void door_close(struct door *d)
{
	loop_timer_stop(d->host->loop, &d->accept_again);
	for (size_t i = 0; i < d->listener_count; i++) {
		loop_unwatch(d->host->loop, &d->listeners[i].watch);
		close(d->listeners[i].watch.fd);
	}
	d->listener_count = 0;
}
