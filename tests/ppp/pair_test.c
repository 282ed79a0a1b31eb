/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole calls with both ends: each method, each way to end, and a wire that fails once. */
#include "ppp/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const enum ppp_auth spoken[] = { PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5, PPP_AUTH_MSCHAPV2,
					PPP_AUTH_EAP };
enum { SPOKEN = sizeof(spoken) / sizeof(*spoken), SLOW_RUNS = 300 };

static void init_with(struct pair *pair, enum ppp_auth method)
{
	pair_init(pair);
	pair->client.cfg.auth[0] = pair->server.cfg.auth[0] = method;
	pair->client.cfg.auth_count = pair->server.cfg.auth_count = 1;
}

static void each_method_brings_the_link_up(void **state)
{
	static struct pair pair;
	static const uint8_t zero[PPP_HLAK_LEN];

	(void)state;
	for (size_t i = 0; i < SPOKEN; i++) {
		init_with(&pair, spoken[i]);
		pair_open(&pair);
		pair_run(&pair, 0); /* no timer is needed */
		assert_true(pair_is_up(&pair));
		assert_int_equal(pair.server.checks, 1);
		assert_int_equal(!memcmp(pair.client.hlak, zero, sizeof(zero)),
				 spoken[i] == PPP_AUTH_PAP || spoken[i] == PPP_AUTH_CHAP_MD5);
		pair_run(&pair, 600 * 1000);
		assert_true(pair_is_up(&pair));
		pair_close(&pair);
	}
}

static bool is_in_order(const struct pair *pair)
{
	if (pair_is_up(pair))
		return true;
	return pair->client.is_closed && pair->server.is_closed;
}

/*
 * A lost or cut frame costs a timeout. Only the message "success" is not repeated, because TCP
 * loses nothing; without it both ends must still end in order, unless it is EAP's.
 */
static void run_faulty(enum ppp_auth method, enum fault fault, size_t at, size_t cut_len)
{
	static struct pair pair;

	init_with(&pair, method);
	pair.fault = fault;
	pair.fault_at = at;
	pair.cut_len = cut_len;
	pair_open(&pair);
	pair_run(&pair, 120 * 1000);
	if (!is_in_order(&pair) || (fault == FAULT_DOUBLED && !pair_is_up(&pair)))
		fail_msg("%s: fault %d at frame %zu, length %zu", ppp_auth_name(method), (int)fault,
			 at, cut_len);
	pair_close(&pair);
}

static size_t frames_of(enum ppp_auth method, size_t *longest)
{
	static struct pair pair;

	init_with(&pair, method);
	pair_open(&pair);
	pair_run(&pair, 0);
	*longest = pair.longest;
	return pair.sent;
}

static void any_frame_may_be_lost(void **state)
{
	size_t longest;

	(void)state;
	for (size_t i = 0; i < SPOKEN; i++)
		for (size_t at = 0; at < frames_of(spoken[i], &longest); at++)
			run_faulty(spoken[i], FAULT_LOST, at, 0);
}

static void any_frame_may_come_twice(void **state)
{
	size_t longest;

	(void)state;
	for (size_t i = 0; i < SPOKEN; i++)
		for (size_t at = 0; at < frames_of(spoken[i], &longest); at++)
			run_faulty(spoken[i], FAULT_DOUBLED, at, 0);
}

static void any_frame_may_be_cut_anywhere(void **state)
{
	size_t longest;

	(void)state;
	for (size_t i = 0; i < SPOKEN; i++)
		for (size_t at = 0; at < frames_of(spoken[i], &longest); at++)
			for (size_t len = 0; len < longest; len++)
				run_faulty(spoken[i], FAULT_CUT, at, len);
}

/*
 * Hosts that stop for up to two seconds at any time, so that timers expire and requests are repeated, many copies at
 * once: a call that works on an idle machine works here too.
 */
static void be_slow(struct pair *pair, uint32_t seed)
{
	pair->stall_ms = 2000;
	pair->stall_left_ms = 30 * 1000;
	pair->stall_one_in = 3;
	pair->seed = seed;
	pair->server.cfg.peer_is_ready = seed % 2;
}

/*
 * Clients and servers of others: a repeat may have a new Identifier, and then the reply to the former one counts no
 * longer. So the stops are fewer.
 */
