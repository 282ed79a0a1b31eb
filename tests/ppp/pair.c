/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppp/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	START_MS = 5000,
	WIRE_MAX = 256,
	EAP_REQUEST = 1,
	EAP_RESPONSE = 2,
	EAP_IDENTITY = 1,
	EAP_TEST = 255,
	EAP_ROUNDS = 3,
	FRAME_CODE_AT = 4,
	FRAME_ID_AT = 5,
	CONFIGURE_REQUEST = 1,
	CONFIGURE_REJECT = 4,
};

/* Frames on the wire, in order, each in its own memory. */
static struct {
	struct side *to;
	uint8_t *bytes;
	size_t len;
	uint64_t due_ms;
} wire[WIRE_MAX];
static size_t wire_count;

/* 0 to 2 for LCP, IPCP, IPV6CP; 3: another protocol. */
static size_t layer_of(const uint8_t *frame, size_t len)
{
	static const uint16_t layers[] = { PPP_PROTO_LCP, PPP_PROTO_IPCP, PPP_PROTO_IPV6CP };
	size_t i = 0;

	while (i < 3 && (len < FRAME_ID_AT + 1 || load_u16(frame + 2) != layers[i]))
		i++;
	return i;
}

/* In a frame on the wire: a request of `from` gets a new Identifier. */
static void renew_id(struct side *from, uint8_t *frame, size_t len)
{
	size_t layer = layer_of(frame, len);

	if (!from->has_fresh_ids || layer == 3 || frame[FRAME_CODE_AT] != CONFIGURE_REQUEST)
		return;
	from->own_id[layer] = frame[FRAME_ID_AT];
	frame[FRAME_ID_AT] = ++from->wire_id[layer];
}

/* And back in the reply. One to an earlier request is not for the last one. */
static void restore_id(const struct side *to, uint8_t *frame, size_t len)
{
	size_t layer = layer_of(frame, len);

	if (!to->has_fresh_ids || layer == 3 || frame[FRAME_CODE_AT] <= CONFIGURE_REQUEST ||
	    frame[FRAME_CODE_AT] > CONFIGURE_REJECT)
		return;
	frame[FRAME_ID_AT] = (uint8_t)(to->own_id[layer] + frame[FRAME_ID_AT] - to->wire_id[layer]);
}

static void put_on_wire(struct pair *pair, struct side *to, struct bytes frame)
{
	assert_true(wire_count < WIRE_MAX);
	wire[wire_count].to = to;
	wire[wire_count].bytes = malloc(frame.len + !frame.len);
	assert_non_null(wire[wire_count].bytes);
	memcpy(wire[wire_count].bytes, frame.at, frame.len);
	renew_id(to == &pair->client ? &pair->server : &pair->client, wire[wire_count].bytes,
		 frame.len);
	wire[wire_count].due_ms = pair->now_ms + pair->delay_ms;
	wire[wire_count++].len = frame.len;
}

/* True for a request that the same side has sent before. */
static void note_repeat(struct pair *pair, struct side *from, struct bytes frame)
{
	size_t n = from->request_count < REQUESTS_MAX ? from->request_count : REQUESTS_MAX;
	uint32_t sum = 2166136261;

	for (size_t i = 0; i < frame.len; i++)
		sum = (sum ^ frame.at[i]) * 16777619;
	for (size_t i = 0; i < n; i++)
		pair->repeats += from->requests[i] == sum;
	from->requests[from->request_count++ % REQUESTS_MAX] = sum;
}

static void send_frame(struct pair *pair, struct side *from, struct bytes frame)
{
	struct side *to = from == &pair->client ? &pair->server : &pair->client;
	bool is_hit = pair->fault != FAULT_NONE && pair->sent == pair->fault_at;

	assert_true(frame.len <= PPP_FRAME_MAX);
	pair->longest = frame.len > pair->longest ? frame.len : pair->longest;
	pair->sent++;
	note_repeat(pair, from, frame);
	if (is_hit && pair->fault == FAULT_LOST)
		return;
	if (is_hit && pair->fault == FAULT_CUT)
		frame.len = pair->cut_len < frame.len ? pair->cut_len : frame.len;
	put_on_wire(pair, to, frame);
	if (is_hit && pair->fault == FAULT_DOUBLED)
		put_on_wire(pair, to, frame);
}

