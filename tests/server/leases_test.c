/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leases: which user had which address, and the text form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/leases.h"

enum { MAX = 4 };

static struct leases *l;
static int held; /* addresses with a lease, counted by the callback */

static void changed(void *arg, uint32_t addr, bool has_lease)
{
	(void)arg;
	(void)addr;
	held += has_lease ? 1 : -1;
}

static int set_up(void **state)
{
	(void)state;
	held = 0;
	return leases_open(MAX, changed, NULL, &l);
}

static int tear_down(void **state)
{
	(void)state;
	leases_close(l);
	return 0;
}

/* Free are the addresses up to `arg`. */
static bool is_free(void *arg, uint32_t addr)
{
	return addr <= *(uint32_t *)arg;
}

static uint32_t find(const char *user, uint32_t up_to)
{
	return leases_find(l, user, is_free, &up_to);
}

static void the_newest_free_one_is_found(void **state)
{
	(void)state;
	leases_note(l, 2, "ann");
	leases_note(l, 3, "bob");
	leases_note(l, 4, "ann");
	assert_int_equal(find("ann", 9), 4);
	assert_int_equal(find("ann", 3), 2);
	assert_int_equal(find("ann", 1), 0);
	assert_int_equal(find("carl", 9), 0);
	leases_note(l, 2, "ann");
	assert_int_equal(find("ann", 9), 2);
	leases_note(l, 2, "bob");
	assert_int_equal(find("ann", 9), 4);
	assert_string_equal(leases_user(l, 2), "bob");
	leases_drop(l, 2);
	leases_drop(l, 2);
	assert_null(leases_user(l, 2));
	assert_int_equal(held, 2);
}

static void the_oldest_goes_when_there_are_too_many(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= MAX; i++)
		leases_note(l, i, "ann");
	leases_note(l, 1, "ann"); /* used again */
	leases_note(l, 9, "bob");
	assert_null(leases_user(l, 2));
	assert_string_equal(leases_user(l, 1), "ann");
	assert_int_equal(held, MAX);
}

static void text_and_back(void **state)
{
	static const char text[] = "10.9.0.2 ann\n10.9.0.3 carl of the office\n10.9.0.4 ann\n";
	uint32_t all = UINT32_MAX;
	size_t len;
	char *out;

	(void)state;
	assert_int_equal(leases_read(l, text, strlen(text), is_free, &all), 0);
	assert_int_equal(find("ann", all), 0x0a090004);
	assert_string_equal(leases_user(l, 0x0a090003), "carl of the office");
	leases_note(l, 5, "a\nb"); /* cannot be written in one line */
	out = leases_print(l, &len);
	assert_non_null(out);
	assert_string_equal(out, text);
	assert_int_equal(len, strlen(text));
	free(out);
}

static void malformed_lines_are_skipped(void **state)
{
	static const char text[] =
		"\n \n10.9.0.2\n10.9.0.2 \n300.1.1.1 ann\nfe80::1 ann\n10.9.0.7\tann\n"
		"10.9.0.3 a\0b\n10.9.0.9 far\n10.9.0.4 ann";
	static char long_line[1000];
	uint32_t up_to = 0x0a090008, len = sizeof(long_line);

	(void)state;
	assert_int_equal(leases_read(l, text, sizeof(text) - 1, is_free, &up_to), 7);
	assert_int_equal(held, 1);
	assert_string_equal(leases_user(l, 0x0a090004), "ann");
	memset(long_line, 'x', len);
	memcpy(long_line, "10.9.0.5 ", 9);
	assert_int_equal(leases_read(l, long_line, len, is_free, &up_to), 1);
	assert_int_equal(held, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_newest_free_one_is_found),
		CASE(the_oldest_goes_when_there_are_too_many),
		CASE(text_and_back),
		CASE(malformed_lines_are_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
