/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client sends its request, waits for its connection, and becomes a relay. A client whose request
 * fails gets an error reply, and its socket is read for a moment longer: close() on a socket with unread
 * bytes resets the connection, and the client might lose the reply.
 *
 *	requesting -> connecting -> relay
 *	   |             |
 *	   |             +-> leaving -> gone
 *	   +-> associated, until the client closes
 */
#include "proxy/proxy_server.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/status.h"
#include "proxy/association.h"
#include "proxy/http_relay_filter.h"
#include "proxy/http_request.h"
#include "proxy/socks5.h"
#include "util/secret.h"
#include "util/text.h"

enum client_state {
	REQUESTING = 1,
	CONNECTING,
	ASSOCIATED,
	LEAVING,
};

struct client {
	struct proxy_server *owner;
	struct client *next, **link; /* newest first */
	enum client_state state;
	struct loop_watch watch;
	struct loop_timer limit;
	struct sockaddr_storage peer;
	union {
		struct socks5 socks;
		struct http_proxy http;
	};
	struct conn *conn; /* connecting */
	struct association *association;
	size_t rx_len;
	uint8_t rx[REQUEST_SIZE]; /* what the engine has left; perhaps for the target */
};

struct proxy_server {
	const struct proxy_server_cfg *cfg;
	struct stack *stack;
	struct relays *relays;
	const struct log *log;
	char option[300]; /* "--socks5 1080" */
	struct listener *listener;
	struct client *clients;
	size_t client_count;
	uint64_t quiet_until_ms; /* no refusal is logged before */
};

static struct loop *loop_of(const struct client *c)
{
	return c->owner->relays->loop;
}

static bool is_http(const struct client *c)
{
	return c->owner->cfg->protocol == PROXY_SERVER_HTTP;
}

static const struct target *target_of(const struct client *c)
{
	return is_http(c) ? &c->http.target : &c->socks.target;
}

/* ---- the end of a client */

static void forget(struct client *c)
{
	if (c->watch.is_watched)
		loop_unwatch(loop_of(c), &c->watch);
	loop_timer_stop(loop_of(c), &c->limit);
	association_close(c->association);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->owner->client_count--;
	secret_wipe(c->rx, c->rx_len);
	free(c);
}

static void drop(struct client *c)
{
	int fd = c->watch.fd;

	conn_abort(c->conn);
	forget(c);
	close(fd);
}

/* A reply always fits into the empty send buffer; a short send means that the client is gone. */
static bool send_reply(struct client *c, const struct writer *reply)
{
	ssize_t n = reply->len
			    ? send(c->watch.fd, reply->at, reply->len, MSG_DONTWAIT | MSG_NOSIGNAL)
			    : 0;

	return n == (ssize_t)reply->len;
}

static void leave(struct client *c, const struct writer *final_reply)
{
	if (!send_reply(c, final_reply) || shutdown(c->watch.fd, SHUT_WR)) {
		drop(c);
		return;
	}
	c->state = LEAVING;
	loop_watch_events(loop_of(c), &c->watch, EPOLLIN);
	loop_timer_set(loop_of(c), &c->limit, loop_now(loop_of(c)) + PROXY_SERVER_LEAVING_MS);
}

static void leave_refused(struct client *c, int status, const char *why)
{
	uint8_t text[REQUEST_REPLY_SIZE];
	struct writer w = writer_of(text, sizeof(text));

	http_put_refusal(status, why, c->http.is_head, &w);
	leave(c, &w);
}

static void request_done(void *arg, int fd, bool is_good, struct bytes next);

/* ---- connected, or not */

/* The relay copies the bytes and owns the socket, conn and filter. */
static void join(struct client *c, struct bytes early, struct bytes greeting,
		 struct relay_filter *filter)
{
	struct relay_cfg cfg = { c->watch.fd, c->conn, early, greeting, filter };
	struct relays *relays = c->owner->relays;

	log_debug(c->owner->log, "%s: %s: connected", c->owner->option,
		  target_print(target_of(c)).text);
	loop_unwatch(loop_of(c), &c->watch);
	c->conn = NULL;
	relay_start(relays, &cfg);
	forget(c);
}

static void give_up_forward(struct client *c, int status, const char *why)
{
	conn_abort(c->conn);
	c->conn = NULL;
	leave_refused(c, status, why);
}