static void be_slow_with_fresh_ids(struct pair *pair, uint32_t seed)
{
	be_slow(pair, seed);
	pair->stall_one_in = 7;
	pair->client.has_fresh_ids = seed / 2 % 2;
	pair->server.has_fresh_ids = !pair->client.has_fresh_ids;
}

static void run_slow_hosts(void (*be)(struct pair *, uint32_t))
{
	static struct pair pair;

	for (size_t i = 0; i < SPOKEN; i++) {
		for (uint32_t seed = 1; seed <= SLOW_RUNS; seed++) {
			init_with(&pair, spoken[i]);
			be(&pair, seed);
			pair_open(&pair);
			pair_run(&pair, 120 * 1000);
			if (!pair_is_up(&pair) || pair.server.checks != 1)
				fail_msg("%s, seed %u: client %d, server %d, %u checks",
					 ppp_auth_name(spoken[i]), seed, (int)pair.client.why,
					 (int)pair.server.why, pair.server.checks);
			pair_close(&pair);
		}
	}
}

static void slow_hosts_connect(void **state)
{
	(void)state;
	run_slow_hosts(be_slow);
}

static void slow_hosts_with_fresh_identifiers_connect(void **state)
{
	(void)state;
	run_slow_hosts(be_slow_with_fresh_ids);
}

/* At each step of each host. */
static void run_long_stops(enum ppp_auth method, bool of_server, uint32_t ms)
{
	static struct pair pair;
	struct side *side = of_server ? &pair.server : &pair.client;
	size_t steps = 1;

	for (size_t at = 0; at < steps; at++) {
		init_with(&pair, method);
		pair.stopped = side;
		pair.stop_at = at;
		pair.stop_ms = ms;
		pair_open(&pair);
		pair_run(&pair, 120 * 1000);
		if (!pair_is_up(&pair) || pair.server.checks != 1)
			fail_msg("%s, %s stops for %u ms at step %zu: client %d, server %d",
				 ppp_auth_name(method), of_server ? "server" : "client", ms, at,
				 (int)pair.client.why, (int)pair.server.why);
		steps = side->steps;
		pair_close(&pair);
	}
}

static void one_long_stop_ends_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < SPOKEN; i++)
		for (uint32_t ms = 1000; ms <= 20 * 1000; ms += 1000) {
			run_long_stops(spoken[i], false, ms);
			run_long_stops(spoken[i], true, ms);
		}
}

/*
 * Of all messages, only a lost Success of MS-CHAPv2 ends the call. After a lost EAP-Success the
 * server's first IPCP packet is as good.
 */
static void losses_are_made_good(void **state)
{
	static const enum ppp_auth methods[] = { PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP };
	static struct pair pair;
	unsigned ended = 0;
	size_t longest;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t at = 0; at < frames_of(methods[i], &longest); at++) {
			init_with(&pair, methods[i]);
			pair.fault = FAULT_LOST;
			pair.fault_at = at;
			pair_open(&pair);
			pair_run(&pair, 120 * 1000);
			ended += !pair_is_up(&pair);
		}
	assert_int_equal(ended, 1);
}

static void wrong_passwords_are_refused(void **state)
{
	static struct pair pair;

	(void)state;
	for (size_t i = 0; i < SPOKEN; i++) {
		init_with(&pair, spoken[i]);
		pair.password = "another";
		pair_open(&pair);
		pair_run(&pair, 10 * 1000);
		assert_false(pair.client.is_authenticated || pair.server.is_authenticated);
		assert_int_equal(pair.client.why, PPP_CLOSED_REFUSED);
		assert_int_equal(pair.server.why, PPP_CLOSED_REFUSED);
		assert_int_equal(pair.client.error, spoken[i] == PPP_AUTH_MSCHAPV2 ? 691 : 0);
		if (spoken[i] == PPP_AUTH_MSCHAPV2)
			assert_string_equal(pair.client.detail, "Access denied");
		assert_int_equal(pair.server.checks, 1);
		pair_close(&pair);
	}
}

/* RADIUS may take its time; meanwhile the client's PAP repeats its request. */
static void a_result_may_take_long(void **state)
{
	static struct pair pair;

	(void)state;
	for (size_t i = 0; i < SPOKEN; i++) {
		init_with(&pair, spoken[i]);
		pair.verdict_ms = 25 * 1000;
		pair_open(&pair);
		pair_run(&pair, 120 * 1000);
		assert_true(pair_is_up(&pair));
		assert_int_equal(pair.server.checks, 1);
		pair_close(&pair);
	}
}

