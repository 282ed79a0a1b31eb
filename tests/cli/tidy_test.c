/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values and passwords as people write them: what is removed, what is kept, and what causes a
 * warning.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/tidy.h"
#include "util/log.h"

static char logged[1024];

static void keep(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	snprintf(logged, sizeof(logged), "%s", line);
}

enum place { ARGUMENT, VARIABLE, FILE_LINE, COMMAND };

static const struct {
	const char *name;
	enum place place;
	const char *value, *want; /* NULL: refused */
	bool is_warned_of;
} values[] = {
	{ "plain", ARGUMENT, "ann", "ann", false },
	{ "empty", VARIABLE, "", "", false },
	{ "a secret's line end", VARIABLE, "ann\n", "ann", false },
	{ "of Windows", VARIABLE, "ann\r\n", "ann", false },
	{ "two of them", VARIABLE, "ann\n\n", NULL, false },
	{ "a line end within", VARIABLE, "ann\nbob", NULL, false },
	{ "not from a secret", ARGUMENT, "ann\n", NULL, false },
	{ "an escape", FILE_LINE, "an\x1b[2Jn", NULL, false },
	{ "a tab within", ARGUMENT, "a\tb", NULL, false },
	{ "DEL", VARIABLE, "a\x7f", NULL, false },
	{ "byte order mark", VARIABLE,
	  "\xef\xbb\xbf"
	  "ann",
	  "ann", false },
	{ "a blank after it", VARIABLE, "ann ", "ann", true },
	{ "blanks around it", ARGUMENT, "  ann  ", "ann", true },
	{ "a blank within", ARGUMENT, "ann lee", "ann lee", false },
	{ "quotes in a variable", VARIABLE, "\"ann\"", "ann", true },
	{ "single quotes", ARGUMENT, "'ann'", "ann", true },
	{ "quotes in a file", FILE_LINE, "\"host\"", "host", false },
	{ "quotes and a comment", FILE_LINE, "\"host\" # mine", "host", false },
	{ "a # in quotes", FILE_LINE, "\"a # b\"", "a # b", false },
	{ "a comment", FILE_LINE, "ann # me", "ann", true },
	{ "a comment after a tab is a control character", FILE_LINE, "ann\t# me", NULL, false },
	{ "a # in a word", FILE_LINE, "ann#me", "ann#me", false },
	{ "a # in a variable", VARIABLE, "ann # me", "ann # me", false },
	{ "one quote", VARIABLE, "\"ann", "\"ann", false },
	{ "a quote alone", VARIABLE, "\"", "\"", false },
	{ "two kinds", VARIABLE, "\"ann'", "\"ann'", false },
	{ "two pairs", FILE_LINE, "\"a\" \"b\"", "\"a\" \"b\"", false },
	{ "a command's quotes", COMMAND, "\"/opt/a b\"", "\"/opt/a b\"", false },
	{ "a command's #", COMMAND, "do # this", "do # this", false },
	{ "UTF-8", VARIABLE, "J\xc3\xbcrgen", "J\xc3\xbcrgen", false },
};

static void reads_values(void **state)
{
	struct error err;
	char value[64];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct tidy_place place = { .name = "SSTP_USER",
					    .is_environment = values[i].place == VARIABLE,
					    .has_comments = values[i].place == FILE_LINE,
					    .is_command = values[i].place == COMMAND };

		print_message("# %s\n", values[i].name);
		logged[0] = '\0';
		snprintf(value, sizeof(value), "%s", values[i].value);
		assert_int_equal(tidy_value(value, &place, &err), values[i].want != NULL);
		if (values[i].want)
			assert_string_equal(value, values[i].want);
		else
			assert_non_null(strstr(err.text, "control character"));
		assert_int_equal(*logged != '\0', values[i].is_warned_of);
		if (*logged)
			assert_memory_equal(logged, "SSTP_USER: ", 11);
	}
}

static const struct {
	const char *name, *value, *want; /* NULL: refused */
	bool is_warned_of;
} passwords[] = {
	{ "plain", "secret", "secret", false },
	{ "a line end", "secret\n", "secret", false },
	{ "of Windows", "secret\r\n", "secret", false },
	{ "byte order mark", "\xef\xbb\xbfsecret\n", "secret", false },
	{ "two lines", "secret\nmore", NULL, false },
	{ "two line ends", "secret\n\n", NULL, false },
	{ "an escape", "sec\x1bret", NULL, false },
	{ "quotes", "\"secret\"", "\"secret\"", true },
	{ "single quotes", "'secret'", "'secret'", true },
	{ "a blank after it", "secret ", "secret ", true },
	{ "a blank before it", " secret", " secret", true },
	{ "a #", "secret # really", "secret # really", false },
	{ "a quote within", "se\"cret", "se\"cret", false },
	{ "empty", "", "", false },
};

static void reads_passwords(void **state)
{
	struct error err;
	char value[64];

	(void)state;
	for (size_t i = 0; i < sizeof(passwords) / sizeof(*passwords); i++) {
		print_message("# %s\n", passwords[i].name);
		logged[0] = err.text[0] = '\0';
		snprintf(value, sizeof(value), "%s", passwords[i].value);
		assert_int_equal(tidy_password(value, "SSTP_PASSWORD", &err),
				 passwords[i].want != NULL);
		if (passwords[i].want)
			assert_string_equal(value, passwords[i].want);
		else
			assert_memory_equal(err.text, "SSTP_PASSWORD: ", 15);
		assert_int_equal(*logged != '\0', passwords[i].is_warned_of);
		assert_null(strstr(logged, "secret"));
		assert_null(strstr(err.text, "secret"));
	}
}

/* Warnings from before the log is set up are printed later. */
static void keeps_warnings(void **state)
{
	(void)state;
	tidy_warn("first %d", 1);
	assert_string_equal(logged, "");
	tidy_print_warnings();
	assert_string_equal(logged, "first 1");
	tidy_warn("second");
	assert_string_equal(logged, "second");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_warnings),
		cmocka_unit_test(reads_values),
		cmocka_unit_test(reads_passwords),
	};

	log_set_sink(keep);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
