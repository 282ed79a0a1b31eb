/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The limits of a session on a clock that the test advances. */
#include "server/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct limits l;
static struct tunnel_stats stats;
static uint64_t now;

static int set_up(void **state)
{
	(void)state;
	memset(&stats, 0, sizeof(stats));
	now = 5000;
	return 0;
}

static void start(struct auth_grant grant)
{
	limits_start(&l, &grant, 0, now);
}

/* The first event until `until_ms`, at its time. */
static enum limits_event next(uint64_t until_ms)
{
	while (limits_deadline(&l) <= until_ms) {
		enum limits_event event;

		now = limits_deadline(&l);
		event = limits_check(&l, &stats, now);
		if (event)
			return event;
	}
	now = until_ms;
	return LIMITS_NONE;
}

static void no_limit_needs_no_timer(void **state)
{
	(void)state;
	start((struct auth_grant){ .mtu = 1300 });
	assert_true(limits_deadline(&l) == UINT64_MAX);
	assert_int_equal(limits_check(&l, &stats, now + 1000000), LIMITS_NONE);
}

static void the_session_ends_at_its_time(void **state)
{
	(void)state;
	start((struct auth_grant){ .session_s = 3600 });
	assert_int_equal(next(UINT64_MAX), LIMITS_TIME);
	assert_int_equal(now, 5000 + 3600 * 1000);
}

static void an_idle_session_ends(void **state)
{
	(void)state;
	start((struct auth_grant){ .idle_s = 600 });
	for (int i = 0; i < 20; i++) { /* a packet now and then, either way */
		assert_int_equal(next(now + 500 * 1000), LIMITS_NONE);
		if (i % 2)
			stats.rx_packets++;
		else
			stats.tx_packets++;
	}
	uint64_t last = now;

	assert_int_equal(next(UINT64_MAX), LIMITS_IDLE);
	assert_in_range(now - last, 600 * 1000, 600 * 1000 * 5 / 4 + 1);
}

static void traffic_is_limited(void **state)
{
	static const struct {
		struct auth_grant grant;
		uint64_t up, down;
		enum limits_event event;
	} cases[] = {
		{ { .quota_up = 1000 }, 1000, 0, LIMITS_QUOTA },
		{ { .quota_up = 1000 }, 999, 5000, LIMITS_NONE },
		{ { .quota_down = 1000 }, 5000, 999, LIMITS_NONE },
		{ { .quota_down = 1000 }, 0, 1001, LIMITS_QUOTA },
		{ { .quota = 1000 }, 400, 599, LIMITS_NONE },
		{ { .quota = 1000 }, 400, 600, LIMITS_QUOTA },
		{ { .quota = UINT64_C(5) << 32 }, UINT64_C(5) << 32, 0, LIMITS_QUOTA },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		start(cases[i].grant);
		stats.rx_bytes = cases[i].up;
		stats.tx_bytes = cases[i].down;
		if (next(now + 3000) != cases[i].event)
			fail_msg("case %zu", i);
	}
}

static void reports_are_spread(void **state)
{
	uint64_t before;

	(void)state;
	start((struct auth_grant){ .interim_s = 60, .session_s = 700 });
	for (int i = 0; i < 10; i++) {
		before = now;
		assert_int_equal(next(UINT64_MAX), LIMITS_INTERIM);
		assert_in_range(now - before, 57 * 1000, 63 * 1000);
	}
	while (now < 5000 + 699 * 1000 && next(UINT64_MAX) == LIMITS_INTERIM)
		;
	assert_int_equal(now, 5000 + 700 * 1000);
	limits_start(&l, &(struct auth_grant){ .interim_s = 60 }, 300, now); /* our own setting */
	before = now;
	assert_int_equal(next(UINT64_MAX), LIMITS_INTERIM);
	assert_in_range(now - before, 285 * 1000, 315 * 1000);
}

/* A RADIUS server may give any number of seconds: these are 700 ms more than 2^32 ms. */
static void an_interval_of_many_days(void **state)
{
	uint64_t before = now;

	(void)state;
	start((struct auth_grant){ .interim_s = 4294968 });
	assert_int_equal(next(UINT64_MAX), LIMITS_INTERIM);
	assert_true(now - before > UINT64_C(4000000) * 1000);
}

/* A change of authorization: the time counts from the start, the idle time from now. */
static void new_limits_for_a_session_that_goes_on(void **state)
{
	(void)state;
	start((struct auth_grant){ .session_s = 100 });
	now += 50 * 1000;
	limits_change(&l, &(struct auth_grant){ .session_s = 200, .idle_s = 80 }, 0, now);
	assert_int_equal(next(UINT64_MAX), LIMITS_IDLE);
	assert_in_range(now, 5000 + 130 * 1000, 5000 + 141 * 1000);
	limits_change(&l, &(struct auth_grant){ .session_s = 200 }, 0, now);
	assert_int_equal(next(UINT64_MAX), LIMITS_TIME);
	assert_int_equal(now, 5000 + 200 * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_limit_needs_no_timer, set_up),
		cmocka_unit_test_setup(the_session_ends_at_its_time, set_up),
		cmocka_unit_test_setup(an_idle_session_ends, set_up),
		cmocka_unit_test_setup(traffic_is_limited, set_up),
		cmocka_unit_test_setup(reports_are_spread, set_up),
		cmocka_unit_test_setup(an_interval_of_many_days, set_up),
		cmocka_unit_test_setup(new_limits_for_a_session_that_goes_on, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
