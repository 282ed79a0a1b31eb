/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small parts around the stack: forwards and listeners as text, bytes that wait, ICMP errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proxy/forward.h"
#include "proxy/icmp.h"
#include "proxy/queue.h"

/* ---- "[ADDR:]PORT:HOST:PORT" */

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

static void forwards_are_read(void **state)
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
		assert_string_equal(f.to.host, forwards[i].host);
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

/* ---- bytes that wait */

static void queues_keep_order(void **state)
{
	struct queue q = { .at = NULL };
	uint8_t in = 0, out = 0, part[700];

	(void)state;
	for (size_t round = 0; round < 400; round++) {
		size_t n = round * 37 % sizeof(part), m;
		struct bytes b;

		for (size_t i = 0; i < n; i++)
			part[i] = in++;
		assert_true(queue_put(&q, part, n));
		b = queue_bytes(&q);
		m = b.len < 350 ? b.len : 350;
		for (size_t i = 0; i < m; i++)
			assert_int_equal(b.at[i], out++);
		queue_drop(&q, m);
	}
	queue_free(&q);
	assert_int_equal(queue_bytes(&q).len, 0);
}

/* ---- ICMP errors */

enum { ICMP4_LEN = 28 + 28, ICMP6_LEN = 48 + 48 };

static void make_icmp4(uint8_t p[ICMP4_LEN], uint8_t type, uint8_t code)
{
	static const uint8_t packet[ICMP4_LEN] = {
		0x45, 0, 0,  ICMP4_LEN, 0, 0, 0,  0, 64, 1,    0,    0,    10, 9,  9, 1, 10, 1,  0,
		2,    3, 1,  0,         0, 0, 0,  0, 0,  0x45, 0,    0,    60, 0,  0, 0, 0,  64, 6,
		0,    0, 10, 1,         0, 2, 10, 9, 9,  9,    0xc0, 0x01, 0,  80, 0, 0, 0,  1,
	};

	memcpy(p, packet, ICMP4_LEN);
	p[20] = type;
	p[21] = code;
}

static void icmp_errors_are_read(void **state)
{
	uint8_t p[ICMP4_LEN];
	struct icmp_error e;

	(void)state;
	make_icmp4(p, 3, 1);
	assert_true(icmp_error_parse(&e, p, sizeof(p)));
	assert_int_equal(e.result, STACK_UNREACHABLE);
	assert_string_equal(ip_print(&e.to).text, "10.9.9.9");
	assert_int_equal(e.to_port, 80);
	assert_int_equal(e.from_port, 0xc001);
	make_icmp4(p, 3, 3);
	assert_true(icmp_error_parse(&e, p, sizeof(p)));
	assert_int_equal(e.result, STACK_REFUSED);
	make_icmp4(p, 3, 4); /* too big: the connection goes on */
	assert_false(icmp_error_parse(&e, p, sizeof(p)));
	make_icmp4(p, 11, 0); /* on its way too long */
	assert_false(icmp_error_parse(&e, p, sizeof(p)));
	make_icmp4(p, 3, 1);
	assert_true(icmp_error_parse(&e, p, sizeof(p)));
	assert_false(e.is_udp);
	p[28 + 9] = 17;
	assert_true(icmp_error_parse(&e, p, sizeof(p)));
	assert_true(e.is_udp);
	p[28 + 9] = 1;
	assert_false(icmp_error_parse(&e, p, sizeof(p)));
}

static void icmp6_errors_are_read(void **state)
{
	uint8_t p[ICMP6_LEN] = { 0x60, 0, 0, 0, 0, ICMP6_LEN - 40, 58, 64 };
	struct icmp_error e;

	(void)state;
	p[40] = 1;
	p[48] = 0x60;
	p[48 + 6] = 6;
	p[48 + 24] = 0xfe;
	p[48 + 25] = 0x80;
	p[48 + 39] = 9;
	p[48 + 40 + 3] = 80;
	assert_true(icmp_error_parse(&e, p, sizeof(p)));
	assert_int_equal(e.result, STACK_UNREACHABLE);
	assert_string_equal(ip_print(&e.to).text, "fe80::9");
	assert_int_equal(e.to_port, 80);
	p[40] = 2; /* too big */
	assert_false(icmp_error_parse(&e, p, sizeof(p)));
}

static void what_is_cut_short_is_no_error(void **state)
{
	uint8_t p[ICMP4_LEN];
	struct icmp_error e;

	(void)state;
	for (size_t len = 20; len < 52; len++) { /* to the ports */
		make_icmp4(p, 3, 1);
		p[3] = (uint8_t)len;
		assert_false(icmp_error_parse(&e, p, len));
	}
	make_icmp4(p, 3, 1);
	p[28] = 0x41;
	assert_false(icmp_error_parse(&e, p, sizeof(p)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwards_are_read),
		cmocka_unit_test(loopback_is_not_public),
		cmocka_unit_test(queues_keep_order),
		cmocka_unit_test(icmp_errors_are_read),
		cmocka_unit_test(icmp6_errors_are_read),
		cmocka_unit_test(what_is_cut_short_is_no_error),
	};

	return cmocka_run_group_tests_name("proxy/parts", tests, NULL, NULL);
}
