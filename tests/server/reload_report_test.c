/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report of a reload: what it says, and what happens when it is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/reload_report.h"

static void lines_in_order(void **state)
{
	struct reload_report r = { .len = 0 };

	(void)state;
	reload_report_done(&r, "reloaded %s", "users");
	assert_false(r.has_failed);
	reload_report_failed(&r, "%s:%u: a fault", "key.pem", 3u);
	assert_true(r.has_failed);
	assert_string_equal(r.text, "reloaded users\nkey.pem:3: a fault\n");
	assert_int_equal(r.len, strlen(r.text));
}

/* A line that does not fit is left out as a whole, but its failure counts. */
static void a_full_one(void **state)
{
	struct reload_report r = { .len = 0 };
	char line[300];

	(void)state;
	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (size_t i = 0; i < RELOAD_REPORT_SIZE / sizeof(line); i++)
		reload_report_done(&r, "%s", line);
	assert_int_equal(r.len, RELOAD_REPORT_SIZE / sizeof(line) * sizeof(line));
	reload_report_failed(&r, "%s", line);
	assert_int_equal(r.len, RELOAD_REPORT_SIZE / sizeof(line) * sizeof(line));
	assert_int_equal(r.text[r.len - 1], '\n');
	assert_int_equal(strlen(r.text), r.len);
	assert_true(r.has_failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_in_order),
		cmocka_unit_test(a_full_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
