/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map of inner addresses, compared with a plain array that does the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/addr_map.h"

enum { ADDRS = 3000, ROUNDS = 60000 };

static struct ip_addr addr(unsigned n)
{
	struct ip_addr a = { .family = AF_INET6, .bytes = { 0xfe, 0x80 } };

	if (n % 2)
		return ip_from_v4(0x0a000000 + n);
	a.bytes[14] = (uint8_t)(n >> 8);
	a.bytes[15] = (uint8_t)n;
	return a;
}

static void does_what_an_array_does(void **state)
{
	static int owners[ADDRS];
	static bool is_in[ADDRS];
	struct addr_map *t;
	uint32_t seed = 1;

	(void)state;
	assert_int_equal(addr_map_open(&t), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned n;
		struct ip_addr a;

		seed = seed * 1664525 + 1013904223;
		n = (seed >> 8) % ADDRS;
		a = addr(n);
		assert_ptr_equal(addr_map_find(t, &a), is_in[n] ? &owners[n] : NULL);
		if (seed >> 31) {
			assert_int_equal(addr_map_add(t, &a, &owners[n]), !is_in[n]);
			is_in[n] = true;
		} else {
			addr_map_remove(t, &a);
			is_in[n] = false;
		}
	}
	for (unsigned n = 0; n < ADDRS; n++) {
		struct ip_addr a = addr(n);

		assert_ptr_equal(addr_map_find(t, &a), is_in[n] ? &owners[n] : NULL);
	}
	addr_map_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(does_what_an_array_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
