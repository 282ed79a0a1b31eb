/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Look-ups by the C library's own resolver, on its small stack. dial_test.c has the rest. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "net/resolve.h"
#include "support/netns.h"
#include "util/ip.h"

static struct loop *loop;
static struct resolve_answer answer;
static bool is_done, is_isolated;

static int set_up(void **state)
{
	(void)state;
	is_done = false;
	return loop_open(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	loop_close(loop);
	return 0;
}

static void done(void *arg, const struct resolve_answer *a)
{
	assert_ptr_equal(arg, &answer);
	answer = *a;
	is_done = true;
	loop_stop(loop);
}

static struct resolve_query query_of(const char *host, int family)
{
	struct resolve_query q = { .port = 443, .family = family };

	snprintf(q.host, sizeof(q.host), "%s", host);
	return q;
}

static void literals(void **state)
{
	static const struct {
		const char *host;
		int family;
		const char *expected; /* NULL: not a literal, or not of this family */
	} cases[] = {
		{ "192.0.2.1", AF_UNSPEC, "192.0.2.1:443" },
		{ "192.0.2.1", AF_INET, "192.0.2.1:443" },
		{ "192.0.2.1", AF_INET6, NULL },
		{ "2001:db8::1", AF_UNSPEC, "[2001:db8::1]:443" },
		{ "2001:db8::1", AF_INET, NULL },
		{ "vpn.example", AF_UNSPEC, NULL },
		{ "", AF_UNSPEC, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct resolve_query q = query_of(cases[i].host, cases[i].family);
		struct resolve_answer a;
		bool is_literal = resolve_literal(&q, &a);

		if (is_literal != !!cases[i].expected)
			fail_msg("%s, family %d", cases[i].host, cases[i].family);
		if (is_literal)
			assert_string_equal(ip_print_sockaddr(&a.addrs[0]).text, cases[i].expected);
	}
}

/* "fe80::1%lo" names a device too. */
static void literal_with_a_zone(void **state)
{
	struct resolve_query q = query_of("fe80::1%lo", AF_UNSPEC);

	(void)state;
	assert_true(resolve_literal(&q, &answer));
	assert_int_equal(((struct sockaddr_in6 *)(void *)&answer.addrs[0])->sin6_scope_id, 1);
}

static void zone_that_is_missing(void **state)
{
	struct resolve_query q = query_of("fe80::1%no-such-if", AF_UNSPEC);

	(void)state;
	assert_false(resolve_literal(&q, &answer));
	assert_string_equal(answer.text, "this host has no interface \"no-such-if\"");
}

static void look_up(const char *host)
{
	struct resolve_query q = query_of(host, AF_INET);
	struct resolve *r;

	assert_int_equal(resolve_start(loop, &q, done, &answer, &r), 0);
	assert_false(is_done);
	assert_int_equal(loop_run(loop), 0);
	assert_true(is_done);
}

static void localhost_has_an_address(void **state)
{
	(void)state;
	look_up("localhost");
	assert_true(answer.count > 0);
	assert_string_equal(ip_print_sockaddr(&answer.addrs[0]).text, "127.0.0.1:443");
}

/* In a namespace without a network no name server is reachable. */
static void unknown_name_is_explained(void **state)
{
	(void)state;
	if (!is_isolated) {
		print_message("skip: kernel: no user namespaces\n");
		skip();
	}
	look_up("vpn.invalid");
	assert_int_equal(answer.count, 0);
	assert_true(answer.text[0] >= 'a' && answer.text[0] <= 'z');
}

static void canceled(void **state)
{
	struct resolve_query q = query_of("localhost", AF_UNSPEC);
	struct resolve *r;

	(void)state;
	assert_int_equal(resolve_start(loop, &q, done, &answer, &r), 0);
	resolve_cancel(r);
	resolve_cancel(NULL);
	loop_stop(loop);
	assert_int_equal(loop_run(loop), 0);
	assert_false(is_done);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(literals),
		CASE(literal_with_a_zone),
		CASE(zone_that_is_missing),
		CASE(localhost_has_an_address),
		CASE(unknown_name_is_explained),
		CASE(canceled),
	};

	is_isolated = netns_enter();
	return cmocka_run_group_tests_name("net/resolve", tests, NULL, NULL);
}