static void note_closed(struct side *side, const struct ppp_out *out)
{
	assert_false(side->is_closed);
	side->is_closed = true;
	side->why = out->closed.why;
	side->error = out->closed.error;
	memcpy(side->detail, out->closed.detail.at, out->closed.detail.len);
	side->detail[out->closed.detail.len] = '\0';
}

static void drain(struct pair *pair, struct side *side);

static void answer(struct pair *pair, struct side *side, const struct ppp_attempt *attempt)
{
	side->checks++;
	pair->verdict = ends_check(attempt, pair->password);
	pair->verdict_due_ms = pair->now_ms + pair->verdict_ms;
	if (!pair->verdict_ms) {
		pair->verdict_due_ms = UINT64_MAX;
		ppp_auth_result(&side->p, &pair->verdict, pair->now_ms);
	}
}

/* ---- the EAP method of the owners */

static void send_eap(struct pair *pair, struct side *side, uint8_t code, uint8_t id, uint8_t type,
		     struct bytes data)
{
	uint8_t bytes[64];
	struct writer w = writer_of(bytes, sizeof(bytes));

	put_u8(&w, code);
	put_u8(&w, id);
	put_u16(&w, (uint16_t)(5 + data.len));
	put_u8(&w, type);
	put_bytes(&w, data.at, data.len);
	assert_true(ppp_eap_send(&side->p, bytes_of(bytes, w.len), pair->now_ms));
}

static void finish_eap(struct pair *pair, struct side *side, bool ok)
{
	side->checks++;
	pair->verdict = (struct ppp_auth_result){ .ok = ok, .ipv4 = ENDS_CLIENT_IPV4 };
	if (ok)
		memset(pair->verdict.hlak, EAP_TEST, sizeof(pair->verdict.hlak));
	pair->verdict_due_ms = pair->now_ms + pair->verdict_ms;
	if (pair->verdict_ms)
		return;
	pair->verdict_due_ms = UINT64_MAX;
	ppp_auth_result(&side->p, &pair->verdict, pair->now_ms);
}

/* In `packet` is a Response. */
static void serve_eap(struct pair *pair, struct side *side, struct bytes packet)
{
	uint8_t id = packet.at[1];
	bool is_right = packet.len == 6 + strlen(pair->password) && packet.at[4] == EAP_TEST &&
			packet.at[5] == pair->eap_round &&
			!memcmp(packet.at + 6, pair->password, packet.len - 6);

	if (packet.at[4] == EAP_IDENTITY)
		pair->eap_round = 0;
	else if (!is_right || ++pair->eap_round == EAP_ROUNDS)
		return finish_eap(pair, side, is_right);
	send_eap(pair, side, EAP_REQUEST, (uint8_t)(id + 1), EAP_TEST,
		 bytes_of(&pair->eap_round, 1));
}

static void answer_eap(struct pair *pair, struct side *side, struct bytes packet)
{
	uint8_t data[32], hlak[PPP_HLAK_LEN];
	struct writer w = writer_of(data, sizeof(data));

	if (packet.at[4] == EAP_IDENTITY) {
		send_eap(pair, side, EAP_RESPONSE, packet.at[1], EAP_IDENTITY,
			 bytes_text(side->cfg.user));
		return;
	}
	assert_int_equal(packet.at[4], EAP_TEST);
	put_u8(&w, packet.at[5]);
	put_bytes(&w, side->cfg.password, strlen(side->cfg.password));
	send_eap(pair, side, EAP_RESPONSE, packet.at[1], EAP_TEST, bytes_of(data, w.len));
	memset(hlak, EAP_TEST, sizeof(hlak));
	if (packet.at[5] == EAP_ROUNDS - 1)
		ppp_eap_done(&side->p, hlak, pair->now_ms);
}

