/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole calls on hosts that stop (suspended, swapped out, scheduled late) and over a line that pauses and
 * then delivers all at once. TCP loses nothing, so a call that works on an idle machine works here too, and
 * both ends give the same reasons for its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/wire.h"

enum {
	RUNS = 300,
	HOUR_MS = 3600 * 1000,
};

static struct wire w;
static struct mini *const client = &w.end[WIRE_CLIENT], *const server = &w.end[WIRE_SERVER];

static const enum ppp_auth methods[] = { PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5, PPP_AUTH_MSCHAPV2 };
enum { METHODS = sizeof(methods) / sizeof(*methods) };

static uint32_t runs(void)
{
	const char *text = getenv("SLOW_RUNS"); /* by hand: many more */

	return text ? (uint32_t)strtoul(text, NULL, 10) : RUNS;
}

static struct wire_stops short_stops(uint32_t seed)
{
	return (struct wire_stops){
		.longest_ms = 2000, .left_ms = 9000, .one_in = 3, .seed = seed
	};
}

static void begin(enum ppp_auth method, bool ipv6, const struct wire_stops *stops)
{
	struct mini_cfg c = wire_cfg(SSTP_CLIENT, method), s = wire_cfg(SSTP_SERVER, method);

	c.ipv6 = s.ipv6 = ipv6;
	wire_slow(&w, &c, &s, stops);
}

static void fail_run(const char *what, enum ppp_auth method, const struct wire_stops *s)
{
	fail_msg("%s: %s, seed %u, host %d at step %u, %u ms: ppp %d and %d, sstp %d and %d", what,
		 ppp_auth_name(method), s->seed, s->host, s->at_step, s->longest_ms,
		 (int)client->ppp_why, (int)server->ppp_why, (int)client->why, (int)server->why);
}

static bool is_good_call(void)
{
	return wire_is_up(&w) && client->connected == 1 && server->connected == 1 &&
	       client->authenticated == 1 && server->authenticated == 1 &&
	       client->ipv4.own == MINI_CLIENT_V4 && client->ipv4_ups == 1 && server->ipv4_ups == 1;
}

static void calls_connect(void **state)
{
	(void)state;
	for (size_t i = 0; i < METHODS; i++)
		for (uint32_t seed = 1; seed <= runs(); seed++) {
			const struct wire_stops stops = short_stops(seed);

			begin(methods[i], seed % 2, &stops);
			wire_run(&w, 60 * 1000);
			if (!is_good_call())
				fail_run("connects", methods[i], &stops);
		}
}

/* A suspended or swapping host at any one step. */
static void one_long_stop_ends_nothing(void **state)
{
	static const uint32_t durations_ms[] = { 1000, 4000, 9000, 15000, 20000 };

	(void)state;
	for (size_t i = 0; i < METHODS; i++)
		for (size_t d = 0; d < sizeof(durations_ms) / sizeof(*durations_ms); d++)
			for (int host = WIRE_CLIENT; host <= WIRE_SERVER; host++) {
				unsigned int steps = 1;

				for (unsigned int n = 0; n < steps; n++) {
					const struct wire_stops stops = {
						.longest_ms = durations_ms[d],
						.left_ms = durations_ms[d],
						.host = host,
						.at_step = n,
						.seed = n,
					};

					begin(methods[i], true, &stops);
					wire_run(&w, 55 * 1000);
					if (!is_good_call())
						fail_run("one stop", methods[i], &stops);
					steps = w.stops.steps[host];
				}
			}
}

static void idle_calls_stay_up(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= runs(); seed++) {
		const struct wire_stops stops = short_stops(seed);

		begin(PPP_AUTH_MSCHAPV2, true, &stops);
		wire_run(&w, 60 * 1000);
		w.stops.longest_ms = 20 * 1000;
		for (uint64_t ms = 0; ms < HOUR_MS; ms += 60 * 1000) {
			w.stops.left_ms = 25 * 1000;
			wire_run(&w, 60 * 1000);
		}
		if (!is_good_call())
			fail_run("stays up", PPP_AUTH_MSCHAPV2, &stops);
	}
}

static void either_end_closes(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= runs(); seed++) {
		const struct wire_stops stops = short_stops(seed);
		struct mini *one = &w.end[seed % 2], *other = &w.end[!(seed % 2)];

		begin(PPP_AUTH_MSCHAPV2, true, &stops);
		wire_run(&w, 60 * 1000);
		w.stops.left_ms = 3 * 1000;
		mini_close(one);
		wire_run(&w, 120 * 1000);
		if (!one->is_closed || !other->is_closed || one->ppp_why != PPP_CLOSED_BY_US ||
		    other->ppp_why != PPP_CLOSED_BY_PEER)
			fail_run("closes", PPP_AUTH_MSCHAPV2, &stops);
	}
}

static void wrong_passwords_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < METHODS; i++)
		for (uint32_t seed = 1; seed <= runs(); seed++) {
			const struct wire_stops stops = short_stops(seed);
			struct mini_cfg c = wire_cfg(SSTP_CLIENT, methods[i]);
			struct mini_cfg s = wire_cfg(SSTP_SERVER, methods[i]);

			c.password = "wrong";
			wire_slow(&w, &c, &s, &stops);
			wire_run(&w, 120 * 1000);
			if (client->ppp_why != PPP_CLOSED_REFUSED ||
			    server->ppp_why != PPP_CLOSED_REFUSED)
				fail_run("is refused", methods[i], &stops);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_connect),
		cmocka_unit_test(one_long_stop_ends_nothing),
		cmocka_unit_test(idle_calls_stay_up),
		cmocka_unit_test(either_end_closes),
		cmocka_unit_test(wrong_passwords_are_refused),
	};

	return cmocka_run_group_tests_name("both/slow", tests, NULL, NULL);
}
