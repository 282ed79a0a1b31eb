/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each state that sends has an exchange: a message that is repeated until a reply comes, at intervals
 * that double (section 15). The parameters are those of section 7.6.
 */
#include "ip6/dhcp6_client.h"

#include <stdio.h>

#include "ip6/advert.h"

enum {
	ADDR_LEN = 16,
	IAID = 1,
	UNICAST_FIRST = 0x20, /* 2000::/3 */
	ULA_FIRST = 0xfc,     /* fc00::/7 */
	PREFIX_MIN = 16,
	PREFIX_MAX = 64,
	REQUEST_MAX = 10,  /* REQ_MAX_RC */
	REFRESH_S = 86400, /* section 21.23 */
	REFRESH_MIN_S = 600,
	RENEW_MIN_S = 30, /* else a server with tiny lifetimes would keep both ends busy */
};

#define NEVER UINT64_MAX
#define INFINITE UINT32_MAX

/* IRT and MRT of section 7.6, in ms. */
static const struct {
	enum dhcp6_type type;
	uint32_t first_ms, max_ms;
} exchanges[] = {
	[DHCP6_INFORMING] = { DHCP6_INFORMATION_REQUEST, 1000, 3600 * 1000 },
	[DHCP6_SOLICITING] = { DHCP6_SOLICIT, 1000, 3600 * 1000 },
	[DHCP6_REQUESTING] = { DHCP6_REQUEST, 1000, 30 * 1000 },
	[DHCP6_RENEWING] = { DHCP6_RENEW, 10 * 1000, 600 * 1000 },
	[DHCP6_REBINDING] = { DHCP6_REBIND, 10 * 1000, 600 * 1000 },
};

static const struct ip_addr all_servers = { AF_INET6, { 0xff, 2, [13] = 1, [15] = 2 } };

/* xorshift64: delays and transaction numbers need to differ, not to be secret. */
static uint32_t random32(struct dhcp6_client *e)
{
	e->random ^= e->random << 13;
	e->random ^= e->random >> 7;
	e->random ^= e->random << 17;
	return (uint32_t)(e->random >> 32);
}