static void take_eap(struct pair *pair, struct side *side, struct bytes packet)
{
	assert_true(packet.len >= 5);
	assert_int_equal(load_u16(packet.at + 2), packet.len);
	assert_int_equal(packet.at[0], side == &pair->server ? EAP_RESPONSE : EAP_REQUEST);
	if (side == &pair->server)
		serve_eap(pair, side, packet);
	else
		answer_eap(pair, side, packet);
}

static void take(struct pair *pair, struct side *side, const struct ppp_out *out)
{
	assert_false(side->is_closed); /* it is the last event */
	switch (out->type) {
	case PPP_OUT_FRAME:
		send_frame(pair, side, out->frame);
		break;
	case PPP_OUT_LCP_UP:
		side->lcp_ups++;
		break;
	case PPP_OUT_OFFER:
		assert_false(side->offers & 1u << out->offer);
		side->offers |= (uint16_t)(1u << out->offer);
		break;
	case PPP_OUT_CHECK_PASSWORD:
		answer(pair, side, &out->attempt);
		break;
	case PPP_OUT_EAP:
		take_eap(pair, side, out->eap);
		break;
	case PPP_OUT_AUTHENTICATED:
		assert_false(side->is_authenticated);
		side->is_authenticated = true;
		memcpy(side->hlak, out->hlak, sizeof(side->hlak));
		break;
	case PPP_OUT_IPV4_UP:
		side->has_ipv4 = true;
		side->ipv4 = out->ipv4;
		break;
	case PPP_OUT_IPV4_DOWN:
		side->has_ipv4 = false;
		break;
	case PPP_OUT_IPV6_UP:
		side->has_ipv6 = true;
		side->ipv6 = out->ipv6;
		break;
	case PPP_OUT_IPV6_DOWN:
		side->has_ipv6 = false;
		break;
	case PPP_OUT_CLOSED:
		note_closed(side, out);
	}
}

static void drain(struct pair *pair, struct side *side)
{
	struct ppp_out out;

	while (ppp_next(&side->p, &out))
		take(pair, side, &out);
	assert_int_equal(ppp_data_is_open(&side->p, PPP_PROTO_IPV4), side->has_ipv4);
	assert_int_equal(ppp_data_is_open(&side->p, PPP_PROTO_IPV6), side->has_ipv6);
}

static uint32_t any_number(struct pair *pair)
{
	pair->seed = pair->seed * 1103515245 + 12345;
	return pair->seed >> 16;
}

static uint32_t stall(struct pair *pair)
{
	uint32_t ms = any_number(pair) % pair->stall_ms;

	ms = ms < pair->stall_left_ms ? ms : pair->stall_left_ms;
	pair->stall_left_ms -= ms;
	return ms;
}

/* Whether the host runs now; if so, it may stop before it does anything. */
static bool is_awake(struct pair *pair, struct side *side)
{
	if (side->awake_ms > pair->now_ms)
		return false;
	if (pair->stopped == side && side->steps++ == pair->stop_at)
		side->awake_ms = pair->now_ms + pair->stop_ms;
	if (pair->stall_ms && any_number(pair) % pair->stall_one_in == 0)
		side->awake_ms = pair->now_ms + stall(pair);
	return side->awake_ms <= pair->now_ms;
}

