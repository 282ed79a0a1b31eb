/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order in which several servers are tried, on a clock that the test turns. */
#include "client/server_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct server_list list;
static char order[64];

/* One round: the server in `up` succeeds after `ms`, all before it fail. '-': none succeeds. */
static const char *round_of(char up, uint64_t now_ms, uint32_t ms)
{
	size_t n = 0;

	server_list_begin(&list);
	do {
		char name = (char)('A' + list.current);

		order[n++] = name;
		if (name == up) {
			server_list_up(&list, now_ms, ms);
			break;
		}
		server_list_failed(&list);
	} while (server_list_next(&list));
	order[n] = '\0';
	return order;
}

static int setup(void **state)
{
	(void)state;
	server_list_init(&list, 4);
	return 0;
}

static void the_first_round_has_the_users_order(void **state)
{
	(void)state;
	assert_string_equal(round_of('-', 0, 0), "ABCD");
	assert_string_equal(round_of('-', 10, 0), "ABCD");
	assert_string_equal(round_of('C', 20, 50), "ABC");
}

static void the_last_one_that_worked_comes_first(void **state)
{
	(void)state;
	round_of('C', 100, 50);
	assert_string_equal(round_of('-', 200, 0), "CDAB");
	assert_string_equal(round_of('A', 300, 50), "CDA");
	assert_string_equal(round_of('-', 400, 0), "ACBD");
	assert_string_equal(round_of('D', 500, 50), "ACBD");
	assert_string_equal(round_of('-', 600, 0), "DACB");
}

static void one_that_works_stays_the_first(void **state)
{
	(void)state;
	for (uint64_t now = 1; now < 5; now++)
		assert_string_equal(round_of('B', now, 20), now == 1 ? "AB" : "B");
}

/* Of equal failures the one that connected faster: D in 20 ms, B in 300 ms, A and C never did. */
static void the_faster_one_comes_before(void **state)
{
	(void)state;
	round_of('B', 1, 300);
	assert_string_equal(round_of('D', 2, 20), "BCD");
	list.at[1].failures = list.at[0].failures = list.at[2].failures = 0;
	assert_string_equal(round_of('-', 3, 0), "DBAC");
}

static void a_time_of_zero_counts_as_known(void **state)
{
	(void)state;
	round_of('B', 0, 0);
	assert_string_equal(round_of('-', 0, 0), "BCDA");
}

static void one_server(void **state)
{
	(void)state;
	server_list_init(&list, 1);
	assert_string_equal(round_of('-', 0, 0), "A");
	assert_string_equal(round_of('A', 1, 1), "A");
	assert_false(server_list_next(&list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_first_round_has_the_users_order, setup),
		cmocka_unit_test_setup(the_last_one_that_worked_comes_first, setup),
		cmocka_unit_test_setup(one_that_works_stays_the_first, setup),
		cmocka_unit_test_setup(the_faster_one_comes_before, setup),
		cmocka_unit_test_setup(a_time_of_zero_counts_as_known, setup),
		cmocka_unit_test_setup(one_server, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