static void a_result_that_never_comes_ends_in_time(void **state)
{
	static struct pair pair;

	(void)state;
	for (size_t i = 0; i < SPOKEN; i++) {
		init_with(&pair, spoken[i]);
		pair.verdict_ms = 600 * 1000;
		pair_open(&pair);
		pair_run(&pair, 45 * 1000);
		assert_true(pair.client.is_closed && pair.server.is_closed);
		assert_int_equal(pair.client.why, PPP_CLOSED_UNCHECKED);
		pair_run(&pair, 700 * 1000); /* and then it is too late */
		assert_false(pair.server.is_authenticated);
		pair_close(&pair);
	}
}

/* LCP took so long that the limit for all of PPP comes before that of the login. */
static void nor_does_it_outlive_the_limit_of_all(void **state)
{
	static struct pair pair;

	(void)state;
	for (size_t i = 0; i < SPOKEN; i++)
		for (uint32_t ms = 20 * 1000; ms <= 28 * 1000; ms += 1000) {
			init_with(&pair, spoken[i]);
			pair.verdict_ms = 600 * 1000;
			pair.stopped = &pair.client;
			pair.stop_ms = ms;
			pair_open(&pair);
			pair_run(&pair, 65 * 1000);
			assert_true(pair.client.is_closed && pair.server.is_closed);
			assert_int_equal(pair.client.why, PPP_CLOSED_UNCHECKED);
			pair_close(&pair);
		}
}

static void a_server_that_ends_meanwhile_says_so(void **state)
{
	static struct pair pair;

	(void)state;
	for (size_t i = 0; i < SPOKEN; i++) {
		init_with(&pair, spoken[i]);
		pair.verdict_ms = 600 * 1000;
		pair_open(&pair);
		pair_run(&pair, 5 * 1000);
		assert_int_equal(pair.server.checks, 1);
		pair_end(&pair, &pair.server);
		assert_true(pair.client.is_closed && pair.server.is_closed);
		assert_int_equal(pair.client.why, PPP_CLOSED_UNCHECKED);
		pair_close(&pair);
	}
}

struct methods {
	const char *name;
	enum ppp_auth client[3], server[3];
	enum ppp_auth used; /* none: they do not meet */
};

static void open_with_methods(struct pair *pair, const struct methods *m)
{
	memcpy(pair->client.cfg.auth, m->client, sizeof(m->client));
	memcpy(pair->server.cfg.auth, m->server, sizeof(m->server));
	pair_open(pair);
	pair_run(pair, 120 * 1000);
}

static bool do_methods_meet(const struct pair *pair, const struct methods *m)
{
	if (m->used)
		return pair_is_up(pair) && pair->client.p.lcp.peer.auth == m->used;
	return pair->client.why == PPP_CLOSED_AT_METHOD &&
	       pair->server.why == PPP_CLOSED_NO_METHOD && !pair->server.checks;
}

/* Sets the fault for round `n` of the rounds in which each frame comes twice once; in round 0 none does. */
static void double_a_frame(struct pair *pair, size_t n)
{
	pair->fault = n ? FAULT_DOUBLED : FAULT_NONE;
	pair->fault_at = n - 1;
}

/*
 * In order, and with each frame twice. The second copy of a request arrives when the first one has its Nak: a
 * peer repeats a request that is not answered in time.
 */
static void run_methods(const struct methods *m)
{
	static struct pair pair;
	size_t sent = 1;

	for (size_t n = 0; n <= sent; n++) {
		pair_init(&pair);
		double_a_frame(&pair, n);
		open_with_methods(&pair, m);
		if (!do_methods_meet(&pair, m))
			fail_msg("%s: with frame %zu twice", m->name, n);
		if (!n)
			sent = pair.sent;
		pair_close(&pair);
	}
}

static void run_slowly(const struct methods *m)
{
	static struct pair pair;

	for (uint32_t seed = 1; seed <= SLOW_RUNS; seed++) {
		pair_init(&pair);
		be_slow(&pair, seed);
		open_with_methods(&pair, m);
		if (!do_methods_meet(&pair, m))
			fail_msg("%s: with seed %u: client %d, server %d", m->name, seed,
				 (int)pair.client.why, (int)pair.server.why);
		pair_close(&pair);
	}
}

