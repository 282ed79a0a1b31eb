/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a client waits after failures and after successes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/retry.h"

enum { UP_FOR_LONG_MS = 60 * 1000, UP_FOR_SHORT_MS = UP_FOR_LONG_MS - 1 };

static void fail_often(struct retry *r)
{
	for (int i = 0; i < 20; i++)
		retry_pause_ms(r, 0);
}

static void a_pause_doubles_up_to_a_minute(void **state)
{
	static const uint32_t pauses[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	struct retry r = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++)
		assert_int_equal(retry_pause_ms(&r, 0), pauses[i]);
	fail_often(&r);
	assert_int_equal(retry_pause_ms(&r, 0), 60000);
}

static void a_pause_is_never_less_than_three_quarters(void **state)
{
	struct retry r = { 0 };

	(void)state;
	for (uint32_t dice = 0; dice < 1000; dice++) {
		uint32_t pause = retry_pause_ms(&(struct retry){ 0 }, dice);

		assert_in_range(pause, 751, 1000);
	}
	fail_often(&r);
	assert_int_equal(retry_pause_ms(&r, 14999), 45001);
	assert_in_range(retry_pause_ms(&r, UINT32_MAX), 45001, 60000);
}

static void a_short_success_shortens_the_series(void **state)
{
	struct retry r = { 0 };

	(void)state;
	fail_often(&r);
	for (int i = 0; i < 5; i++) { /* each attempt succeeds, and the tunnel is soon lost */
		retry_was_up(&r, UP_FOR_SHORT_MS);
		assert_int_equal(retry_pause_ms(&r, 0), 4000);
	}
	assert_int_equal(retry_pause_ms(&r, 0), 8000); /* one that fails: longer again */
}

static void a_short_success_lengthens_nothing(void **state)
{
	struct retry r = { 0 };

	(void)state;
	retry_was_up(&r, 0);
	assert_int_equal(retry_pause_ms(&r, 0), 1000);
	retry_was_up(&r, UP_FOR_SHORT_MS);
	assert_int_equal(retry_pause_ms(&r, 0), 2000);
}

static void a_long_success_ends_the_series(void **state)
{
	struct retry r = { 0 };

	(void)state;
	fail_often(&r);
	retry_was_up(&r, UP_FOR_LONG_MS);
	assert_int_equal(retry_pause_ms(&r, 0), 1000);
	fail_often(&r);
	retry_was_up(&r, UINT64_MAX);
	assert_int_equal(retry_pause_ms(&r, 0), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pause_doubles_up_to_a_minute),
		cmocka_unit_test(a_pause_is_never_less_than_three_quarters),
		cmocka_unit_test(a_short_success_shortens_the_series),
		cmocka_unit_test(a_short_success_lengthens_nothing),
		cmocka_unit_test(a_long_success_ends_the_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
