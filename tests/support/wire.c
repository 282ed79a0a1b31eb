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

void wire_harmed(struct wire *w, const struct mini_cfg *client, const struct mini_cfg *server,
		 enum wire_harm harm, int from, unsigned int number, size_t at)
{
	memset(w, 0, sizeof(*w));
	w->harm = harm;
	w->from = from;
	w->number = number;
	w->at = at;
	mini_open(&w->end[WIRE_CLIENT], client, 1);
	mini_open(&w->end[WIRE_SERVER], server, 2);
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
