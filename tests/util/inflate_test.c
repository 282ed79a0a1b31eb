/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members that gzip made: stored, with fixed and dynamic codes; cut ones, and ones with a bit changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/inflate.h"

enum { ROOM = 100000 };

static uint8_t plain[ROOM], packed[ROOM + 1000], unpacked[ROOM];

/* gzip is an essential program of each distribution, and the build needs it. */
static struct bytes pack(size_t len, const char *level)
{
	char path[] = "/tmp/inflate_test.XXXXXX", command[128];
	int fd = mkstemp(path);
	FILE *f;
	size_t n;

	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_int_equal(fwrite(plain, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	snprintf(command, sizeof(command), "gzip -n %s <%s", level, path);
	f = popen(command, "r");
	n = fread(packed, 1, sizeof(packed), f);
	assert_int_equal(pclose(f), 0);
	remove(path);
	return bytes_of(packed, n);
}

static void comes_back(size_t len, const char *level)
{
	struct bytes member = pack(len, level);

	assert_int_equal(inflate_len(member), len);
	assert_int_equal(inflate(member, unpacked, ROOM), len);
	assert_memory_equal(unpacked, plain, len);
	assert_int_equal(inflate(member, unpacked, len - 1), 0);
}

/* Words of two letters repeat near and far; `alphabet` bytes do not. */
static void fill(size_t len, unsigned alphabet)
{
	uint32_t x = 1;

	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = (uint8_t)((x >> 24) % alphabet + (alphabet < 200 ? 'a' : 0));
	}
}

static void each_kind_of_block(void **state)
{
	(void)state;
	memcpy(plain, "abcabcabc", 9);
	comes_back(9, "-9"); /* fixed codes */
	fill(ROOM, 256);
	comes_back(ROOM, "-9"); /* stored */
	fill(ROOM, 3);
	comes_back(ROOM, "-9"); /* dynamic codes */
	comes_back(ROOM, "-1");
	memset(plain, 'x', ROOM);
	comes_back(ROOM, "-9"); /* the longest copies */
	for (size_t i = 0; i < ROOM; i++)
		plain[i] = (uint8_t)(i % 30000 * 2654435761u >> 13);
	comes_back(ROOM, "-9"); /* the longest distances */
}

static void what_is_not_one(void **state)
{
	struct bytes member;

	(void)state;
	fill(2000, 20);
	member = pack(2000, "-9");
	for (size_t len = 0; len < member.len; len++)
		assert_int_equal(inflate(bytes_of(packed, len), unpacked, 2000), 0);
	for (size_t bit = 0; bit < member.len * 8; bit++) {
		packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(inflate(member, unpacked, 2000) <= 2000);
		packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(inflate(member, unpacked, 2000), 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_block),
		cmocka_unit_test(what_is_not_one),
	};

	return cmocka_run_group_tests_name("util/inflate", tests, NULL, NULL);
}
