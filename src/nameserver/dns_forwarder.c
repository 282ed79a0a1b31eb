/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nameserver/dns_forwarder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nameserver/dns_stream.h"
#include "dns/forwarder.h"
#include "dns/reply_cache.h"
#include "dns/resolv_line.h"
#include "proc/netns.h"
#include "util/device_index.h"
#include "util/secret.h"

enum {
	ADDRESSES = 32, /* that we try, from 127.83.83.1 on */
	CLIENTS = 64,   /* over TCP */
	/*
	 * Of one result of client_of, for a device's users, of whom one must not take all: one has
	 * four at most (registry_client_key).
	 */
	CLIENT_QUERIES = 48,
	CLIENT_STREAMS = 8,
	IDLE_MS = 20 * 1000, /* a TCP client without a query or progress; RFC 7766 section 6.2.3 */
	PAUSE_MS = 1000,
	DATAGRAMS_PER_TURN = 64,
	BACKLOG = 64,
};

/* No other program is known to use this part of 127.0.0.0/8, so an address in it is ours. */
static const struct ip_prefix own_network = {
	.addr = { .family = AF_INET, .bytes = { 127, 83, 83, 0 } },
	.len = 24,
};

struct listener {
	struct dns_forwarder *owner;
	struct loop_watch udp, tcp; /* fd -1: none */
};

struct tcp_client {
	struct dns_forwarder *owner;
	struct ip_addr from;
	struct dns_stream stream;
	struct loop_timer idle;
	int query; /* -1: none is in progress */
};

/* Who a query is from, and the socket to its server. */
struct exchange {
	struct dns_forwarder *owner;
	struct sockaddr_storage from;
	struct ip_addr key;              /* of `from`, as client_of says */
	const struct listener *listener; /* that it came to, by UDP */
	struct tcp_client *client;       /* NULL: by UDP, from `from` */
	bool is_done;                    /* its sockets are to be closed */
	struct loop_watch udp;           /* to the server; fd -1: none */
	struct dns_stream tcp;
};

struct dns_forwarder {
	struct loop *loop;
	int netns_fd;
	int (*open_socket)(void *arg, int family, int type); /* in place of netns_fd; or NULL */
	void *arg;
	const char *device; /* NULL: for this host */
	const struct log *log;
	const char *domains[2 * DNS_NAMES_MAX];
	struct ip_addr addr;                        /* the first one */
	struct ip_addr at[DNS_FORWARDER_ADDRESSES]; /* for a device */
	struct ip_addr (*client_of)(void *client_arg, const struct ip_addr *from);
	void *client_arg;
	struct listener listeners[DNS_FORWARDER_ADDRESSES];
	struct loop_timer timer, pause; /* pause: no descriptor is free for another client */
	struct exchange exchanges[FORWARDER_QUERIES];
	struct tcp_client clients[CLIENTS];
	struct forwarder engine;
	struct reply_cache *cache; /* NULL: none */
};

static uint64_t now_of(const struct dns_forwarder *f)
{
	return loop_now(f->loop);
}

/* -1 with errno set. */
static int new_socket(int netns_fd, int family, int type)
{
	int fd;

	type |= SOCK_NONBLOCK | SOCK_CLOEXEC;
	if (netns_fd < 0)
		return socket(family, type, 0);
	fd = netns_socket(netns_fd, family, type);
	if (fd >= 0)
		return fd;
	errno = -fd;
	return -1;
}

static int number_of(const struct exchange *x)
{
	return (int)(x - x->owner->exchanges);
}

static void drain(struct dns_forwarder *f);

/* ---- to servers */

static void close_sockets(struct exchange *x)
{
	if (x->udp.fd >= 0) {
		loop_unwatch(x->owner->loop, &x->udp);
		close(x->udp.fd);
	}
	x->udp.fd = -1;
	dns_stream_close(&x->tcp);
}

