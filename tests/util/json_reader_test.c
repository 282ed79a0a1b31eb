/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading JSON: what is valid, members and items, and what our own writer writes. */
#include "util/json_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "util/json.h"

static void values(void **state)
{
	static const struct {
		const char *text;
		bool is_valid;
	} cases[] = {
		{ "{}", true },
		{ " [ ] ", true },
		{ "[1, -0, 0.5, 1e9, 12E-3, 2E+1]", true },
		{ "{\"a\" : [true,false , null], \"b\":{}}\n", true },
		{ "\"\\u00e4 \\\" \\\\ \\/ \\b\\f\\n\\r\\t \xc3\xa4\"", true },
		{ "7", true },
		{ "", false },
		{ "{", false },
		{ "{}}", false },
		{ "[1,]", false },
		{ "[,1]", false },
		{ "{\"a\"}", false },
		{ "{\"a\":}", false },
		{ "{a:1}", false },
		{ "{\"a\":1,}", false },
		{ "01", false },
		{ "1.", false },
		{ ".5", false },
		{ "1e", false },
		{ "-", false },
		{ "tru", false },
		{ "\"", false },
		{ "\"\\", false },
		{ "\"\\x\"", false },
		{ "\"\\u12g4\"", false },
		{ "\"a\nb\"", false },
		{ "\"\xff\"", false },
		{ "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", true },
		{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", false },
	};
	struct bytes value;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(json_parse(bytes_text(cases[i].text), &value), cases[i].is_valid);
}

/* Cut anywhere, a text is never valid and never read beyond its end. */
static void cut_texts(void **state)
{
	static const char text[] = "{\"a\":[1,{\"b\":\"\\u0041\\n\"}],\"c\":-1.5e3,\"d\":true}";
	struct bytes value;

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		assert_false(json_parse(bytes_of(text, len), &value));
		json_member(bytes_of(text, len), "d", &value);
	}
	assert_true(json_parse(bytes_of(text, sizeof(text) - 1), &value));
}

static void members(void **state)
{
	struct bytes object =
		bytes_text("{\"ab\":1, \"a\" : \"x\\\"y\",\"n\":{\"a\":2},\"t\":true}");
	struct bytes value;
	uint64_t number;
	char text[16];

	(void)state;
	assert_true(json_member(object, "a", &value));
	assert_true(json_text(value, text, sizeof(text)));
	assert_string_equal(text, "x\"y");
	assert_false(json_uint(value, &number));
	assert_true(json_member(object, "ab", &value) && json_uint(value, &number));
	assert_int_equal(number, 1);
	assert_false(json_text(value, text, sizeof(text)));
	assert_string_equal(text, "");
	assert_true(json_member(object, "n", &value) && json_member(value, "a", &value));
	assert_true(json_member(object, "t", &value) && json_is_true(value));
	assert_false(json_member(object, "x", &value));
	assert_false(json_member(bytes_text("[1]"), "a", &value));
	assert_false(json_member(bytes_text("{}"), "a", &value));
}

static void items(void **state)
{
	struct bytes array = bytes_text("[ 1 , [2,3] ,{\"a\":4} ]"), item;
	struct bytes empty = bytes_text("[ ]"), object = bytes_text("{}");

	(void)state;
	assert_true(json_next(&array, &item));
	assert_true(bytes_equal(item, bytes_text("1")));
	assert_true(json_next(&array, &item));
	assert_true(bytes_equal(item, bytes_text("[2,3]")));
	assert_true(json_next(&array, &item));
	assert_true(bytes_equal(item, bytes_text("{\"a\":4}")));
	assert_false(json_next(&array, &item));
	assert_false(json_next(&empty, &item));
	assert_false(json_next(&object, &item));
}

static void numbers(void **state)
{
	uint64_t n;

	(void)state;
	assert_true(json_uint(bytes_text("18446744073709551615"), &n));
	assert_true(n == UINT64_MAX);
	assert_false(json_uint(bytes_text("18446744073709551616"), &n));
	assert_false(json_uint(bytes_text("-1"), &n));
	assert_false(json_uint(bytes_text("1.5"), &n));
	assert_false(json_uint(bytes_text(""), &n));
}

/* A hostile user name reaches the terminal escaped, whoever wrote the JSON. */
static void what_our_writer_wrote(void **state)
{
	char json[256], text[64];
	struct bytes value;
	struct json j;

	(void)state;
	json_open(&j, json, sizeof(json));
	json_string(&j, "user", "\x1b[2J\"a\\\xc3\xa4\xff");
	json_number(&j, "n", UINT64_MAX);
	json_close(&j);
	assert_true(json_parse(bytes_text(json), &value));
	assert_true(json_member(value, "user", &value) && json_text(value, text, sizeof(text)));
	assert_string_equal(text, "\\u001b[2J\"a\\\xc3\xa4\\ufffd");
	assert_true(json_text(bytes_text("\"a\xe2\x80\xae"
					 "b\""),
			      text, sizeof(text)));
	assert_string_equal(text, "a?b");
	assert_true(json_text(bytes_text("\"abcdef\""), text, 4));
	assert_string_equal(text, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),  cmocka_unit_test(cut_texts),
		cmocka_unit_test(members), cmocka_unit_test(items),
		cmocka_unit_test(numbers), cmocka_unit_test(what_our_writer_wrote),
	};

	return cmocka_run_group_tests_name("util/json_reader", tests, NULL, NULL);
}