/* The request is still in rx; the target gets a rewritten one. */
static void join_forward(struct client *c)
{
	static uint8_t request[HTTP_FORWARD_SIZE];
	struct reader in = reader_of(c->rx, c->rx_len);
	struct writer out = writer_of(request, sizeof(request));
	struct relay_filter *filter;
	struct http_body body;

	if (!http_proxy_forward(&c->http, &in, &body, &out)) {
		give_up_forward(c, HTTP_BAD_REQUEST, "the request's body is malformed");
		return;
	}
	filter = http_relay_filter_new(&(struct http_relay_filter_cfg){
		.body = body,
		.is_head = c->http.is_head,
		.may_keep = c->http.may_keep,
		.next = bytes_of(in.at, in.left),
		.done = request_done,
		.arg = c->owner,
	});
	if (filter)
		join(c, bytes_of(request, out.len), bytes_of(NULL, 0), filter);
	else
		give_up_forward(c, HTTP_SERVICE_UNAVAILABLE, stack_result_text(STACK_FULL));
}

static void put_response(struct client *c, enum stack_result result, const char *why,
			 const struct ip_addr *own, uint16_t port, struct writer *out)
{
	if (is_http(c))
		http_proxy_put_response(&c->http, result, why, out);
	else
		socks5_put_reply(result, own, port, out);
}

static void fail_because(struct client *c, enum stack_result result, const char *why)
{
	static const struct ip_addr unknown = { .family = AF_UNSPEC };
	uint8_t text[REQUEST_REPLY_SIZE];
	struct writer w = writer_of(text, sizeof(text));

	log_debug(c->owner->log, "%s: %s: %s", c->owner->option, target_print(target_of(c)).text,
		  why);
	put_response(c, result, why, &unknown, 0, &w);
	leave(c, &w);
}

static void fail(struct client *c, enum stack_result result)
{
	fail_because(c, result, stack_result_text(result));
}

static void connected(void *arg, struct conn *conn, enum stack_result result)
{
	struct client *c = arg;
	uint8_t text[REQUEST_REPLY_SIZE];
	struct writer w = writer_of(text, sizeof(text));
	struct ip_addr own;
	uint16_t port;

	c->conn = result == STACK_OK ? conn : NULL;
	if (!c->conn) {
		fail_because(c, result, conn_why(conn).text);
		return;
	}
	own = conn_local(conn, &port);
	put_response(c, result, "", &own, port, &w);
	if (is_http(c) && !c->http.is_tunnel)
		join_forward(c);
	else
		join(c, bytes_of(c->rx, c->rx_len), bytes_of(text, w.len), NULL);
}

/* The client is not read until the result is known; EPOLLHUP and EPOLLERR still report its end. */
static void connect_to(struct client *c, const struct target *to)
{
	struct conn_cfg cfg = { to, connected, c };

	c->conn = conn_connect(c->owner->stack, &cfg);
	if (!c->conn) {
		fail(c, STACK_FULL);
		return;
	}
	c->state = CONNECTING;
	loop_timer_stop(loop_of(c), &c->limit);
	loop_watch_events(loop_of(c), &c->watch, 0);
}

/* ---- associations */

/*
 * RFC 1928 section 6: the request has the address and port that the client will send from, or
 * zeroes if it does not know them. Some clients put the target there; that port is ignored. Returns
 * 0 for any port.
 */
static uint16_t port_of_client(const struct client *c)
{
	static const struct ip_addr any[] = { { .family = AF_INET }, { .family = AF_INET6 } };
	const struct target *said = &c->socks.target;
	struct ip_addr own = ip_from_sockaddr(&c->peer);
	bool is_its_own = said->addr.family &&
			  (ip_equal(&said->addr, &own) || ip_equal(&said->addr, &any[0]) ||
			   ip_equal(&said->addr, &any[1]));

	return is_its_own ? said->port : 0;
}

static void associate(struct client *c)
{
	struct association_cfg cfg = {
		.loop = loop_of(c),
		.stack = c->owner->stack,
		.client = c->peer,
		.client_port = port_of_client(c),
	};
	uint8_t text[REQUEST_REPLY_SIZE];
	struct writer w = writer_of(text, sizeof(text));
	socklen_t len = sizeof(cfg.local);
	struct sockaddr_storage at;
	struct ip_addr own;

	if (getsockname(c->watch.fd, (struct sockaddr *)&cfg.local, &len) ||
	    association_open(&cfg, &c->association, &at)) {
		fail(c, STACK_FULL);
		return;
	}
	own = ip_from_sockaddr(&at);
	socks5_put_reply(STACK_OK, &own, ip_port_of_sockaddr(&at), &w);
	c->state = ASSOCIATED;
	loop_timer_stop(loop_of(c), &c->limit);
	if (!send_reply(c, &w))
		drop(c);
}

