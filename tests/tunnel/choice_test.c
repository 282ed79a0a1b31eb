/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a connection changes to BBR: lines described by rows of TCP_INFO. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tunnel/choice.h"

enum { T0 = 100000, LEAST_MS = 30, STEP_MS = 10, MSS = 1000 };

static struct choice c;

static int set_up(void **state)
{
	(void)state;
	c = (struct choice){ 0 };
	return 0;
}

static bool look(uint64_t at_ms, uint32_t rtt_ms, uint32_t repeated)
{
	struct choice_facts f = { rtt_ms, LEAST_MS, repeated, 0, MSS };

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

enum { SENDS_ALL = 0, NO_CHANGE = 1 };

static uint32_t delivered;

/* One step later, on a line that delivers so many segments in a step: the new limit, or NO_CHANGE. */
static uint64_t step(uint64_t *at_ms, uint32_t rtt_ms, uint32_t segments)
{
	struct choice_facts f = { rtt_ms, LEAST_MS, 0, delivered += segments, MSS };
	uint64_t rate = 0;

	*at_ms += STEP_MS;
	return choice_limit(&c, &f, T0 + *at_ms, &rate) ? rate : NO_CHANGE;
}

static void the_first_queue_is_drained_for_a_while(void **state)
{
	uint64_t at = 0;

	(void)state;
	c.queue_ms = T0;
	choice_begin_bbr(&c, T0);
	assert_int_equal(c.capped_ms, T0);
	while (step(&at, LEAST_MS + 400, 5) == NO_CHANGE)
		;
	assert_int_equal(at, CHOICE_DRAIN_MS);
	assert_int_equal(c.limit_ms, 0);
	at = 0;
	c = (struct choice){ .queue_ms = T0 };
	choice_begin_bbr(&c, T0);
	assert_int_equal(step(&at, LEAST_MS + 5, 5), SENDS_ALL);
}

static void no_limit_without_bbr_or_a_queue(void **state)
{
	uint64_t at = 0;

	(void)state;
	while (at < 60000)
		assert_int_equal(step(&at, LEAST_MS + 800, 5), NO_CHANGE);
	choice_begin_bbr(&c, T0);
	while (at < 120000)
		assert_int_equal(step(&at, LEAST_MS + (at % 900 ? 300 : 0), 5), NO_CHANGE);
}

enum { RATE = 5 * MSS * 1000 / STEP_MS };

/* BBR takes the line for too fast: half the rate until the queue is gone, then the rate, then all again. */
static void a_queue_that_bbr_keeps(void **state)
{
	uint64_t at = 0, begin;

	(void)state;
	delivered = UINT32_MAX - 10; /* the counter wraps */
	choice_begin_bbr(&c, T0);
	do
		begin = step(&at, LEAST_MS + 300, 5);
	while (begin == NO_CHANGE);
	assert_int_equal(begin, RATE / 2);
	assert_int_equal(at, 2 * CHOICE_MEASURE_MS + STEP_MS);
	assert_int_equal(step(&at, LEAST_MS + 200, 2), NO_CHANGE);
	begin = at + STEP_MS;
	assert_int_equal(step(&at, LEAST_MS, 2), RATE / 100 * CHOICE_LIMIT_PERCENT);
	while (step(&at, LEAST_MS, 5) == NO_CHANGE)
		;
	assert_int_equal(at - begin, CHOICE_LIMIT_MS);
	assert_int_equal(step(&at, LEAST_MS, 5), NO_CHANGE);
}

/* An outage: the last round trip is a long one, and nothing arrives. The limit is not measured then. */
static void a_pause_is_not_the_rate_of_the_line(void **state)
{
	uint64_t at = 0, rate;

	(void)state;
	choice_begin_bbr(&c, T0);
	while (at < 30000)
		assert_int_equal(step(&at, LEAST_MS + 300, 0), NO_CHANGE);
	do /* and half of a window is a pause */
		rate = step(&at, LEAST_MS + 300, at < 30250 ? 0 : 5);
	while (rate == NO_CHANGE);
	assert_int_equal(rate, RATE / 2);
}

/* It does not drain: others fill it. No limit, and for a while no other attempt. */
static void a_queue_of_others(void **state)
{
	uint64_t at = 0, begin;

	(void)state;
	choice_begin_bbr(&c, T0);
	while (step(&at, LEAST_MS + 300, 5) == NO_CHANGE)
		;
	begin = at;
	while (step(&at, LEAST_MS + 300, 5) == NO_CHANGE)
		;
	assert_int_equal(at - begin, CHOICE_DRAIN_MS);
	assert_true(c.is_others);
	begin = at;
	while (step(&at, LEAST_MS + 300, 5) != RATE / 2)
		;
	assert_true(at - begin >= CHOICE_LIMIT_MS + 2 * CHOICE_MEASURE_MS);
}

/* One packet a step: what waits in the queue is not worth it. */
static void a_queue_with_little_of_ours(void **state)
{
	uint64_t at = 0;

	(void)state;
	choice_begin_bbr(&c, T0);
	while (at < 60000)
		assert_int_equal(step(&at, LEAST_MS + 300, 1), NO_CHANGE);
}

/* The line has become slower, so that there is a queue again: the rate is measured again. */
static void a_queue_below_the_limit(void **state)
{
	uint64_t at = 0, rate;

	(void)state;
	choice_begin_bbr(&c, T0);
	while (step(&at, LEAST_MS + 300, 5) == NO_CHANGE)
		;
	assert_int_equal(step(&at, LEAST_MS, 5), RATE / 100 * CHOICE_LIMIT_PERCENT);
	do
		rate = step(&at, LEAST_MS + 300, 2);
	while (rate == NO_CHANGE);
	assert_int_equal(rate, RATE / 5);
	assert_int_equal(step(&at, LEAST_MS, 2), RATE / 250 * CHOICE_LIMIT_PERCENT);
	assert_true(at < CHOICE_LIMIT_MS);
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
		CASE(the_first_queue_is_drained_for_a_while),
		CASE(no_limit_without_bbr_or_a_queue),
		CASE(a_queue_that_bbr_keeps),
		CASE(a_pause_is_not_the_rate_of_the_line),
		CASE(a_queue_of_others),
		CASE(a_queue_with_little_of_ours),
		CASE(a_queue_below_the_limit),
		CASE(a_queue_that_comes_and_goes_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
