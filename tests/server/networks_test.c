/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which session an address is behind. */
#include "server/networks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct networks n;
static unsigned removed_count;

static int set_up(void **state)
{
	(void)state;
	networks_init(&n);
	removed_count = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	networks_close(&n);
	return 0;
}

static void add(const char *text, uint64_t session)
{
	struct ip_prefix p;

	assert_true(ip_prefix_parse(text, &p));
	assert_true(networks_add(&n, &p, (unsigned)session + 100, session));
}

/* 0: none */
static uint64_t session_of(const char *text)
{
	struct ip_addr a;
	unsigned worker;
	uint64_t session;

	assert_true(ip_parse(text, &a));
	if (!networks_find(&n, &a, &worker, &session))
		return 0;
	assert_int_equal(worker, session + 100);
	return session;
}

static void count_removed(void *arg, const struct ip_prefix *prefix)
{
	(void)arg;
	(void)prefix;
	removed_count++;
}

static void the_longest_prefix_counts(void **state)
{
	(void)state;
	assert_int_equal(session_of("10.8.1.1"), 0);
	add("10.8.1.0/24", 2);
	add("10.8.0.0/16", 1);
	add("2001:db8:1::/48", 3);
	assert_int_equal(session_of("10.8.1.1"), 2);
	assert_int_equal(session_of("10.8.2.1"), 1);
	assert_int_equal(session_of("10.9.2.1"), 0);
	assert_int_equal(session_of("2001:db8:1:5::1"), 3);
	assert_int_equal(session_of("2001:db8:2::1"), 0);
}

static void of_two_that_are_the_same_the_newest_counts(void **state)
{
	(void)state;
	add("10.8.0.0/16", 1);
	add("10.8.0.0/16", 2);
	assert_int_equal(session_of("10.8.2.1"), 2);
	networks_remove(&n, 2, count_removed, NULL);
	assert_int_equal(removed_count, 0); /* the other session still has it */
	assert_int_equal(session_of("10.8.2.1"), 1);
	networks_remove(&n, 1, count_removed, NULL);
	assert_int_equal(removed_count, 1);
	assert_int_equal(session_of("10.8.2.1"), 0);
}

static void all_of_a_session_are_removed(void **state)
{
	(void)state;
	add("10.8.0.0/16", 1);
	add("10.7.0.0/16", 2);
	add("10.6.0.0/16", 1);
	networks_remove(&n, 1, count_removed, NULL);
	networks_remove(&n, 1, count_removed, NULL);
	assert_int_equal(removed_count, 2);
	assert_int_equal(session_of("10.6.2.1"), 0);
	assert_int_equal(session_of("10.7.2.1"), 2);
}

static void drops_one_of_a_session(void **state)
{
	struct ip_prefix a, b;
	struct ip_addr to;
	unsigned worker;
	uint64_t session;
	struct networks list;

	(void)state;
	networks_init(&list);
	assert_true(ip_prefix_parse("10.8.0.0/16", &a) && ip_prefix_parse("10.8.7.0/24", &b) &&
		    ip_parse("10.8.7.1", &to));
	assert_true(networks_add(&list, &a, 0, 7) && networks_add(&list, &b, 1, 7) &&
		    networks_add(&list, &b, 2, 8));
	networks_drop(&list, &b, 7);
	networks_drop(&list, &b, 7); /* no effect */
	assert_true(networks_find(&list, &to, &worker, &session));
	assert_int_equal(session, 8);
	networks_drop(&list, &b, 8);
	assert_true(networks_find(&list, &to, &worker, &session));
	assert_int_equal(session, 7);
	networks_drop(&list, &a, 7);
	assert_false(networks_find(&list, &to, &worker, &session));
	networks_close(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_longest_prefix_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(of_two_that_are_the_same_the_newest_counts, set_up,
						tear_down),
		cmocka_unit_test(drops_one_of_a_session),
		cmocka_unit_test_setup_teardown(all_of_a_session_are_removed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