static void on_server_datagram(struct loop_watch *w, uint32_t events)
{
	static uint8_t message[UINT16_MAX];
	struct exchange *x = container_of(w, struct exchange, udp);
	struct dns_forwarder *f = x->owner;
	ssize_t n = recv(w->fd, message, sizeof(message), 0);

	(void)events;
	if (n >= 0)
		forwarder_response(&f->engine, number_of(x), message, (size_t)n, now_of(f));
	else if (errno != EAGAIN && errno != EINTR)
		forwarder_lost(&f->engine, number_of(x), now_of(f)); /* an ICMP error */
	drain(f);
}

static void on_server_message(struct dns_stream *s, uint8_t *message, size_t len)
{
	struct exchange *x = container_of(s, struct exchange, tcp);
	struct dns_forwarder *f = x->owner;

	forwarder_response(&f->engine, number_of(x), message, len, now_of(f));
	/* no other response follows; nothing is done if this was the right one */
	forwarder_lost(&f->engine, number_of(x), now_of(f));
	drain(f);
}

static void on_server_end(struct dns_stream *s)
{
	struct exchange *x = container_of(s, struct exchange, tcp);
	struct dns_forwarder *f = x->owner;

	dns_stream_close(s);
	forwarder_lost(&f->engine, number_of(x), now_of(f));
	drain(f);
}

