/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP errors: which of them end an attempt to connect, and whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack/icmp_error.h"

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

static bool is_icmp_error(struct icmp_error *e, uint8_t *at, size_t len)
{
	struct packet p;

	return packet_parse(&p, at, len) && icmp_error_parse(e, &p);
}

static void icmp_errors_are_parsed(void **state)
{
	uint8_t p[ICMP4_LEN];
	struct icmp_error e;

	(void)state;
	make_icmp4(p, 3, 1);
	assert_true(is_icmp_error(&e, p, sizeof(p)));
	assert_int_equal(e.result, STACK_UNREACHABLE);
	assert_string_equal(ip_print(&e.to).text, "10.9.9.9");
	assert_int_equal(e.to_port, 80);
	assert_int_equal(e.from_port, 0xc001);
	make_icmp4(p, 3, 3);
	assert_true(is_icmp_error(&e, p, sizeof(p)));
	assert_int_equal(e.result, STACK_REFUSED);
	make_icmp4(p, 3, 4); /* too big: the connection goes on */
	assert_false(is_icmp_error(&e, p, sizeof(p)));
	make_icmp4(p, 11, 0); /* time exceeded */
	assert_false(is_icmp_error(&e, p, sizeof(p)));
	make_icmp4(p, 3, 1);
	assert_true(is_icmp_error(&e, p, sizeof(p)));
	assert_false(e.is_udp);
	p[28 + 9] = 17;
	assert_true(is_icmp_error(&e, p, sizeof(p)));
	assert_true(e.is_udp);
	p[28 + 9] = 1;
	assert_false(is_icmp_error(&e, p, sizeof(p)));
}

static void icmp6_errors_are_parsed(void **state)
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
	assert_true(is_icmp_error(&e, p, sizeof(p)));
	assert_int_equal(e.result, STACK_UNREACHABLE);
	assert_string_equal(ip_print(&e.to).text, "fe80::9");
	assert_int_equal(e.to_port, 80);
	p[40] = 2; /* too big */
	assert_false(is_icmp_error(&e, p, sizeof(p)));
}

static void a_truncated_error_is_ignored(void **state)
{
	uint8_t p[ICMP4_LEN];
	struct icmp_error e;

	(void)state;
	for (size_t len = 20; len < 52; len++) { /* to the ports */
		make_icmp4(p, 3, 1);
		p[3] = (uint8_t)len;
		assert_false(is_icmp_error(&e, p, len));
	}
	make_icmp4(p, 3, 1);
	p[28] = 0x41;
	assert_false(is_icmp_error(&e, p, sizeof(p)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(icmp_errors_are_parsed),
		cmocka_unit_test(icmp6_errors_are_parsed),
		cmocka_unit_test(a_truncated_error_is_ignored),
	};

	return cmocka_run_group_tests_name("stack/icmp_error", tests, NULL, NULL);
}
