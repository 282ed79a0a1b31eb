/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quick start between two ends of ours (vendor.h): how many one-way delays until the client is up. */
#include "ppp/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "ppp/vendor.h"

enum {
	DELAY_MS = 100,
	MAX_WAYS = 40,
	FORMER_IPV4 = 0x0a010077,
};

static struct pair pair;

static int set_up(void **state)
{
	(void)state;
	pair_init(&pair);
	pair.delay_ms = DELAY_MS;
	pair.client.cfg.rtt_ms = pair.server.cfg.rtt_ms = 2 * DELAY_MS;
	pair.client.cfg.auth_count = pair.server.cfg.auth_count = 1;
	pair.server.cfg.peer_is_ready = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pair_close(&pair);
	return 0;
}

/* One-way delays from the server's first LCP request to the client's last network protocol. */
static unsigned ways_until_up(void)
{
	unsigned ways = 0;

	pair_open(&pair);
	while (!(pair.client.has_ipv4 && pair.client.has_ipv6) && ways < MAX_WAYS)
		pair_run(&pair, (uint64_t)++ways * DELAY_MS);
	pair_run(&pair, (uint64_t)(ways + 2) * DELAY_MS);
	return ways;
}

/* LCP's request and Ack, challenge, response, and the result with all that IPCP has to say. */
static void up_with_the_result(void **state)
{
	static const enum ppp_auth methods[] = { PPP_AUTH_CHAP_MD5, PPP_AUTH_MSCHAPV2 };

	for (size_t i = 0; i < 2; i++) {
		set_up(state);
		pair.client.cfg.auth[0] = pair.server.cfg.auth[0] = methods[i];
		assert_int_equal(ways_until_up(), 5);
		assert_true(pair_is_up(&pair));
		assert_int_equal(pair.repeats, 0);
	}
}

static void pap_saves_the_challenge(void **state)
{
	(void)state;
	pair.client.cfg.auth[0] = pair.server.cfg.auth[0] = PPP_AUTH_PAP;
	assert_int_equal(ways_until_up(), 4);
	assert_true(pair_is_up(&pair));
}

/*
 * What it takes when the server is not ours: our request of LCP, its request and Ack, our Ack, challenge,
 * response, result, our request of IPCP, its request and Nak. The Ack of our second request would be the
 * tenth, but we are up before it, half a way after that request was sent.
 */
static void another_server_takes_two_round_trips_more(void **state)
{
	(void)state;
	pair.server.cfg.peer_is_ready = false;
	assert_int_equal(ways_until_up(), 9);
	assert_true(pair_is_up(&pair));
	assert_int_equal(pair.repeats, 0);
}

/* A server that has its address back does not even need the Nak. */
static void another_server_with_the_former_address(void **state)
{
	(void)state;
	pair.server.cfg.peer_is_ready = false;
	pair.client.cfg.ipv4_wanted = ENDS_CLIENT_IPV4;
	pair.client.cfg.want_dns = false;
	assert_int_equal(ways_until_up(), 8);
	assert_int_equal(pair.client.ipv4.own, ENDS_CLIENT_IPV4);
}

/* The client's own EAP method ends with its last Response, which PPP does not know. */
static void eap_comes_up_too(void **state)
{
	(void)state;
	pair.client.cfg.auth[0] = pair.server.cfg.auth[0] = PPP_AUTH_EAP;
	assert_true(ways_until_up() < MAX_WAYS);
	assert_true(pair_is_up(&pair));
}

static bool may_have_it;

static bool take_ipv4(void *arg, uint32_t wanted)
{
	(void)arg;
	return may_have_it && wanted == FORMER_IPV4;
}

static void the_former_address_is_requested(void **state)
{
	(void)state;
	pair.client.cfg.ipv4_wanted = FORMER_IPV4;
	pair.server.cfg.take_ipv4 = take_ipv4;
	may_have_it = true;
	assert_int_equal(ways_until_up(), 5);
	assert_int_equal(pair.client.ipv4.own, FORMER_IPV4);
	assert_int_equal(pair.client.ipv4.dns[0], ENDS_DNS_1);
	assert_int_equal(pair.server.ipv4.peer, FORMER_IPV4);
}

static void a_former_address_that_is_taken_costs_a_nak(void **state)
{
	(void)state;
	pair.client.cfg.ipv4_wanted = FORMER_IPV4;
	pair.server.cfg.take_ipv4 = take_ipv4;
	may_have_it = false;
	assert_int_equal(ways_until_up(), 6); /* up before the Ack */
	assert_true(pair_is_up(&pair));
}

