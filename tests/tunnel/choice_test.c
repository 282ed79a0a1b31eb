/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a connection changes to BBR: lines described by rows of TCP_INFO. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tunnel/choice.h"

enum { T0 = 100000, LEAST_MS = 30, STEP_MS = 10 };

static struct choice c;

static int set_up(void **state)
{
	(void)state;
	c = (struct choice){ 0 };
	return 0;
}

static bool look(uint64_t at_ms, uint32_t rtt_ms, uint32_t repeated)
{
	struct choice_facts f = { rtt_ms, LEAST_MS, repeated };

	return choice_is_bbr(&c, &f, T0 + at_ms);
}

static void a_clean_line_stays(void **state)
{
	(void)state;
	for (uint64_t at = 0; at < 60000; at += STEP_MS)
		assert_false(look(at, LEAST_MS + 5, 0));
}

/* A queue of 100 ms fills, overflows, drains: CUBIC at work. */
static void losses_of_a_full_queue_stay(void **state)
{
	uint32_t repeated = 0;

	(void)state;
	for (uint64_t at = 0; at < 60000; at += STEP_MS) {
		repeated += at % 2000 == 0;
		assert_false(look(at, LEAST_MS + 100, repeated));
	}
}

static void losses_without_a_queue_change(void **state)
{
	(void)state;
	assert_false(look(0, LEAST_MS, 0));
	assert_false(look(1000, LEAST_MS + 10, 1)); /* may be chance */
	assert_false(look(1500, LEAST_MS, 1));
	assert_true(look(2000, LEAST_MS + 10, 2));
}

static void what_is_lost_in_one_round_trip_is_one_loss(void **state)
{
	(void)state;
	for (uint32_t i = 1; i < 4; i++)
		assert_false(look(1000 + i * STEP_MS, LEAST_MS + 10, i));
}

static void losses_that_are_far_apart_stay(void **state)
{
	(void)state;
	for (uint32_t i = 1; i < 10; i++)
		assert_false(look(i * (CHOICE_LOSSES_MS + STEP_MS), LEAST_MS, i));
}

static void a_standing_queue_changes(void **state)
{
	uint64_t at = 0;

	(void)state;
	while (!look(at, LEAST_MS + 800, 0))
		at += STEP_MS;
	assert_int_equal(at, CHOICE_QUEUE_LASTS_MS);
}

static void a_queue_that_comes_and_goes_stays(void **state)
{
	(void)state;
	for (uint64_t at = 0; at < 60000; at += STEP_MS)
		assert_false(look(at, LEAST_MS + (at % 150 ? 800 : 0), 0));
}

static void a_queue_is_drained_for_a_while(void **state)
{
	struct choice_facts full = { LEAST_MS + 400, LEAST_MS, 0 },
			    gone = { LEAST_MS + 5, LEAST_MS, 0 };

	(void)state;
	c.capped_ms = T0;
	assert_false(choice_is_drained(&c, &full, T0 + CHOICE_DRAIN_MS - 1));
	assert_true(choice_is_drained(&c, &full, T0 + CHOICE_DRAIN_MS));
	assert_true(choice_is_drained(&c, &gone, T0 + STEP_MS));
}

#define CASE(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_clean_line_stays),
		CASE(losses_of_a_full_queue_stay),
		CASE(losses_without_a_queue_change),
		CASE(what_is_lost_in_one_round_trip_is_one_loss),
		CASE(losses_that_are_far_apart_stay),
		CASE(a_standing_queue_changes),
		CASE(a_queue_is_drained_for_a_while),
		CASE(a_queue_that_comes_and_goes_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
