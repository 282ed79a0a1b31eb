/*
 * The life of a session: accepted, half open; a login that is checked; up, with an address; ended.
 * What is told to the log is a milestone of somebody who logged in, or tried to: the many others
 * who knock at port 443 are worth a debug line.
 */
#include "server/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/secret.h"

enum {
	TLS_MS = 10 * 1000,
	REFUSAL_MIN_MS = 1000, /* a refusal comes after this, and up to as much again */
};

/* ---- lists */

static void list_add(struct sessions *l, struct session *s)
{
	s->list = l;
	s->next = NULL;
	s->prev = l->last;
	if (l->last)
		l->last->next = s;
	else
		l->first = s;
	l->last = s;
	l->count++;
}

static void list_remove(struct session *s)
{
	struct sessions *l = s->list;

	if (s->prev)
		s->prev->next = s->next;
	else
		l->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	else
		l->last = s->prev;
	l->count--;
	s->list = NULL;
}

/* ---- addresses */

static void route_of(const struct session *s, struct route *r)
{
	*r = (struct route){
		.dst = { s->ipv4, 32 },
		.ifindex = tun_ifindex(s->server->tun),
	};
}

static void give_up_addresses(struct session *s)
{
	struct server *srv = s->server;
	struct route r;

	if (s->ipv6.family)
		table_remove(srv->table, &s->ipv6);
	s->ipv6 = (struct ip_addr){ 0 };
	if (!s->ipv4.family)
		return;
	if (s->has_route) {
		route_of(s, &r);
		netlink_route_del(srv->netlink, &r);
	}
	table_remove(srv->table, &s->ipv4);
	pool_give_back(srv->pool, ip_v4(&s->ipv4));
	s->ipv4 = (struct ip_addr){ 0 };
}

/* A session makes room for a newer one. */
static void replace(struct session *s, const char *why)
{
	log_info(&s->log, "ended for a newer session: %s", why);
	give_up_addresses(s);
	tunnel_shutdown(&s->tunnel);
}

/* An address that belongs to this user: whoever has it is the same user's older session. */
static uint32_t take_fixed(struct session *s, uint32_t addr)
{
	struct server *srv = s->server;
	struct ip_addr a = ip_from_v4(addr);
	struct session *holder = table_find(srv->table, &a);

	if (holder && strcmp(holder->user, s->user)) {
		log_error(&s->log, "address %s of user %s is in use by user %s",
			  ip_print(&a).text, s->user, holder->user);
		return 0;
	}
	if (holder)
		replace(holder, "the address is this user's own");
	if (!pool_take_this(srv->pool, addr)) {
		log_error(&s->log, "address %s of user %s can't be a client's here",
			  ip_print(&a).text, s->user);
		return 0;
	}
	return addr;
}

static bool assign(struct session *s, uint32_t fixed)
{
	struct server *srv = s->server;
	uint32_t addr = fixed ? take_fixed(s, fixed) : pool_take(srv->pool);
	struct route r;

	if (!addr) {
		if (!fixed)
			log_error(&s->log, "no address is free in %s: use a larger --ipv4-network",
				  ip_prefix_print(&srv->cfg->network).text);
		return false;
	}
	s->ipv4 = ip_from_v4(addr);
	if (!table_add(srv->table, &s->ipv4, s)) {
		pool_give_back(srv->pool, addr);
		s->ipv4 = (struct ip_addr){ 0 };
		return false;
	}
	s->has_route = !pool_has(srv->pool, addr);
	if (s->has_route) {
		route_of(s, &r);
		netlink_route_replace(srv->netlink, &r);
	}
	return true;
}

/* ---- login */

/* The user's sessions are at their limit: the oldest goes, or the new one is refused. */
static bool has_room_for_user(struct session *s)
{
	struct server *srv = s->server;
	struct session *oldest = NULL;
	unsigned count = 0;

	if (!srv->cfg->user_sessions)
		return true;
	for (struct session *o = srv->open.last; o; o = o->prev) {
		if (strcmp(o->user, s->user) || o->tunnel.is_shutting_down)
			continue;
		oldest = o;
		count++;
	}
	if (count < srv->cfg->user_sessions)
		return true;
	if (srv->cfg->keep_old_session) {
		log_warn(&s->log, "user %s has %u sessions already: refused", s->user, count);
		return false;
	}
	replace(oldest, "the user's limit is reached");
	return true;
}