static socklen_t sockaddr_of(const struct forwarder_server *s, struct sockaddr_storage *to)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = s->addr.family;
	if (s->addr.family == AF_INET) {
		in->sin_port = htons(DNS_PORT);
		memcpy(&in->sin_addr, s->addr.bytes, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_port = htons(DNS_PORT);
	in6->sin6_scope_id = s->scope;
	memcpy(&in6->sin6_addr, s->addr.bytes, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

static int socket_to_server(const struct dns_forwarder *f, int family, int type)
{
	if (f->open_socket)
		return f->open_socket(f->arg, family, type | SOCK_NONBLOCK | SOCK_CLOEXEC);
	return new_socket(f->device ? -1 : f->netns_fd, family, type);
}

/* Less than 0: it can't be reached. The kernel chooses a random port. */
static int connect_to(const struct dns_forwarder *f, const struct forwarder_server *s, int type)
{
	struct sockaddr_storage to;
	socklen_t len = sockaddr_of(s, &to);
	int fd = socket_to_server(f, s->addr.family, type);

	if (fd < 0 || !connect(fd, (struct sockaddr *)&to, len) || errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

static bool send_datagram(struct exchange *x, const struct forwarder_out *out)
{
	int fd = connect_to(x->owner, &out->server, SOCK_DGRAM);

	x->udp = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_server_datagram };
	return fd >= 0 && !loop_watch(x->owner->loop, &x->udp) &&
	       send(fd, out->message.at, out->message.len, MSG_NOSIGNAL) >= 0;
}

static bool send_stream(struct exchange *x, const struct forwarder_out *out)
{
	int fd = connect_to(x->owner, &out->server, SOCK_STREAM);

	x->tcp = (struct dns_stream){
		.loop = x->owner->loop,
		.message_max = UINT16_MAX,
		.received = on_server_message,
		.ended = on_server_end,
	};
	return fd >= 0 && dns_stream_open(&x->tcp, fd) && dns_stream_send(&x->tcp, out->message);
}

/* ---- the engine's output */

static socklen_t sockaddr_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* A client that is gone, or whose buffer is full, gets none. */
static void send_reply(const struct listener *l, const struct sockaddr_storage *to,
		       struct bytes message)
{
	sendto(l->udp.fd, message.at, message.len, MSG_NOSIGNAL, (const struct sockaddr *)to,
	       sockaddr_len(to));
}

static void give_reply(struct exchange *x, struct bytes message)
{
	struct dns_forwarder *f = x->owner;
	struct tcp_client *c = x->client;

	x->is_done = true;
	if (!c) {
		send_reply(x->listener, &x->from, message);
		return;
	}
	c->query = -1;
	loop_timer_set(f->loop, &c->idle, now_of(f) + IDLE_MS);
	if (!dns_stream_send(&c->stream, message))
		loop_timer_set(f->loop, &c->idle, now_of(f)); /* closes it */
}

/* Only at the end: several replies may be in the buffer of one of these sockets. */
static void close_done(struct dns_forwarder *f)
{
	for (size_t i = 0; i < FORWARDER_QUERIES; i++)
		if (f->exchanges[i].is_done) {
			close_sockets(&f->exchanges[i]);
			f->exchanges[i].is_done = false;
		}
}

/* The query is as the client sent it, but for its ID, unless the reply is an error of our own. */
static void keep(struct dns_forwarder *f, const struct forwarder_query *q, struct bytes reply)
{
	if (f->cache && reply.at != q->message)
		reply_cache_put(f->cache, bytes_of(q->message, q->len), q->is_stream, reply,
				now_of(f));
}

static void drain(struct dns_forwarder *f)
{
	struct forwarder_out out;

	while (forwarder_next(&f->engine, &out)) {
		struct exchange *x = &f->exchanges[out.query];

		switch (out.type) {
		case FORWARDER_DATAGRAM:
		case FORWARDER_STREAM:
			close_sockets(x);
			if (!(out.type == FORWARDER_STREAM ? send_stream(x, &out)
							   : send_datagram(x, &out)))
				forwarder_lost(&f->engine, out.query, now_of(f));
			break;
		case FORWARDER_REPLY:
			keep(f, &f->engine.queries[out.query], out.message);
			give_reply(x, out.message);
			break;
		case FORWARDER_SERVER_DEAD:
			log_warn(f->log, "DNS: the server %s does not answer",
				 ip_print(&out.server.addr).text);
			break;
		case FORWARDER_SERVER_ALIVE:
			log_info(f->log, "DNS: the server %s answers again",
				 ip_print(&out.server.addr).text);
			break;
		}
	}
	close_done(f);
	loop_timer_set(f->loop, &f->timer, forwarder_deadline(&f->engine));
}

static void on_time(struct loop_timer *t)
{
	struct dns_forwarder *f = container_of(t, struct dns_forwarder, timer);

	forwarder_tick(&f->engine, now_of(f));
	drain(f);
}

/* ---- clients over UDP */

/*
 * With sysctl route_localnet, packets from other hosts may come to a loopback address. A device's socket
 * gets what comes by the device.
 */
static bool may_ask(const struct dns_forwarder *f, const struct sockaddr_storage *from)
{
	struct ip_addr a = ip_from_sockaddr(from);

	return f->device || (a.family == AF_INET && a.bytes[0] == IN_LOOPBACKNET);
}

static struct ip_addr client_of(const struct dns_forwarder *f, const struct sockaddr_storage *from)
{
	struct ip_addr a = ip_from_sockaddr(from);

	return f->device ? f->client_of(f->client_arg, &a) : a;
}

/* Queries of that client that are in progress, over UDP. */
static unsigned count_queries(const struct dns_forwarder *f, const struct ip_addr *of)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->engine.query_count; i++)
		count += f->engine.queries[i].is_used && !f->exchanges[i].client &&
			 ip_equal(&f->exchanges[i].key, of);
	return count;
}

static bool reply_from_cache(const struct listener *l, const struct sockaddr_storage *from,
			     struct bytes query)
{
	struct dns_forwarder *f = l->owner;
	uint8_t reply[DNS_UDP_MAX];
	size_t len = f->cache ? reply_cache_get(f->cache, query, false, now_of(f), reply) : 0;

	if (len)
		send_reply(l, from, bytes_of(reply, len));
	return len;
}

static void take_query(const struct listener *l, const struct sockaddr_storage *from,
		       struct bytes message)
{
	struct dns_forwarder *f = l->owner;
	struct ip_addr a = client_of(f, from);
	int query;

	if (!may_ask(f, from) || reply_from_cache(l, from, message) ||
	    (f->device && count_queries(f, &a) >= CLIENT_QUERIES))
		return;
	query = forwarder_query(&f->engine, message, false, now_of(f));
	if (query < 0)
		return;
	f->exchanges[query].client = NULL;
	f->exchanges[query].listener = l;
	f->exchanges[query].from = *from;
	f->exchanges[query].key = a;
	drain(f);
}

static bool take_datagram(const struct listener *l)
{
	uint8_t message[FORWARDER_QUERY_MAX + 1]; /* one byte more: too long for the engine */
	struct sockaddr_storage from = { .ss_family = AF_INET };
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(l->udp.fd, message, sizeof(message), 0, (struct sockaddr *)&from,
			     &from_len);

	if (n >= 0)
		take_query(l, &from, bytes_of(message, (size_t)n));
	return n >= 0 || errno == EINTR;
}

static void on_datagrams(struct loop_watch *w, uint32_t events)
{
	const struct listener *l = container_of(w, struct listener, udp);

	(void)events;
	for (int i = 0; i < DATAGRAMS_PER_TURN && take_datagram(l); i++)
		;
}

/* ---- clients over TCP */

static void accept_clients(struct dns_forwarder *f, bool on)
{
	for (size_t i = 0; i < DNS_FORWARDER_ADDRESSES; i++)
		if (f->listeners[i].tcp.fd >= 0)
			loop_watch_events(f->loop, &f->listeners[i].tcp, on ? EPOLLIN : 0);
}

static void close_client(struct tcp_client *c)
{
	struct dns_forwarder *f = c->owner;
	int query = c->query;

	c->query = -1;
	loop_timer_stop(f->loop, &c->idle);
	dns_stream_close(&c->stream);
	accept_clients(f, true);
	if (query < 0)
		return;
	close_sockets(&f->exchanges[query]);
	forwarder_cancel(&f->engine, query, now_of(f));
	drain(f);
}

static void on_idle(struct loop_timer *t)
{
	close_client(container_of(t, struct tcp_client, idle));
}

static void on_client_end(struct dns_stream *s)
{
	close_client(container_of(s, struct tcp_client, stream));
}

static bool stream_from_cache(struct tcp_client *c, struct bytes query)
{
	struct dns_forwarder *f = c->owner;
	uint8_t reply[DNS_UDP_MAX];
	size_t len = f->cache ? reply_cache_get(f->cache, query, true, now_of(f), reply) : 0;

	if (!len)
		return false;
	loop_timer_set(f->loop, &c->idle,
		       now_of(f) +
			       (dns_stream_send(&c->stream, bytes_of(reply, len)) ? IDLE_MS : 0));
	return true;
}

static void on_client_message(struct dns_stream *s, uint8_t *message, size_t len)
{
	struct tcp_client *c = container_of(s, struct tcp_client, stream);
	struct dns_forwarder *f = c->owner;

	if (stream_from_cache(c, bytes_of(message, len)))
		return;
	c->query = forwarder_query(&f->engine, bytes_of(message, len), true, now_of(f));
	if (c->query < 0) {
		close_client(c);
		return;
	}
	loop_timer_stop(f->loop, &c->idle); /* the query has its own limits */
	f->exchanges[c->query].client = c;
	drain(f);
}

static struct tcp_client *free_client(struct dns_forwarder *f)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (!f->clients[i].stream.is_open)
			return &f->clients[i];
	return NULL;
}

static unsigned count_streams(const struct dns_forwarder *f, const struct ip_addr *of)
{
	unsigned count = 0;

	for (size_t i = 0; i < CLIENTS; i++)
		count += f->clients[i].stream.is_open && ip_equal(&f->clients[i].from, of);
	return count;
}

static void add_client(struct dns_forwarder *f, struct tcp_client *c, int fd,
		       const struct ip_addr *from)
{
	*c = (struct tcp_client){
		.owner = f,
		.from = *from,
		.stream = {
			.loop = f->loop,
			.message_max = FORWARDER_QUERY_MAX,
			.received = on_client_message,
			.ended = on_client_end,
		},
		.idle = { .expired = on_idle },
		.query = -1,
	};
	if (dns_stream_open(&c->stream, fd))
		loop_timer_set(f->loop, &c->idle, now_of(f) + IDLE_MS);
}

static void pause_clients(struct dns_forwarder *f)
{
	accept_clients(f, false);
	loop_timer_set(f->loop, &f->pause, now_of(f) + PAUSE_MS);
}

static void on_pause_end(struct loop_timer *t)
{
	accept_clients(container_of(t, struct dns_forwarder, pause), true);
}

/* Without room for more clients they wait in the kernel's queue until one is closed. */
static void on_connection(struct loop_watch *w, uint32_t events)
{
	struct dns_forwarder *f = container_of(w, struct listener, tcp)->owner;
	struct tcp_client *c = free_client(f);
	struct sockaddr_storage from = { .ss_family = AF_INET };
	socklen_t from_len = sizeof(from);
	struct ip_addr a;
	int fd;

	(void)events;
	if (!c) {
		accept_clients(f, false);
		return;
	}
	fd = accept4(w->fd, (struct sockaddr *)&from, &from_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	a = client_of(f, &from);
	if (fd >= 0 && may_ask(f, &from) && (!f->device || count_streams(f, &a) < CLIENT_STREAMS))
		add_client(f, c, fd, &a);
	else if (fd >= 0)
		close(fd);
	else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
		pause_clients(f);
}

/* ---- opening */

/* This is no resolver for everybody: a query that comes by another device gets no answer. */
static int bind_to_device(const char *device, int fd)
{
	return device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				    (socklen_t)strlen(device) + 1)
		       ? -errno
		       : 0;
}

/* A bound socket, or -errno. `device`: NULL, any. */
static int bound_socket(int netns_fd, const char *device, const struct ip_addr *addr, int type)
{
	static const int on = 1;
	struct sockaddr_storage at = ip_sockaddr(addr, DNS_PORT);
	int fd = new_socket(netns_fd, addr->family, type), error;

	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM) /* connections of one before may be in TIME-WAIT */
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	error = bind_to_device(device, fd);
	if (!error && bind(fd, (struct sockaddr *)&at, sockaddr_len(&at)))
		error = -errno;
	if (!error && type == SOCK_STREAM && listen(fd, BACKLOG))
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

static int listen_on(struct dns_forwarder *f, const struct ip_addr *addr, int type,
		     struct loop_watch *w)
{
	int fd = bound_socket(f->netns_fd, f->device, addr, type);

	if (fd < 0)
		return fd;
	w->fd = fd;
	w->events = EPOLLIN;
	return loop_watch(f->loop, w);
}

static void close_watch(struct dns_forwarder *f, struct loop_watch *w)
{
	if (w->fd < 0)
		return;
	loop_unwatch(f->loop, w);
	close(w->fd);
	w->fd = -1;
}

static void close_listener(struct listener *l)
{
	close_watch(l->owner, &l->udp);
	close_watch(l->owner, &l->tcp);
}

static int listen_both(struct listener *l, const struct ip_addr *at)
{
	int error = listen_on(l->owner, at, SOCK_DGRAM, &l->udp);

	if (!error)
		error = listen_on(l->owner, at, SOCK_STREAM, &l->tcp);
	if (error)
		close_listener(l);
	return error;
}

/* Another sstp may have the first of them. */
static int listen_somewhere(struct dns_forwarder *f)
{
	int error = -EADDRINUSE;

	f->addr = own_network.addr;
	for (int i = 0; i < ADDRESSES && error == -EADDRINUSE; i++) {
		f->addr.bytes[3]++;
		error = listen_both(&f->listeners[0], &f->addr);
	}
	return error;
}

static const char *why_not(int error)
{
	switch (error) {
	case -EPERM:
		return "in another network namespace only root can do that";
	case -EACCES:
		return "a process without root needs the capability CAP_NET_BIND_SERVICE";
	case -EADDRINUSE:
		return "another DNS server listens on all of this host's addresses";
	case -EADDRNOTAVAIL:
		return "the loopback device is down, or has no 127.0.0.0/8";
	default:
		return strerror(-error);
	}
}

static int log_no_port(const struct log *log, int error)
{
	if (error)
		log_warn(log, "DNS: split DNS needs port 53 of a loopback address: %s",
			 why_not(error));
	return error;
}

/* ---- for another process */

void dns_listeners_close(struct dns_listeners *l)
{
	if (l->udp >= 0)
		close(l->udp);
	if (l->tcp >= 0)
		close(l->tcp);
	l->udp = l->tcp = -1;
}

static int open_listeners(struct dns_listeners *l, int netns_fd)
{
	l->udp = bound_socket(netns_fd, NULL, &l->at, SOCK_DGRAM);
	l->tcp = l->udp < 0 ? -1 : bound_socket(netns_fd, NULL, &l->at, SOCK_STREAM);
	if (l->udp >= 0 && l->tcp < 0) {
		int error = l->tcp;

		dns_listeners_close(l);
		return error;
	}
	return l->udp < 0 ? l->udp : 0;
}

int dns_listeners_open(struct dns_listeners *l, int netns_fd, const struct log *log)
{
	int error = -EADDRINUSE;

	l->at = own_network.addr;
	for (int i = 0; i < ADDRESSES && error == -EADDRINUSE; i++) {
		l->at.bytes[3]++;
		error = open_listeners(l, netns_fd);
	}
	return log_no_port(log, error);
}

/* Sets *w to a descriptor that another process has opened. */
static int listen_with(struct dns_forwarder *f, int fd, struct loop_watch *w)
{
	w->fd = fd;
	w->events = EPOLLIN;
	return loop_watch(f->loop, w);
}

static int listen_with_given(struct dns_forwarder *f, const struct dns_listeners *given)
{
	struct listener *l = &f->listeners[0];
	int error = listen_with(f, given->udp, &l->udp),
	    other = listen_with(f, given->tcp, &l->tcp);

	f->addr = given->at;
	return error ? error : other;
}

static int listen_for_device(struct dns_forwarder *f, const struct dns_forwarder_cfg *cfg)
{
	int error = 0;

	f->addr = cfg->at[0];
	memcpy(f->at, cfg->at, sizeof(f->at));
	f->client_of = cfg->client_of;
	f->client_arg = cfg->client_arg;
	for (size_t i = 0; i < DNS_FORWARDER_ADDRESSES && !error; i++)
		if (cfg->at[i].family)
			error = listen_both(&f->listeners[i], &cfg->at[i]);
	return error;
}

static uint16_t random_id(void *arg)
{
	uint16_t id;

	(void)arg;
	secret_random(&id, sizeof(id));
	return id;
}

static void prepare(struct dns_forwarder *f, const struct dns_names *names)
{
	size_t n = 0;

	for (size_t i = 0; i < DNS_FORWARDER_ADDRESSES; i++)
		f->listeners[i] = (struct listener){
			.owner = f,
			.udp = { .fd = -1, .ready = on_datagrams },
			.tcp = { .fd = -1, .ready = on_connection },
		};
	for (size_t i = 0; names && i < names->domain_count && i < DNS_NAMES_MAX; i++)
		f->domains[n++] = names->domains[i];
	for (size_t i = 0; names && i < names->search_count && i < DNS_NAMES_MAX; i++)
		f->domains[n++] = names->search[i];
	f->engine.domains = f->domains;
	f->engine.domain_count = n;
	forwarder_open(&f->engine, random_id, NULL);
	f->timer.expired = on_time;
	f->pause.expired = on_pause_end;
	for (size_t i = 0; i < FORWARDER_QUERIES; i++) {
		f->exchanges[i].owner = f;
		f->exchanges[i].udp.fd = -1;
	}
}

static int open_for_host(struct dns_forwarder *f, const struct dns_listeners *given)
{
	int error = given ? listen_with_given(f, given) : listen_somewhere(f);

	if (log_no_port(f->log, error))
		return error;
	log_info(f->log,
		 "DNS: names of --dns-domain go to the VPN's servers, all others as before, "
		 "by a forwarder on %s",
		 ip_print(&f->addr).text);
	return 0;
}

static int open_for_device(struct dns_forwarder *f, const struct dns_forwarder_cfg *cfg)
{
	int error;

	f->cache = calloc(1, sizeof(*f->cache));
	error = f->cache ? listen_for_device(f, cfg) : -ENOMEM;
	if (error == -EPERM && f->netns_fd < 0)
		log_error(f->log, "--dns host needs Linux 5.7, or the capability CAP_NET_RAW");
	else if (error)
		log_error(f->log, "--dns host needs port 53 of %s: %s", ip_print(&f->addr).text,
			  error == -EADDRINUSE ? "another DNS server listens there"
					       : why_not(error));
	return error;
}

int dns_forwarder_open(const struct dns_forwarder_cfg *cfg, struct dns_forwarder **out)
{
	const struct log *log = cfg->log;
	struct dns_forwarder *f = calloc(1, sizeof(*f));
	int error;

	if (!f)
		return -ENOMEM;
	f->loop = cfg->loop;
	f->netns_fd = cfg->netns_fd;
	f->open_socket = cfg->open_socket;
	f->arg = cfg->arg;
	f->device = cfg->device;
	f->log = log;
	prepare(f, cfg->names);
	error = cfg->device ? open_for_device(f, cfg) : open_for_host(f, cfg->given);
	if (error)
		dns_forwarder_close(f);
	else
		*out = f;
	return error;
}

void dns_forwarder_close(struct dns_forwarder *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < CLIENTS; i++) {
		f->clients[i].query = -1;
		loop_timer_stop(f->loop, &f->clients[i].idle);
		dns_stream_close(&f->clients[i].stream);
	}
	for (size_t i = 0; i < FORWARDER_QUERIES; i++)
		close_sockets(&f->exchanges[i]);
	loop_timer_stop(f->loop, &f->timer);
	loop_timer_stop(f->loop, &f->pause);
	for (size_t i = 0; i < DNS_FORWARDER_ADDRESSES; i++)
		close_listener(&f->listeners[i]);
	free(f->cache);
	free(f);
}

