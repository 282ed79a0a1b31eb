/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DER: elements that are read and refused, and that written ones read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tls/der.h"

static const struct {
	const char *name;
	uint8_t bytes[8];
	size_t len;
	bool ok;
	size_t body_len;
} cases[] = {
	{ "empty input", { 0 }, 0, false, 0 },
	{ "empty string", { 4, 0 }, 2, true, 0 },
	{ "three bytes", { 4, 3, 1, 2, 3 }, 5, true, 3 },
	{ "a byte after it", { 4, 1, 1, 9 }, 4, true, 1 },
	{ "no length", { 4 }, 1, false, 0 },
	{ "one byte missing", { 4, 3, 1, 2 }, 4, false, 0 },
	{ "indefinite length", { 0x30, 0x80, 0, 0 }, 4, false, 0 },
	{ "long form of a short length", { 4, 0x81, 3, 1, 2, 3 }, 6, false, 0 },
	{ "long form with a zero in front", { 4, 0x82, 0, 0x80, 0 }, 5, false, 0 },
	{ "long form cut off", { 4, 0x82, 1 }, 3, false, 0 },
	{ "longer than anything", { 4, 0x84, 0xff, 0xff, 0xff, 0xff }, 6, false, 0 },
	{ "length of 127 bytes", { 4, 0xff, 1 }, 3, false, 0 },
	{ "tag in more bytes", { 0x1f, 0x81, 1, 0 }, 4, false, 0 },
};

static void elements(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader r = reader_of(cases[i].bytes, cases[i].len);
		struct der d;
		bool ok = der_next(&r, &d);

		if (ok != cases[i].ok || d.body.len != cases[i].body_len ||
		    r.bad != (!ok && cases[i].len))
			fail_msg("%s", cases[i].name);
		if (ok)
			assert_int_equal(d.whole.len, d.body.len + 2);
	}
}

static void wrong_tag(void **state)
{
	static const uint8_t octets[] = { 4, 1, 7 };
	struct reader r = reader_of(octets, sizeof(octets)), inside;

	(void)state;
	assert_true(der_is_next(&r, DER_OCTET_STRING));
	assert_false(der_is_next(&r, DER_SEQUENCE));
	inside = der_enter(&r, DER_SEQUENCE);
	assert_true(r.bad && inside.bad);
	assert_int_equal(inside.left, 0);
	assert_int_equal(der_get(&r, DER_OCTET_STRING).body.len, 0); /* it stays bad */
}

/* Lengths around the values where the encoding grows. */
static void lengths(void **state)
{
	static const size_t lens[] = { 0, 1, 127, 128, 255, 256, 257, 65535 };
	static uint8_t body[65535], out[65600];

	(void)state;
	memset(body, 0x5a, sizeof(body));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct writer w = writer_of(out, sizeof(out));
		struct reader r;
		struct der d;

		der_put(&w, DER_OCTET_STRING, body, lens[i]);
		assert_false(w.full);
		r = reader_of(out, w.len);
		assert_true(der_next(&r, &d));
		assert_int_equal(d.body.len, lens[i]);
		assert_memory_equal(d.body.at, body, lens[i]);
		assert_int_equal(r.left, 0);
	}
}

static void nesting(void **state)
{
	uint8_t out[400];
	struct writer w = writer_of(out, sizeof(out));
	size_t outer = der_begin(&w, DER_SEQUENCE), inner = der_begin(&w, DER_SET);
	static const uint8_t body[200];
	struct reader r, set;

	(void)state;
	der_put(&w, DER_OCTET_STRING, body, sizeof(body));
	der_end(&w, inner);
	der_put(&w, DER_INTEGER, "\x05", 1);
	der_end(&w, outer);
	r = reader_of(out, w.len);
	r = der_enter(&r, DER_SEQUENCE);
	set = der_enter(&r, DER_SET);
	assert_int_equal(der_get(&set, DER_OCTET_STRING).body.len, sizeof(body));
	assert_int_equal(der_get(&r, DER_INTEGER).body.at[0], 5);
	assert_false(r.bad || set.bad || r.left || set.left);
}

/* With too little room the writer is full, and nothing is written past its end. */
static void no_room(void **state)
{
	static const uint8_t body[200];
	uint8_t out[203];

	(void)state;
	for (size_t room = 0; room < sizeof(out); room++) {
		struct writer w = writer_of(out, room);

		der_put(&w, DER_OCTET_STRING, body, sizeof(body));
		assert_true(w.full);
	}
}

static void flags(void **state)
{
	static const struct {
		uint8_t bytes[4];
		size_t len;
		bool is_true, bad;
	} all[] = {
		{ { 1, 1, 0xff }, 3, true, false },       { { 1, 1, 0 }, 3, false, false },
		{ { 2, 1, 0xff }, 3, false, false },      { { 0 }, 0, false, false },
		{ { 1, 1, 1 }, 3, false, true },          { { 1, 0 }, 2, false, true },
		{ { 1, 2, 0xff, 0xff }, 4, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct reader r = reader_of(all[i].bytes, all[i].len);

		assert_int_equal(der_get_flag(&r), all[i].is_true);
		assert_int_equal(r.bad, all[i].bad);
	}
}

static void naturals(void **state)
{
	static const struct {
		uint8_t bytes[5];
		size_t len, value_len;
	} all[] = {
		{ { 2, 1, 0 }, 3, 1 },       { { 2, 1, 0x7f }, 3, 1 },
		{ { 2, 2, 0, 0x80 }, 4, 2 }, { { 2, 2, 1, 0 }, 4, 2 },
		{ { 2, 2, 0, 0x7f }, 4, 0 }, { { 2, 3, 0, 0, 0x80 }, 5, 0 },
		{ { 2, 2, 0xff, 1 }, 4, 0 }, { { 2, 1, 0x80 }, 3, 0 },
		{ { 2, 0 }, 2, 0 },          { { 4, 1, 0 }, 3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct reader r = reader_of(all[i].bytes, all[i].len);

		assert_int_equal(der_get_natural(&r).len, all[i].value_len);
		assert_int_equal(r.bad, !all[i].value_len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements), cmocka_unit_test(wrong_tag), cmocka_unit_test(lengths),
		cmocka_unit_test(nesting),  cmocka_unit_test(no_room),   cmocka_unit_test(flags),
		cmocka_unit_test(naturals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
