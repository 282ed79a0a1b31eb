/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a connection changes to BBR, and how its startup ends: lines described by rows of TCP_INFO. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tunnel/choice.h"

enum { T0 = 100000, LEAST_MS = 30, STEP_MS = 10 };

static struct choice c;
static uint32_t sent, received; /* since the beginning */

static int set_up(void **state)
{
	(void)state;
	c = (struct choice){ 0 };
	sent = received = 0;
	return 0;
}

static bool look(uint64_t at_ms, uint32_t rtt_ms, uint32_t repeated)
{
	struct choice_facts f = { .rtt_ms = rtt_ms, .min_rtt_ms = LEAST_MS, .repeated = repeated };

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
		repeated += at % 2000 == 2000 - STEP_MS;
		assert_false(look(at, LEAST_MS + 60 + (uint32_t)(at % 2000) / 50, repeated));
	}
}

/* Nothing is sent after the loss, so the round trip is an old one, and says nothing about the queue. */
static void a_loss_before_a_long_silence_is_forgotten(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		assert_false(look(1000 + i * 5000, 130, i));
		assert_false(look(1010 + i * 5000, 130, i + 1));
	}
}

/* The window was halved, and the queue is as long as before: the other direction fills it. */
static void losses_in_a_queue_of_others_change(void **state)
{
	enum { RTT_MS = LEAST_MS + 100, CHANGES_MS = 2000 + CHOICE_SHORTER_RTTS * RTT_MS };

	(void)state;
	for (uint64_t at = 0; at < CHANGES_MS; at += STEP_MS)
		assert_false(look(at, RTT_MS, at >= 2000 ? 2 : at >= 1000));
	assert_true(look(CHANGES_MS, RTT_MS, 2));
}

