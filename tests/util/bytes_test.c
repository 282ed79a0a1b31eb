/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers past their end and full writers: at every length around the one that fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/bytes.h"

static const uint8_t some[] = { 0x01, 0x02, 0x03, 0x04, 0xfe, 0xdc, 0xba, 0x98 };

static void reads_big_endian(void **state)
{
	struct reader r = reader_of(some, sizeof(some));

	(void)state;
	assert_int_equal(get_u8(&r), 0x01);
	assert_int_equal(get_u16(&r), 0x0203);
	assert_int_equal(get_u8(&r), 0x04);
	assert_int_equal(get_u32(&r), 0xfedcba98);
	assert_int_equal(r.left, 0);
	assert_false(r.bad);
}

/* On a copy of exactly that size, so that the sanitizer detects a read past the end. */
static void runs_dry(void **state)
{
	(void)state;
	for (size_t len = 0; len <= sizeof(some); len++) {
		uint8_t *copy = malloc(len ? len : 1);
		struct reader r;

		memcpy(copy, some, len);
		r = reader_of(copy, len);
		assert_int_equal(get_u32(&r), len >= 4 ? 0x01020304 : 0);
		assert_int_equal(r.bad, len < 4);
		r = reader_of(copy, len);
		assert_int_equal(get_u16(&r), len >= 2 ? 0x0102 : 0);
		assert_int_equal(r.bad, len < 2);
		r = reader_of(copy, len);
		assert_int_equal(get_u8(&r), len >= 1 ? 0x01 : 0);
		assert_int_equal(r.bad, len < 1);
		free(copy);
	}
}

/* Once bad, always bad: the remaining bytes can't be read any more. */
static void stays_bad(void **state)
{
	struct reader r = reader_of(some, 3), inner;
	uint8_t copy[2] = { 9, 9 };

	(void)state;
	assert_int_equal(get_u32(&r), 0);
	assert_true(r.bad);
	assert_int_equal(r.left, 0);
	assert_int_equal(get_u8(&r), 0);
	assert_null(get_bytes(&r, 0));
	get_copy(&r, copy, sizeof(copy));
	assert_int_equal(copy[0] | copy[1], 0);
	inner = get_reader(&r, 0);
	assert_true(inner.bad);
	assert_int_equal(inner.left, 0);
}

static void inner_readers(void **state)
{
	struct reader r = reader_of(some, sizeof(some)), inner = get_reader(&r, 3);

	(void)state;
	assert_int_equal(inner.left, 3);
	assert_int_equal(r.left, 5);
	assert_int_equal(get_u16(&inner), 0x0102);
	assert_int_equal(get_u16(&inner), 0); /* it ends at the given length */
	assert_true(inner.bad);
	assert_false(r.bad);
	inner = get_reader(&r, 6);
	assert_true(inner.bad);
	assert_int_equal(inner.left, 0);
	assert_true(r.bad);
}

static void lengths_that_would_wrap(void **state)
{
	struct reader r = reader_of(some, sizeof(some));
	uint8_t room[4];
	struct writer w = writer_of(room, sizeof(room));

	(void)state;
	assert_null(get_bytes(&r, SIZE_MAX));
	put_u8(&w, 1);
	assert_null(put_gap(&w, SIZE_MAX));
	assert_true(w.full);
	assert_int_equal(w.len, 1);
}

static void writes_big_endian(void **state)
{
	uint8_t room[11];
	struct writer w = writer_of(room, sizeof(room));

	(void)state;
	put_u16(&w, 0);
	put_u8(&w, 0x01);
	put_u16(&w, 0x0203);
	put_u8(&w, 0x04);
	put_u32(&w, 0xfedcba98);
	put_bytes(&w, "x", 1);
	put_bytes(&w, NULL, 0);
	put_u16_at(&w, 0, 0xabcd);
	assert_false(w.full);
	assert_int_equal(w.len, sizeof(room));
	assert_memory_equal(room, "\xab\xcd\x01\x02\x03\x04\xfe\xdc\xba\x98x", sizeof(room));
	assert_int_equal(load_u16(room), 0xabcd);
	assert_int_equal(load_u32(room + 6), 0xfedcba98);
}

/* An item that does not fit is not written at all, nor is anything after it. */
static void runs_full(void **state)
{
	uint8_t room[4] = { 9, 9, 9, 9 };
	struct writer w = writer_of(room, 3);

	(void)state;
	put_u16(&w, 0x0102);
	put_u16(&w, 0x0304);
	assert_true(w.full);
	put_u8(&w, 5);
	put_u16_at(&w, 0, 0xffff);
	assert_int_equal(w.len, 2);
	assert_memory_equal(room, "\x01\x02\x09\x09", 4);
}

static void gaps(void **state)
{
	uint8_t room[4];
	struct writer w = writer_of(room, sizeof(room));

	(void)state;
	assert_ptr_equal(put_gap(&w, 4), room);
	assert_ptr_equal(put_gap(&w, 0), room + 4);
	put_u16_at(&w, 3, 0xffff); /* half of it would lie outside */
	assert_false(w.full);
	assert_null(put_gap(&w, 1));
	assert_true(w.full);
}

static void texts(void **state)
{
	(void)state;
	assert_int_equal(bytes_text("").len, 0);
	assert_int_equal(bytes_text("four").len, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_big_endian),
		cmocka_unit_test(runs_dry),
		cmocka_unit_test(stays_bad),
		cmocka_unit_test(inner_readers),
		cmocka_unit_test(lengths_that_would_wrap),
		cmocka_unit_test(writes_big_endian),
		cmocka_unit_test(runs_full),
		cmocka_unit_test(gaps),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
