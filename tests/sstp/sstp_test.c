/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client and a server in one process, each fed with what the other sends: a normal call; then
 * every message lost, doubled, split and cut. One byte each way replaces the authentication of PPP:
 * "A" is the password of the client, "S" the result from the server.
 */
#include "sstp/end.h"

#include "sstp/states.h"

enum { CLIENT, SERVER };

enum harm {
	NONE,
	LOST,
	DOUBLED,
	SPLIT, /* comes in two reads */
	CUT,   /* the rest never comes, but what follows does */
};

struct pair {
	struct end end[2];
	unsigned int relayed[2]; /* messages of each */
	bool has_asked, has_judged, has_proved;
	enum harm harm; /* of one message: */
	int from;
	unsigned int number;
	size_t at; /* where it is split or cut */
};

static struct bytes message(const struct end *e, unsigned int number)
{
	size_t from = e->sent_at[number];
	size_t to = number + 1 < e->sends ? e->sent_at[number + 1] : e->tx_len;

	return bytes_of(e->tx + from, to - from);
}

static void deliver(struct pair *p, int from, unsigned int number)
{
	struct bytes m = message(&p->end[from], number);
	struct end *to = &p->end[!from];
	bool is_harmed = p->harm != NONE && p->from == from && p->number == number;

	switch (is_harmed ? p->harm : NONE) {
	case LOST:
		break;
	case DOUBLED:
		end_feed(to, m.at, m.len);
		end_feed(to, m.at, m.len);
		break;
	case SPLIT:
		end_feed(to, m.at, p->at);
		end_feed(to, m.at + p->at, m.len - p->at);
		break;
	case CUT:
		end_feed(to, m.at, p->at);
		break;
	case NONE:
		end_feed(to, m.at, m.len);
		break;
	}
}

/*
 * What PPP does: the client sends its password, the server checks it and sends the result, the
 * client continues.
 */
static void authenticate(struct pair *p)
{
	struct end *c = &p->end[CLIENT], *s = &p->end[SERVER];

	if (c->start_ppp && !p->has_asked) {
		p->has_asked = true;
		end_send_frame(c, "A");
	}
	if (s->frames && !p->has_judged) {
		p->has_judged = true;
		end_authenticated(s);
		end_send_frame(s, "S");
	}
	if (c->frames && !p->has_proved) {
		p->has_proved = true;
		end_authenticated(c);
	}
}

static bool relay(struct pair *p)
{
	bool has_moved = false;

	for (int from = CLIENT; from <= SERVER; from++) {
		while (p->relayed[from] < p->end[from].sends) {
			deliver(p, from, p->relayed[from]++);
			authenticate(p);
			has_moved = true;
		}
	}
	return has_moved;
}

static void settle(struct pair *p)
{
	while (relay(p))
		;
}

static void begin(struct pair *p, enum harm harm, int from, unsigned int number, size_t at)
{
	const struct sstp_cfg c = end_cfg(SSTP_CLIENT), s = end_cfg(SSTP_SERVER);

	memset(p, 0, sizeof(*p));
	p->harm = harm;
	p->from = from;
	p->number = number;
	p->at = at;
	end_init(&p->end[CLIENT], &c);
	end_init(&p->end[SERVER], &s);
	settle(p);
}

/* Advances both clocks until both ends are closed, or for ten minutes. */
static void turn(struct pair *p)
{
	uint64_t end_ms = END_T0 + 600000;

	for (;;) {
		uint64_t c = sstp_deadline(&p->end[CLIENT].s), s = sstp_deadline(&p->end[SERVER].s);
		uint64_t next = c < s ? c : s;

		if (next > end_ms)
			return;
		end_turn(&p->end[CLIENT], next);
		end_turn(&p->end[SERVER], next);
		settle(p);
	}
}

static bool both_connected(const struct pair *p)
{
	return sstp_is_connected(&p->end[CLIENT].s) && sstp_is_connected(&p->end[SERVER].s);
}

static struct pair p;

