/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole call, with each of its messages lost, doubled, split and cut, and with the wire dead from
 * each of them on. In every case both ends reach one of two results, a call that carries packets or
 * a closed call, within the time of the specification.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/wire.h"

enum {
	CONTROL = 1, /* each end's second message: Call-Connect-Request, Call-Connect-Ack */
	PATIENCE_MS = 200 * 1000, /* HTTP, two negotiations, an Abort */
};

static struct wire w;
static struct mini_cfg client, server;
static unsigned int counts[2];
static struct mini *const ends[] = { &w.end[WIRE_CLIENT], &w.end[WIRE_SERVER] };

static void each_method(void (*test)(void))
{
	static const enum ppp_auth methods[] = { PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5,
						 PPP_AUTH_MSCHAPV2 };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		client = wire_cfg(SSTP_CLIENT, methods[i]);
		server = wire_cfg(SSTP_SERVER, methods[i]);
		client.ipv6 = server.ipv6 = true;
		wire_open(&w, &client, &server);
		assert_true(wire_is_up(&w));
		counts[WIRE_CLIENT] = ends[WIRE_CLIENT]->sends;
		counts[WIRE_SERVER] = ends[WIRE_SERVER]->sends;
		test();
	}
}

static bool is_connected_message(int from, unsigned int number)
{
	struct bytes m = mini_message(ends[from], number);

	return m.len == SSTP_CALL_CONNECTED_LEN && m.at[1] == 1 && m.at[5] == 4;
}

/* RFC 1994 section 4.2: a server does not repeat its Success, and the client does not ask. */
static bool is_chap_success(int from, unsigned int number)
{
	struct bytes m = mini_message(ends[from], number);

	return m.len > 8 && load_u16(m.at + 6) == 0xc223 && m.at[8] == 3;
}

#define EACH_MESSAGE(from, n)                                     \
	for (int from = WIRE_CLIENT; from <= WIRE_SERVER; from++) \
		for (unsigned int n = 0; n < counts[from]; n++)

/* PPP repeats its requests; SSTP does not. */
static void lose_each(void)
{
	EACH_MESSAGE(from, n)
	{
		bool is_fatal;

		wire_harmed(&w, &client, &server, WIRE_LOSES, from, n, 0);
		is_fatal =
			n <= CONTROL || is_connected_message(from, n) || is_chap_success(from, n);
		wire_turn(&w, PATIENCE_MS);
		assert_int_equal(wire_is_down(&w), is_fatal);
		if (is_fatal)
			assert_int_equal(ends[WIRE_SERVER]->connected, 0);
		else
			assert_true(wire_carries(&w));
	}
}

static void lost(void **state)
{
	(void)state;
	each_method(lose_each);
}

/* A second PPP packet does no harm; a second SSTP message is unexpected. */
static void double_each(void)
{
	EACH_MESSAGE(from, n)
	{
		bool is_sstp;

		wire_harmed(&w, &client, &server, WIRE_DOUBLES, from, n, 0);
		is_sstp = n <= CONTROL || is_connected_message(from, n);
		wire_turn(&w, PATIENCE_MS);
		assert_int_equal(wire_is_down(&w), is_sstp);
		if (!is_sstp)
			assert_true(wire_carries(&w));
	}
}

static void doubled(void **state)
{
	(void)state;
	each_method(double_each);
}

static void split_each(void)
{
	EACH_MESSAGE(from, n)
	{
		size_t len = mini_message(ends[from], n).len;

		for (size_t at = 1; at < len; at++) {
			wire_harmed(&w, &client, &server, WIRE_SPLITS, from, n, at);
			assert_true(wire_carries(&w));
		}
	}
}

static void split(void **state)
{
	(void)state;
	each_method(split_each);
}

/* What follows is read from a wrong offset, and may look like packets. */
static void cut_each(void)
{
	EACH_MESSAGE(from, n)
	{
		size_t len;

		wire_open(&w, &client, &server);
		len = mini_message(ends[from], n).len;
		for (size_t at = 0; at < len; at++) {
			wire_harmed(&w, &client, &server, WIRE_CUTS, from, n, at);
			wire_turn(&w, PATIENCE_MS);
			assert_true(wire_is_down(&w) || wire_is_up(&w));
		}
	}
}

static void cut(void **state)
{
	(void)state;
	each_method(cut_each);
}

/* From each message on, one direction loses everything: some timer ends the call. */
static void die_at_each(void)
{
	EACH_MESSAGE(from, n)
	{
		wire_harmed(&w, &client, &server, WIRE_DIES, from, n, 0);
		wire_turn(&w, PATIENCE_MS);
		assert_true(wire_is_down(&w));
	}
}

static void dead(void **state)
{
	(void)state;
	each_method(die_at_each);
}

/* One bit of each byte is flipped, from the ACK on: no packet passes without a valid binding. */
static void flip_each(void)
{
	EACH_MESSAGE(from, n)
	{
		size_t len;

		wire_open(&w, &client, &server);
		len = mini_message(ends[from], n).len;
		for (size_t at = 0; n >= CONTROL && at < len; at++) {
			wire_harmed(&w, &client, &server, WIRE_FLIPS, from, n, at);
			wire_turn(&w, PATIENCE_MS);
			assert_true(wire_is_down(&w) || wire_is_up(&w));
		}
	}
}

static void flipped(void **state)
{
	(void)state;
	each_method(flip_each);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost), cmocka_unit_test(doubled), cmocka_unit_test(split),
		cmocka_unit_test(cut),  cmocka_unit_test(dead),    cmocka_unit_test(flipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
