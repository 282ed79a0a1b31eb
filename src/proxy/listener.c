/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loopback means 127.0.0.1 and ::1, as with ssh, so that "localhost" works whichever it resolves
 * to. On a host with only one address family that one is used.
 */
#include "proxy/listener.h"
#include "util/endpoint.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BACKLOG = 128,
	ACCEPTS = 32,   /* per turn */
	PAUSE_MS = 100, /* when there is no free descriptor */
	SOCKETS = 2,
};

struct listening {
	struct listener *owner;
	struct loop_watch watch;
};

struct listener {
	struct listener_cfg cfg;
	struct loop_timer pause;
	struct listening sockets[SOCKETS];
	size_t count;
};

/* ---- where */

const char *listener_at_parse(struct listener_at *at, const char *text)
{
	struct endpoint e;
	const char *why = endpoint_listen(text, ENDPOINT_PORT_0, &e);

	*at = (struct listener_at){ e.addr, e.scope, e.is_all, e.port };
	return why;
}

static bool is_loopback(const struct ip_addr *a)
{
	static const uint8_t v6[16] = { [15] = 1 };

	return a->family == AF_INET ? a->bytes[0] == 127 : !memcmp(a->bytes, v6, sizeof(v6));
}

bool listener_is_public(const struct listener_at *at)
{
	return at->is_all || (at->addr.family && !is_loopback(&at->addr));
}

/* The listener's address of one family; false if it has none. */
static bool address_of(const struct listener_at *at, sa_family_t family,
		       struct sockaddr_storage *sa, socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)sa;

	if (at->addr.family && at->addr.family != family)
		return false;
	memset(sa, 0, sizeof(*sa));
	sa->ss_family = family;
	*len = family == AF_INET ? sizeof(*v4) : sizeof(*v6);
	if (family == AF_INET) {
		v4->sin_port = htons(at->port);
		v4->sin_addr.s_addr = htonl(at->is_all ? INADDR_ANY : INADDR_LOOPBACK);
		if (at->addr.family)
			memcpy(&v4->sin_addr, at->addr.bytes, sizeof(v4->sin_addr));
	} else {
		v6->sin6_port = htons(at->port);
		v6->sin6_scope_id = at->scope;
		v6->sin6_addr = at->is_all ? in6addr_any : in6addr_loopback;
		if (at->addr.family)
			memcpy(&v6->sin6_addr, at->addr.bytes, sizeof(v6->sin6_addr));
	}
	return true;
}

/* ---- clients */

static void hold(struct listener *l, uint32_t events)
{
	for (size_t i = 0; i < l->count; i++)
		loop_watch_events(l->cfg.loop, &l->sockets[i].watch, events);
}

static void on_pause_over(struct loop_timer *pause)
{
	hold(container_of(pause, struct listener, pause), EPOLLIN);
}

/* Disable Nagle's algorithm; use keep-alives to detect clients that vanished. */
static void prepare(int fd)
{
	static const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static void on_clients(struct loop_watch *w, uint32_t events)
{
	struct listener *l = container_of(w, struct listening, watch)->owner;
	struct sockaddr_storage peer;

	(void)events;
	for (int i = 0; i < ACCEPTS; i++) {
		socklen_t len = sizeof(peer);
		int fd = accept4(w->fd, (struct sockaddr *)&peer, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			prepare(fd);
			l->cfg.accepted(l->cfg.arg, fd, &peer);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			hold(l, 0);
			loop_timer_set(l->cfg.loop, &l->pause, loop_now(l->cfg.loop) + PAUSE_MS);
		}
		return;
	}
}

/* ---- start and end */

static int bound_socket(const struct sockaddr_storage *sa, socklen_t len)
{
	int fd = socket(sa->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1,
	    error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (sa->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!bind(fd, (const struct sockaddr *)sa, len) && !listen(fd, BACKLOG))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static int listen_at(struct listener *l, sa_family_t family)
{
	struct listening *s = &l->sockets[l->count];
	struct listener_at at = l->cfg.at;
	struct sockaddr_storage sa;
	socklen_t len;
	int fd, error;

	if (l->count)
		at.port = listener_port(l);
	if (!address_of(&at, family, &sa, &len))
		return -EAFNOSUPPORT;
	fd = bound_socket(&sa, len);
	if (fd < 0)
		return fd;
	*s = (struct listening){ l, { .fd = fd, .events = EPOLLIN, .ready = on_clients } };
	error = loop_watch(l->cfg.loop, &s->watch);
	if (error)
		close(fd);
	else
		l->count++;
	return error;
}

static bool is_no_such_family(int error)
{
	return error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL;
}

/* That the host lacks one family is no error if it has the other. */
static int open_both(struct listener *l)
{
	int v4 = listen_at(l, AF_INET), v6 = listen_at(l, AF_INET6);

	if (v4 && v6)
		return is_no_such_family(v4) && l->cfg.at.addr.family != AF_INET ? v6 : v4;
	if (v4)
		return is_no_such_family(v4) ? 0 : v4;
	return is_no_such_family(v6) ? 0 : v6;
}

int listener_open(const struct listener_cfg *cfg, struct listener **out)
{
	struct listener *l = calloc(1, sizeof(*l));
	int error;

	if (!l)
		return -ENOMEM;
	l->cfg = *cfg;
	l->pause.expired = on_pause_over;
	error = open_both(l);
	if (!error) {
		*out = l;
		return 0;
	}
	log_error(cfg->log, "%s: %s%s", cfg->option, strerror(-error),
		  endpoint_hint(error, cfg->at.port));
	listener_close(l);
	return error;
}

void listener_close(struct listener *l)
{
	if (!l)
		return;
	loop_timer_stop(l->cfg.loop, &l->pause);
	for (size_t i = 0; i < l->count; i++) {
		loop_unwatch(l->cfg.loop, &l->sockets[i].watch);
		close(l->sockets[i].watch.fd);
	}
	free(l);
}

uint16_t listener_port(const struct listener *l)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(sa);

	getsockname(l->sockets[0].watch.fd, (struct sockaddr *)&sa, &len);
	return ip_port_of_sockaddr(&sa);
}