static void normal(void **state)
{
	(void)state;
	begin(&p, NONE, 0, 0, 0);
	assert_true(both_connected(&p));
	for (int i = CLIENT; i <= SERVER; i++) {
		assert_int_equal(p.end[i].http_done, 1);
		assert_int_equal(p.end[i].start_ppp, 1);
		assert_int_equal(p.end[i].connected, 1);
		assert_int_equal(p.end[i].frames, 1);
		assert_int_equal(p.end[i].offered, 3);
		assert_int_equal(p.end[i].rx_len, 0);
	}
	assert_int_equal(p.end[CLIENT].sends, 4); /* HTTP, Request, the password, Connected */
	assert_int_equal(p.end[SERVER].sends, 3);

	end_send_frame(&p.end[CLIENT], "data");
	end_send_frame(&p.end[SERVER], "data");
	settle(&p);
	assert_memory_equal(p.end[SERVER].ppp, "Adata", 5);
	assert_memory_equal(p.end[CLIENT].ppp, "Sdata", 5);
}

static void either_end_disconnects(void **state)
{
	(void)state;
	for (int who = CLIENT; who <= SERVER; who++) {
		begin(&p, NONE, 0, 0, 0);
		end_close(&p.end[who]);
		settle(&p);
		assert_closed(&p.end[who], SSTP_CLOSED_BY_US, 0);
		turn(&p);
		assert_closed(&p.end[!who], SSTP_CLOSED_BY_PEER, 0);
		assert_int_equal(p.end[!who].now_ms, END_T0 + SSTP_DISCONNECT_2_MS);
	}
}

static void both_disconnect(void **state)
{
	(void)state;
	begin(&p, NONE, 0, 0, 0);
	end_close(&p.end[CLIENT]);
	end_close(&p.end[SERVER]);
	turn(&p);
	assert_closed(&p.end[CLIENT], SSTP_CLOSED_BY_US, 0);
	assert_closed(&p.end[SERVER], SSTP_CLOSED_BY_US, 0);
}

/* Idle for an hour: a hello every minute, and the call stays up. */
static void idle(void **state)
{
	struct end *c = &p.end[CLIENT], *s = &p.end[SERVER];

	(void)state;
	begin(&p, NONE, 0, 0, 0);
	for (int minute = 1; minute <= 60; minute++) {
		end_turn(c, END_T0 + (uint64_t)minute * 60000);
		end_turn(s, END_T0 + (uint64_t)minute * 60000);
		settle(&p);
		assert_true(both_connected(&p));
	}
	assert_int_equal(c->sends + s->sends, 7 + 4 * 60); /* both send requests and responses */
}

/* The outcome of a message lost or doubled, at each end. 0: still connected. */
static const struct {
	const char *name;
	enum harm harm;
	int from;
	unsigned int number;
	struct {
		enum sstp_closed why;
		uint32_t status;
	} client, server;
} harms[] = {
	{ "HTTP request lost",
	  LOST,
	  CLIENT,
	  0,
	  { SSTP_CLOSED_NO_RESPONSE, 0 },
	  { SSTP_CLOSED_NO_REQUEST, 0 } },
	{ "HTTP answer lost",
	  LOST,
	  SERVER,
	  0,
	  { SSTP_CLOSED_NO_RESPONSE, 0 },
	  { SSTP_CLOSED_NEGOTIATION, 8 } },
	{ "Call-Connect-Request lost",
	  LOST,
	  CLIENT,
	  1,
	  { SSTP_CLOSED_NEGOTIATION, 8 },
	  { SSTP_CLOSED_NEGOTIATION, 8 } },
	{ "Call-Connect-Ack lost",
	  LOST,
	  SERVER,
	  1,
	  { SSTP_CLOSED_NEGOTIATION, 8 },
	  { SSTP_CLOSED_NEGOTIATION, 8 } },
	{ "password lost",
	  LOST,
	  CLIENT,
	  2,
	  { SSTP_CLOSED_NEGOTIATION, 8 },
	  { SSTP_CLOSED_NEGOTIATION, 8 } },
	{ "verdict lost",
	  LOST,
	  SERVER,
	  2,
	  { SSTP_CLOSED_NEGOTIATION, 8 },
	  { SSTP_CLOSED_UNCONFIRMED, 8 } },
	{ "Call-Connected lost",
	  LOST,
	  CLIENT,
	  3,
	  { SSTP_CLOSED_ABORTED, 8 },
	  { SSTP_CLOSED_UNCONFIRMED, 8 } },
	{ "HTTP request doubled",
	  DOUBLED,
	  CLIENT,
	  0,
	  { SSTP_CLOSED_NEGOTIATION, 8 },
	  { SSTP_CLOSED_BAD_STREAM, 0 } },
	{ "HTTP answer doubled",
	  DOUBLED,
	  SERVER,
	  0,
	  { SSTP_CLOSED_NOT_SSTP, 0 },
	  { SSTP_CLOSED_NEGOTIATION, 8 } },
	{ "Call-Connect-Request doubled",
	  DOUBLED,
	  CLIENT,
	  1,
	  { SSTP_CLOSED_ABORTED, 5 },
	  { SSTP_CLOSED_BAD_MESSAGE, 5 } },
	{ "Call-Connect-Ack doubled",
	  DOUBLED,
	  SERVER,
	  1,
	  { SSTP_CLOSED_BAD_MESSAGE, 5 },
	  { SSTP_CLOSED_ABORTED, 5 } },
	{ "password doubled", DOUBLED, CLIENT, 2, { 0, 0 }, { 0, 0 } },
	{ "verdict doubled", DOUBLED, SERVER, 2, { 0, 0 }, { 0, 0 } },
	{ "Call-Connected doubled",
	  DOUBLED,
	  CLIENT,
	  3,
	  { SSTP_CLOSED_ABORTED, 5 },
	  { SSTP_CLOSED_BAD_MESSAGE, 5 } },
};

