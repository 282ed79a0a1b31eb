/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the client's events and the sockets. */
#include "auth/radius_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"
#include "util/secret.h"

enum { TURN_PACKETS = 64 /* read in one turn of the loop */ };

static void drain(struct radius_wire *w);

static void random_bytes(void *arg, void *to, size_t len)
{
	(void)arg;
	secret_random(to, len);
}

/* ---- sockets */

static void close_socket(struct radius_wire *w, struct radius_socket *s)
{
	if (s->watch.fd < 0)
		return;
	loop_unwatch(w->loop, &s->watch);
	close(s->watch.fd);
	s->watch.fd = -1;
}

static void close_sockets(struct radius_peer *p)
{
	for (unsigned i = 0; i < RADIUS_PORTS; i++)
		close_socket(p->wire, &p->sockets[i]);
}

/* A datagram of its server, or what the server's host reports. False: there is no more. */
static bool read_one(struct radius_socket *s)
{
	struct radius_wire *w = s->wire;
	ssize_t n = recv(s->watch.fd, w->in, sizeof(w->in), 0);

	if (n < 0 && errno == ECONNREFUSED)
		radius_client_refused(&w->client, s->server, loop_now(w->loop));
	else if (n < 0)
		return false;
	else
		radius_client_input(&w->client, s->server, s->port, bytes_of(w->in, (size_t)n),
				    loop_now(w->loop));
	drain(w);
	return true;
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
	struct radius_socket *s = container_of(watch, struct radius_socket, watch);

	(void)events;
	for (int i = 0; i < TURN_PACKETS && s->watch.fd >= 0; i++)
		if (!read_one(s))
			break;
}

static int bind_to(int fd, const struct ip_addr *source)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	memcpy(&v4.sin_addr, source->bytes, 4);
	memcpy(&v6.sin6_addr, source->bytes, 16);
	if (source->family == AF_INET)
		return bind(fd, (struct sockaddr *)&v4, sizeof(v4)) ? -errno : 0;
	if (source->family == AF_INET6)
		return bind(fd, (struct sockaddr *)&v6, sizeof(v6)) ? -errno : 0;
	return 0;
}

static int connect_socket(struct radius_peer *p, struct radius_socket *s)
{
	struct radius_wire *w = p->wire;
	int fd = socket(p->addr.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -errno;
	error = bind_to(fd, &w->cfg->source);
	if (!error && connect(fd, (struct sockaddr *)&p->addr, sizeof(p->addr)))
		error = -errno;
	s->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_ready };
	if (!error)
		error = loop_watch(w->loop, &s->watch);
	if (error) {
		s->watch.fd = -1;
		close(fd);
	}
	return error;
}

static void report(struct radius_peer *p, const char *what)
{
	if (!p->is_reported)
		log_error(NULL, "RADIUS server %s: %s", p->at->host, what);
	p->is_reported = true;
}

/* A packet that can't be sent is lost; it is repeated. */
static void send_packet(struct radius_wire *w, const struct radius_out *out)
{
	struct radius_peer *p = &w->peers[out->server];
	struct radius_socket *s = &p->sockets[out->port];
	int error = 0;

	if (p->stream)
		radius_stream_send(p->stream, out->packet);
	if (p->stream || !p->has_addr)
		return;
	if (s->watch.fd < 0)
		error = connect_socket(p, s);
	/* the first error may be what an earlier packet met */
	for (int i = 0; !error && i < 2; i++)
		if (send(s->watch.fd, out->packet.at, out->packet.len, MSG_NOSIGNAL) >= 0)
			return;
	error = error ? error : -errno;
	if (error != -ECONNREFUSED && error != -EAGAIN)
		report(p, strerror(-error));
}

struct ip_addr radius_wire_local(const struct radius_wire *w)
{
	struct sockaddr_storage local = { 0 };
	const struct radius_peer *p = &w->peers[0];
	struct ip_addr none = { .family = AF_UNSPEC };
	socklen_t len = sizeof(local);
	int fd, error;

