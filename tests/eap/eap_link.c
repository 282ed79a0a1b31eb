/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "eap/eap_link.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
	WIRE_MAX = 64,
	REFUSAL_MS = 1000,
	LATE_MS = 500, /* when nothing follows the frame that is late */
	CLIENT_IPV4 = 0x0a010002,
	SERVER_IPV4 = 0x0a010001,
};

struct frame {
	struct link_end *to;
	uint64_t due_ms;
	size_t len;
	uint8_t bytes[PPP_FRAME_MAX];
};

static struct frame wire[WIRE_MAX];
static size_t wire_count;

static void put_on_wire(struct link *l, struct link_end *to, struct bytes frame, uint64_t due_ms)
{
	struct frame *f = &wire[wire_count++];

	assert_in_range(wire_count, 1, WIRE_MAX);
	*f = (struct frame){ .to = to, .due_ms = due_ms, .len = frame.len };
	memcpy(f->bytes, frame.at, frame.len);
	l->longest = frame.len > l->longest ? frame.len : l->longest;
}

static void transmit(struct link *l, struct link_end *to, struct bytes frame)
{
	enum link_fault fault = l->sent++ == l->fault_at ? l->fault : LINK_NO_FAULT;

	if (fault == LINK_LOST)
		return;
	if (fault == LINK_CUT && l->cut_len < frame.len)
		frame.len = l->cut_len;
	put_on_wire(l, to, frame, l->now_ms + (fault == LINK_LATE ? LATE_MS : 0));
	if (fault == LINK_DOUBLED)
		put_on_wire(l, to, frame, l->now_ms);
}

static void drain(struct link *l, struct link_end *end);

static void converse_as_client(struct link *l, struct bytes packet)
{
	struct link_end *end = &l->client_end;
	uint8_t out[EAP_PACKET_MAX], msk[EAP_MSK_LEN];
	struct writer w = writer_of(out, sizeof(out));

	end->last = eap_peer_input(&l->peer, packet, &w);
	end->rounds++;
	if (end->last == EAP_STEP_DONE) {
		l->peer.chosen->method->key(l->peer.chosen->self, msk);
		ppp_eap_done(&end->p, msk, l->now_ms);
	}
	if (end->last == EAP_STEP_SEND || end->last == EAP_STEP_DONE)
		assert_true(ppp_eap_send(&end->p, bytes_of(out, w.len), l->now_ms));
	if (end->last == EAP_STEP_FAIL)
		ppp_close(&end->p, NULL, l->now_ms);
}

static void give_result(struct link *l, bool ok)
{
	struct ppp_auth_result v = { .ok = ok, .ipv4 = ok ? CLIENT_IPV4 : 0 };
	uint8_t msk[EAP_MSK_LEN];

	if (ok) {
		l->server.chosen->method->key(l->server.chosen->self, msk);
		memcpy(v.hlak, msk, sizeof(v.hlak));
	}
	ppp_auth_result(&l->server_end.p, &v, l->now_ms);
}

static void converse_as_server(struct link *l, struct bytes packet)
{
	struct link_end *end = &l->server_end;
	uint8_t out[EAP_PACKET_MAX];
	struct writer w = writer_of(out, sizeof(out));

	if (end->last == EAP_STEP_FAIL) {
		give_result(l, false);
		return;
	}
	end->last = eap_server_input(&l->server, packet, &w);
	end->rounds++;
	/* the owner of a server drops nothing: after a malformed Response the login has failed */
	if (end->last == EAP_STEP_DROP)
		end->last = EAP_STEP_FAIL;
	if (end->last == EAP_STEP_SEND)
		assert_true(ppp_eap_send(&end->p, bytes_of(out, w.len), l->now_ms));
	if (end->last == EAP_STEP_DONE)
		give_result(l, true);
	if (end->last == EAP_STEP_FAIL) {
		l->last_words.len = 0;
		put_bytes(&l->last_words, out, w.len);
		l->refuse_ms = l->now_ms + REFUSAL_MS;
	}
}

static void refuse(struct link *l)
{
	l->refuse_ms = UINT64_MAX;
	if (!l->last_words.len ||
	    !ppp_eap_send(&l->server_end.p, bytes_of(l->last_words.at, l->last_words.len),
			  l->now_ms))
		give_result(l, false);
}

