/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A walk visits each session once, whatever is added and removed between its steps. */
#include "server/session_list.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "server/session.h"

enum { SESSIONS = 4 };

static struct sessions list;
static struct session sessions[SESSIONS + 1];

static int set_up(void **state)
{
	(void)state;
	list = (struct sessions){ .count = 0 };
	for (int i = 0; i < SESSIONS; i++)
		sessions_add(&list, &sessions[i]);
	return 0;
}

static void all_in_order(void **state)
{
	struct session_walk w;

	(void)state;
	assert_int_equal(list.count, SESSIONS);
	session_walk_start(&w, &list);
	for (int i = 0; i < SESSIONS; i++)
		assert_ptr_equal(session_walk_next(&w), &sessions[i]);
	assert_null(session_walk_next(&w));
	assert_null(list.walks);
	assert_null(session_walk_next(&w)); /* it stays so */
}

static void removed_ones_are_skipped(void **state)
{
	struct session_walk w, other;

	(void)state;
	session_walk_start(&w, &list);
	session_walk_start(&other, &list);
	assert_ptr_equal(session_walk_next(&w), &sessions[0]);
	sessions_remove(&list, &sessions[0]); /* visited by one */
	sessions_remove(&list, &sessions[1]); /* next of both */
	sessions_remove(&list, &sessions[3]); /* the last */
	assert_ptr_equal(session_walk_next(&w), &sessions[2]);
	assert_ptr_equal(session_walk_next(&other), &sessions[2]);
	assert_null(session_walk_next(&w));
	assert_null(session_walk_next(&other));
	assert_int_equal(list.count, 1);
}

static void new_ones_are_visited(void **state)
{
	struct session_walk w;

	(void)state;
	session_walk_start(&w, &list);
	sessions_add(&list, &sessions[SESSIONS]);
	for (int i = 0; i <= SESSIONS; i++)
		assert_ptr_equal(session_walk_next(&w), &sessions[i]);
	assert_null(session_walk_next(&w));
}

static void a_walk_is_stopped(void **state)
{
	struct session_walk w, other;

	(void)state;
	session_walk_start(&w, &list);
	session_walk_start(&other, &list);
	session_walk_stop(&w);
	session_walk_stop(&w);
	assert_ptr_equal(list.walks, &other);
	while (list.first)
		sessions_remove(&list, list.first);
	assert_null(session_walk_next(&other));
	assert_null(list.walks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_in_order, set_up),
		cmocka_unit_test_setup(removed_ones_are_skipped, set_up),
		cmocka_unit_test_setup(new_ones_are_visited, set_up),
		cmocka_unit_test_setup(a_walk_is_stopped, set_up),
	};

	return cmocka_run_group_tests_name("server/session_list", tests, NULL, NULL);
}
