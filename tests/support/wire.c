/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See wire.h. */
#include "support/wire.h"

static void deliver_harmed(struct wire *w, struct mini *to, struct bytes m)
{
	uint8_t copy[SSTP_HTTP_MAX];

	switch (w->harm) {
	case WIRE_DOUBLES:
		mini_feed(to, m.at, m.len);
		mini_feed(to, m.at, m.len);
		break;
	case WIRE_SPLITS:
		mini_feed(to, m.at, w->at);
		mini_feed(to, m.at + w->at, m.len - w->at);
		break;
	case WIRE_CUTS:
		mini_feed(to, m.at, w->at);
		break;
	case WIRE_FLIPS:
		memcpy(copy, m.at, m.len);
		copy[w->at] ^= 1;
		mini_feed(to, copy, m.len);
		break;
	case WIRE_INJECTS:
		mini_feed(to, (const uint8_t *)"\x10\x00\x00\x09\xff\x03\x00\x21\x45", 9);
		mini_feed(to, m.at, m.len);
		break;
	case WIRE_LOSES:
	case WIRE_DIES:
	case WIRE_SOUND:
		break;
	}
}

static void deliver(struct wire *w, int from, unsigned int number)
{
	struct bytes m = mini_message(&w->end[from], number);
	struct mini *to = &w->end[!from];

	if (w->harm != WIRE_SOUND && w->from == from && w->number == number)
		deliver_harmed(w, to, m);
	else if (w->harm != WIRE_DIES || w->from != from || number < w->number)
		mini_feed(to, m.at, m.len);
}

static bool relay(struct wire *w)
{
	bool has_moved = false;

	for (int from = WIRE_CLIENT; from <= WIRE_SERVER; from++) {
		while (w->relayed[from] < w->end[from].sends) {
			deliver(w, from, w->relayed[from]++);
			has_moved = true;
		}
	}
	return has_moved;
}

void wire_settle(struct wire *w)
{
	while (relay(w))
		;
}

static void begin(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server)
{
	mini_open(&w->end[WIRE_CLIENT], client, 1);
	mini_open(&w->end[WIRE_SERVER], server, 2);
}

void wire_harmed(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server,
		 enum wire_harm harm, int from, unsigned int number, size_t at)
{
	memset(w, 0, sizeof(*w));
	w->harm = harm;
	w->from = from;
	w->number = number;
	w->at = at;
	begin(w, client, server);
	wire_settle(w);
}

void wire_open(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server)
{
	wire_harmed(w, client, server, WIRE_SOUND, 0, 0, 0);
}

bool wire_is_down(const struct wire *w)
{
	return w->end[WIRE_CLIENT].is_closed || w->end[WIRE_SERVER].is_closed;
}

void wire_turn(struct wire *w, uint64_t ms)
{
	uint64_t end_ms = w->end[WIRE_CLIENT].now_ms + ms;

	while (!wire_is_down(w)) {
		uint64_t c = mini_deadline(&w->end[WIRE_CLIENT]);
		uint64_t s = mini_deadline(&w->end[WIRE_SERVER]);
		uint64_t next = c < s ? c : s;

		if (next > end_ms)
			break;
		mini_turn(&w->end[WIRE_CLIENT], next);
		mini_turn(&w->end[WIRE_SERVER], next);
		wire_settle(w);
	}
	w->end[WIRE_CLIENT].now_ms = w->end[WIRE_SERVER].now_ms = end_ms;
}

/* ---- stops */

static uint32_t any_number(struct wire *w)
{
	w->stops.seed = w->stops.seed * 1103515245 + 12345;
	return w->stops.seed >> 16;
}

static bool is_dice_for_stop(struct wire *w)
{
	return w->stops.one_in && w->stops.left_ms && any_number(w) % w->stops.one_in == 0;
}