static void take_event(struct link *l, struct link_end *end, const struct ppp_out *out)
{
	bool is_client = end == &l->client_end;

	switch (out->type) {
	case PPP_OUT_FRAME:
		transmit(l, is_client ? &l->server_end : &l->client_end, out->frame);
		break;
	case PPP_OUT_EAP:
		if (is_client)
			converse_as_client(l, out->eap);
		else
			converse_as_server(l, out->eap);
		break;
	case PPP_OUT_AUTHENTICATED:
		memcpy(end->hlak, out->hlak, sizeof(end->hlak));
		break;
	case PPP_OUT_IPV4_UP:
		end->is_up = true;
		break;
	case PPP_OUT_CLOSED:
		end->is_closed = true;
		end->why = out->closed.why;
		break;
	default:
		break;
	}
}

static void drain(struct link *l, struct link_end *end)
{
	struct ppp_out out;

	while (ppp_next(&end->p, &out))
		take_event(l, end, &out);
}

/* The frame that is due first; of these the one that was sent first. */
static struct frame *first_due(void)
{
	struct frame *first = NULL;

	for (size_t i = 0; i < wire_count; i++)
		if (!first || wire[i].due_ms < first->due_ms)
			first = &wire[i];
	return first;
}

static void deliver(struct link *l, struct frame *f)
{
	static struct frame copy;

	copy = *f;
	memmove(f, f + 1, (size_t)(wire + wire_count - (f + 1)) * sizeof(*f));
	wire_count--;
	/* a frame that is late comes after the next one to the same end */
	for (size_t i = 0; i < wire_count; i++)
		if (wire[i].to == copy.to && wire[i].due_ms > l->now_ms)
			wire[i].due_ms = l->now_ms;
	if (!copy.to->is_closed)
		ppp_input(&copy.to->p, copy.bytes, copy.len, l->now_ms);
	drain(l, copy.to);
}

static void init(struct link_end *e, const struct ppp_cfg *cfg)
{
	ppp_init(&e->p, cfg, &e->login);
	ppp_lend(&e->p, &e->out);
}

static void open_ends(struct link *l)
{
	struct ppp_cfg cfg = {
		.auth = { PPP_AUTH_EAP }, .auth_count = 1, .ipv4 = true, .random = l->random
	};

	wire_count = 0;
	l->now_ms = 1000;
	l->last_words = writer_of(l->last_bytes, sizeof(l->last_bytes));
	l->refuse_ms = UINT64_MAX;
	cfg.eap = &l->client_end.memory;
	init(&l->client_end, &cfg);
	cfg.role = PPP_SERVER;
	cfg.eap = &l->server_end.memory;
	cfg.ipv4_own = SERVER_IPV4;
	init(&l->server_end, &cfg);
	ppp_open(&l->server_end.p, l->now_ms);
	ppp_open(&l->client_end.p, l->now_ms);
	drain(l, &l->server_end);
	drain(l, &l->client_end);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void tick(struct link *l, struct link_end *end)
{
	if (ppp_deadline(&end->p) <= l->now_ms)
		ppp_tick(&end->p, l->now_ms);
	drain(l, end);
}

void link_run(struct link *l, uint64_t until_ms)
{
	open_ends(l);
	until_ms += l->now_ms;
	for (;;) {
		struct frame *f = first_due();
		uint64_t next = earlier(earlier(ppp_deadline(&l->client_end.p),
						ppp_deadline(&l->server_end.p)),
					earlier(l->refuse_ms, f ? f->due_ms : UINT64_MAX));

		if (next > until_ms)
			return;
		l->now_ms = next > l->now_ms ? next : l->now_ms;
		if (f && f->due_ms <= l->now_ms) {
			deliver(l, f);
			continue;
		}
		if (l->refuse_ms <= l->now_ms)
			refuse(l);
		tick(l, &l->client_end);
		tick(l, &l->server_end);
	}
}

bool link_is_good(const struct link *l)
{
	return l->client_end.is_up && l->server_end.is_up &&
	       !memcmp(l->client_end.hlak, l->server_end.hlak, PPP_HLAK_LEN);
}

bool link_is_over(const struct link *l)
{
	return l->client_end.is_closed && l->server_end.is_closed;
}

void link_draw(void *arg, void *to, size_t len)
{
	static uint8_t counter;
	uint8_t *at = to;

	(void)arg;
	for (size_t i = 0; i < len; i++)
		at[i] = ++counter;
}