static uint64_t min_ms(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t after_s(const struct dhcp6_client *e, uint32_t seconds)
{
	return seconds == INFINITE ? NEVER : e->now_ms + (uint64_t)seconds * 1000;
}

/* Plus or minus a tenth. */
static uint32_t spread(struct dhcp6_client *e, uint32_t ms)
{
	uint32_t part = ms / 10;

	return ms - part + random32(e) % (2 * part + 1);
}

static bool is_exchange(enum dhcp6_state state)
{
	return state != DHCP6_IDLE && state != DHCP6_INFORMED && state != DHCP6_BOUND;
}

static void enter(struct dhcp6_client *e, enum dhcp6_state state)
{
	e->state = state;
	e->must_send = false;
	e->sent = 0;
	e->send_ms = NEVER;
	if (!is_exchange(state))
		return;
	e->transaction = random32(e) & 0xffffff;
	e->first_ms = e->send_ms = e->now_ms;
	e->interval_ms = spread(e, exchanges[state].first_ms);
}

static void drop_prefix(struct dhcp6_client *e)
{
	e->has_change = e->has_change || e->is_bound;
	e->is_bound = false;
	e->config.prefix = (struct ip_prefix){ .len = 0 };
}

void dhcp6_client_init(struct dhcp6_client *e, const struct dhcp6_client_cfg *cfg)
{
	*e = (struct dhcp6_client){ .cfg = *cfg, .random = cfg->seed, .send_ms = NEVER };
}

/* A prefix from before is asked for again: the server says whether it is still ours. */
void dhcp6_client_start(struct dhcp6_client *e, const uint8_t own_iid[IP6_IID_LEN], uint64_t now_ms)
{
	e->now_ms = now_ms;
	memcpy(e->cfg.own_iid, own_iid, IP6_IID_LEN);
	e->has_said_none = false;
	enter(e, e->cfg.wants_prefix ? DHCP6_SOLICITING : DHCP6_INFORMING);
	dhcp6_client_tick(e, now_ms);
}

void dhcp6_client_stop(struct dhcp6_client *e)
{
	enter(e, DHCP6_IDLE);
}

/* ---- sending */

static void put_prefix(struct writer *w, const struct dhcp6_client *e)
{
	bool is_known = e->prefix.addr.family == AF_INET6;
	size_t at;

	if (!is_known && !e->cfg.prefix_len)
		return;
	at = dhcp6_option_begin(w, DHCP6_OPT_IA_PREFIX);
	put_u32(w, 0);
	put_u32(w, 0);
	put_u8(w, is_known ? (uint8_t)e->prefix.len : e->cfg.prefix_len);
	put_bytes(w, e->prefix.addr.bytes, ADDR_LEN);
	dhcp6_option_end(w, at);
}

static void put_ia_pd(struct writer *w, const struct dhcp6_client *e)
{
	size_t at = dhcp6_option_begin(w, DHCP6_OPT_IA_PD);

	put_u32(w, IAID);
	put_u32(w, 0);
	put_u32(w, 0);
	put_prefix(w, e);
	dhcp6_option_end(w, at);
}

static void put_requested(struct writer *w, enum dhcp6_type type)
{
	size_t at = dhcp6_option_begin(w, DHCP6_OPT_ORO);

	put_u16(w, DHCP6_OPT_SERVERS);
	put_u16(w, DHCP6_OPT_DOMAINS);
	if (type == DHCP6_INFORMATION_REQUEST)
		put_u16(w, DHCP6_OPT_REFRESH_TIME);
	dhcp6_option_end(w, at);
}

static void put_elapsed(struct writer *w, const struct dhcp6_client *e)
{
	uint64_t elapsed = (e->now_ms - e->first_ms) / 10;
	size_t at = dhcp6_option_begin(w, DHCP6_OPT_ELAPSED_TIME);

	put_u16(w, elapsed < UINT16_MAX ? (uint16_t)elapsed : UINT16_MAX);
	dhcp6_option_end(w, at);
}

static size_t write_message(const struct dhcp6_client *e, enum dhcp6_type type,
			    uint8_t to[DHCP6_PACKET_MAX])
{
	struct writer w = writer_of(to, DHCP6_PACKET_MAX);
	struct dhcp6_message m = {
		.from = ip_link_local(e->cfg.own_iid),
		.to = all_servers,
		.type = (uint8_t)type,
		.transaction = e->transaction,
	};
	bool is_to_one = type == DHCP6_REQUEST || type == DHCP6_RENEW || type == DHCP6_RELEASE;

	dhcp6_begin(&w, &m, DHCP6_SERVER_PORT);
	dhcp6_put_duid(&w, DHCP6_OPT_CLIENT_ID, e->cfg.uuid);
	if (is_to_one)
		dhcp6_put_option(&w, DHCP6_OPT_SERVER_ID, e->server_id, e->server_id_len);
	put_elapsed(&w, e);
	if (type != DHCP6_RELEASE)
		put_requested(&w, type);
	if (type == DHCP6_SOLICIT)
		dhcp6_put_option(&w, DHCP6_OPT_RAPID_COMMIT, "", 0);
	if (type != DHCP6_INFORMATION_REQUEST)
		put_ia_pd(&w, e);
	return dhcp6_end(&w);
}

static void send_next(struct dhcp6_client *e)
{
	uint32_t max_ms = exchanges[e->state].max_ms, next_ms = e->interval_ms;

	if (e->state == DHCP6_REQUESTING && e->sent >= REQUEST_MAX) {
		enter(e, DHCP6_SOLICITING);
		next_ms = e->interval_ms;
	}
	e->must_send = true;
	if (e->sent++) {
		next_ms = next_ms > max_ms / 2 ? spread(e, max_ms) : next_ms + spread(e, next_ms);
		e->interval_ms = next_ms;
	}
	e->send_ms = e->now_ms + next_ms;
}

size_t dhcp6_client_release(struct dhcp6_client *e, uint64_t now_ms, uint8_t to[DHCP6_PACKET_MAX])
{
	if (!e->is_bound || e->state == DHCP6_IDLE)
		return 0;
	e->now_ms = e->first_ms = now_ms;
	e->transaction = random32(e) & 0xffffff;
	dhcp6_client_stop(e);
	drop_prefix(e);
	return write_message(e, DHCP6_RELEASE, to);
}

/* ---- receiving */

static bool is_for_us(const struct dhcp6_client *e, const struct dhcp6_message *m)
{
	struct reader id;

	return dhcp6_option_find(m->options, DHCP6_OPT_CLIENT_ID, &id) &&
	       dhcp6_is_duid(id, e->cfg.uuid);
}

static bool is_expected(const struct dhcp6_client *e, const struct dhcp6_message *m)
{
	return is_exchange(e->state) && m->transaction == e->transaction;
}

static bool take_server_id(struct dhcp6_client *e, const struct dhcp6_message *m)
{
	struct reader id;

	if (!dhcp6_option_find(m->options, DHCP6_OPT_SERVER_ID, &id) || !id.left ||
	    id.left > DHCP6_DUID_MAX)
		return false;
	e->server_id_len = id.left;
	get_copy(&id, e->server_id, id.left);
	return true;
}

static bool is_chosen_server(const struct dhcp6_client *e, const struct dhcp6_message *m)
{
	struct reader id;

	return dhcp6_option_find(m->options, DHCP6_OPT_SERVER_ID, &id) &&
	       id.left == e->server_id_len && !memcmp(id.at, e->server_id, id.left);
}

static enum dhcp6_status status_of(struct reader options)
{
	struct reader body;

	if (!dhcp6_option_find(options, DHCP6_OPT_STATUS, &body))
		return DHCP6_SUCCESS;
	return get_u16(&body); /* a message follows, which is for people; 0 when it is cut off */
}

static void take_servers(struct dhcp6_client *e, struct reader list)
{
	struct dhcp6_config *c = &e->config;

	c->server_count = 0;
	while (c->server_count < IP6_SERVERS_MAX &&
	       advert_server_next(&list, &c->servers[c->server_count]))
		c->server_count++;
}

static void take_domains(struct dhcp6_client *e, struct reader list)
{
	struct dhcp6_config *c = &e->config;

	c->domain_count = 0;
	while (c->domain_count < IP6_DOMAINS_MAX &&
	       advert_domain_next(&list, c->domains[c->domain_count]))
		c->domain_count++;
}

static bool has_same_settings(const struct dhcp6_config *a, const struct dhcp6_config *b)
{
	if (a->server_count != b->server_count || a->domain_count != b->domain_count)
		return false;
	for (size_t i = 0; i < a->server_count; i++)
		if (!ip_equal(&a->servers[i], &b->servers[i]))
			return false;
	for (size_t i = 0; i < a->domain_count; i++)
		if (strcmp(a->domains[i], b->domains[i]))
			return false;
	return true;
}

static void take_settings(struct dhcp6_client *e, struct reader options)
{
	struct dhcp6_config before = e->config;
	struct reader body;

	e->config.server_count = e->config.domain_count = 0;
	if (dhcp6_option_find(options, DHCP6_OPT_SERVERS, &body))
		take_servers(e, body);
	if (dhcp6_option_find(options, DHCP6_OPT_DOMAINS, &body))
		take_domains(e, body);
	if (!has_same_settings(&before, &e->config))
		e->has_change = true;
}

/*
 * What we do not use of a prefix is unreachable, so a hostile server could cut this host off from a part of the
 * internet. A provider's own prefix is a /32 or longer (RIPE-738 section 5.1); customers get parts of it.
 */
enum { SHORTEST_PREFIX = 32 };

/* An IA Prefix that can be used. */
struct lease {
	struct ip_prefix prefix;
	uint32_t preferred_s, valid_s;
};

static bool is_for_networks(const struct ip_prefix *p)
{
	uint8_t first = p->addr.bytes[0];

	return p->len >= PREFIX_MIN && p->len <= PREFIX_MAX &&
	       ((first & 0xe0) == UNICAST_FIRST || (first & 0xfe) == ULA_FIRST);
}

static bool get_lease(struct reader r, struct lease *l)
{
	struct ip_addr addr = { .family = AF_INET6 };

	l->preferred_s = get_u32(&r);
	l->valid_s = get_u32(&r);
	l->prefix.len = get_u8(&r);
	get_copy(&r, addr.bytes, ADDR_LEN);
	if (r.bad || l->preferred_s > l->valid_s || !l->valid_s ||
	    l->prefix.len < SHORTEST_PREFIX || l->prefix.len > 128)
		return false;
	l->prefix.addr = ip_mask(&addr, l->prefix.len);
	return is_for_networks(&l->prefix) && status_of(r) == DHCP6_SUCCESS;
}

/* The IA_PD that we asked for: its header, and its options in `ia`. */
static bool find_ia(struct reader options, struct reader *ia, uint32_t *t1_s, uint32_t *t2_s)
{
	struct dhcp6_option o;

	while (dhcp6_option_next(&options, &o)) {
		if (o.code != DHCP6_OPT_IA_PD || get_u32(&o.body) != IAID)
			continue;
		*t1_s = get_u32(&o.body);
		*t2_s = get_u32(&o.body);
		*ia = o.body;
		/* section 21.21: such an IA_PD is ignored */
		if (!o.body.bad && (!*t1_s || !*t2_s || *t1_s <= *t2_s))
			return true;
	}
	return false;
}

static bool find_lease(struct reader ia, struct lease *l)
{
	struct dhcp6_option o;

	if (status_of(ia) != DHCP6_SUCCESS)
		return false;
	while (dhcp6_option_next(&ia, &o))
		if (o.code == DHCP6_OPT_IA_PREFIX && get_lease(o.body, l))
			return true;
	return false;
}

static void bind_prefix(struct dhcp6_client *e, const struct lease *l, uint32_t t1_s, uint32_t t2_s)
{
	bool is_same = e->is_bound && e->config.prefix.len == l->prefix.len &&
		       ip_equal(&e->config.prefix.addr, &l->prefix.addr);

	if (!t2_s)
		t2_s = l->preferred_s == INFINITE ? INFINITE : l->preferred_s / 10 * 8;
	if (!t1_s)
		t1_s = l->preferred_s == INFINITE ? INFINITE : l->preferred_s / 2;
	if (t2_s < RENEW_MIN_S)
		t2_s = RENEW_MIN_S;
	if (t1_s > t2_s)
		t1_s = t2_s;
	if (t1_s < RENEW_MIN_S)
		t1_s = RENEW_MIN_S;
	e->prefix = e->config.prefix = l->prefix;
	e->valid_ms = after_s(e, l->valid_s);
	e->t1_ms = after_s(e, t1_s);
	e->t2_ms = after_s(e, t2_s);
	e->is_bound = true;
	e->has_change = e->has_change || !is_same;
	enter(e, DHCP6_BOUND);
	if (!is_same)
		log_info(e->cfg.log, "IPv6 prefix %s is delegated to this host",
			 ip_prefix_print(&l->prefix).text);
}

static void say_none(struct dhcp6_client *e)
{
	if (!e->has_said_none)
		log_warn(e->cfg.log, "DHCPv6: the server has no prefix for this host");
	e->has_said_none = true;
}

static void take_advertise(struct dhcp6_client *e, const struct dhcp6_message *m)
{
	uint32_t t1_s, t2_s;
	struct reader ia;
	struct lease l;

	if (e->state != DHCP6_SOLICITING || !take_server_id(e, m))
		return;
	take_settings(e, m->options);
	if (find_ia(m->options, &ia, &t1_s, &t2_s) && find_lease(ia, &l)) {
		e->prefix = l.prefix;
		enter(e, DHCP6_REQUESTING);
	} else {
		say_none(e);
	}
}

static void take_information(struct dhcp6_client *e, const struct dhcp6_message *m)
{
	uint32_t refresh_s = REFRESH_S;
	struct reader body;

	take_settings(e, m->options);
	if (dhcp6_option_find(m->options, DHCP6_OPT_REFRESH_TIME, &body) && body.left >= 4)
		refresh_s = get_u32(&body);
	if (refresh_s < REFRESH_MIN_S)
		refresh_s = REFRESH_MIN_S;
	enter(e, DHCP6_INFORMED);
	e->refresh_ms = after_s(e, refresh_s);
}

/* The server no longer has our prefix, or does not give it: from the start. */
static void take_refusal(struct dhcp6_client *e)
{
	uint32_t wait_ms;

	drop_prefix(e);
	e->prefix = (struct ip_prefix){ .len = 0 };
	say_none(e);
	if (e->state == DHCP6_SOLICITING)
		return;
	enter(e, DHCP6_SOLICITING);
	wait_ms = e->interval_ms; /* not at once: a server may refuse each time */
	e->send_ms = e->now_ms + wait_ms;
}

static void take_reply(struct dhcp6_client *e, const struct dhcp6_message *m)
{
	uint32_t t1_s, t2_s;
	struct reader ia;
	struct lease l;

	if (e->state == DHCP6_INFORMING) {
		take_information(e, m);
		return;
	}
	if (e->state == DHCP6_SOLICITING || e->state == DHCP6_REBINDING) {
		struct reader rapid;

		if (e->state == DHCP6_SOLICITING &&
		    !dhcp6_option_find(m->options, DHCP6_OPT_RAPID_COMMIT, &rapid))
			return;
		if (!take_server_id(e, m))
			return;
	} else if (!is_chosen_server(e, m)) {
		return;
	}
	take_settings(e, m->options);
	if (find_ia(m->options, &ia, &t1_s, &t2_s) && find_lease(ia, &l))
		bind_prefix(e, &l, t1_s, t2_s);
	else
		take_refusal(e);
}

bool dhcp6_client_input(struct dhcp6_client *e, const uint8_t *packet, size_t len, uint64_t now_ms)
{
	struct dhcp6_message m;

	e->now_ms = now_ms;
	if (!dhcp6_get(packet, len, DHCP6_CLIENT_PORT, &m) || !is_for_us(e, &m))
		return false;
	if (!is_expected(e, &m))
		return true;
	if (m.type == DHCP6_ADVERTISE)
		take_advertise(e, &m);
	else if (m.type == DHCP6_REPLY)
		take_reply(e, &m);
	dhcp6_client_tick(e, now_ms);
	return true;
}

/* ---- time */

static bool has_passed(const struct dhcp6_client *e, uint64_t ms)
{
	return ms <= e->now_ms;
}

static void advance(struct dhcp6_client *e)
{
	if (e->is_bound && has_passed(e, e->valid_ms)) {
		drop_prefix(e);
		if (e->state != DHCP6_IDLE && e->state != DHCP6_SOLICITING)
			enter(e, DHCP6_SOLICITING);
	}
	if (e->state == DHCP6_INFORMED && has_passed(e, e->refresh_ms))
		enter(e, DHCP6_INFORMING);
	if (e->state == DHCP6_BOUND && has_passed(e, e->t1_ms))
		enter(e, DHCP6_RENEWING);
	if (e->state == DHCP6_RENEWING && has_passed(e, e->t2_ms))
		enter(e, DHCP6_REBINDING);
}

void dhcp6_client_tick(struct dhcp6_client *e, uint64_t now_ms)
{
	e->now_ms = now_ms;
	advance(e);
	if (is_exchange(e->state) && has_passed(e, e->send_ms))
		send_next(e);
}

uint64_t dhcp6_client_deadline(const struct dhcp6_client *e)
{
	uint64_t next = e->send_ms;

	if (e->is_bound)
		next = min_ms(next, e->valid_ms);
	if (e->state == DHCP6_INFORMED)
		next = min_ms(next, e->refresh_ms);
	if (e->state == DHCP6_BOUND)
		next = min_ms(next, e->t1_ms);
	if (e->state == DHCP6_RENEWING)
		next = min_ms(next, e->t2_ms);
	return next;
}

bool dhcp6_client_next(struct dhcp6_client *e, struct dhcp6_out *out)
{
	size_t len;

	if (e->has_change) {
		e->has_change = false;
		*out = (struct dhcp6_out){ .type = DHCP6_OUT_CHANGED };
		return true;
	}
	if (!e->must_send)
		return false;
	e->must_send = false;
	len = write_message(e, exchanges[e->state].type, e->packet);
	*out = (struct dhcp6_out){ DHCP6_OUT_PACKET, bytes_of(e->packet, len) };
	return true;
}

void dhcp6_client_config(const struct dhcp6_client *e, uint64_t now_ms, struct dhcp6_config *out)
{
	uint64_t left_ms = e->valid_ms > now_ms ? e->valid_ms - now_ms : 0;

	*out = e->config;
	if (!e->is_bound)
		out->prefix = (struct ip_prefix){ .len = 0 };
	else
		out->valid_s = e->valid_ms == NEVER ? INFINITE : (uint32_t)(left_ms / 1000);
}
