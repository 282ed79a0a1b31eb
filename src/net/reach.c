/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With a proxy:
 *
 *	[ look up the server ] -> dial the proxy -> talk -> connected
 *	                               ^-----------------'  a new connection, or the next address
 *
 * Received bytes are peeked at first, and only those that the engine takes are read: what follows is the
 * server's.
 */
#include "net/reach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/resolve.h"
#include "util/log.h"
#include "util/secret.h"

enum { PEEK_SIZE = 4096 };

struct reach {
	struct loop *loop;
	struct reach_cfg cfg;
	struct resolve_query query;    /* of the server's name */
	struct reach_addrs fallback;   /* the server's, of an earlier call */
	struct resolve *lookup;        /* NULL: none under way */
	struct dial *dial;             /* the same */
	struct upstream *upstream;     /* NULL: no proxy */
	bool by_name;                  /* the proxy gets the server's name, ... */
	size_t target;                 /* ... or this one of result.server */
	bool is_again;                 /* the dial under way is for the same conversation */
	struct sockaddr_storage proxy; /* the address that the proxy was reached at */
	struct loop_watch watch;       /* is_watched: we talk to the proxy, and own its fd */
	struct reach_cover *cover;     /* of that; NULL: none */
	struct loop_timer limit, lookup_limit;
	struct loop_task begin;
	uint64_t deadline_ms;
	struct reach_result result;
};

/* ---- the end */

static void hang_up(struct reach *r)
{
	if (!r->watch.is_watched)
		return;
	loop_unwatch(r->loop, &r->watch);
	close(r->watch.fd);
	if (r->cover)
		r->cover->close(r->cover);
	r->cover = NULL;
}

static void release(struct reach *r)
{
	resolve_cancel(r->lookup);
	dial_cancel(r->dial);
	hang_up(r);
	loop_timer_stop(r->loop, &r->limit);
	loop_timer_stop(r->loop, &r->lookup_limit);
	loop_unpost(r->loop, &r->begin);
	if (r->upstream)
		upstream_close(r->upstream);
	free(r->upstream);
	r->lookup = NULL;
	r->dial = NULL;
	r->upstream = NULL;
}

static void finish(struct reach *r, enum reach_status status)
{
	r->result.status = status;
	release(r);
	r->cfg.done(r->cfg.arg, &r->result);
	free(r);
}

void reach_cancel(struct reach *r)
{
	if (!r)
		return;
	release(r);
	free(r);
}

static void fail(struct reach *r, enum reach_status status, const char *what, const char *why)
{
	snprintf(r->result.text, sizeof(r->result.text), "%.250s%.250s", what, why);
	finish(r, status);
}

/* ---- the conversation with the proxy */

static void dial_proxy(struct reach *r, bool is_again);

static void open_upstream(struct reach *r)
{
	const struct reach_proxy *p = r->cfg.proxy;
	struct upstream_cfg cfg = {
		.protocol = p->protocol,
		.name = p->name,
		.host = r->by_name ? r->query.host : NULL,
		.port = r->query.port,
		.user = p->user,
		.password = p->password ? p->password : "",
		.random = secret_random,
	};

	if (!r->by_name)
		cfg.addr = ip_from_sockaddr(&r->result.server.at[r->target]);
	upstream_open(r->upstream, &cfg);
}

static void connected(struct reach *r)
{
	loop_unwatch(r->loop, &r->watch);
	r->result.fd = r->watch.fd;
	r->result.peer = r->proxy;
	r->result.cover = r->cover;
	r->cover = NULL;
	log_debug(NULL, "the proxy %s has connected us to %s", r->cfg.proxy->name,
		  r->upstream->target.text);
	finish(r, REACH_CONNECTED);
}

/* The server's next address may do better. */
static void refused(struct reach *r)
{
	const struct upstream *u = r->upstream;
	const char *why = r->cover ? r->cover->failure(r->cover) : NULL;
	char what[250];

	if (why) {
		snprintf(what, sizeof(what), "TLS with the proxy %.150s: ", r->cfg.proxy->name);
		fail(r, REACH_PROXY, what, why);
		return;
	}
	if (u->failure == UPSTREAM_TARGET && !r->by_name &&
	    r->target + 1 < r->result.server.count) {
		log_debug(NULL, "%s", u->text);
		r->target++;
		hang_up(r);
		dial_proxy(r, false);
		return;
	}
	fail(r, u->failure == UPSTREAM_LOGIN ? REACH_PROXY_LOGIN : REACH_PROXY, u->text, "");
}

/* True: the conversation goes on. */
static bool look_at_step(struct reach *r)
{
	switch (r->upstream->step) {
	case UPSTREAM_TALK:
		return true;
	case UPSTREAM_RECONNECT:
		hang_up(r);
		dial_proxy(r, true);
		break;
	case UPSTREAM_DONE:
		connected(r);
		break;
	case UPSTREAM_FAILED:
		refused(r);
		break;
	}
	return false;
}