static void accept_login(struct session *s, struct ppp_verdict *v)
{
	v->ipv4 = ip_v4(&s->ipv4);
	list_remove(s);
	list_add(&s->server->open, s);
	bans_forgive(&s->server->bans, &s->source);
	tunnel_verdict(&s->tunnel, v);
}

/* Later, so that guessing is slow; the same for a wrong password and a user who does not exist. */
static void refuse_login(struct session *s, const struct ppp_verdict *v)
{
	struct server *srv = s->server;
	uint32_t dice;

	secret_random(&dice, sizeof(dice));
	bans_note(&srv->bans, &s->source, loop_now(srv->loop));
	s->verdict = *v;
	s->verdict.ok = false;
	secret_wipe(s->verdict.hlak, sizeof(s->verdict.hlak));
	s->is_refused = true;
	loop_timer_set(srv->loop, &s->delay,
		       loop_now(srv->loop) + REFUSAL_MIN_MS + dice % REFUSAL_MIN_MS);
}

static void after_delay(struct loop_timer *timer)
{
	struct session *s = container_of(timer, struct session, delay);

	tunnel_verdict(&s->tunnel, &s->verdict);
}

static void check_login(struct session *s, const struct ppp_attempt *attempt)
{
	struct server *srv = s->server;
	struct users_answer answer;

	if (s->is_refused || s->list == &srv->open)
		return; /* one attempt a connection */
	users_check(srv->users, srv->cfg->name, attempt, &answer);
	snprintf(s->user, sizeof(s->user), "%s", answer.name);
	if (!answer.verdict.ok) {
		log_warn(&s->log, "%s: login of user %s by %s refused: %s",
			 ip_print_sockaddr(&s->peer).text, log_quote(s->user, strlen(s->user)).text,
			 ppp_auth_name(attempt->method), answer.reason);
		refuse_login(s, &answer.verdict);
	} else if (!has_room_for_user(s) || !assign(s, answer.verdict.ipv4)) {
		answer.verdict.ok = false;
		answer.verdict.message[0] = '\0';
		refuse_login(s, &answer.verdict);
	} else {
		accept_login(s, &answer.verdict);
	}
	secret_wipe(&answer, sizeof(answer));
}

/* ---- events */

static void note_ipv6(struct session *s, const struct ppp_ipv6 *v6)
{
	struct ip_addr a = { .family = AF_INET6, .bytes = { 0xfe, 0x80 } };

	memcpy(a.bytes + 8, v6->peer_iid, PPP_IID_LEN);
	if (table_add(s->server->table, &a, s))
		s->ipv6 = a;
	else
		log_warn(&s->log, "its IPv6 address %s is another session's: no IPv6",
			 ip_print(&a).text);
}

static void say_ended(const struct session *s, const struct tunnel_end *end)
{
	const struct tunnel_stats *st = &s->tunnel.stats;
	bool was_up = s->list == &s->server->open;
	enum log_level level = was_up ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;

	if (was_up)
		log_at(&s->log, level, "ended after %llu s, user %s: %s; %llu bytes in, %llu out",
		       (unsigned long long)((loop_now(s->server->loop) - s->started_ms) / 1000),
		       log_quote(s->user, strlen(s->user)).text, end->text,
		       (unsigned long long)st->rx_bytes, (unsigned long long)st->tx_bytes);
	else
		log_at(&s->log, level, "%s: ended: %s", ip_print_sockaddr(&s->peer).text, end->text);
}

static void ended(struct session *s, const struct tunnel_end *end)
{
	struct server *srv = s->server;

	say_ended(s, end);
	give_up_addresses(s);
	loop_timer_stop(srv->loop, &s->delay);
	list_remove(s);
	secret_wipe(&s->verdict, sizeof(s->verdict));
	free(s);
	if (srv->is_stopping && !srv->open.count && !srv->half_open.count)
		loop_stop(srv->loop);
}

static void on_event(void *arg, const struct tunnel_event *ev)
{
	struct session *s = arg;

	switch (ev->type) {
	case TUNNEL_CHECK_PASSWORD:
		check_login(s, ev->attempt);
		break;
	case TUNNEL_CONNECTED:
		log_info(&s->log, "up, user %s, address %s, from %s, %s %s",
			 log_quote(s->user, strlen(s->user)).text, ip_print(&s->ipv4).text,
			 ip_print_sockaddr(&s->peer).text, tls_version(s->tunnel.tls),
			 tls_cipher(s->tunnel.tls));
		break;
	case TUNNEL_IPV6_UP:
		note_ipv6(s, ev->ipv6);
		break;
	case TUNNEL_IPV4_DOWN:
		log_debug(&s->log, "IPv4 is down");
		break;
	case TUNNEL_IPV6_DOWN:
		if (s->ipv6.family)
			table_remove(s->server->table, &s->ipv6);
		s->ipv6 = (struct ip_addr){ 0 };
		break;
	case TUNNEL_ENDED:
		ended(s, ev->end);
		break;
	case TUNNEL_TLS_UP:
	case TUNNEL_UNTRUSTED:
	case TUNNEL_SSTP_UP:
	case TUNNEL_OFFER:
	case TUNNEL_AUTHENTICATED:
	case TUNNEL_IPV4_UP:
	case TUNNEL_WRITABLE:
		break;
	}
}

