/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Look-ups, and the sockets of the resolver's channels: for each query a UDP socket on a random
 * port (RFC 5452 section 9.2), or a TCP connection.
 *
 *	lookup: waits for the tunnel -> queries -> has its result -> done
 *
 * The resolver is large, so it is allocated with the first look-up.
 */
#include "stack/lookup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/resolver.h"
#include "net/resolve.h"
#include "stack/conn.h"
#include "stack/inside.h"
#include "stack/queue.h"
#include "util/secret.h"

enum {
	LOOKUPS_MAX = RESOLVER_QUESTIONS,
	PORT_MIN = 1024,
	PORT_TRIES = 32,
	STREAM_HEADER_LEN = 2, /* RFC 7766 section 8 */
	RETRY_MS = 50,
};

struct lookup {
	struct stack *stack;
	struct lookup *next, **link; /* in stack->lookups */
	struct lookup_cfg cfg;
	char given[DNS_NAME_MAX + 1]; /* normalized */
	char name[DNS_NAME_MAX + 1];  /* the same, or in a search domain */
	size_t next_search;           /* the search domain to try next */
	struct resolve *host;         /* a look-up on this host; NULL: none */
	struct loop_timer timer;      /* while it waits for the tunnel, ... */
	struct loop_timer retry;      /* ... or for its turn on this host */
	struct loop_task task;        /* calls cfg.done */
	int question;                 /* -1: none */
	struct lookup_result result;
};

/* A channel's socket. */
struct socket {
	struct names *owner;
	int channel;
	struct udp_pcb *udp;
	struct conn *conn;
	struct ip_addr server;
	uint8_t query[STREAM_HEADER_LEN + DNS_QUERY_MAX]; /* TCP: kept until it is connected */
	size_t query_len;
	struct queue in;
};

struct names {
	struct stack *stack;
	struct loop_timer timer;
	struct loop_task task; /* drains resolver_next */
	struct socket sockets[RESOLVER_CHANNELS];
	struct resolver resolver;
};

static uint64_t now_of(const struct names *n)
{
	return loop_now(n->stack->cfg.loop);
}

/* ---- the end of a look-up */

static void forget(struct lookup *l)
{
	loop_timer_stop(l->stack->cfg.loop, &l->timer);
	loop_timer_stop(l->stack->cfg.loop, &l->retry);
	loop_unpost(l->stack->cfg.loop, &l->task);
	resolve_cancel(l->host);
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	l->stack->lookup_count--;
	free(l);
}

static void report(struct loop_task *task)
{
	struct lookup *l = container_of(task, struct lookup, task);
	struct lookup_cfg cfg = l->cfg;
	struct lookup_result result = l->result;

	forget(l);
	cfg.done(cfg.arg, &result);
}

static void finish(struct lookup *l, enum stack_result result)
{
	l->question = -1;
	l->result.result = result;
	loop_timer_stop(l->stack->cfg.loop, &l->timer);
	loop_post(l->stack->cfg.loop, &l->task);
}

static void add_address(struct lookup *l, const struct ip_addr *a)
{
	if (l->result.count < LOOKUP_ADDRESSES)
		l->result.addresses[l->result.count++] = *a;
}

static void ask(struct lookup *l);
static bool choose_next_name(struct lookup *l);

/* Whether another name is looked up now, since this one does not exist or has no address. */
static bool goes_on(struct lookup *l, enum stack_result result)
{
	if ((result != STACK_NO_NAME && result != STACK_NO_ADDRESS) || !choose_next_name(l))
		return false;
	l->question = -1;
	ask(l);
	return true;
}

static void finish_with(struct lookup *l, const struct resolver_out *out)
{
	static const enum stack_result results[] = {
		[DNS_FOUND] = STACK_OK,
		[DNS_NO_NAME] = STACK_NO_NAME,
		[DNS_NO_ADDRESS] = STACK_NO_ADDRESS,
		[DNS_FAILED] = STACK_DNS_FAILED,
		[DNS_SERVER_REFUSED] = STACK_DNS_REFUSED,
		[DNS_SILENT] = STACK_DNS_SILENT,
		[DNS_NO_SERVER] = STACK_NO_DNS,
	};
	const struct dns_answer *v4 = &out->addresses[0], *v6 = &out->addresses[1];

	if (goes_on(l, results[out->result]))
		return;
	for (size_t i = 0; i < DNS_ADDRESSES; i++) {
		if (i < v6->count)
			add_address(l, &v6->addresses[i]);
		if (i < v4->count)
			add_address(l, &v4->addresses[i]);
	}
	l->result.server = out->server;
	finish(l, results[out->result]);
}

/* ---- the resolver's sockets */

static void schedule(struct names *n)
{
	loop_post(n->stack->cfg.loop, &n->task);
}