static void methods_meet(void **state)
{
	static const struct methods cases[] = {
		{ "the server's first",
		  { PPP_AUTH_PAP, PPP_AUTH_MSCHAPV2 },
		  { PPP_AUTH_MSCHAPV2, PPP_AUTH_PAP },
		  PPP_AUTH_MSCHAPV2 },
		{ "the client's wish",
		  { PPP_AUTH_PAP },
		  { PPP_AUTH_MSCHAPV2, PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP },
		  PPP_AUTH_PAP },
		{ "the server's second",
		  { PPP_AUTH_MSCHAPV2, PPP_AUTH_PAP },
		  { PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP },
		  PPP_AUTH_PAP },
		{ "nothing in common",
		  { PPP_AUTH_MSCHAPV2 },
		  { PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP },
		  PPP_AUTH_NONE },
		{ "EAP is the client's wish",
		  { PPP_AUTH_EAP },
		  { PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP },
		  PPP_AUTH_EAP },
		{ "EAP is only the client's second",
		  { PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP },
		  { PPP_AUTH_EAP, PPP_AUTH_MSCHAPV2 },
		  PPP_AUTH_MSCHAPV2 },
		{ "EAP is not the client's",
		  { PPP_AUTH_MSCHAPV2 },
		  { PPP_AUTH_EAP, PPP_AUTH_MSCHAPV2 },
		  PPP_AUTH_MSCHAPV2 },
		{ "EAP is the client's second, and the server's only one",
		  { PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP },
		  { PPP_AUTH_EAP },
		  PPP_AUTH_NONE },
		{ "the client does no PAP",
		  { PPP_AUTH_MSCHAPV2 },
		  { PPP_AUTH_PAP },
		  PPP_AUTH_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		run_methods(&cases[i]);
		run_slowly(&cases[i]);
	}
}

/* In order, and with each frame twice. */
static void run_probe(const enum ppp_auth methods[3], size_t count, uint16_t wanted)
{
	static struct pair pair;
	size_t sent = 1;

	for (size_t n = 0; n <= sent; n++) {
		pair_init(&pair);
		double_a_frame(&pair, n);
		pair.client.cfg.probe = true;
		pair.client.cfg.auth_count = 0;
		memcpy(pair.server.cfg.auth, methods, count * sizeof(*methods));
		pair.server.cfg.auth_count = count;
		pair_open(&pair);
		pair_run(&pair, 10 * 1000);
		if (pair.client.offers != wanted || pair.client.why != PPP_CLOSED_AT_METHOD)
			fail_msg("%zu methods, with frame %zu twice: offers %x, ended %d", count, n,
				 pair.client.offers, (int)pair.client.why);
		assert_int_equal(pair.server.checks, 0);
		assert_int_equal(pair.client.lcp_ups, 0);
		if (!n)
			sent = pair.sent;
		pair_close(&pair);
	}
}

static void a_probe_learns_the_methods(void **state)
{
	static const struct {
		enum ppp_auth server[3];
		size_t count;
	} cases[] = {
		{ { PPP_AUTH_MSCHAPV2 }, 1 },
		{ { PPP_AUTH_MSCHAPV2, PPP_AUTH_PAP }, 2 },
		{ { PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5, PPP_AUTH_MSCHAPV2 }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint16_t wanted = 0;

		for (size_t n = 0; n < cases[i].count; n++)
			wanted |= (uint16_t)(1u << cases[i].server[n]);
		run_probe(cases[i].server, cases[i].count, wanted);
	}
}

static void either_end_can_close(void **state)
{
	static struct pair pair;

	(void)state;
	for (int server_closes = 0; server_closes < 2; server_closes++) {
		struct side *closer = server_closes ? &pair.server : &pair.client;
		struct side *other = server_closes ? &pair.client : &pair.server;

		pair_init(&pair);
		pair_open(&pair);
		pair_run(&pair, 1000);
		assert_true(pair_is_up(&pair));
		ppp_close(&closer->p, "the server is full", pair.now_ms);
		closer->cfg.ipv4 = true;
		for (struct ppp_out out; ppp_next(&closer->p, &out);)
			if (out.type == PPP_OUT_FRAME)
				ppp_input(&other->p, out.frame.at, out.frame.len, pair.now_ms);
		for (struct ppp_out out; ppp_next(&other->p, &out);) {
			if (out.type == PPP_OUT_FRAME)
				ppp_input(&closer->p, out.frame.at, out.frame.len, pair.now_ms);
			if (out.type != PPP_OUT_CLOSED)
				continue;
			assert_int_equal(out.closed.why, PPP_CLOSED_BY_PEER);
			assert_int_equal(out.closed.detail.len, strlen("the server is full"));
			assert_memory_equal(out.closed.detail.at, "the server is full",
					    out.closed.detail.len);
		}
		assert_true(ppp_deadline(&closer->p) == UINT64_MAX);
		assert_true(ppp_deadline(&other->p) == UINT64_MAX);
		pair_close(&pair);
	}
}

static void one_network_is_enough(void **state)
{
	static struct pair pair;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		pair_init(&pair);
		pair.client.cfg.ipv4 = !v6;
		pair.client.cfg.ipv6 = v6;
		pair_open(&pair);
		pair_run(&pair, 120 * 1000);
		assert_int_equal(pair.client.has_ipv4, !v6);
		assert_int_equal(pair.server.has_ipv4, !v6);
		assert_int_equal(pair.client.has_ipv6, v6);
		assert_int_equal(pair.server.has_ipv6, v6);
		assert_false(pair.client.is_closed || pair.server.is_closed);
		pair_close(&pair);
	}
}

static void no_network_in_common_ends_the_link(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair.client.cfg.ipv6 = false;
	pair.server.cfg.ipv4 = false;
	pair_open(&pair);
	pair_run(&pair, 120 * 1000);
	assert_int_equal(pair.client.why, PPP_CLOSED_NO_NETWORK);
	assert_true(pair.server.is_closed);
	pair_close(&pair);
}

static void a_narrow_link_has_no_ipv6(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair.client.cfg.mru = 1000;
	pair_open(&pair);
	pair_run(&pair, 120 * 1000);
	assert_true(pair.client.has_ipv4 && pair.server.has_ipv4);
	assert_false(pair.client.has_ipv6 || pair.server.has_ipv6);
	assert_int_equal(ppp_peer_mru(&pair.server.p), 1000);
	pair_close(&pair);
}

static void name_servers_of_both_kinds(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair.client.cfg.want_nbns = true;
	pair.server.cfg.nbns[0] = 0x0a000035;
	pair_open(&pair);
	pair_run(&pair, 1000);
	assert_true(pair_is_up(&pair));
	assert_int_equal(pair.client.ipv4.nbns[0], 0x0a000035);
	assert_int_equal(pair.client.ipv4.nbns[1], 0);
	pair_close(&pair);
}

/* The server's owner has another address for this user than the one that the client wants. */
static void a_wanted_address_is_only_a_wish(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair.client.cfg.ipv4_wanted = 0x0a090909;
	pair_open(&pair);
	pair_run(&pair, 1000);
	assert_true(pair_is_up(&pair));
	pair_close(&pair);
}

static unsigned asked;

static bool give(void *arg, uint32_t ipv4)
{
	asked++;
	return ipv4 == *(uint32_t *)arg;
}

/* Its former address: the server's owner decides. */
static void a_wanted_address_may_be_given(void **state)
{
	static struct pair pair;
	uint32_t free_one = 0x0a090909;

	(void)state;
	for (int is_free = 0; is_free < 2; is_free++) {
		pair_init(&pair);
		pair.client.cfg.ipv4_wanted = is_free ? free_one : free_one + 1;
		pair.server.cfg.take_ipv4 = give;
		pair.server.cfg.take_arg = &free_one;
		asked = 0;
		pair_open(&pair);
		pair_run(&pair, 1000);
		assert_true(pair.client.has_ipv4 && pair.server.has_ipv4);
		assert_int_equal(asked, 1);
		assert_int_equal(pair.client.ipv4.own == free_one, is_free);
		assert_int_equal(pair.server.ipv4.peer, pair.client.ipv4.own);
		pair_close(&pair);
	}
}

static void echoes_find_a_silent_peer(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair.client.cfg.echo_ms = 10 * 1000;
	pair_open(&pair);
	pair_run(&pair, 300 * 1000);
	assert_true(pair_is_up(&pair));
	ppp_wipe(&pair.server.p); /* it reads everything and no longer sends anything */
	pair.server.has_ipv4 = pair.server.has_ipv6 = false;
	pair_run(&pair, 360 * 1000);
	assert_true(pair.client.is_closed);
	assert_int_equal(pair.client.why, PPP_CLOSED_SILENT);
	pair_close(&pair);
}

static void a_wiped_link_is_dead(void **state)
{
	static struct pair pair;
	struct ppp_out out;

	(void)state;
	pair_init(&pair);
	pair_open(&pair);
	pair_run(&pair, 0);
	ppp_wipe(&pair.client.p);
	for (size_t i = 0; i < sizeof(pair.client.p); i++)
		assert_int_equal(((const uint8_t *)&pair.client.p)[i], 0);
	ppp_input(&pair.client.p, (const uint8_t *)"\xff\x03\xc0\x21\x09\x01\x00\x04", 8, 1);
	ppp_tick(&pair.client.p, 99999);
	assert_true(ppp_deadline(&pair.client.p) == UINT64_MAX);
	assert_false(ppp_next(&pair.client.p, &out));
	ppp_wipe(&pair.server.p);
}

/*
 * Nothing is sent twice while the response may be on its way, even if the round trip takes a third
 * longer than measured.
 */
static void a_long_line_sees_no_repeat(void **state)
{
	static const struct {
		uint64_t delay_ms;
		uint32_t rtt_ms;
	} cases[] = {
		{ 0, 0 },     { 1, 2 },     { 10, 20 },     { 50, 100 },    { 100, 150 },
		{ 300, 600 }, { 300, 450 }, { 1000, 2000 }, { 1000, 1500 }, { 2500, 5000 },
	};
	static struct pair pair;

	(void)state;
	for (size_t m = 0; m < SPOKEN; m++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			init_with(&pair, spoken[m]);
			pair.delay_ms = cases[i].delay_ms;
			pair.client.cfg.rtt_ms = pair.server.cfg.rtt_ms = cases[i].rtt_ms;
			pair_open(&pair);
			pair_run(&pair, 60 * 1000);
			if (!pair_is_up(&pair) || pair.repeats)
				fail_msg("%s, %d ms each way: %zu repeats",
					 ppp_auth_name(spoken[m]), (int)cases[i].delay_ms,
					 pair.repeats);
			pair_close(&pair);
		}
}

/* If the round trip was not measured, repeats do no harm. */
static void a_line_longer_than_measured_comes_up(void **state)
{
	static const uint64_t delays_ms[] = { 2, 100, 140, 151, 300, 500, 1000, 1499, 2000 };
	static struct pair pair;

	(void)state;
	for (size_t m = 0; m < SPOKEN; m++)
		for (size_t i = 0; i < sizeof(delays_ms) / sizeof(*delays_ms); i++) {
			init_with(&pair, spoken[m]);
			pair.delay_ms = delays_ms[i];
			pair_open(&pair);
			pair_run(&pair, 60 * 1000);
			if (!pair_is_up(&pair))
				fail_msg("%s, %d ms each way", ppp_auth_name(spoken[m]),
					 (int)delays_ms[i]);
			pair_close(&pair);
		}
}

/* There may be ten thousand links. */
static void a_link_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct ppp) <= 5 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_method_brings_the_link_up),
		cmocka_unit_test(any_frame_may_be_lost),
		cmocka_unit_test(any_frame_may_come_twice),
		cmocka_unit_test(any_frame_may_be_cut_anywhere),
		cmocka_unit_test(slow_hosts_connect),
		cmocka_unit_test(one_long_stop_ends_nothing),
		cmocka_unit_test(slow_hosts_with_fresh_identifiers_connect),
		cmocka_unit_test(losses_are_made_good),
		cmocka_unit_test(wrong_passwords_are_refused),
		cmocka_unit_test(a_result_may_take_long),
		cmocka_unit_test(a_result_that_never_comes_ends_in_time),
		cmocka_unit_test(nor_does_it_outlive_the_limit_of_all),
		cmocka_unit_test(a_server_that_ends_meanwhile_says_so),
		cmocka_unit_test(methods_meet),
		cmocka_unit_test(a_probe_learns_the_methods),
		cmocka_unit_test(either_end_can_close),
		cmocka_unit_test(one_network_is_enough),
		cmocka_unit_test(no_network_in_common_ends_the_link),
		cmocka_unit_test(a_narrow_link_has_no_ipv6),
		cmocka_unit_test(name_servers_of_both_kinds),
		cmocka_unit_test(a_wanted_address_is_only_a_wish),
		cmocka_unit_test(a_wanted_address_may_be_given),
		cmocka_unit_test(echoes_find_a_silent_peer),
		cmocka_unit_test(a_wiped_link_is_dead),
		cmocka_unit_test(a_long_line_sees_no_repeat),
		cmocka_unit_test(a_line_longer_than_measured_comes_up),
		cmocka_unit_test(a_link_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