/* ---- asking */

static enum proxy_request engine_input(struct client *c, struct reader *in, struct writer *out)
{
	if (is_http(c))
		return http_proxy_input(&c->http, in, out);
	return socks5_input(&c->socks, in, out);
}

/* What the engine has consumed may contain a password. */
static void keep_rest(struct client *c, const struct reader *rest)
{
	size_t taken = c->rx_len - rest->left;

	if (!taken)
		return;
	memmove(c->rx, rest->at, rest->left);
	secret_wipe(c->rx + rest->left, taken);
	c->rx_len = rest->left;
}

/* Password guessing must show in the log, but must not fill the disk. */
static void log_refusal(const struct client *c)
{
	struct proxy_server *s = c->owner;
	struct ip_text peer = ip_print_sockaddr(&c->peer);

	if (loop_now(loop_of(c)) < s->quiet_until_ms)
		return;
	s->quiet_until_ms = loop_now(loop_of(c)) + PROXY_SERVER_QUIET_MS;
	log_info(s->log, "%s: client %s was refused: %s", s->option, peer.text,
		 is_http(c) ? c->http.why : c->socks.why);
}

static void refuse(struct client *c, const struct writer *final_reply)
{
	log_refusal(c);
	leave(c, final_reply);
}

static void take_request(struct client *c)
{
	uint8_t text[REQUEST_REPLY_SIZE];
	struct reader in = reader_of(c->rx, c->rx_len);
	struct writer w = writer_of(text, sizeof(text));
	enum proxy_request request = engine_input(c, &in, &w);

	keep_rest(c, &in);
	if (request == REQUEST_REFUSED)
		refuse(c, &w);
	else if (w.len && !send_reply(c, &w))
		drop(c);
	else if (request == REQUEST_CONNECT)
		connect_to(c, target_of(c));
	else if (request == REQUEST_ASSOCIATE)
		associate(c);
}

