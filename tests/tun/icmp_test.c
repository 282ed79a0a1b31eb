/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Too big": the ICMP error byte for byte, and when none is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/checksum.h"
#include "tun/icmp.h"
#include "util/bytes.h"

enum { LEN4 = 1400, LEN6 = 1400, MTU = 1300 };

static uint8_t error[ICMP_ERROR_MAX];

static void make4(uint8_t p[LEN4])
{
	memset(p, 0xa5, LEN4);
	memset(p, 0, 20);
	p[0] = 0x45;
	store_u16(p + 2, LEN4);
	store_u16(p + 6, 0x4000); /* DF */
	p[9] = 17;
	store_u32(p + 12, 0xc0000201);
	store_u32(p + 16, 0x0a090002);
}

static void make6(uint8_t p[LEN6])
{
	memset(p, 0xa5, LEN6);
	memset(p, 0, 40);
	p[0] = 0x60;
	store_u16(p + 4, LEN6 - 40);
	p[6] = 17;
	p[8] = p[24] = 0xfe;
	p[9] = p[25] = 0x80;
	p[23] = 1;
	p[39] = 2;
}

static size_t too_big(uint8_t *at, size_t len)
{
	struct packet p;

	return packet_parse(&p, at, len) ? icmp_too_big(error, &p, MTU) : 0;
}

static void errors_for_ipv4(void **state)
{
	uint8_t p[LEN4];

	(void)state;
	make4(p);
	assert_int_equal(too_big(p, LEN4), 576);
	assert_int_equal(load_u16(error + 2), 576);
	assert_int_equal(checksum_sum(error, 20), 0xffff);
	assert_int_equal(load_u32(error + 12), 0x0a090002);
	assert_int_equal(load_u32(error + 16), 0xc0000201);
	assert_int_equal(error[20], 3);
	assert_int_equal(error[21], 4);
	assert_int_equal(load_u16(error + 26), MTU);
	assert_int_equal(checksum_sum(error + 20, 556), 0xffff);
	assert_memory_equal(error + 28, p, 548);
}

static void errors_for_ipv6(void **state)
{
	uint8_t p[LEN6];
	uint32_t sum;

	(void)state;
	make6(p);
	assert_int_equal(too_big(p, LEN6), ICMP_ERROR_MAX);
	assert_int_equal(error[40], 2);
	assert_int_equal(load_u32(error + 44), MTU);
	assert_memory_equal(error + 8, p + 24, 16);
	assert_memory_equal(error + 24, p + 8, 16);
	sum = checksum_pseudo(error + 8, 32, 58, ICMP_ERROR_MAX - 40) +
	      checksum_sum(error + 40, ICMP_ERROR_MAX - 40);
	assert_int_equal(checksum_fold(sum), 0xffff);
}

static const struct silent {
	const char *name;
	bool is_v6;
	size_t at;
	uint8_t value;
} silents[] = {
	{ "may be fragmented", false, 6, 0 },
	{ "a later fragment", false, 7, 1 },
	{ "without a source", false, 12, 0 },
	{ "from multicast", false, 12, 224 },
	{ "to multicast", false, 16, 239 },
	{ "to broadcast", false, 16, 255 },
	{ "no IP", false, 0, 0x15 },
	{ "IPv6 to multicast", true, 24, 0xff },
	{ "IPv6 from multicast", true, 8, 0xff },
};

static void stays_silent(void **state)
{
	uint8_t p[LEN4];

	(void)state;
	for (size_t i = 0; i < sizeof(silents) / sizeof(*silents); i++) {
		silents[i].is_v6 ? make6(p) : make4(p);
		p[silents[i].at] = silents[i].value;
		if (too_big(p, LEN4))
			fail_msg("%s: answered", silents[i].name);
	}
	make4(p);
	p[9] = 1;
	p[20] = 3; /* an ICMP error */
	assert_int_equal(too_big(p, LEN4), 0);
	p[20] = 8; /* an echo request */
	assert_int_not_equal(too_big(p, LEN4), 0);
	make6(p);
	p[6] = 58;
	p[40] = 1;
	assert_int_equal(too_big(p, LEN6), 0);
	p[40] = 128;
	assert_int_not_equal(too_big(p, LEN6), 0);
}

static void any_length_may_be_given(void **state)
{
	uint8_t p[LEN4];

	(void)state;
	for (size_t len = 0; len < LEN4; len += len < 100 ? 1 : 97) {
		uint8_t *exact = malloc(len ? len : 1);

		make4(p);
		memcpy(exact, p, len);
		assert_int_equal(too_big(exact, len), 0);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_for_ipv4),
		cmocka_unit_test(errors_for_ipv6),
		cmocka_unit_test(stays_silent),
		cmocka_unit_test(any_length_may_be_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