/* What is lost before the first loss has had its effect is the same one. */
static void losses_in_a_row_in_a_queue_of_others_are_one(void **state)
{
	enum { RTT_MS = LEAST_MS + 100 };
	uint32_t repeated = 0;

	(void)state;
	for (uint64_t at = 0; at < 60000; at += STEP_MS) {
		repeated += at < CHOICE_SHORTER_RTTS * RTT_MS;
		assert_false(look(at, RTT_MS, repeated));
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

static bool is_unsettled(uint64_t at_ms, uint32_t rtt_ms, uint32_t startup_rate)
{
	struct choice_facts f = {
		.rtt_ms = rtt_ms,
		.min_rtt_ms = LEAST_MS,
		.startup_rate = startup_rate,
	};

	return choice_is_unsettled(&c, &f, T0 + at_ms);
}

/* Losses of a full queue do not count. */
static void unsettled_for_some_round_trips_after_a_loss(void **state)
{
	enum { RTT_MS = LEAST_MS + 5, SETTLES_MS = CHOICE_SETTLES_RTTS * RTT_MS };

	(void)state;
	assert_false(is_unsettled(0, RTT_MS, 0));
	look(1000, LEAST_MS + 100, 1);
	assert_false(is_unsettled(1000, LEAST_MS + 100, 0));
	look(2000, RTT_MS, 2);
	assert_true(is_unsettled(2000, RTT_MS, 0));
	assert_true(is_unsettled(2000 + SETTLES_MS - 1, RTT_MS, 0));
	assert_false(is_unsettled(2000 + SETTLES_MS, RTT_MS, 0));
}

static void unsettled_in_the_startup_without_a_queue(void **state)
{
	(void)state;
	look(2000, LEAST_MS, 1);
	c.is_bbr = true;
	assert_true(is_unsettled(2000, LEAST_MS + 10, 1000));
	assert_false(is_unsettled(2000, LEAST_MS + 100, 1000));
	assert_false(is_unsettled(2000, LEAST_MS + 10, 0));
}

/* Another congestion control's: nothing shows yet how much the line carries. */
static void unsettled_in_slow_start_without_a_queue(void **state)
{
	struct choice_facts f = { .min_rtt_ms = LEAST_MS, .is_slow_start = true };

	(void)state;
	f.rtt_ms = LEAST_MS + 10;
	assert_true(choice_is_starting(&f));
	assert_true(choice_is_unsettled(&c, &f, T0));
	f.rtt_ms = LEAST_MS + 100;
	assert_false(choice_is_starting(&f));
	assert_false(choice_is_unsettled(&c, &f, T0));
	f = (struct choice_facts){ .rtt_ms = LEAST_MS, .min_rtt_ms = LEAST_MS };
	assert_false(choice_is_starting(&f));
	assert_false(choice_is_unsettled(&c, &f, T0));
}

/* Its socket runs empty all the time, so BBR never ends its startup: packets wait for the limit then. */
static void settled_when_the_session_has_a_speed_limit(void **state)
{
	struct choice_facts f = { .rtt_ms = LEAST_MS,
				  .min_rtt_ms = LEAST_MS,
				  .startup_rate = 1000 };

	(void)state;
	c.is_bbr = true;
	assert_true(choice_is_unsettled(&c, &f, T0));
	f.is_limited = true;
	assert_false(choice_is_starting(&f));
	assert_false(choice_is_unsettled(&c, &f, T0));
}

/* ---- BBR's startup */

enum { RATE = 1000 * 1000, HALF = RATE / 2, FULL_SPEED = 0, NO_CHANGE = 1 };

/* One step later: the new limit, or NO_CHANGE. The connection sends and receives at these speeds. */
static uint64_t step(uint64_t *at_ms, uint32_t rtt_ms, uint32_t startup_rate, uint32_t out,
		     uint32_t in)
{
	struct choice_facts f = {
		.rtt_ms = rtt_ms,
		.min_rtt_ms = LEAST_MS,
		.sent = sent += out / 1000 * STEP_MS,
		.received = received += in / 1000 * STEP_MS,
		.startup_rate = startup_rate,
	};
	uint64_t rate = 0;

	*at_ms += STEP_MS;
	return choice_limit(&c, &f, T0 + *at_ms, &rate) ? rate : NO_CHANGE;
}

static uint64_t step_full(uint64_t *at_ms, uint32_t rtt_ms)
{
	return step(at_ms, rtt_ms, RATE, RATE, 0);
}

static void stays_unlimited(uint32_t rtt_ms, uint32_t startup_rate, uint32_t out, uint32_t in)
{
	for (uint64_t at = 0; at < 60000;)
		assert_int_equal(step(&at, rtt_ms, startup_rate, out, in), NO_CHANGE);
}

static void limit(uint64_t *at_ms, uint32_t rtt_ms)
{
	uint64_t rate;

	do
		rate = step_full(at_ms, rtt_ms);
	while (rate == NO_CHANGE);
	assert_int_equal(rate, HALF);
}

static void half_speed_until_the_queue_is_gone(void **state)
{
	uint32_t rtt_ms = LEAST_MS + 300;
	uint64_t at = 0;

	(void)state;
	sent = UINT32_MAX - 1000; /* the counters wrap */
	limit(&at, rtt_ms);
	assert_int_equal(at, rtt_ms * CHOICE_QUEUE_ROUNDS + STEP_MS);
	for (; rtt_ms > LEAST_MS + 50; rtt_ms -= STEP_MS / 2)
		assert_int_equal(step(&at, rtt_ms, RATE, HALF, 0), NO_CHANGE);
	assert_int_equal(step(&at, LEAST_MS, RATE, HALF, 0), FULL_SPEED);
	limit(&at, rtt_ms); /* it comes again */
}

static void half_speed_until_the_startup_is_over(void **state)
{
	uint64_t at = 0;

	(void)state;
	limit(&at, LEAST_MS + 300);
	assert_int_equal(step(&at, LEAST_MS + 290, RATE, HALF, 0), NO_CHANGE);
	assert_int_equal(step(&at, LEAST_MS + 280, 0, HALF, 0), FULL_SPEED);
	for (; at < 60000;)
		assert_int_equal(step(&at, LEAST_MS + 300, 0, RATE, 0), NO_CHANGE);
}

/* It does not get shorter: others fill it. Nothing is tried for a while. */
static void a_queue_of_others(void **state)
{
	uint32_t rtt_ms = LEAST_MS + 300;
	uint64_t at = 0, begin, end;

	(void)state;
	limit(&at, rtt_ms);
	begin = at;
	while (step(&at, rtt_ms - 20, RATE, HALF, 0) == NO_CHANGE)
		;
	assert_in_range(at - begin, 2 * rtt_ms, 2 * rtt_ms + STEP_MS);
	end = at;
	limit(&at, rtt_ms);
	assert_in_range(at - end, CHOICE_RETRY_MS,
			CHOICE_RETRY_MS + 2 * CHOICE_QUEUE_ROUNDS * rtt_ms);
}

static void a_queue_that_takes_long(void **state)
{
	uint64_t at = 0, begin;
	uint32_t rtt_ms = LEAST_MS + 2000;

	(void)state;
	limit(&at, rtt_ms);
	begin = at;
	while (step(&at, rtt_ms -= 2, RATE, HALF, 0) == NO_CHANGE)
		;
	assert_int_equal(at - begin, CHOICE_DRAIN_MS);
}

static void no_limit_without_a_queue(void **state)
{
	(void)state;
	stays_unlimited(LEAST_MS + 10, RATE, RATE, 0);
	stays_unlimited(LEAST_MS + 300, 0, RATE, 0); /* not in the startup */
}

/* It may be that direction's queue, and then a limit would only end the startup too soon. */
static void no_limit_while_much_is_received(void **state)
{
	(void)state;
	stays_unlimited(LEAST_MS + 300, RATE, RATE, RATE / 3);
}

/* A limit would be that of a moment when little was sent. */
static void no_limit_without_full_speed(void **state)
{
	(void)state;
	stays_unlimited(LEAST_MS + 300, RATE, RATE / 2, 0);
	stays_unlimited(LEAST_MS + 300, RATE / 20, RATE / 20, 0); /* 15 KB in the queue */
}

/* Packets may wait for that direction's queue then, and not for each other. */
static void unsettled_in_the_startup_while_more_is_received(void **state)
{
	struct choice_facts f = {
		.rtt_ms = LEAST_MS + 300,
		.min_rtt_ms = LEAST_MS,
		.startup_rate = RATE,
	};
	uint64_t at = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		step(&at, f.rtt_ms, RATE, RATE / 2, RATE);
	f.sent = sent;
	f.received = received;
	assert_true(choice_is_unsettled(&c, &f, T0 + at));
	f.received = received / 2;
	assert_false(choice_is_unsettled(&c, &f, T0 + at));
}

#define CASE(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_clean_line_stays),
		CASE(losses_of_a_full_queue_stay),
		CASE(a_loss_before_a_long_silence_is_forgotten),
		CASE(losses_in_a_queue_of_others_change),
		CASE(losses_in_a_row_in_a_queue_of_others_are_one),
		CASE(losses_without_a_queue_change),
		CASE(what_is_lost_in_one_round_trip_is_one_loss),
		CASE(losses_that_are_far_apart_stay),
		CASE(a_standing_queue_changes),
		CASE(a_queue_that_comes_and_goes_stays),
		CASE(unsettled_for_some_round_trips_after_a_loss),
		CASE(unsettled_in_slow_start_without_a_queue),
		CASE(settled_when_the_session_has_a_speed_limit),
		CASE(unsettled_in_the_startup_without_a_queue),
		CASE(half_speed_until_the_queue_is_gone),
		CASE(half_speed_until_the_startup_is_over),
		CASE(a_queue_of_others),
		CASE(a_queue_that_takes_long),
		CASE(no_limit_without_a_queue),
		CASE(no_limit_while_much_is_received),
		CASE(no_limit_without_full_speed),
		CASE(unsettled_in_the_startup_while_more_is_received),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