struct ip_addr dns_forwarder_address(const struct dns_forwarder *f)
{
	return f->addr;
}

/* ---- servers */

static bool is_own(const struct dns_forwarder *f, const struct ip_addr *a)
{
	for (size_t i = 0; i < DNS_FORWARDER_ADDRESSES; i++)
		if (f->device && f->at[i].family && ip_equal(&f->at[i], a))
			return true;
	return ip_prefix_has(&own_network, a);
}

/* One of our own addresses would make a loop. */
static void add_server(const struct dns_forwarder *f, struct forwarder_servers *s,
		       const struct ip_addr *a, unsigned int scope)
{
	if (s->count < FORWARDER_SERVERS && !is_own(f, a))
		s->at[s->count++] = (struct forwarder_server){ .addr = *a, .scope = scope };
}

static void use_servers(struct dns_forwarder *f, enum forwarder_group group,
			const struct forwarder_servers *servers)
{
	forwarder_set_servers(&f->engine, group, servers, now_of(f));
	drain(f);
}

void dns_forwarder_set_vpn(struct dns_forwarder *f, const struct ip_addr *servers, size_t count)
{
	struct forwarder_servers s = { .count = 0 };

	for (size_t i = 0; i < count; i++)
		add_server(f, &s, &servers[i], 0);
	use_servers(f, FORWARDER_VPN, &s);
}

/* In the network namespace from which servers are reached. 0: there is none of that name. */
static unsigned scope_of(const struct dns_forwarder *f, const char *device)
{
	int fd = socket_to_server(f, AF_INET, SOCK_DGRAM);
	unsigned scope = fd < 0 ? 0 : device_index_at(fd, device);

	if (fd >= 0)
		close(fd);
	return scope;
}

void dns_forwarder_set_others(struct dns_forwarder *f, const char *resolv_conf)
{
	static const struct ip_addr local = { .family = AF_INET, .bytes = { 127, [3] = 1 } };
	struct forwarder_servers s = { .count = 0 };
	char device[RESOLV_LINE_DEVICE_SIZE];
	struct ip_addr a;

	for (const char *line = resolv_conf; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (resolv_line_server(line, &a, device))
			add_server(f, &s, &a, *device ? scope_of(f, device) : 0);
	}
	if (!s.count) /* resolv.conf(5): without one, the server on this host */
		add_server(f, &s, &local, 0);
	if (f->cache)
		reply_cache_clear(f->cache);
	use_servers(f, FORWARDER_OTHERS, &s);
}