static void close_socket(struct socket *k)
{
	if (k->udp)
		udp_remove(k->udp);
	conn_abort(k->conn);
	queue_free(&k->in);
	k->udp = NULL;
	k->conn = NULL;
	k->query_len = 0;
}

static void lose(struct socket *k, bool is_refusal)
{
	close_socket(k);
	resolver_lost(&k->owner->resolver, k->channel, is_refusal, now_of(k->owner));
	schedule(k->owner);
}

static void on_datagram(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
			u16_t port)
{
	static uint8_t message[UINT16_MAX];
	struct socket *k = arg;
	struct ip_addr addr = stack_from_lwip(from);
	size_t len = pbuf_copy_partial(p, message, p->tot_len, 0);

	(void)pcb;
	pbuf_free(p);
	if (port != DNS_PORT)
		return;
	resolver_message(&k->owner->resolver, k->channel, &addr, bytes_of(message, len),
			 now_of(k->owner));
	schedule(k->owner);
}

static struct udp_pcb *random_port(void)
{
	struct udp_pcb *pcb = udp_new_ip_type(IPADDR_TYPE_ANY);

	for (int i = 0; pcb && i < PORT_TRIES; i++) {
		uint16_t port;

		secret_random(&port, sizeof(port));
		if (port >= PORT_MIN && udp_bind(pcb, IP_ANY_TYPE, port) == ERR_OK)
			return pcb;
	}
	if (pcb)
		udp_remove(pcb);
	return NULL;
}

/* False: it can't be sent now. */
static bool send_datagram(struct socket *k, struct bytes message)
{
	struct pbuf *p;
	ip_addr_t to;

	if (!k->udp) {
		k->udp = random_port();
		if (!k->udp)
			return false;
		udp_recv(k->udp, on_datagram, k);
	}
	p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)message.len, PBUF_RAM);
	if (!p || !stack_to_lwip(&k->server, &to))
		return false;
	pbuf_take(p, message.at, (u16_t)message.len);
	udp_sendto(k->udp, p, &to, DNS_PORT);
	pbuf_free(p);
	stack_touch(k->owner->stack);
	return true;
}

static void take_stream(struct socket *k)
{
	struct bytes b = queue_bytes(&k->in);
	size_t len = b.len >= STREAM_HEADER_LEN ? load_u16(b.at) : 0;

	if (b.len < STREAM_HEADER_LEN || b.len - STREAM_HEADER_LEN < len)
		return;
	resolver_message(&k->owner->resolver, k->channel, &k->server,
			 bytes_of(b.at + STREAM_HEADER_LEN, len), now_of(k->owner));
	queue_drop(&k->in, STREAM_HEADER_LEN + len);
	schedule(k->owner);
}

static size_t stream_received(void *arg, const uint8_t *at, size_t len)
{
	struct socket *k = arg;

	if (k->in.len > STREAM_HEADER_LEN + UINT16_MAX || !queue_put(&k->in, at, len))
		return len;
	take_stream(k);
	return len;
}

static void stream_ended(void *arg)
{
	lose(arg, false);
}

static void stream_lost(void *arg)
{
	struct socket *k = arg;

	k->conn = NULL;
	lose(k, false);
}

static void stream_has_room(void *arg)
{
	struct socket *k = arg;

	if (!k->query_len)
		return;
	conn_send(k->conn, k->query, k->query_len, false); /* less than the first window */
	conn_push(k->conn);
	k->query_len = 0;
}

static void stream_connected(void *arg, struct conn *c, enum stack_result result)
{
	static const struct conn_events events = { stream_received, stream_ended, stream_has_room,
						   stream_lost, NULL };
	struct conn_events ev = events;
	struct socket *k = arg;

	if (result != STACK_OK) {
		k->conn = NULL;
		lose(k, false);
		return;
	}
	ev.arg = k;
	conn_attach(c, &ev);
	stream_has_room(k);
}

static bool open_stream(struct socket *k, struct bytes message)
{
	struct target to;
	struct writer w = writer_of(k->query, sizeof(k->query));

	put_u16(&w, (uint16_t)message.len);
	put_bytes(&w, message.at, message.len);
	k->query_len = w.len;
	target_set_address(&to, &k->server, DNS_PORT);
	k->conn = conn_connect(k->owner->stack, &(struct conn_cfg){ &to, stream_connected, k });
	return k->conn;
}

static bool send_message(struct names *n, const struct resolver_out *out)
{
	struct socket *k = &n->sockets[out->channel];

	k->owner = n;
	k->channel = out->channel;
	k->server = out->server;
	if (out->type == RESOLVER_STREAM || k->conn)
		close_socket(k);
	if (stack_reach(n->stack, &out->server) != STACK_OK)
		return false;
	return out->type == RESOLVER_STREAM ? open_stream(k, out->message)
					    : send_datagram(k, out->message);
}