	if (w->cfg->source.family || !p->has_addr)
		return w->cfg->source;
	fd = socket(p->addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return none;
	error = connect(fd, (const struct sockaddr *)&p->addr, sizeof(p->addr)) ||
		getsockname(fd, (struct sockaddr *)&local, &len);
	close(fd);
	return error ? none : ip_from_sockaddr(&local);
}

/* ---- names */

static void take_address(struct radius_peer *p, const struct resolve_answer *answer)
{
	size_t size = sizeof(p->addr);

	if (!answer->count) {
		report(p, answer->text);
		return;
	}
	if (p->has_addr && !memcmp(&p->addr, &answer->addrs[0], size))
		return;
	close_sockets(p);
	memcpy(&p->addr, &answer->addrs[0], size);
	p->has_addr = true;
}

static void on_looked_up(void *arg, const struct resolve_answer *answer)
{
	struct radius_peer *p = arg;

	p->lookup = NULL;
	take_address(p, answer);
	drain(p->wire);
}

/* Again when the server is dead: it may have moved. */
static void look_up(struct radius_peer *p)
{
	struct resolve_query q = { .port = p->at->port, .family = p->wire->cfg->source.family };
	struct resolve_answer answer;

	if (p->lookup)
		return;
	snprintf(q.host, sizeof(q.host), "%s", p->at->host);
	if (resolve_literal(&q, &answer))
		take_address(p, &answer);
	else if (resolve_start(p->wire->loop, &q, on_looked_up, p, &p->lookup))
		report(p, "its name cannot be looked up now");
}

/* ---- events */

static void log_change(struct radius_wire *w, unsigned server, bool is_dead)
{
	struct radius_peer *p = &w->peers[server];

	if (is_dead) {
		log_error(NULL, "RADIUS server %s port %u does not answer (%s)%s", p->at->host,
			  p->at->port, w->service,
			  w->client.server_count > 1 ? "; using the others" : "");
		if (p->stream)
			radius_stream_restart(p->stream);
		else
			look_up(p);
	} else {
		log_info(NULL, "RADIUS server %s port %u answers again (%s)", p->at->host,
			 p->at->port, w->service);
		p->is_reported = false;
	}
}

static void drain(struct radius_wire *w)
{
	struct radius_out out;

	while (radius_client_next(&w->client, &out))
		switch (out.type) {
		case RADIUS_OUT_SEND:
			send_packet(w, &out);
			break;
		case RADIUS_OUT_DEAD:
		case RADIUS_OUT_ALIVE:
			log_change(w, out.server, out.type == RADIUS_OUT_DEAD);
			break;
		case RADIUS_OUT_ANSWER:
		case RADIUS_OUT_FAILED:
		case RADIUS_OUT_UNSIGNED:
			w->event(w->arg, &out);
			break;
		}
	loop_timer_set(w->loop, &w->timer, radius_client_deadline(&w->client));
}

static void on_timer(struct loop_timer *timer)
{
	struct radius_wire *w = container_of(timer, struct radius_wire, timer);

	radius_client_tick(&w->client, loop_now(w->loop));
	drain(w);
}

/* ---- TLS */

static void stream_changed(void *arg, bool is_up)
{
	struct radius_peer *p = arg;
	struct radius_wire *w = p->wire;

	radius_client_stream(&w->client, (unsigned)(p - w->peers), is_up, loop_now(w->loop));
	loop_post(w->loop, &w->drain);
}

static void stream_packet(void *arg, struct bytes packet)
{
	struct radius_peer *p = arg;
	struct radius_wire *w = p->wire;

	radius_client_input(&w->client, (unsigned)(p - w->peers), 0, packet, loop_now(w->loop));
	drain(w);
}

/* Later, since a stream changes in the middle of its own work. */
static void on_drain(struct loop_task *task)
{
	drain(container_of(task, struct radius_wire, drain));
}

static void open_stream(struct radius_peer *p, struct tls_ctx *tls)
{
	struct radius_stream *s = calloc(1, sizeof(*s));

	if (!s) {
		report(p, "out of memory");
		return;
	}
	p->stream = s;
	s->loop = p->wire->loop;
	s->tls_ctx = tls;
	s->host = p->at->host;
	s->port = p->at->port;
	s->changed = stream_changed;
	s->packet = stream_packet;
	s->arg = p;
	radius_stream_open(s);
}

/* ---- the interface */

void radius_wire_open(struct radius_wire *w, struct loop *loop, const struct radius_cfg *cfg,
		      const struct radius_endpoint *servers, size_t count, const char *service,
		      struct tls_ctx *tls)
{
	struct radius_client_cfg c = { .random = random_bytes,
				       .demand = cfg->demand,
				       .server_ms = cfg->server_ms,
				       .nas = cfg->nas };

	w->loop = loop;
	w->cfg = cfg;
	w->service = service;
	w->timer.expired = on_timer;
	w->drain.run = on_drain;
	radius_client_open(&w->client, &c);
	for (unsigned i = 0; i < count; i++) {
		struct radius_peer *p = &w->peers[i];

		radius_client_add(&w->client, servers[i].secret, servers[i].is_tls);
		*p = (struct radius_peer){ .at = &servers[i], .wire = w };
		for (unsigned port = 0; port < RADIUS_PORTS; port++)
			p->sockets[port] = (struct radius_socket){
				.watch.fd = -1, .wire = w, .server = i, .port = port
			};
		if (servers[i].is_tls)
			open_stream(p, tls);
		else
			look_up(p);
	}
}

void radius_wire_close(struct radius_wire *w)
{
	for (unsigned i = 0; i < w->client.server_count; i++) {
		resolve_cancel(w->peers[i].lookup);
		close_sockets(&w->peers[i]);
		if (w->peers[i].stream)
			radius_stream_close(w->peers[i].stream);
		free(w->peers[i].stream);
	}
	if (!w->loop)
		return;
	loop_timer_stop(w->loop, &w->timer);
	loop_unpost(w->loop, &w->drain);
}

void radius_wire_send(struct radius_wire *w, struct radius_request *r)
{
	radius_client_send(&w->client, r, loop_now(w->loop));
	drain(w);
}

void radius_wire_cancel(struct radius_wire *w, struct radius_request *r)
{
	radius_client_cancel(&w->client, r, loop_now(w->loop));
	drain(w);
}

struct bytes radius_wire_secret(const struct radius_wire *w, unsigned server)
{
	return w->client.servers[server].secret;
}