static bool has_input(const struct wire *w, int to)
{
	return w->relayed[!to] < w->end[!to].sends;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* When that end does something next. */
static uint64_t next_step_ms(const struct wire *w, int end)
{
	const struct wire_stops *s = &w->stops;
	uint64_t at = mini_deadline(&w->end[end]);

	if (has_input(w, end) && s->line_ms[!end] < at)
		at = s->line_ms[!end];
	return at == UINT64_MAX ? at : later(at, s->host_ms[end]);
}

static bool does_host_stop(struct wire *w, int end)
{
	struct wire_stops *s = &w->stops;
	unsigned int step = s->steps[end]++;

	if (!s->one_in && end == s->host && step == s->at_step)
		return true;
	return is_dice_for_stop(w);
}

static uint64_t stop_ms(struct wire *w)
{
	struct wire_stops *s = &w->stops;
	uint64_t ms = s->one_in ? any_number(w) % s->longest_ms + 1 : s->longest_ms;

	if (ms > s->left_ms)
		ms = s->left_ms;
	s->left_ms -= ms;
	return ms;
}

/* In a buffer that ends with the last message: one TLS record, or one read. */
static void read_input(struct wire *w, int end)
{
	const struct mini *from = &w->end[!end];
	unsigned int first = w->relayed[!end];
	unsigned int count = any_number(w) % 2 ? 1 : from->sends - first;
	struct bytes last = mini_message(from, first + count - 1);
	const uint8_t *at = mini_message(from, first).at;

	w->relayed[!end] += count;
	mini_feed(&w->end[end], at, (size_t)(last.at + last.len - at));
}

static void step(struct wire *w, int end, uint64_t now_ms)
{
	struct wire_stops *s = &w->stops;

	w->end[end].now_ms = now_ms;
	if (does_host_stop(w, end))
		s->host_ms[end] = now_ms + stop_ms(w);
	else if (!has_input(w, end) || s->line_ms[!end] > now_ms)
		mini_turn(&w->end[end], now_ms);
	else if (is_dice_for_stop(w))
		s->line_ms[!end] = now_ms + stop_ms(w);
	else
		read_input(w, end);
}

void wire_slow(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server,
	       const struct wire_stops *stops)
{
	memset(w, 0, sizeof(*w));
	w->stops = *stops;
	begin(w, client, server);
}

void wire_run(struct wire *w, uint64_t ms)
{
	uint64_t now_ms = later(w->end[WIRE_CLIENT].now_ms, w->end[WIRE_SERVER].now_ms);
	uint64_t end_ms = now_ms + ms;

	for (;;) {
		uint64_t c = next_step_ms(w, WIRE_CLIENT), s = next_step_ms(w, WIRE_SERVER);
		uint64_t next = c < s ? c : s;
		int end = c == s ? (int)(any_number(w) % 2) : c < s ? WIRE_CLIENT : WIRE_SERVER;

		if (next > end_ms)
			break;
		now_ms = later(now_ms, next);
		step(w, end, now_ms);
	}
	w->end[WIRE_CLIENT].now_ms = w->end[WIRE_SERVER].now_ms = end_ms;
}

bool wire_is_up(const struct wire *w)
{
	return mini_is_up(&w->end[WIRE_CLIENT]) && mini_is_up(&w->end[WIRE_SERVER]);
}

bool wire_carries(struct wire *w)
{
	unsigned int c = w->end[WIRE_CLIENT].data_in, s = w->end[WIRE_SERVER].data_in;

	if (!mini_send_ip(&w->end[WIRE_CLIENT]) || !mini_send_ip(&w->end[WIRE_SERVER]))
		return false;
	wire_settle(w);
	return w->end[WIRE_CLIENT].data_in == c + 1 && w->end[WIRE_SERVER].data_in == s + 1;
}

struct mini_cfg wire_cfg(enum sstp_role role, enum ppp_auth method)
{
	return (struct mini_cfg){
		.role = role, .auth = { method }, .auth_count = 1, .password = "correct horse"
	};
}