/* Delivers the first frame that is due at a host that runs; false: there is none. */
static bool deliver(struct pair *pair)
{
	size_t i = 0;
	struct side *to;
	uint8_t *bytes;

	while (i < wire_count &&
	       (wire[i].due_ms > pair->now_ms || wire[i].to->awake_ms > pair->now_ms))
		i++;
	if (i == wire_count)
		return false;
	to = wire[i].to;
	if (!is_awake(pair, to))
		return true;
	bytes = wire[i].bytes;
	restore_id(to, bytes, wire[i].len);
	ppp_input(&to->p, bytes, wire[i].len, pair->now_ms);
	wire_count--;
	memmove(wire + i, wire + i + 1, (wire_count - i) * sizeof(*wire));
	drain(pair, to);
	free(bytes);
	return true;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* When something happens next: no earlier than the host of it runs again. */
static uint64_t next_event(const struct pair *pair)
{
	const struct side *c = &pair->client, *s = &pair->server;
	uint64_t next = earlier(later(ppp_deadline(&c->p), c->awake_ms),
				later(ppp_deadline(&s->p), s->awake_ms));

	for (size_t i = 0; i < wire_count; i++)
		next = earlier(next, later(wire[i].due_ms, wire[i].to->awake_ms));
	return earlier(next, later(pair->verdict_due_ms, s->awake_ms));
}

static void tick(struct pair *pair, struct side *side)
{
	if (ppp_deadline(&side->p) > pair->now_ms || !is_awake(pair, side))
		return;
	ppp_tick(&side->p, pair->now_ms);
	assert_true(ppp_deadline(&side->p) > pair->now_ms);
	drain(pair, side);
}

static void give_verdict(struct pair *pair)
{
	if (pair->verdict_due_ms > pair->now_ms || pair->server.awake_ms > pair->now_ms)
		return;
	pair->verdict_due_ms = UINT64_MAX;
	ppp_auth_result(&pair->server.p, &pair->verdict, pair->now_ms);
	drain(pair, &pair->server);
}

void pair_init(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->now_ms = START_MS;
	pair->password = "clientPass";
	pair->verdict_due_ms = UINT64_MAX;
	pair->client.cfg = ends_client(&pair->client.random);
	pair->server.cfg = ends_server(&pair->server.random);
	pair->client.cfg.eap = &pair->client.eap;
	pair->server.cfg.eap = &pair->server.eap;
}

static void init(struct side *side)
{
	ppp_init(&side->p, &side->cfg, &side->login);
	ppp_lend(&side->p, &side->out);
}

void pair_open(struct pair *pair)
{
	init(&pair->client);
	init(&pair->server);
	ppp_open(&pair->server.p, pair->now_ms);
	drain(pair, &pair->server);
	ppp_open(&pair->client.p, pair->now_ms);
	drain(pair, &pair->client);
}

void pair_run(struct pair *pair, uint64_t until_ms)
{
	for (;;) {
		uint64_t next;

		if (!pair->stall_ms || any_number(pair) % 2)
			while (deliver(pair))
				;
		next = next_event(pair);
		if (next > START_MS + until_ms)
			return;
		pair->now_ms = next > pair->now_ms ? next : pair->now_ms;
		give_verdict(pair);
		tick(pair, &pair->client);
		tick(pair, &pair->server);
	}
}

void pair_end(struct pair *pair, struct side *side)
{
	ppp_close(&side->p, NULL, pair->now_ms);
	drain(pair, side);
	while (deliver(pair))
		;
}

void pair_close(struct pair *pair)
{
	ppp_wipe(&pair->client.p);
	ppp_wipe(&pair->server.p);
}

bool pair_is_up(const struct pair *pair)
{
	const struct side *c = &pair->client, *s = &pair->server;

	return c->is_authenticated && s->is_authenticated && !c->is_closed && !s->is_closed &&
	       !memcmp(c->hlak, s->hlak, sizeof(c->hlak)) && c->has_ipv4 && s->has_ipv4 &&
	       c->ipv4.own == s->ipv4.peer && c->ipv4.peer == s->ipv4.own &&
	       c->ipv4.own == ENDS_CLIENT_IPV4 && c->ipv4.dns[0] == ENDS_DNS_1 &&
	       c->ipv4.dns[1] == ENDS_DNS_2 && c->has_ipv6 && s->has_ipv6 &&
	       !memcmp(c->ipv6.own_iid, s->ipv6.peer_iid, PPP_IID_LEN) &&
	       !memcmp(s->ipv6.own_iid, c->ipv6.peer_iid, PPP_IID_LEN);
}