static void lost_and_doubled(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
		print_message("# %s\n", harms[i].name);
		begin(&p, harms[i].harm, harms[i].from, harms[i].number, 0);
		turn(&p);
		if (!harms[i].client.why) {
			assert_true(both_connected(&p));
			continue;
		}
		assert_closed(&p.end[CLIENT], harms[i].client.why, harms[i].client.status);
		assert_closed(&p.end[SERVER], harms[i].server.why, harms[i].server.status);
	}
}

static void split_at_each_byte(void **state)
{
	size_t len;

	(void)state;
	for (int from = CLIENT; from <= SERVER; from++) {
		for (unsigned int n = 0; n < (from == CLIENT ? 4 : 3); n++) {
			begin(&p, NONE, 0, 0, 0);
			len = message(&p.end[from], n).len;
			for (size_t at = 0; at <= len; at++) {
				begin(&p, SPLIT, from, n, at);
				assert_true(both_connected(&p));
			}
		}
	}
}

/* The stream continues at a wrong offset: both ends close, and none is connected. */
static void cut_at_each_byte(void **state)
{
	size_t len;

	(void)state;
	for (int from = CLIENT; from <= SERVER; from++) {
		for (unsigned int n = 0; n < (from == CLIENT ? 4 : 3); n++) {
			begin(&p, NONE, 0, 0, 0);
			len = message(&p.end[from], n).len;
			for (size_t at = 0; at < len; at++) {
				begin(&p, CUT, from, n, at);
				assert_int_equal(p.end[SERVER].connected, 0);
				turn(&p);
				assert_int_equal(p.end[SERVER].connected, 0);
				assert_int_equal(p.end[CLIENT].closed, 1);
				assert_int_equal(p.end[SERVER].closed, 1);
			}
		}
	}
}

/* Byte by byte, the whole call. */
static void byte_by_byte(void **state)
{
	const struct sstp_cfg c = end_cfg(SSTP_CLIENT), s = end_cfg(SSTP_SERVER);
	size_t fed[2] = { 0, 0 };
	bool has_moved = true;

	(void)state;
	memset(&p, 0, sizeof(p));
	end_init(&p.end[CLIENT], &c);
	end_init(&p.end[SERVER], &s);
	while (has_moved) {
		has_moved = false;
		for (int from = CLIENT; from <= SERVER; from++) {
			if (fed[from] == p.end[from].tx_len)
				continue;
			end_feed(&p.end[!from], p.end[from].tx + fed[from]++, 1);
			authenticate(&p);
			has_moved = true;
		}
	}
	assert_true(both_connected(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normal),           cmocka_unit_test(either_end_disconnects),
		cmocka_unit_test(both_disconnect),  cmocka_unit_test(idle),
		cmocka_unit_test(lost_and_doubled), cmocka_unit_test(split_at_each_byte),
		cmocka_unit_test(cut_at_each_byte), cmocka_unit_test(byte_by_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
