/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One JSON object: each kind of value, lists, escapes, and texts that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/json.h"
#include "util/json_flat.h"

/* "name=value;..." of all members, and what was wrong after them. */
static const char *read_all(const char *text, size_t len)
{
	static char out[8192];
	char *exact = malloc(len ? len : 1); /* so that the sanitizer finds a read past its end */
	struct json_flat j;
	size_t n = 0;

	memcpy(exact, text, len);
	out[0] = '\0';
	json_flat_open(&j, bytes_of(exact, len));
	while (json_flat_next(&j))
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s=%s%s%s;", j.name,
				      j.is_string ? "'" : "", j.value, j.is_string ? "'" : "");
	if (j.bad)
		snprintf(out + n, sizeof(out) - n, "!%s", j.bad);
	free(exact);
	return out;
}

static const struct {
	const char *text, *members;
} cases[] = {
	{ "{}", "" },
	{ " { } \n", "" },
	{ "{\"a\":\"b\"}", "a='b';" },
	{ "{ \"a\" : 1 , \"b\" : -2.5e+3, \"c\":true,\"d\":false }\r\n",
	  "a=1;b=-2.5e+3;c=true;d=false;" },
	{ "{\"a\":null,\"b\":\"null\"}", "b='null';" },
	{ "{\"a\":[]}", "" },
	{ "{\"a\":[],\"b\":[1,\"2\",null],\"c\":[true],\"d\":0}", "b=1;b='2';c=true;d=0;" },
	{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}",
	  "a='\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80';" },
	{ "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}",
	  "a='\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80';" },
	{ "", "!no object" },
	{ "[]", "!no object" },
	{ "{", "!a member without a name in quotes" },
	{ "{a:1}", "!a member without a name in quotes" },
	{ "{\"a\" 1}", "!a name without a colon after it" },
	{ "{\"a\":1", "a=1;!no comma between two members" },
	{ "{\"a\":1 \"b\":2}", "a=1;!no comma between two members" },
	{ "{\"a\":1,}", "a=1;!a member without a name in quotes" },
	{ "{\"a\":[1 2]}", "a=1;!no comma between two values" },
	{ "{\"a\":[1,]}", "a=1;!a value that is no string, number, true or false" },
	{ "{\"a\":{}}", "!a value that is no string, number, true or false" },
	{ "{\"a\":[[1]]}", "!a value that is no string, number, true or false" },
	{ "{\"a\":01}", "!a value that is no string, number, true or false" },
	{ "{\"a\":1.}", "!a value that is no string, number, true or false" },
	{ "{\"a\":.5}", "!a value that is no string, number, true or false" },
	{ "{\"a\":-}", "!a value that is no string, number, true or false" },
	{ "{\"a\":1e}", "!a value that is no string, number, true or false" },
	{ "{\"a\":True}", "!a value that is no string, number, true or false" },
	{ "{\"a\":}", "!a value that is no string, number, true or false" },
	{ "{\"a\":\"b}", "!a string without an end" },
	{ "{\"a\":\"b\\", "!a wrong escape in a string" },
	{ "{\"a\":\"\\x\"}", "!a wrong escape in a string" },
	{ "{\"a\":\"\\u12g4\"}", "!a wrong \\u in a string" },
	{ "{\"a\":\"\\u0000\"}", "!a zero character, or half of one, in a string" },
	{ "{\"a\":\"\\udc00\"}", "!a zero character, or half of one, in a string" },
	{ "{\"a\":\"\\ud800x\"}", "!half a character in a string" },
	{ "{\"a\":\"\n\"}", "!a control character in a string" },
	{ "{\"a\":\"\xff\"}", "!text that is not UTF-8" },
	{ "{} x", "!text after the object" },
	{ "{}{}", "!text after the object" },
};

static void each_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s\n", cases[i].text);
		assert_string_equal(read_all(cases[i].text, strlen(cases[i].text)),
				    cases[i].members);
	}
}

/* Whatever is cut off, there is an error; and no byte after the end is read. */
static void cut_short(void **state)
{
	static const char text[] = "{\"a\":\"\\u00e9\\ud83d\\ude00\",\"b\":[1,2],\"c\":true}";

	(void)state;
	for (size_t len = 0; len + 1 < sizeof(text) - 1; len++)
		assert_non_null(strchr(read_all(text, len), '!'));
	assert_null(strchr(read_all(text, sizeof(text) - 1), '!'));
}

static void lengths(void **state)
{
	char text[JSON_VALUE_SIZE + 100];
	int n;

	(void)state;
	for (int too_long = 0; too_long < 2; too_long++) {
		n = snprintf(text, sizeof(text), "{\"a\":\"%0*d\"}", JSON_VALUE_SIZE - 1 + too_long,
			     1);
		assert_int_equal(!strchr(read_all(text, (size_t)n), '!'), !too_long);
		n = snprintf(text, sizeof(text), "{\"%0*d\":1}", JSON_NAME_SIZE - 1 + too_long, 1);
		assert_int_equal(!strchr(read_all(text, (size_t)n), '!'), !too_long);
	}
}

/* What our own writer makes of any text in UTF-8 comes back. */
static void what_is_written_is_read(void **state)
{
	static const char value[] = "wonder land \"\\ \x01\x7f\xc2\xa0\xe2\x80\xae\xc3\xa9";
	char text[512];
	struct json_flat r;
	struct json w;
	size_t len;

	(void)state;
	json_open(&w, text, sizeof(text));
	json_string(&w, "password", value);
	json_number(&w, "n", 7);
	len = json_close(&w);
	json_flat_open(&r, bytes_of(text, len));
	assert_true(json_flat_next(&r));
	assert_string_equal(r.value, value);
	assert_true(json_flat_next(&r));
	assert_string_equal(r.value, "7");
	assert_false(json_flat_next(&r));
	assert_null(r.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(lengths),
		cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests_name("util/json_flat", tests, NULL, NULL);
}
