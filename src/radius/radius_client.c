/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests and servers: which request is where, and when something happens to it. */
#include "radius/radius_client.h"

#include <assert.h>

#define REQUEST_OF(link, member) \
	((struct radius_request *)(void *)((char *)(link)-offsetof(struct radius_request, member)))

/* ---- lists: a request is in one of waiting, sent and finished; also in the outbox, to be sent */

static void list_init(struct radius_link *head)
{
	head->next = head->prev = head;
}

static void list_add(struct radius_link *head, struct radius_link *l)
{
	assert(head->prev);
	l->next = head;
	l->prev = head->prev;
	head->prev->next = l;
	head->prev = l;
}

static void list_remove(struct radius_link *l)
{
	if (!l->next)
		return;
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->next = l->prev = NULL;
}

static void move_to(struct radius_link *head, struct radius_request *r, enum radius_state state)
{
	list_remove(&r->list);
	list_add(head, &r->list);
	r->state = state;
}

static void put_in_outbox(struct radius_client *c, struct radius_request *r)
{
	if (!r->is_outgoing)
		list_add(&c->outbox, &r->outbox);
	r->is_outgoing = true;
}

static void take_from_outbox(struct radius_request *r)
{
	list_remove(&r->outbox);
	r->is_outgoing = false;
}