/* Longer than all periods of the Restart timer together: nothing is repeated, nothing gives up. */
static void a_slow_check_changes_nothing(void **state)
{
	(void)state;
	pair.verdict_ms = 35 * 1000;
	pair_open(&pair);
	pair_run(&pair, pair.verdict_ms + 10 * DELAY_MS);
	assert_true(pair_is_up(&pair));
	assert_int_equal(pair.repeats, 0);
}

static void a_wrong_password_is_refused(void **state)
{
	(void)state;
	pair.password = "another";
	assert_int_equal(ways_until_up(), MAX_WAYS);
	assert_true(pair.client.is_closed);
	assert_int_equal(pair.client.why, PPP_CLOSED_REFUSED);
	assert_int_equal(pair.server.why, PPP_CLOSED_REFUSED);
	assert_false(pair.server.has_ipv4 || pair.server.has_ipv6);
}

/* A server that has not accepted the login cannot open a network protocol. */
static void an_early_ack_is_dropped(void **state)
{
	static const uint8_t ack[] = { 0xff, 0x03, 0x80, 0x21, 2, 1, 0, 4 };
	static const uint8_t request[] = { 0xff, 0x03, 0x80, 0x21, 1, 9, 0, 10, 3, 6, 10, 1, 0, 1 };
	struct ppp_out out;

	(void)state;
	pair.verdict_ms = 10 * 1000;
	pair_open(&pair);
	pair_run(&pair, 6 * DELAY_MS);
	assert_int_equal(pair.client.p.ipcp.ncp.cp.request_id,
			 1); /* it was sent, without options */
	assert_int_equal(pair.client.p.ipcp.ncp.cp.request_len, 0);
	ppp_input(&pair.client.p, request, sizeof(request), pair.now_ms);
	ppp_input(&pair.client.p, ack, sizeof(ack), pair.now_ms);
	assert_false(ppp_next(&pair.client.p, &out));
	assert_false(ppp_data_is_open(&pair.client.p, PPP_PROTO_IPV4));
	pair_run(&pair, 20 * 1000);
	assert_true(pair_is_up(&pair));
}

/* Only what a client needs is kept, and the last of it. */
static void early_frames_are_bounded(void **state)
{
	uint8_t frame[4 + PPP_EARLY_MAX + 1] = {
		0xff, 0x03, 0x80, 0x21, 1, 7, 0, PPP_EARLY_MAX + 1
	};
	struct ppp_out out;

	(void)state;
	pair.verdict_ms = 10 * 1000;
	pair_open(&pair);
	pair_run(&pair, 6 * DELAY_MS);
	assert_int_equal(pair.server.login.early_ipcp.len, 4);
	ppp_input(&pair.server.p, frame, sizeof(frame), pair.now_ms);
	assert_int_equal(pair.server.login.early_ipcp.len, 4);
	frame[7] = 4;
	for (int i = 0; i < 1000; i++)
		ppp_input(&pair.server.p, frame, 8, pair.now_ms);
	assert_int_equal(pair.server.login.early_ipcp.bytes[1], 7);
	assert_false(ppp_next(&pair.server.p, &out));
}

/* Another vendor's option, or another kind: Rejected as any unknown option. */
static void another_vendor(void **state)
{
	static const struct {
		uint8_t bytes[4];
		bool is_ours;
	} cases[] = {
		{ { 0x5a, 0x53, 0x53, 1 }, true },
		{ { 0x5a, 0x53, 0x53, 2 }, false },
		{ { 0x5a, 0x53, 0x54, 1 }, false },
		{ { 0x00, 0x53, 0x53, 1 }, false },
	};
	struct reader r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		r = reader_of(cases[i].bytes, 4);
		assert_int_equal(vendor_get(&r, VENDOR_QUICK_START), cases[i].is_ours);
	}
	r = reader_of(cases[0].bytes, 3);
	assert_false(vendor_get(&r, VENDOR_QUICK_START));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(up_with_the_result),
		CASE(pap_saves_the_challenge),
		CASE(another_server_takes_two_round_trips_more),
		CASE(another_server_with_the_former_address),
		CASE(eap_comes_up_too),
		CASE(the_former_address_is_requested),
		CASE(a_former_address_that_is_taken_costs_a_nak),
		CASE(a_slow_check_changes_nothing),
		CASE(a_wrong_password_is_refused),
		CASE(an_early_ack_is_dropped),
		CASE(early_frames_are_bounded),
		cmocka_unit_test(another_vendor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
