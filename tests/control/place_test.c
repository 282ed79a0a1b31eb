/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The place of a control socket as a message for the helper, which removes it. */
#include "control/place.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct control_place place = {
	.path = "/run/sstp/vpn.sock",
	.name = "vpn",
	.dev = 0x12345,
	.ino = (ino_t)0x87654321,
	.is_default = true,
};

/* Where the struct is in memory that held something else: nothing of that is in the message. */
static void only_its_fields_are_written(void **state)
{
	uint8_t a[CONTROL_PLACE_LEN], b[CONTROL_PLACE_LEN];
	struct writer one = writer_of(a, sizeof(a)), other = writer_of(b, sizeof(b));
	struct control_place dirty;

	(void)state;
	memset(&dirty, 0xb9, sizeof(dirty));
	strcpy(dirty.path, place.path);
	dirty.dev = place.dev;
	dirty.ino = place.ino;
	dirty.is_default = true;
	control_place_put(&one, &place);
	control_place_put(&other, &dirty);
	assert_int_equal(one.len, other.len);
	assert_memory_equal(a, b, one.len);
	assert_null(memchr(b, 0xb9, other.len));
}

static void it_arrives(void **state)
{
	uint8_t room[CONTROL_PLACE_LEN];
	struct writer w = writer_of(room, sizeof(room));
	struct control_place got, longest = place;
	struct reader r;

	(void)state;
	memset(longest.path, 'x', sizeof(longest.path) - 1);
	longest.path[0] = '/';
	longest.is_default = false;
	for (int i = 0; i < 2; i++) {
		const struct control_place *p = i ? &longest : &place;

		w.len = 0;
		control_place_put(&w, p);
		assert_false(w.full);
		r = reader_of(room, w.len);
		assert_true(control_place_get(&r, &got));
		assert_string_equal(got.path, p->path);
		assert_true(got.dev == p->dev && got.ino == p->ino);
		assert_int_equal(got.is_default, p->is_default);
	}
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		uint8_t is_default;
		const char *path;
		size_t len;
	} cases[] = {
		{ 0, "", 0 },
		{ 2, "/x", 2 },
		{ 1, "x", 1 },
		{ 0, "/x\0y", 4 },
		{ 0, "/", CONTROL_PATH_SIZE },
	};
	uint8_t room[CONTROL_PLACE_LEN] = { 0 };
	struct control_place got;
	struct reader r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(room + 17, 'x', sizeof(room) - 17);
		room[0] = cases[i].is_default;
		memcpy(room + 17, cases[i].path, cases[i].len > 4 ? 1 : cases[i].len);
		r = reader_of(room, 17 + cases[i].len);
		assert_false(control_place_get(&r, &got));
	}
	for (size_t len = 0; len < 17; len++) {
		r = reader_of(room, len);
		assert_false(control_place_get(&r, &got));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_fields_are_written),
		cmocka_unit_test(it_arrives),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
