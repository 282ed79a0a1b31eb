/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a process started, on clocks that the test sets. */
#include "control/metrics_page.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOUR_MS INT64_C(3600000)
#define WALL_MS INT64_C(1800000000000)

static struct metrics_start start;
static int64_t wall_ms, boot_ms, uptime_ms;

static int begin(void **state)
{
	(void)state;
	start = (struct metrics_start){ .is_known = false };
	wall_ms = WALL_MS + 10900;
	boot_ms = 500000 + 10900;
	uptime_ms = 10300;
	return 0;
}

static int64_t started_after(int64_t ms)
{
	wall_ms += ms;
	boot_ms += ms;
	uptime_ms += ms;
	return metrics_started(&start, wall_ms, (uint64_t)boot_ms, (uint64_t)uptime_ms);
}

/* The two clocks turn to another second at different moments. */
static void it_is_the_same_each_time(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		assert_int_equal(started_after(100), WALL_MS / 1000);
	assert_int_equal(started_after(1000 * HOUR_MS), WALL_MS / 1000);
}

/* The clock of the loop does not go on meanwhile. */
static void the_machine_is_suspended(void **state)
{
	(void)state;
	started_after(0);
	wall_ms += 8 * HOUR_MS;
	boot_ms += 8 * HOUR_MS;
	assert_int_equal(started_after(0), WALL_MS / 1000);
}

static void the_clock_is_set(void **state)
{
	static const int64_t steps[] = { HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -WALL_MS };
	int64_t expected = WALL_MS / 1000;

	(void)state;
	started_after(0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		wall_ms += steps[i];
		expected += steps[i] / 1000;
		assert_int_equal(started_after(5000), expected);
		assert_int_equal(started_after(5000), expected);
	}
}

/* Small steps add up. */
static void the_clock_is_set_by_a_little(void **state)
{
	(void)state;
	started_after(0);
	wall_ms += 900;
	assert_int_equal(started_after(5000), WALL_MS / 1000);
	wall_ms += 900;
	assert_int_equal(started_after(5000), WALL_MS / 1000);
	wall_ms += 900;
	assert_int_equal(started_after(5000), WALL_MS / 1000 + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_is_the_same_each_time, begin),
		cmocka_unit_test_setup(the_machine_is_suspended, begin),
		cmocka_unit_test_setup(the_clock_is_set, begin),
		cmocka_unit_test_setup(the_clock_is_set_by_a_little, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