static void finish_all(struct names *n, const struct resolver_out *out)
{
	for (struct lookup *l = n->stack->lookups; l; l = l->next)
		if (l->question == out->question)
			finish_with(l, out);
}

static void drain_resolver(struct loop_task *task)
{
	struct names *n = container_of(task, struct names, task);
	const struct log *log = n->stack->cfg.log;
	struct resolver_out out;

	while (resolver_next(&n->resolver, &out, now_of(n))) {
		switch (out.type) {
		case RESOLVER_DATAGRAM:
		case RESOLVER_STREAM:
			if (!send_message(n, &out))
				resolver_lost(&n->resolver, out.channel, false, now_of(n));
			break;
		case RESOLVER_CLOSE:
			close_socket(&n->sockets[out.channel]);
			break;
		case RESOLVER_DONE:
			finish_all(n, &out);
			break;
		case RESOLVER_SERVER_DEAD:
			log_warn(log, "the name server %s does not answer",
				 ip_print(&out.server).text);
			break;
		case RESOLVER_SERVER_ALIVE:
			log_info(log, "the name server %s answers again",
				 ip_print(&out.server).text);
			break;
		}
	}
	loop_timer_set(n->stack->cfg.loop, &n->timer, resolver_deadline(&n->resolver));
}

static void on_time(struct loop_timer *timer)
{
	struct names *n = container_of(timer, struct names, timer);

	resolver_tick(&n->resolver, now_of(n));
	schedule(n);
}

void lookup_icmp_error(struct stack *s, const struct ip_addr *server, uint16_t server_port,
		       uint16_t own_port, enum stack_result result)
{
	for (size_t i = 0; s->names && server_port == DNS_PORT && i < RESOLVER_CHANNELS; i++) {
		struct socket *k = &s->names->sockets[i];

		if (!k->udp || k->udp->local_port != own_port || !ip_equal(&k->server, server))
			continue;
		resolver_lost(&s->names->resolver, k->channel, result == STACK_REFUSED,
			      now_of(s->names));
		schedule(s->names);
	}
}

static uint16_t random_id(void *arg)
{
	uint16_t id;

	(void)arg;
	secret_random(&id, sizeof(id));
	return id;
}

static struct names *names_of(struct stack *s)
{
	struct names *n = s->names ? s->names : calloc(1, sizeof(*n));

	if (!n || s->names)
		return n;
	n->stack = s;
	n->timer.expired = on_time;
	n->task.run = drain_resolver;
	resolver_open(&n->resolver, random_id, NULL);
	resolver_set_servers(&n->resolver, s->dns, s->dns_count, now_of(n));
	s->names = n;
	return n;
}

/* ---- starting look-ups */

static void query_servers(struct lookup *l)
{
	const struct ip_addr v4 = { .family = AF_INET }, v6 = { AF_INET6, { 0x20 } };
	struct names *n = names_of(l->stack);
	bool has_v6 = stack_has_way_to(l->stack, &v6), has_v4 = stack_has_way_to(l->stack, &v4);

	l->question =
		n ? resolver_ask(&n->resolver, l->name, has_v4 || !has_v6, has_v6, now_of(n)) : -1;
	if (l->question < 0)
		finish(l, STACK_FULL);
	else
		schedule(n);
}

/* ---- names of this host's own DNS */

static void host_done(void *arg, const struct resolve_answer *answer)
{
	struct lookup *l = arg;
	enum stack_result result = answer->count ? STACK_NO_ADDRESS : STACK_NO_NAME;

	l->host = NULL;
	for (size_t i = 0; i < answer->count; i++) {
		struct ip_addr a = ip_from_sockaddr(&answer->addrs[i]);

		if (stack_has_way_to(l->stack, &a))
			add_address(l, &a);
	}
	if (!answer->count)
		log_info(l->stack->cfg.log, "no address for \"%s\" on this host: %s", l->name,
			 answer->text);
	if (l->result.count)
		finish(l, STACK_OK);
	else if (!goes_on(l, result))
		finish(l, result);
}

static void ask_host(struct lookup *l)
{
	struct resolve_query q = { .family = AF_UNSPEC };
	struct loop *loop = l->stack->cfg.loop;
	int error;

	snprintf(q.host, sizeof(q.host), "%s", l->name);
	error = resolve_start(loop, &q, host_done, l, &l->host);
	if (error == -EAGAIN) /* too many at once */
		loop_timer_set(loop, &l->retry, loop_now(loop) + RETRY_MS);
	else if (error)
		finish(l, STACK_FULL);
}

static void on_retry(struct loop_timer *timer)
{
	ask_host(container_of(timer, struct lookup, retry));
}

static bool is_in(const char *name, const char *const *domains, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (dns_is_in_domain(name, domains[i]))
			return true;
	return false;
}

