/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When and from where a user may log in: each form of the texts, and faulty ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/login_limits.h"

enum { MIN = 60, HOUR = 3600, DAY = 24 * HOUR, WEEK = 7 * DAY };

/* 2026-11-29, a Sunday, 00:00 UTC */
static const time_t sunday = 1795910400;

static int use_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	return 0;
}

static const struct {
	const char *times;
	int64_t at; /* seconds after Sunday 00:00 */
	uint32_t left;
} cases[] = {
	{ "Al", 0, WEEK },
	{ "Any", 12345, WEEK },
	{ "Any0000-2400", 12345, WEEK },
	{ "Wk", 0, 0 },
	{ "Wk", DAY, 5 * DAY },
	{ "Wk", 6 * DAY - 1, 1 },
	{ "Wk", 6 * DAY, 0 },
	{ "Wk0800-1800", DAY + 8 * HOUR - 1, 0 },
	{ "Wk0800-1800", DAY + 8 * HOUR, 10 * HOUR },
	{ "Wk0800-1800", DAY + 17 * HOUR + 59 * MIN + 59, 1 },
	{ "Wk0800-1800", DAY + 18 * HOUR, 0 },
	{ "Wk0800-1800", 8 * HOUR, 0 },
	{ "Wk0800-1800,Sa0900-1200", 6 * DAY + 9 * HOUR, 3 * HOUR },
	{ "MoWeFr0800-0930", 3 * DAY + 9 * HOUR, 30 * MIN },
	{ "MoWeFr0800-0930", 2 * DAY + 9 * HOUR, 0 },
	{ "Sa2200-0600", 6 * DAY + 23 * HOUR, 7 * HOUR }, /* over the end of the week */
	{ "Sa2200-0600", 5 * HOUR + 30, 1 * HOUR - 30 },
	{ "Sa2200-0600", 6 * HOUR, 0 },
	{ "Mo0800-1200,Mo1200-1500,Mo1400-1600", DAY + 9 * HOUR, 7 * HOUR },
	{ "Su,Mo0000-0100", 0, DAY + HOUR },
	{ "Al0800-0800", 7 * HOUR, WEEK },
};

static void times(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s at %lld\n", cases[i].times, (long long)cases[i].at);
		assert_true(login_times_are_valid(cases[i].times));
		assert_int_equal(login_times_left(cases[i].times, sunday + cases[i].at),
				 cases[i].left);
	}
}

static void the_time_zone_is_the_hosts(void **state)
{
	(void)state;
	setenv("TZ", "XYZ-2", 1); /* two hours east */
	tzset();
	assert_int_equal(login_times_left("Mo0000-0100", sunday + 22 * HOUR), HOUR);
	use_utc(state);
	assert_int_equal(login_times_left("Mo0000-0100", sunday + 22 * HOUR), 0);
}

static void faulty_times(void **state)
{
	static const char *const texts[] = {
		"",
		"Xy",
		"mo",
		"Wk0800",
		"Wk0800-",
		"Wk0800-180",
		"Wk800-1800",
		"Wk0860-1800",
		"Wk0800-2401",
		"Wk0800-1800,",
		",Wk",
		"Wk0800-1800 Sa",
		"0800-1800",
		"Wk-Sa",
		"Wk0800-18000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (login_times_are_valid(texts[i]))
			fail_msg("%s", texts[i]);
}

static void networks(void **state)
{
	static const struct {
		const char *networks, *source;
		bool has;
	} of[] = {
		{ "192.0.2.0/24", "192.0.2.7", true },
		{ "192.0.2.0/24", "192.0.3.7", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.8", false },
		{ "10.0.0.0/8,2001:db8::/32", "2001:db8:1::1", true },
		{ "10.0.0.0/8,2001:db8::/32", "10.1.2.3", true },
		{ "10.0.0.0/8,2001:db8::/32", "2001:db9::1", false },
		{ "0.0.0.0/0", "::1", false },
	};
	static const char *const faulty[] = { "",
					      "10.0.0.0/33",
					      "10.0.0.0/8,",
					      ",10.0.0.0/8",
					      "example.net",
					      "10.0.0.0/8 10.1.0.0/16" };
	struct ip_addr source;

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
		print_message("# %s in %s\n", of[i].source, of[i].networks);
		assert_true(login_from_is_valid(of[i].networks));
		assert_true(ip_parse(of[i].source, &source));
		assert_int_equal(login_from_has(of[i].networks, &source), of[i].has);
	}
	for (size_t i = 0; i < sizeof(faulty) / sizeof(*faulty); i++)
		if (login_from_is_valid(faulty[i]))
			fail_msg("%s", faulty[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(the_time_zone_is_the_hosts),
		cmocka_unit_test(faulty_times),
		cmocka_unit_test(networks),
	};

	return cmocka_run_group_tests_name("auth/login_limits", tests, use_utc, NULL);
}
