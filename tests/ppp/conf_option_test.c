/* SPDX-License-Identifier: GPL-3.0-or-later */
/* src/ppp/conf_option.c: the walk over options ends for every list that a peer can send. */
#include "ppp/conf_option.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void lists_are_walked_to_their_end(void **state)
{
	static const struct {
		const char *name;
		uint8_t list[16];
		size_t len;
		unsigned options;
		bool sound;
	} cases[] = {
		{ "empty", { 0 }, 0, 0, true },
		{ "one without value", { 7, 2 }, 2, 1, true },
		{ "two", { 1, 4, 5, 220, 7, 2 }, 6, 2, true },
		{ "length zero", { 1, 0 }, 2, 0, false },
		{ "length one", { 1, 1 }, 2, 0, false },
		{ "length zero after a good one", { 7, 2, 1, 0, 0, 0 }, 6, 1, false },
		{ "type alone", { 1 }, 1, 0, false },
		{ "type alone after a good one", { 7, 2, 1 }, 3, 1, false },
		{ "past the end by one", { 1, 5, 5, 220 }, 4, 0, false },
		{ "past the end by far", { 1, 255, 5, 220 }, 4, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct reader r = reader_of(cases[i].list, cases[i].len);
		struct ppp_opt o;
		unsigned n = 0;

		while (ppp_opt_next(&r, &o))
			n++;
		if (n != cases[i].options || r.bad == cases[i].sound)
			fail_msg("%s: %u options", cases[i].name, n);
		assert_int_equal(ppp_opts_are_sound(bytes_of(cases[i].list, cases[i].len)),
				 cases[i].sound);
	}
}

static void an_option_has_type_body_and_whole(void **state)
{
	const uint8_t list[] = { 1, 4, 5, 220, 7, 2 };
	struct reader r = reader_of(list, sizeof(list));
	struct ppp_opt o;

	(void)state;
	assert_true(ppp_opt_next(&r, &o));
	assert_int_equal(o.type, 1);
	assert_int_equal(get_u16(&o.body), 1500);
	assert_int_equal(o.body.left, 0);
	assert_ptr_equal(o.whole.at, list);
	assert_int_equal(o.whole.len, 4);
	assert_true(ppp_opt_next(&r, &o));
	assert_int_equal(o.type, 7);
	assert_int_equal(o.body.left, 0);
	assert_false(ppp_opt_next(&r, &o));
	assert_false(r.bad);
}

static void a_list_holds_what_is_the_same_byte_for_byte(void **state)
{
	const uint8_t list[] = { 1, 4, 5, 220, 7, 2 }, other[] = { 1, 4, 5, 221 };
	struct bytes whole = bytes_of(list, sizeof(list));

	(void)state;
	assert_true(ppp_opts_hold(whole, bytes_of(list, 4)));
	assert_true(ppp_opts_hold(whole, bytes_of(list + 4, 2)));
	assert_false(ppp_opts_hold(whole, bytes_of(other, 4)));
	assert_false(ppp_opts_hold(whole, bytes_of(list, 3)));
	assert_false(ppp_opts_hold(whole, bytes_of(list, 6)));
}

static void options_are_written_dropped_and_bounded(void **state)
{
	const uint8_t wanted[] = { 1, 4, 5, 220, 7, 2 };
	uint8_t bytes[8];
	struct writer w = writer_of(bytes, sizeof(bytes));
	size_t start = ppp_opt_open(&w, 1);

	(void)state;
	put_u16(&w, 1500);
	ppp_opt_close(&w, start);
	start = ppp_opt_open(&w, 9);
	put_u8(&w, 1);
	ppp_opt_drop(&w, start);
	start = ppp_opt_open(&w, 7);
	ppp_opt_close(&w, start);
	assert_int_equal(w.len, sizeof(wanted));
	assert_memory_equal(bytes, wanted, sizeof(wanted));
	start = ppp_opt_open(&w, 5);
	put_u32(&w, 1);
	ppp_opt_close(&w, start);
	assert_true(w.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_walked_to_their_end),
		cmocka_unit_test(an_option_has_type_body_and_whole),
		cmocka_unit_test(a_list_holds_what_is_the_same_byte_for_byte),
		cmocka_unit_test(options_are_written_dropped_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
