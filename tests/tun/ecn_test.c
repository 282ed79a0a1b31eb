/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ECN: which packets may be marked, which bits change, and that the header's checksum stays right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tun/ecn.h"
#include "util/bytes.h"
#include "util/checksum.h"

enum { V4_LEN = 20, V6_LEN = 40, PORTS = 8, CE = 3 };

static uint8_t at[V6_LEN + PORTS];

static struct packet v4(uint8_t tos, uint16_t id)
{
	struct packet p;

	memset(at, 0, sizeof(at));
	at[0] = 0x45;
	at[1] = tos;
	store_u16(at + 2, V4_LEN + PORTS);
	store_u16(at + 4, id);
	at[8] = 64;
	at[9] = 17;
	store_u32(at + 12, 0x0a000001);
	store_u32(at + 16, 0x0a000002);
	store_u16(at + 10, (uint16_t)~checksum_sum(at, V4_LEN));
	assert_true(packet_parse(&p, at, V4_LEN + PORTS));
	return p;
}

static struct packet v6(uint8_t class)
{
	struct packet p;

	memset(at, 0, sizeof(at));
	at[0] = (uint8_t)(0x60 | class >> 4);
	at[1] = (uint8_t)(class << 4 | 0x0f); /* and the flow label */
	store_u16(at + 2, 0x1234);
	store_u16(at + 4, PORTS);
	at[6] = 17;
	at[7] = 64;
	at[23] = at[39] = 1;
	assert_true(packet_parse(&p, at, V6_LEN + PORTS));
	return p;
}

/* Every TOS, and identifications that make the sum carry. */
static void of_ipv4(void **state)
{
	(void)state;
	for (unsigned tos = 0; tos < 256; tos++)
		for (unsigned id = 0; id < 65536; id += 251) {
			struct packet p = v4((uint8_t)tos, (uint16_t)id);
			uint8_t before[sizeof(at)];

			memcpy(before, at, sizeof(at));
			if (!(tos & CE)) {
				assert_false(ecn_mark(&p));
				assert_memory_equal(at, before, sizeof(at));
				continue;
			}
			assert_true(ecn_mark(&p));
			assert_int_equal(at[1], tos | CE);
			assert_int_equal(checksum_sum(at, V4_LEN), 0xffff);
			before[1] = at[1];
			store_u16(before + 10, load_u16(at + 10));
			assert_memory_equal(at, before, sizeof(at));
		}
}

static void of_ipv6(void **state)
{
	(void)state;
	for (unsigned class = 0; class < 256; class ++) {
		struct packet p = v6((uint8_t) class);
		uint8_t before[sizeof(at)];

		memcpy(before, at, sizeof(at));
		assert_int_equal(ecn_mark(&p), (class & CE) != 0);
		if (class & CE)
			before[1] |= CE << 4;
		assert_memory_equal(at, before, sizeof(at));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_ipv4),
		cmocka_unit_test(of_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
