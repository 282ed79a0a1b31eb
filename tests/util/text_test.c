/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines and words of text without a zero byte at its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/text.h"

static void assert_text(struct bytes b, const char *want)
{
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(b.at, want, b.len);
}

static void lines(void **state)
{
	static const char text[] = "one\r\ntwo\n\n\r\nthree\r";
	static const char *const want[] = { "one", "two", "", "" };
	struct reader r = reader_of(text, sizeof(text) - 1);
	struct bytes line;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_true(text_get_line(&r, &line));
		assert_text(line, want[i]);
	}
	assert_false(text_get_line(&r, &line)); /* what is left has no end */
	assert_int_equal(r.left, 6);
	r = reader_of(NULL, 0);
	assert_false(text_get_line(&r, &line));
}

static void comparing(void **state)
{
	struct bytes b = bytes_text("Host");

	(void)state;
	assert_true(text_is(b, "Host"));
	assert_false(text_is(b, "host"));
	assert_false(text_is(b, "Hos"));
	assert_false(text_is(b, "Hosts"));
	assert_true(text_is_nocase(b, "hOST"));
	assert_false(text_is_nocase(b, "hos"));
	assert_true(text_starts_nocase(b, "hO"));
	assert_false(text_starts_nocase(b, "hosts"));
}

static void words(void **state)
{
	struct bytes rest = bytes_text("GET  / x"), word;

	(void)state;
	assert_true(text_cut(&rest, ' ', &word));
	assert_text(word, "GET");
	assert_true(text_cut(&rest, ' ', &word));
	assert_text(word, "");
	assert_true(text_cut(&rest, ' ', &word));
	assert_text(word, "/");
	assert_false(text_cut(&rest, ' ', &word));
	assert_text(rest, "x");
	assert_text(text_trim(bytes_text(" \t a b\t ")), "a b");
	assert_text(text_trim(bytes_text(" \t ")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(comparing),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
