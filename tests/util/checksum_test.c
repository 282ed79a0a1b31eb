/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fast checksum against a slow one: all lengths, alignments and patterns that may matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/checksum.h"

enum { ROOM = 65536, SHORT = 300 };

static uint8_t from[ROOM + 1], to[ROOM + 1];

/* As defined in RFC 1071 section 1: two bytes at a time. */
static uint16_t slow_sum(const uint8_t *at, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void compare(size_t offset, size_t len)
{
	uint16_t want = slow_sum(from + offset, len);

	assert_int_equal(checksum_sum(from + offset, len), want);
	memset(to, 0xaa, len + 1);
	assert_int_equal(checksum_copy(to, from + offset, len), want);
	assert_memory_equal(to, from + offset, len);
	assert_int_equal(to[len], 0xaa);
}

static void every_short_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)rand();
	for (size_t len = 0; len < SHORT; len++)
		for (size_t offset = 0; offset < 33; offset++)
			compare(offset, len);
}

static void long_ones(void **state)
{
	(void)state;
	for (size_t len = ROOM - 70; len <= ROOM; len++)
		compare(0, len);
}

/* Every addition carries, or none does: 0xffff and 0 must be distinguished. */
static void all_ones_and_all_zeroes(void **state)
{
	(void)state;
	memset(from, 0xff, sizeof(from));
	compare(0, ROOM);
	compare(0, 1361);
	memset(from, 0, sizeof(from));
	compare(0, ROOM);
	assert_int_equal(checksum_sum(from, ROOM), 0);
	from[ROOM - 1] = 1;
	compare(0, ROOM);
}

static void folds(void **state)
{
	(void)state;
	assert_int_equal(checksum_fold(0), 0);
	assert_int_equal(checksum_fold(0xffff), 0xffff);
	assert_int_equal(checksum_fold(0x1ffff), 1);
	assert_int_equal(checksum_fold(0xffffffff), 0xffff);
	assert_int_equal(checksum_fold(0xffff0001), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_length),
		cmocka_unit_test(long_ones),
		cmocka_unit_test(all_ones_and_all_zeroes),
		cmocka_unit_test(folds),
	};

	return cmocka_run_group_tests_name("util/checksum", tests, NULL, NULL);
}
