/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forwards and listeners as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proxy/forward.h"

static const struct {
	const char *text;
	bool is_remote, is_good;
	const char *addr; /* NULL: loopback */
	bool is_all;
	uint16_t port;
	const char *host;
	uint16_t to_port;
} forwards[] = {
	{ "8080:host:80", false, true, NULL, false, 8080, "host", 80 },
	{ "localhost:8080:host:80", false, true, NULL, false, 8080, "host", 80 },
	{ "10.0.0.1:8080:10.1.0.1:80", false, true, "10.0.0.1", false, 8080, "10.1.0.1", 80 },
	{ "[::1]:8080:[2001:db8::1]:80", false, true, "::1", false, 8080, "2001:db8::1", 80 },
	{ "8080:[fe80::1]:80", false, true, NULL, false, 8080, "fe80::1", 80 },
	{ "*:8080:host:80", false, true, NULL, true, 8080, "host", 80 },
	{ ":8080:host:80", false, true, NULL, true, 8080, "host", 80 },
	{ "2222:localhost:22", true, true, NULL, false, 2222, "localhost", 22 },
	{ "10.0.0.1:2222:localhost:22", true, false, NULL, false, 0, NULL, 0 },
	{ "8080", false, false, NULL, false, 0, NULL, 0 },
	{ "8080:host", false, false, NULL, false, 0, NULL, 0 },
	{ "8080:host:0", false, false, NULL, false, 0, NULL, 0 },
	{ "8080:host:65536", false, false, NULL, false, 0, NULL, 0 },
	{ "8080:host:80x", false, false, NULL, false, 0, NULL, 0 },
	{ "0:host:80", false, false, NULL, false, 0, NULL, 0 },
	{ "x:host:80", false, false, NULL, false, 0, NULL, 0 },
	{ "8080::80", false, false, NULL, false, 0, NULL, 0 },
	{ "8080:fe80::1:80", false, false, NULL, false, 0, NULL, 0 },
	{ "8080:[fe80::1:80", false, false, NULL, false, 0, NULL, 0 },
	{ "::1:8080:host:80", false, false, NULL, false, 0, NULL, 0 },
	{ "[10.0.0.1]:8080:host:80", false, false, NULL, false, 0, NULL, 0 },
	{ "name:8080:host:80", false, false, NULL, false, 0, NULL, 0 },
	{ "", false, false, NULL, false, 0, NULL, 0 },
	{ ":::", false, false, NULL, false, 0, NULL, 0 },
	{ "]:[", false, false, NULL, false, 0, NULL, 0 },
};

static void forwards_are_parsed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forwards) / sizeof(*forwards); i++) {
		struct forward_cfg f;

		if (!forward_parse(&f, forwards[i].text, forwards[i].is_remote) !=
		    forwards[i].is_good)
			fail_msg("%s", forwards[i].text);
		if (!forwards[i].is_good)
			continue;
		assert_int_equal(f.at.port, forwards[i].port);
		assert_int_equal(f.at.is_all, forwards[i].is_all);
		assert_int_equal(f.at.addr.family != AF_UNSPEC, forwards[i].addr != NULL);
		if (forwards[i].addr)
			assert_string_equal(ip_print(&f.at.addr).text, forwards[i].addr);
		assert_string_equal(target_host(&f.to).text, forwards[i].host);
		assert_int_equal(f.to.port, forwards[i].to_port);
	}
}

static void loopback_is_not_public(void **state)
{
	static const struct {
		const char *text;
		bool is_public;
	} cases[] = {
		{ "1080", false },           { "127.0.0.1:1080", false }, { "[::1]:1080", false },
		{ "localhost:1080", false }, { "10.0.0.1:1080", true },   { "*:1080", true },
		{ "[::]:1080", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct listener_at at;

		assert_null(listener_at_parse(&at, cases[i].text));
		assert_int_equal(listener_is_public(&at), cases[i].is_public);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwards_are_parsed),
		cmocka_unit_test(loopback_is_not_public),
	};

	return cmocka_run_group_tests_name("proxy/forward", tests, NULL, NULL);
}