static void read_client(struct client *c)
{
	ssize_t n = recv(c->watch.fd, c->rx + c->rx_len, sizeof(c->rx) - c->rx_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	c->rx_len += (size_t)n;
	take_request(c);
}

/* What a client sends in this state is ignored; only its end matters. */
static void wait_for_end(struct client *c)
{
	static uint8_t unread[REQUEST_SIZE];
	ssize_t n = recv(c->watch.fd, unread, sizeof(unread), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(c);
}

static void on_client(struct loop_watch *w, uint32_t events)
{
	struct client *c = container_of(w, struct client, watch);

	switch (c->state) {
	case REQUESTING:
		read_client(c);
		break;
	case CONNECTING:
		if (events & (EPOLLHUP | EPOLLERR))
			drop(c);
		break;
	case ASSOCIATED:
	case LEAVING:
		wait_for_end(c);
		break;
	}
}

static void on_limit(struct loop_timer *t)
{
	drop(container_of(t, struct client, limit));
}

/* ---- new clients */

/* Makes room for one more client. The last in the list is the oldest. */
static void evict_oldest(struct proxy_server *s)
{
	struct client *oldest = NULL;
	size_t count = 0;

	for (struct client *c = s->clients; c; c = c->next)
		if (c->state == REQUESTING || c->state == LEAVING) {
			oldest = c;
			count++;
		}
	if (count >= PROXY_SERVER_CLIENTS_MAX)
		drop(oldest);
}

static void open_engine(struct client *c)
{
	if (is_http(c))
		http_proxy_open(&c->http, c->owner->cfg->login);
	else
		socks5_open(&c->socks, c->owner->cfg->login);
}

static struct client *new_client(struct proxy_server *s, int fd,
				 const struct sockaddr_storage *peer)
{
	struct client *c;

	if (s->client_count >= PROXY_SERVER_CLIENTS_MAX)
		evict_oldest(s);
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->owner = s;
	c->state = REQUESTING;
	c->peer = *peer;
	c->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_client };
	c->limit.expired = on_limit;
	if (loop_watch(s->relays->loop, &c->watch)) {
		free(c);
		return NULL;
	}
	c->next = s->clients;
	c->link = &s->clients;
	if (c->next)
		c->next->link = &c->next;
	s->clients = c;
	s->client_count++;
	return c;
}

static void take_client(void *arg, int fd, const struct sockaddr_storage *peer)
{
	struct proxy_server *s = arg;
	struct client *c = new_client(s, fd, peer);

	if (!c) {
		log_debug(s->log, "%s: no room for another client", s->option);
		relay_refuse(fd);
		return;
	}
	open_engine(c);
	loop_timer_set(s->relays->loop, &c->limit,
		       loop_now(s->relays->loop) + PROXY_SERVER_REQUEST_MS);
}

/* A relay returns its client: for another request, or to be shut down. */
static void request_done(void *arg, int fd, bool is_good, struct bytes next)
{
	struct proxy_server *s = arg;
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	struct writer nothing = writer_of(NULL, 0);
	struct client *c;

	memset(&peer, 0, sizeof(peer));
	c = getpeername(fd, (struct sockaddr *)&peer, &len) ? NULL : new_client(s, fd, &peer);
	if (!c) {
		close(fd);
		return;
	}
	open_engine(c);
	if (!is_good) {
		leave(c, &nothing);
		return;
	}
	put_bytes(&(struct writer){ .at = c->rx, .room = sizeof(c->rx) }, next.at, next.len);
	c->rx_len = next.len;
	loop_timer_set(s->relays->loop, &c->limit,
		       loop_now(s->relays->loop) + PROXY_SERVER_REQUEST_MS);
	if (c->rx_len)
		take_request(c);
}

/* ---- start and end */

const char *proxy_server_parse(struct proxy_server_cfg *cfg, enum proxy_server_protocol protocol,
			       const char *text)
{
	*cfg = (struct proxy_server_cfg){ .protocol = protocol, .text = text };
	return listener_at_parse(&cfg->at, text);
}

static void warn_if_open(const struct proxy_server *s)
{
	if (!s->cfg->login && listener_is_public(&s->cfg->at))
		log_warn(s->log,
			 "%s: EVERYBODY who reaches this port may use the VPN through it; "
			 "give --listen-user and --listen-password-file, or a loopback address",
			 s->option);
}

int proxy_server_open(struct stack *stack, struct relays *relays, const struct log *log,
		      const struct proxy_server_cfg *cfg, struct proxy_server **out)
{
	struct proxy_server *s = calloc(1, sizeof(*s));
	struct listener_cfg listener = {
		.loop = relays->loop,
		.log = log,
		.at = cfg->at,
		.accepted = take_client,
		.arg = s,
	};
	int error;

	if (!s)
		return -ENOMEM;
	*s = (struct proxy_server){ .cfg = cfg, .stack = stack, .relays = relays, .log = log };
	snprintf(s->option, sizeof(s->option), "%s %s",
		 cfg->protocol == PROXY_SERVER_HTTP ? "--http-proxy" : "--socks5", cfg->text);
	listener.option = s->option;
	error = listener_open(&listener, &s->listener);
	if (error) {
		proxy_server_close(s);
		return error;
	}
	warn_if_open(s);
	*out = s;
	return 0;
}

void proxy_server_close(struct proxy_server *s)
{
	if (!s)
		return;
	for (struct client *c = s->clients, *next; c; c = next) {
		next = c->next;
		drop(c);
	}
	listener_close(s->listener);
	free(s);
}

/* ---- the URL, as curl and most programs read it: with socks5h the proxy resolves names */

/* RFC 3986 section 2.3: unreserved characters are not escaped. */
static void put_escaped(struct writer *w, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;

		if (isascii(c) && (isalnum(c) || strchr("-._~", c))) {
			put_u8(w, c);
			continue;
		}
		put_u8(w, '%');
		put_u8(w, (uint8_t)digits[c >> 4]);
		put_u8(w, (uint8_t)digits[c & 15]);
	}
}

struct proxy_server_url proxy_server_url(const struct proxy_server *s)
{
	const struct proxy_server_cfg *cfg = s->cfg;
	struct proxy_server_url url = { "" };
	struct writer w = writer_of(url.text, sizeof(url.text));
	struct ip_addr loopback = ip_from_v4(INADDR_LOOPBACK);
	struct target at = { .port = 0 };

	target_set_address(&at, cfg->at.addr.family ? &cfg->at.addr : &loopback,
			   listener_port(s->listener));
	put_text(&w, cfg->protocol == PROXY_SERVER_HTTP ? "http://" : "socks5h://");
	if (cfg->login) {
		put_escaped(&w, cfg->login->user);
		put_text(&w, ":");
		put_escaped(&w, cfg->login->password);
		put_text(&w, "@");
	}
	put_text(&w, target_print(&at).text);
	put_u8(&w, 0);
	return url;
}
