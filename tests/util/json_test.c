/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON is valid for any input and any size of the buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/json.h"

static void members(void **state)
{
	char text[512];
	struct json j;
	size_t len;

	(void)state;
	json_open(&j, text, sizeof(text));
	json_string(&j, "a", "b");
	json_string(&j, "none", NULL);
	json_number(&j, "n", UINT64_MAX);
	json_bool(&j, "t", true);
	json_array(&j, "list");
	json_string(&j, NULL, "x");
	json_object(&j, NULL);
	json_end(&j);
	json_end(&j);
	json_object(&j, "o");
	json_bool(&j, "f", false);
	len = json_close(&j);
	assert_int_equal(len, strlen(text));
	assert_string_equal(text, "{\"a\":\"b\",\"n\":18446744073709551615,\"t\":true,"
				  "\"list\":[\"x\",{}],\"o\":{\"f\":false}}");
}

static void escapes(void **state)
{
	static const struct {
		const char *from;
		size_t len;
		const char *want;
	} cases[] = {
		{ "", 0, "" },
		{ "a\"b\\c", 5, "a\\\"b\\\\c" },
		{ "\0\n\x1b\x7f", 4, "\\u0000\\u000a\\u001b\\u007f" },
		{ "\xc3\xb6\xf0\x9f\x98\x80", 6, "\xc3\xb6\xf0\x9f\x98\x80" },
		{ "\xff\xc3", 2, "\\ufffd\\ufffd" },
		{ "\xed\xa0\x80", 3, "\\ufffd\\ufffd\\ufffd" },
		{ "\xe2\x80\xa8\xc2\x9b", 5, "\\u2028\\u009b" },
	};
	char text[256], want[256];
	struct json j;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_open(&j, text, sizeof(text));
		json_bytes(&j, "k", cases[i].from, cases[i].len);
		json_close(&j);
		snprintf(want, sizeof(want), "{\"k\":\"%s\"}", cases[i].want);
		assert_string_equal(text, want);
	}
}

/* Brackets and quotes are balanced, and no member is incomplete. */
static void check(const char *text)
{
	char open[16];
	size_t depth = 0;
	bool in_string = false;

	for (const char *at = text; *at; at++) {
		if (in_string) {
			if (*at == '\\') {
				assert_non_null(strchr("\"\\u", at[1]));
				at += at[1] == 'u' ? 5 : 1;
			} else {
				in_string = *at != '"';
			}
		} else if (*at == '"') {
			in_string = true;
		} else if (*at == '{' || *at == '[') {
			open[depth++] = *at == '{' ? '}' : ']';
		} else if (*at == '}' || *at == ']') {
			assert_true(depth > 0 && open[--depth] == *at);
			assert_null(strchr(",:", at[-1]));
		}
	}
	assert_int_equal(depth, 0);
	assert_false(in_string);
}

static void small_buffers(void **state)
{
	char text[400];
	struct json j;
	size_t len;

	(void)state;
	for (size_t size = JSON_SIZE_MIN; size <= sizeof(text); size++) {
		memset(text, '#', sizeof(text));
		json_open(&j, text, size);
		json_bytes(&j, "first",
			   "a\"\n\xff\xc3\xb6"
			   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			   44);
		json_array(&j, "list");
		for (int i = 0; i < 3; i++) {
			json_object(&j, NULL);
			json_number(&j, "n", 123456);
			json_string(&j, "text", "\n\n\n\n\n");
			json_end(&j);
		}
		json_end(&j);
		json_bool(&j, "last", true);
		len = json_close(&j);
		assert_int_equal(len, strlen(text));
		assert_true(strlen(text) < size);
		assert_true(size == sizeof(text) || text[size] == '#');
		check(text);
	}
	assert_non_null(strstr(text, "\"last\":true}"));
}

static void deep(void **state)
{
	char text[256];
	struct json j;

	(void)state;
	json_open(&j, text, sizeof(text));
	for (int i = 0; i < 20; i++)
		json_array(&j, i ? NULL : "a");
	for (int i = 0; i < 20; i++)
		json_end(&j);
	json_bool(&j, "b", true);
	json_close(&j);
	assert_string_equal(text, "{\"a\":[[[[[[[]]]]]]],\"b\":true}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members),
		cmocka_unit_test(escapes),
		cmocka_unit_test(small_buffers),
		cmocka_unit_test(deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