/* ---- packets */

static struct ip_addr addr_at(const uint8_t *packet, size_t v4_offset, size_t v6_offset)
{
	struct ip_addr a = { .family = packet[0] >> 4 == 4 ? AF_INET : AF_INET6 };

	if (a.family == AF_INET)
		memcpy(a.bytes, packet + v4_offset, 4);
	else
		memcpy(a.bytes, packet + v6_offset, 16);
	return a;
}

static bool may_pass(const struct session *s, const uint8_t *packet)
{
	const struct server *srv = s->server;
	struct ip_addr from = addr_at(packet, 12, 8), to = addr_at(packet, 16, 24);

	if (!ip_equal(&from, from.family == AF_INET ? &s->ipv4 : &s->ipv6))
		return false;
	return srv->cfg->client_to_client || !table_find(srv->table, &to);
}

void session_deliver(struct port *port, struct tunnel *from, uint8_t *packet, size_t len)
{
	struct server *srv = container_of(port, struct server, port);
	struct session *s = container_of(from, struct session, tunnel);

	if (may_pass(s, packet))
		merge_add(srv->merge, packet, len);
	else
		from->stats.rx_dropped++;
}

/* ---- the beginning */

static void fill_ppp(const struct server *srv, struct ppp_cfg *ppp)
{
	const struct server_cfg *cfg = srv->cfg;

	*ppp = (struct ppp_cfg){
		.role = PPP_SERVER,
		.auth_count = cfg->auth_count,
		.ipv4 = true,
		.ipv6 = cfg->ipv6,
		.mru = cfg->mtu > PPP_DEFAULT_MRU ? cfg->mtu : 0,
		.name = cfg->name,
		.ipv4_own = pool_server(srv->pool),
		.dns = { cfg->dns[0], cfg->dns[1] },
		.nbns = { cfg->nbns[0], cfg->nbns[1] },
	};
	memcpy(ppp->auth, cfg->auth, sizeof(ppp->auth));
	memcpy(ppp->own_iid, srv->own_iid, sizeof(ppp->own_iid));
}

/* Over the bound the one that has taken longest goes: a flood drowns itself. */
static void make_room(struct server *srv)
{
	struct tunnel_end end = { EXIT_OTHER, true, "too many connections without login" };
	struct session *oldest = srv->half_open.first;

	if (srv->half_open.count < SESSION_HALF_OPEN_MAX)
		return;
	tunnel_abandon(&oldest->tunnel);
	ended(oldest, &end);
}

void session_accept(struct server *srv, int fd, const struct sockaddr_storage *peer)
{
	struct session *s;
	struct tunnel_cfg cfg = {
		.loop = srv->loop,
		.pump = &srv->pump,
		.port = &srv->port,
		.fd = fd,
		.tls_ctx = srv->tls,
		.hashes = srv->cfg->hashes,
		.mtu = srv->cfg->mtu,
		.tls_timeout_ms = TLS_MS,
		.busy = srv->open.count >= srv->max_sessions,
		.event = on_event,
	};

	make_room(srv);
	s = calloc(1, sizeof(*s));
	if (!s) {
		close(fd);
		return;
	}
	s->server = srv;
	s->id = ++srv->next_id;
	snprintf(s->log.name, sizeof(s->log.name), "session %llu", (unsigned long long)s->id);
	s->peer = *peer;
	s->source = ip_from_sockaddr(peer);
	s->started_ms = loop_now(srv->loop);
	s->delay.expired = after_delay;
	cfg.log = &s->log;
	cfg.arg = s;
	fill_ppp(srv, &cfg.ppp);
	if (tunnel_open(&s->tunnel, &cfg)) {
		free(s);
		return;
	}
	list_add(&srv->half_open, s);
	log_debug(&s->log, "%s connected", ip_print_sockaddr(peer).text);
}
