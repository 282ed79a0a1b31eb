/* Text of a peer as the log shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/log.h"

static const struct quote_case {
	const char *what, *from;
	size_t len;
	const char *text;
} quotes[] = {
	{ "plain", "ann", 3, "\"ann\"" },
	{ "nothing", NULL, 0, "\"\"" },
	{ "quote and backslash", "a\"b\\", 4, "\"a\\\"b\\\\\"" },
	{ "newline, zero, escape", "\n\0\x1b[", 4, "\"\\x0a\\x00\\x1b[\"" },
	{ "above ASCII", "\x7f\xc3\xbc", 3, "\"\\x7f\\xc3\\xbc\"" },
};

static void quote_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(quotes) / sizeof(*quotes); i++)
		assert_string_equal(log_quote(quotes[i].from, quotes[i].len).text, quotes[i].text);
}

/* Wherever the first escape falls, what is cut ends in dots and a quote and fits. */
static void long_text_is_cut(void **state)
{
	char from[400];

	(void)state;
	for (size_t plain = 0; plain < 300; plain++) {
		struct log_text q;
		size_t len;

		memset(from, '\n', sizeof(from));
		memset(from, 'x', plain);
		q = log_quote(from, sizeof(from));
		len = strnlen(q.text, sizeof(q.text));
		assert_in_range(len, sizeof(q.text) - 8, sizeof(q.text) - 1);
		assert_string_equal(q.text + len - 4, "...\"");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quote_table),
		cmocka_unit_test(long_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