static bool is_of_vpn(const struct lookup *l)
{
	const struct dns_names *names = &l->stack->cfg.names;

	return !names->domain_count || is_in(l->name, names->domains, names->domain_count) ||
	       is_in(l->name, names->search, names->search_count);
}

/* Those in the search domains, then the given one. False: there is no other. */
static bool choose_next_name(struct lookup *l)
{
	const struct dns_names *names = &l->stack->cfg.names;
	size_t count = strchr(l->given, '.') ? 0 : names->search_count;

	while (l->next_search < count) {
		const char *domain = names->search[l->next_search++];

		if (snprintf(l->name, sizeof(l->name), "%s.%s", l->given, domain) <= DNS_NAME_MAX)
			return true; /* else it is too long */
	}
	if (l->next_search > count)
		return false;
	l->next_search = count + 1;
	snprintf(l->name, sizeof(l->name), "%s", l->given);
	return true;
}

static void ask(struct lookup *l)
{
	if (l->result.count) /* the target was an address */
		finish(l, STACK_OK);
	else if (is_of_vpn(l))
		query_servers(l);
	else
		ask_host(l);
}

static void on_wait_timeout(struct loop_timer *timer)
{
	finish(container_of(timer, struct lookup, timer), STACK_DOWN);
}

void lookup_stack_is_up(struct stack *s)
{
	if (s->names) {
		resolver_set_servers(&s->names->resolver, s->dns, s->dns_count, now_of(s->names));
		schedule(s->names);
	}
	for (struct lookup *l = s->lookups; l; l = l->next) {
		if (!l->timer.slot)
			continue;
		loop_timer_stop(s->cfg.loop, &l->timer);
		ask(l);
	}
}

/* Open look-ups wait for the tunnel again; that no server responds now must not mark it as dead. */
void lookup_stack_is_down(struct stack *s)
{
	if (!s->names)
		return;
	for (struct lookup *l = s->lookups; l; l = l->next) {
		if (l->question < 0)
			continue;
		l->question = -1;
		loop_timer_set(s->cfg.loop, &l->timer, loop_now(s->cfg.loop) + STACK_WAIT_MS);
	}
	resolver_set_servers(&s->names->resolver, NULL, 0, now_of(s->names));
	schedule(s->names);
}

/* RFC 6761 section 6.3: localhost is this host, and must not be sent to a name server. */
static bool is_localhost(const char *name)
{
	static const char local[] = "localhost";
	size_t len = strlen(name), local_len = sizeof(local) - 1;

	return len >= local_len && !strcmp(name + len - local_len, local) &&
	       (len == local_len || name[len - local_len - 1] == '.');
}

static void begin(struct lookup *l, const struct target *of)
{
	struct stack *s = l->stack;

	if (of->addr.family) {
		add_address(l, &of->addr);
	} else if (!dns_name_normalize(of->name, l->given) || is_localhost(l->given)) {
		finish(l, STACK_NO_NAME);
		return;
	}
	choose_next_name(l);
	if (s->is_up)
		ask(l);
	else
		loop_timer_set(s->cfg.loop, &l->timer, loop_now(s->cfg.loop) + STACK_WAIT_MS);
}

struct lookup *lookup_start(struct stack *s, const struct lookup_cfg *cfg)
{
	struct lookup *l = s->lookup_count < LOOKUPS_MAX ? calloc(1, sizeof(*l)) : NULL;

	if (!l)
		return NULL;
	l->stack = s;
	l->cfg = *cfg;
	l->cfg.of = NULL; /* the caller's */
	l->timer.expired = on_wait_timeout;
	l->retry.expired = on_retry;
	l->task.run = report;
	l->question = -1;
	l->next = s->lookups;
	l->link = &s->lookups;
	if (l->next)
		l->next->link = &l->next;
	s->lookups = l;
	s->lookup_count++;
	begin(l, cfg->of);
	return l;
}

static bool is_shared(const struct lookup *l)
{
	for (const struct lookup *other = l->stack->lookups; other; other = other->next)
		if (other != l && other->question == l->question)
			return true;
	return false;
}

void lookup_cancel(struct lookup *l)
{
	if (!l)
		return;
	if (l->question >= 0 && !is_shared(l))
		resolver_cancel(&l->stack->names->resolver, l->question);
	forget(l);
}

void lookup_close_sockets(struct stack *s)
{
	for (size_t i = 0; s->names && i < RESOLVER_CHANNELS; i++)
		close_socket(&s->names->sockets[i]);
}

void lookup_close_all(struct stack *s)
{
	struct names *n = s->names;

	for (struct lookup *l = s->lookups, *next; l; l = next) {
		next = l->next;
		forget(l);
	}
	if (!n)
		return;
	loop_timer_stop(s->cfg.loop, &n->timer);
	loop_unpost(s->cfg.loop, &n->task);
	free(n);
	s->names = NULL;
}