static void wake_at(struct radius_client *c, uint64_t at_ms)
{
	if (at_ms < c->next_ms)
		c->next_ms = at_ms;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- identifiers */

/* In turn, so that the server has forgotten the last request with that one. False: all are used. */
static bool take_id(struct radius_server *s, struct radius_request *r)
{
	for (unsigned port = 0; port < (s->is_stream ? 1 : RADIUS_PORTS); port++) {
		if (s->used[port] == RADIUS_IDS)
			continue;
		while (s->by_id[port][s->next_id[port]])
			s->next_id[port]++;
		r->port = (uint8_t)port;
		r->id = s->next_id[port]++;
		s->by_id[port][r->id] = r;
		s->used[port]++;
		return true;
	}
	return false;
}

static void give_id_back(struct radius_client *c, struct radius_request *r)
{
	struct radius_server *s = &c->servers[r->at];

	if (r->state != RADIUS_SENT)
		return;
	s->by_id[r->port][r->id] = NULL;
	s->used[r->port]--;
	take_from_outbox(r);
}

/* ---- one request */

/* +-10 %, RFC 5080 section 2.2.1 */
static uint32_t jittered(struct radius_client *c, uint32_t ms)
{
	uint8_t dice;

	c->cfg.random(c->cfg.arg, &dice, sizeof(dice));
	return ms - ms / 10 + (uint32_t)((uint64_t)ms * dice / 5 / UINT8_MAX);
}

static void set_resend(struct radius_client *c, struct radius_request *r, uint64_t now)
{
	r->resend_ms = c->servers[r->at].is_stream ? UINT64_MAX : now + jittered(c, r->pause_ms);
	wake_at(c, earlier(r->resend_ms, earlier(r->server_end_ms, r->end_ms)));
}

/* The clock of the thread that made the record may be ahead of the loop's. */
static uint32_t seconds_since(uint64_t born_ms, uint64_t now)
{
	return now > born_ms ? (uint32_t)((now - born_ms) / 1000) : 0;
}

/* A packet of its own for each server: RFC 2865 section 2.5. */
static void sign(struct radius_client *c, struct radius_request *r, uint64_t now)
{
	uint8_t random[RADIUS_AUTH_LEN];

	if (r->delay_at)
		store_u32(r->packet + r->delay_at, seconds_since(r->born_ms, now));
	c->cfg.random(c->cfg.arg, random, sizeof(random));
	radius_sign_request(r->packet, r->len, r->id, random, r->password_at, r->password,
			    c->servers[r->at].secret);
}

static bool start_at(struct radius_client *c, struct radius_request *r, unsigned server,
		     uint64_t now)
{
	struct radius_server *s = &c->servers[server];

	if (!take_id(s, r))
		return false;
	r->at = server;
	r->sends = 0;
	r->sent_ms = now;
	r->pause_ms =
		RADIUS_FIRST_MS < c->cfg.server_ms / 2 ? RADIUS_FIRST_MS : c->cfg.server_ms / 2;
	r->server_end_ms = now + c->cfg.server_ms;
	move_to(&c->sent, r, RADIUS_SENT);
	sign(c, r, now);
	if (!s->is_stream || s->is_up)
		put_in_outbox(c, r);
	set_resend(c, r, now);
	return true;
}

static void finish(struct radius_client *c, struct radius_request *r)
{
	give_id_back(c, r);
	move_to(&c->finished, r, RADIUS_FINISHED);
}

/* ---- which server */

static bool was_tried(const struct radius_request *r, unsigned server)
{
	return r->tried & 1u << server;
}

/* A dead one gets one request when its time is over. */
static bool is_usable(struct radius_server *s, uint64_t now)
{
	return !s->is_dead || now >= s->dead_until_ms;
}

static int choose(struct radius_client *c, const struct radius_request *r, uint64_t now)
{
	int fallback = -1;

	if (r->server != RADIUS_ANY)
		return was_tried(r, (unsigned)r->server) ? -1 : r->server;
	for (unsigned i = 0; i < c->server_count; i++) {
		if (was_tried(r, i))
			continue;
		if (is_usable(&c->servers[i], now))
			return (int)i;
		if (fallback < 0)
			fallback = (int)i;
	}
	return fallback;
}

static bool lives_another(struct radius_client *c, const struct radius_request *r, uint64_t now)
{
	int next = r->server == RADIUS_ANY ? choose(c, r, now) : -1;

	return next >= 0 && is_usable(&c->servers[next], now);
}

/* In order of arrival; requests for a server whose Identifiers are all used go on waiting. */
static void start_waiting(struct radius_client *c, uint64_t now)
{
	struct radius_link *l, *next;

	for (l = c->waiting.next; l != &c->waiting; l = next) {
		struct radius_request *r = REQUEST_OF(l, list);
		int server = choose(c, r, now);

		next = l->next;
		if (server < 0) {
			finish(c, r);
			continue;
		}
		if (!start_at(c, r, (unsigned)server, now)) {
			if (r->server == RADIUS_ANY)
				break;
			continue;
		}
		if (c->servers[server].is_dead)
			c->servers[server].dead_until_ms = now + RADIUS_DEAD_MS;
	}
}

static void wait_for_next_server(struct radius_client *c, struct radius_request *r)
{
	give_id_back(c, r);
	r->tried |= 1u << r->at;
	move_to(&c->waiting, r, RADIUS_WAITING);
}

/* ---- dead and alive */

static void probe(struct radius_client *c, unsigned server, uint64_t now)
{
	struct radius_server *s = &c->servers[server];
	struct radius_request *r = &s->probe;
	struct writer w = writer_of(s->probe_packet, sizeof(s->probe_packet));

	s->probe_ms = now + RADIUS_PROBE_MS;
	wake_at(c, s->probe_ms);
	if (r->state != RADIUS_IDLE)
		return;
	radius_begin(&w, RADIUS_STATUS_SERVER);
	radius_put_text(&w, RADIUS_NAS_IDENTIFIER, c->cfg.nas);
	*r = (struct radius_request){
		.packet = s->probe_packet, .len = w.len, .server = (int)server, .is_probe = true
	};
	r->end_ms = now + RADIUS_PROBE_MS - 1;
	if (!start_at(c, r, server, now))
		return;
	r->server_end_ms = UINT64_MAX;
	r->resend_ms = UINT64_MAX; /* one packet is enough */
	wake_at(c, r->end_ms);
}

/* Its requests go to the next server at once, if one is alive. */
static void bury(struct radius_client *c, unsigned server, uint64_t now)
{
	struct radius_server *s = &c->servers[server];
	struct radius_link *l, *next;

	if (!s->is_dead)
		s->probe_ms = now + RADIUS_PROBE_MS;
	s->is_dead = true;
	s->probes = 0;
	s->dead_until_ms = now + RADIUS_DEAD_MS;
	wake_at(c, s->probe_ms);
	for (l = c->sent.next; l != &c->sent; l = next) {
		struct radius_request *r = REQUEST_OF(l, list);
		unsigned tried = r->tried;

		next = l->next;
		if (r->at != server || r->is_probe)
			continue;
		r->tried |= 1u << server;
		if (lives_another(c, r, now))
			wait_for_next_server(c, r);
		else
			r->tried = tried;
	}
	start_waiting(c, now);
}

static void revive(struct radius_server *s)
{
	s->is_dead = false;
	s->probes = 0;
	s->silent = 0;
}

/* A probe needs several answers, so that a server that comes and goes does not get the logins. */
static void note_answer(struct radius_server *s, const struct radius_request *r, uint64_t now)
{
	s->heard_ms = now;
	if (!r->is_probe || ++s->probes >= RADIUS_PROBES)
		revive(s);
}

/* ---- time */

static void resend(struct radius_client *c, struct radius_request *r, uint64_t now)
{
	r->pause_ms = r->pause_ms * 2 < RADIUS_PAUSE_MAX_MS ? r->pause_ms * 2 : RADIUS_PAUSE_MAX_MS;
	put_in_outbox(c, r);
	set_resend(c, r, now);
}

static void give_up_probe(struct radius_client *c, struct radius_request *r)
{
	give_id_back(c, r);
	list_remove(&r->list);
	c->servers[r->at].probes = 0;
	r->state = RADIUS_IDLE;
}

/* A request from before the last answer says nothing about the server as it is now. */
static bool is_first_silence(const struct radius_server *s, const struct radius_request *r)
{
	return r->sends == 1 && r->sent_ms >= s->heard_ms;
}

/* By the pause, but to no later than `limit_ms` from now; a repeat that is sent now has time for its answer. */
static void prolong(uint64_t *end_ms, uint64_t pause_ms, uint64_t limit_ms, uint64_t now)
{
	uint64_t least = limit_ms < RADIUS_FIRST_MS ? limit_ms : RADIUS_FIRST_MS;

	if (*end_ms == UINT64_MAX)
		return;
	*end_ms = earlier(*end_ms + pause_ms, now + limit_ms);
	if (*end_ms < now + least)
		*end_ms = now + least;
}

/*
 * This host did not run for that time (stopped, swapped out). It does not count as silence of the servers: they
 * may have been stopped with it, and what they sent may be lost. The requests are repeated, and wait that much longer.
 */
static void forgive_pause(struct radius_client *c, uint64_t pause_ms, uint64_t now)
{
	for (struct radius_link *l = c->sent.next; l != &c->sent; l = l->next) {
		struct radius_request *r = REQUEST_OF(l, list);

		prolong(&r->server_end_ms, pause_ms, c->cfg.server_ms, now);
		prolong(&r->end_ms, pause_ms, RADIUS_TOTAL_MS, now);
		if (r->resend_ms != UINT64_MAX)
			r->resend_ms = now;
	}
	for (struct radius_link *l = c->waiting.next; l != &c->waiting; l = l->next)
		prolong(&REQUEST_OF(l, list)->end_ms, pause_ms, RADIUS_TOTAL_MS, now);
}

/* Returns whether the server has to be buried. */
static bool tick_sent(struct radius_client *c, struct radius_request *r, bool was_paused,
		      uint64_t now)
{
	struct radius_server *s = &c->servers[r->at];

	if (r->is_probe) {
		if (r->end_ms <= now)
			give_up_probe(c, r);
		return false;
	}
	if (r->end_ms <= now) {
		finish(c, r);
		return true;
	}
	if (r->server_end_ms <= now) {
		wait_for_next_server(c, r);
		return true;
	}
	if (r->resend_ms > now)
		return false;
	resend(c, r, now);
	return !was_paused && is_first_silence(s, r) && ++s->silent >= RADIUS_SILENT_MAX &&
	       !s->is_dead;
}

static void tick_all(struct radius_client *c, bool was_paused, uint64_t now)
{
	struct radius_link *l, *next;
	unsigned silent = 0; /* bit n: server n */

	for (l = c->sent.next; l != &c->sent; l = next) {
		struct radius_request *r = REQUEST_OF(l, list);
		unsigned server = r->at;

		next = l->next;
		if (tick_sent(c, r, was_paused, now))
			silent |= 1u << server;
	}
	for (unsigned i = 0; i < c->server_count; i++)
		if (silent & 1u << i)
			bury(c, i, now);
	for (l = c->waiting.next; l != &c->waiting; l = next) {
		struct radius_request *r = REQUEST_OF(l, list);

		next = l->next;
		if (r->end_ms <= now)
			finish(c, r);
	}
	start_waiting(c, now);
}

static void probe_dead(struct radius_client *c, uint64_t now)
{
	for (unsigned i = 0; i < c->server_count; i++)
		if (c->servers[i].is_dead && c->servers[i].probe_ms <= now)
			probe(c, i, now);
}

static void find_next(struct radius_client *c)
{
	for (struct radius_link *l = c->sent.next; l != &c->sent; l = l->next) {
		const struct radius_request *r = REQUEST_OF(l, list);

		wake_at(c, earlier(r->resend_ms, earlier(r->server_end_ms, r->end_ms)));
	}
	for (struct radius_link *l = c->waiting.next; l != &c->waiting; l = l->next)
		wake_at(c, REQUEST_OF(l, list)->end_ms);
	for (unsigned i = 0; i < c->server_count; i++)
		if (c->servers[i].is_dead)
			wake_at(c, c->servers[i].probe_ms);
}

void radius_client_tick(struct radius_client *c, uint64_t now_ms)
{
	bool was_paused;

	if (now_ms < c->next_ms)
		return;
	was_paused = now_ms - c->next_ms >= RADIUS_PAUSED_MS;
	if (was_paused)
		forgive_pause(c, now_ms - c->next_ms, now_ms);
	c->next_ms = UINT64_MAX;
	tick_all(c, was_paused, now_ms);
	probe_dead(c, now_ms);
	find_next(c);
}

uint64_t radius_client_deadline(const struct radius_client *c)
{
	return c->next_ms;
}

/* ---- responses */

static bool is_answer_to(uint8_t request, uint8_t code)
{
	switch (request) {
	case RADIUS_ACCESS_REQUEST:
		return code == RADIUS_ACCESS_ACCEPT || code == RADIUS_ACCESS_REJECT ||
		       code == RADIUS_ACCESS_CHALLENGE;
	case RADIUS_ACCOUNTING_REQUEST:
		return code == RADIUS_ACCOUNTING_RESPONSE;
	default: /* a Status-Server: on the port of accounting too */
		return code == RADIUS_ACCESS_ACCEPT || code == RADIUS_ACCOUNTING_RESPONSE;
	}
}

/* Over TLS the server has proved who it is already. */
static bool needs_signature(const struct radius_client *c, const struct radius_request *r)
{
	const struct radius_server *s = &c->servers[r->at];

	if (r->packet[0] != RADIUS_ACCESS_REQUEST || s->is_stream)
		return false;
	return r->must_be_signed || c->cfg.demand == RADIUS_REQUIRE || s->has_signed;
}

/* Servers from before CVE-2024-3596 sign responses to EAP, and perhaps to a Status-Server, alone. */
static bool tells_of_signatures(const struct radius_request *r)
{
	return r->packet[0] == RADIUS_ACCESS_REQUEST && !r->must_be_signed;
}

static void take_answer(struct radius_client *c, struct radius_request *r, struct bytes packet,
			uint64_t now)
{
	note_answer(&c->servers[r->at], r, now);
	give_id_back(c, r);
	list_remove(&r->list);
	r->state = RADIUS_IDLE;
	if (!r->is_probe) {
		c->answered = r;
		c->answer = packet;
	}
	start_waiting(c, now);
}

/* RFC 3579 section 3.2: what is forged is dropped without a trace, since the true one may come. */
void radius_client_input(struct radius_client *c, unsigned server, unsigned port,
			 struct bytes packet, uint64_t now_ms)
{
	struct radius_server *s = &c->servers[server];
	struct radius_request *r;
	enum radius_check check;

	c->answered = NULL;
	if (!radius_is_packet(&packet))
		return;
	r = s->by_id[port][packet.at[1]];
	if (!r || !is_answer_to(r->packet[0], packet.at[0]))
		return;
	check = radius_check_response(packet, r->packet + 4, s->secret);
	if (check == RADIUS_CHECK_FORGED)
		return;
	if (check == RADIUS_CHECK_NO_MA && needs_signature(c, r)) {
		note_answer(s, r, now_ms);
		r->is_unsigned = true;
		finish(c, r);
		start_waiting(c, now_ms);
		return;
	}
	if (check == RADIUS_CHECK_OK && tells_of_signatures(r))
		s->has_signed = true;
	take_answer(c, r, packet, now_ms);
}

/* ---- the interface */

void radius_client_open(struct radius_client *c, const struct radius_client_cfg *cfg)
{
	memset(c, 0, sizeof(*c));
	c->cfg = *cfg;
	if (!c->cfg.server_ms)
		c->cfg.server_ms = RADIUS_SERVER_MS;
	c->next_ms = UINT64_MAX;
	list_init(&c->waiting);
	list_init(&c->sent);
	list_init(&c->finished);
	list_init(&c->outbox);
}

bool radius_client_add(struct radius_client *c, struct bytes secret, bool is_stream)
{
	if (c->server_count == RADIUS_SERVERS)
		return false;
	c->servers[c->server_count].secret = secret;
	c->servers[c->server_count++].is_stream = is_stream;
	return true;
}

void radius_client_send(struct radius_client *c, struct radius_request *r, uint64_t now_ms)
{
	r->is_probe = r->is_outgoing = r->is_unsigned = false;
	r->tried = 0;
	r->at = 0;
	r->end_ms = now_ms + RADIUS_TOTAL_MS;
	r->resend_ms = r->server_end_ms = UINT64_MAX;
	r->list = r->outbox = (struct radius_link){ NULL, NULL };
	move_to(&c->waiting, r, RADIUS_WAITING);
	wake_at(c, r->end_ms);
	start_waiting(c, now_ms);
}

void radius_client_cancel(struct radius_client *c, struct radius_request *r, uint64_t now_ms)
{
	if (c->answered == r)
		c->answered = NULL;
	if (r->state == RADIUS_IDLE)
		return;
	give_id_back(c, r);
	list_remove(&r->list);
	r->state = RADIUS_IDLE;
	start_waiting(c, now_ms);
}

void radius_client_refused(struct radius_client *c, unsigned server, uint64_t now_ms)
{
	for (unsigned i = 0; i < c->server_count; i++)
		if (i != server && is_usable(&c->servers[i], now_ms)) {
			bury(c, server, now_ms);
			return;
		}
}

void radius_client_stream(struct radius_client *c, unsigned server, bool is_up, uint64_t now_ms)
{
	c->servers[server].is_up = is_up;
	for (struct radius_link *l = c->sent.next; l != &c->sent; l = l->next) {
		struct radius_request *r = REQUEST_OF(l, list);

		if (r->at != server)
			continue;
		if (is_up)
			put_in_outbox(c, r);
		else
			take_from_outbox(r);
	}
	if (!is_up)
		radius_client_refused(c, server, now_ms);
}

static bool next_change(struct radius_client *c, struct radius_out *out)
{
	for (unsigned i = 0; i < c->server_count; i++) {
		struct radius_server *s = &c->servers[i];

		if (s->is_dead == s->is_reported_dead)
			continue;
		s->is_reported_dead = s->is_dead;
		out->type = s->is_dead ? RADIUS_OUT_DEAD : RADIUS_OUT_ALIVE;
		out->server = i;
		return true;
	}
	return false;
}

static void next_finished(struct radius_client *c, struct radius_out *out)
{
	struct radius_request *r = REQUEST_OF(c->finished.next, list);

	list_remove(&r->list);
	r->state = RADIUS_IDLE;
	out->type = r->is_unsigned ? RADIUS_OUT_UNSIGNED : RADIUS_OUT_FAILED;
	out->request = r;
	out->server = r->at;
}

static void next_to_send(struct radius_client *c, struct radius_out *out)
{
	struct radius_request *r = REQUEST_OF(c->outbox.next, outbox);

	take_from_outbox(r);
	r->sends++;
	out->type = RADIUS_OUT_SEND;
	out->server = r->at;
	out->port = r->port;
	out->request = r;
	out->packet = bytes_of(r->packet, r->len);
}

bool radius_client_next(struct radius_client *c, struct radius_out *out)
{
	*out = (struct radius_out){ .type = RADIUS_OUT_ANSWER, .request = c->answered };
	if (c->answered) {
		out->packet = c->answer;
		out->server = c->answered->at;
		c->answered = NULL;
		return true;
	}
	if (next_change(c, out))
		return true;
	if (c->finished.next != &c->finished)
		next_finished(c, out);
	else if (c->outbox.next != &c->outbox)
		next_to_send(c, out);
	else
		return false;
	return true;
}