/* A broken connection is noticed when reading. */
static void send_output(struct reach *r)
{
	struct bytes out = upstream_output(r->upstream);
	ssize_t n = out.len ? send(r->watch.fd, out.at, out.len, MSG_NOSIGNAL) : 0;

	if (n > 0)
		upstream_sent(r->upstream, (size_t)n);
	out = upstream_output(r->upstream);
	loop_watch_events(r->loop, &r->watch, out.len ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void receive_input(struct reach *r)
{
	uint8_t in[PEEK_SIZE];
	ssize_t n = recv(r->watch.fd, in, sizeof(in), MSG_PEEK);
	size_t used;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		upstream_closed(r->upstream);
		return;
	}
	used = upstream_input(r->upstream, bytes_of(in, (size_t)n));
	if (used && recv(r->watch.fd, in, used, 0) != (ssize_t)used)
		upstream_closed(r->upstream);
}

static void proxy_ready(struct loop_watch *w, uint32_t events)
{
	struct reach *r = container_of(w, struct reach, watch);

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive_input(r);
	if (look_at_step(r))
		send_output(r);
}

static void talk(struct reach *r, int fd)
{
	const struct reach_proxy *p = r->cfg.proxy;
	int error = p->cover ? p->cover(p, r->loop, fd, &fd, &r->cover) : 0;

	if (error) {
		fail(r, REACH_PROXY, "", strerror(-error));
		return;
	}
	r->watch = (struct loop_watch){ fd, EPOLLIN | EPOLLOUT, proxy_ready, false };
	error = loop_watch(r->loop, &r->watch);
	if (error) {
		close(fd);
		if (r->cover)
			r->cover->close(r->cover);
		r->cover = NULL;
		fail(r, REACH_PROXY, "", strerror(-error));
		return;
	}
	if (r->is_again)
		upstream_reconnected(r->upstream);
	else
		open_upstream(r);
}

/* ---- the connection to the proxy, or to the server itself */

static int before_connect(void *arg, const struct sockaddr_storage *to)
{
	struct reach *r = arg;

	return r->cfg.dial.before_connect ? r->cfg.dial.before_connect(r->cfg.arg, to) : 0;
}

/* What both have in common. */
static struct dial_cfg dial_cfg_of(struct reach *r)
{
	struct dial_cfg cfg = r->cfg.dial;
	uint64_t now = loop_now(r->loop);

	cfg.timeout_ms = r->deadline_ms > now ? (uint32_t)(r->deadline_ms - now) : 0;
	cfg.before_connect = before_connect;
	cfg.arg = r;
	return cfg;
}

static void keep_addrs(struct reach *r, const struct dial_result *d)
{
	memcpy(r->result.addrs.at, d->addrs, sizeof(d->addrs));
	r->result.addrs.count = d->addr_count;
}

static void proxy_dialed(void *arg, const struct dial_result *d)
{
	struct reach *r = arg;
	char what[250];

	r->dial = NULL;
	if (!r->proxy.ss_family)
		keep_addrs(r, d);
	if (d->status != DIAL_CONNECTED) {
		snprintf(what, sizeof(what),
			 "no connection to the proxy %.150s: ", r->cfg.proxy->name);
		fail(r, REACH_PROXY, what, d->text);
		return;
	}
	r->proxy = d->peer;
	talk(r, d->fd);
}

/* `is_again`: the proxy has asked for it. The address that was good is used again. */
static void dial_proxy(struct reach *r, bool is_again)
{
	struct dial_cfg cfg = dial_cfg_of(r);
	int error;

	cfg.host = r->cfg.proxy->host;
	cfg.port = r->cfg.proxy->port;
	cfg.addrs = &r->proxy;
	cfg.addr_count = r->proxy.ss_family ? 1 : 0;
	cfg.done = proxy_dialed;
	r->is_again = is_again;
	error = dial_start(r->loop, &cfg, &r->dial);
	if (error)
		fail(r, REACH_PROXY, "", strerror(-error));
}

static void server_dialed(void *arg, const struct dial_result *d)
{
	struct reach *r = arg;

	r->dial = NULL;
	keep_addrs(r, d);
	r->result.fd = d->fd;
	r->result.peer = d->peer;
	r->result.error = d->error;
	r->result.looked_up_ms = d->looked_up_ms;
	snprintf(r->result.text, sizeof(r->result.text), "%s", d->text);
	finish(r, d->status == DIAL_CONNECTED    ? REACH_CONNECTED
		  : d->status == DIAL_NO_ADDRESS ? REACH_NO_ADDRESS
						 : REACH_NO_ANSWER);
}

static void dial_server(struct reach *r)
{
	struct dial_cfg cfg = dial_cfg_of(r);
	int error;

	cfg.done = server_dialed;
	error = dial_start(r->loop, &cfg, &r->dial);
	if (error)
		fail(r, REACH_NO_ANSWER, "", strerror(-error));
}

/* ---- the server's addresses, for a proxy that gets one */

static void use_server(struct reach *r, const struct sockaddr_storage *addrs, size_t count)
{
	loop_timer_stop(r->loop, &r->lookup_limit);
	memcpy(r->result.server.at, addrs, count * sizeof(*addrs));
	r->result.server.count = count;
	dial_proxy(r, false);
}

static void lookup_failed(struct reach *r, const char *why)
{
	char what[250];

	if (r->fallback.count) {
		log_debug(NULL, "look-up of the server: %s; using the addresses of the last one",
			  why);
		use_server(r, r->fallback.at, r->fallback.count);
		return;
	}
	snprintf(what, sizeof(what),
		 "no address for %.150s, which this host looks up (socks5h:// "
		 "lets the proxy do it): ",
		 r->query.host);
	fail(r, REACH_NO_ADDRESS, what, why);
}

static void looked_up(void *arg, const struct resolve_answer *answer)
{
	struct reach *r = arg;

	r->lookup = NULL;
	if (answer->count)
		r->result.looked_up_ms = loop_now(r->loop);
	if (answer->count)
		use_server(r, answer->addrs, answer->count);
	else
		lookup_failed(r, answer->text);
}

static void lookup_limit_expired(struct loop_timer *t)
{
	struct reach *r = container_of(t, struct reach, lookup_limit);

	resolve_cancel(r->lookup);
	r->lookup = NULL;
	lookup_failed(r, "no answer yet");
}

static void look_up(struct reach *r)
{
	int error = resolve_start(r->loop, &r->query, looked_up, r, &r->lookup);

	if (error)
		lookup_failed(r, strerror(-error));
	else if (r->fallback.count)
		loop_timer_set(r->loop, &r->lookup_limit,
			       loop_now(r->loop) + r->cfg.dial.lookup_ms);
}

/* ---- the beginning */

static void dial_proxy_by_name(struct reach *r)
{
	r->by_name = true;
	dial_proxy(r, false);
}

static void begin_with_proxy(struct reach *r)
{
	struct resolve_answer answer;

	if (r->cfg.dial.addr_count)
		use_server(r, r->cfg.dial.addrs, r->cfg.dial.addr_count);
	else if (resolve_literal(&r->query, &answer))
		use_server(r, answer.addrs, answer.count);
	else if (r->cfg.proxy->looks_up)
		dial_proxy_by_name(r);
	else
		look_up(r);
}

static void begin(struct loop_task *t)
{
	struct reach *r = container_of(t, struct reach, begin);

	if (r->cfg.proxy)
		begin_with_proxy(r);
	else
		dial_server(r);
}

/* A dial under way has the same limit, and says which address did not answer. */
static void limit_expired(struct loop_timer *t)
{
	struct reach *r = container_of(t, struct reach, limit);
	char what[250];

	if (r->dial)
		return;
	if (r->lookup) {
		resolve_cancel(r->lookup);
		r->lookup = NULL;
		lookup_failed(r, "the name servers do not answer");
		return;
	}
	snprintf(what, sizeof(what), "the proxy %.150s does not answer", r->cfg.proxy->name);
	fail(r, REACH_PROXY, what, "");
}

static struct reach *reach_new(const struct reach_cfg *cfg)
{
	struct reach *r = calloc(1, sizeof(*r));

	if (r && cfg->proxy)
		r->upstream = calloc(1, sizeof(*r->upstream));
	if (r && cfg->proxy && !r->upstream) {
		free(r);
		r = NULL;
	}
	return r;
}

static void copy_cfg(struct reach *r, const struct reach_cfg *cfg)
{
	r->cfg = *cfg;
	memcpy(r->query.host, cfg->dial.host, strlen(cfg->dial.host) + 1);
	r->query.port = cfg->dial.port;
	r->query.family = cfg->dial.family;
	r->query.method = cfg->dial.lookup;
	r->cfg.dial.host = r->query.host;
	if (cfg->server)
		r->fallback = *cfg->server;
}

int reach_start(struct loop *l, const struct reach_cfg *cfg, struct reach **out)
{
	struct reach *r;

	if (strlen(cfg->dial.host) >= sizeof(r->query.host))
		return -ENAMETOOLONG;
	r = reach_new(cfg);
	if (!r)
		return -ENOMEM;
	r->loop = l;
	copy_cfg(r, cfg);
	r->result.fd = -1;
	r->limit.expired = limit_expired;
	r->lookup_limit.expired = lookup_limit_expired;
	r->begin.run = begin;
	r->deadline_ms = loop_now(l) + cfg->dial.timeout_ms;
	if (cfg->proxy)
		loop_timer_set(l, &r->limit, r->deadline_ms);
	loop_post(l, &r->begin); /* callbacks never come from inside this call */
	*out = r;
	return 0;
}
