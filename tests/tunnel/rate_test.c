/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The token bucket on a clock that the test advances. */
#include "tunnel/rate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void no_rate_is_no_limit(void **state)
{
	struct rate r;

	(void)state;
	rate_set(&r, 0, 1000);
	for (int i = 0; i < 1000; i++)
		rate_take(&r, 65536, 1000);
	assert_false(rate_is_empty(&r, 1000));
}

/* How many bytes pass in `ms` when there is always another packet. */
static uint64_t passed(uint64_t bits_s, size_t packet, uint64_t ms)
{
	uint64_t now = 5000, sum = 0;
	struct rate r;

	rate_set(&r, bits_s, now);
	for (uint64_t end = now + ms; now < end; now = rate_ready_ms(&r))
		while (!rate_is_empty(&r, now)) {
			rate_take(&r, packet, now);
			sum += packet;
		}
	return sum;
}

static void the_rate_is_kept(void **state)
{
	static const struct {
		uint64_t bits_s;
		unsigned seconds;
	} rates[] = {
		{ 64000, 60 }, { 1000000, 60 }, { 20000000, 60 }, { UINT64_C(10000000000), 1 }
	};
	static const size_t packets[] = { 40, 1400, 65536 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 3; k++) {
			uint64_t bytes_s = rates[i].bits_s / 8, want = bytes_s * rates[i].seconds,
				 got = passed(rates[i].bits_s, packets[k],
					      rates[i].seconds * UINT64_C(1000));
			uint64_t burst = bytes_s / 8 + 2 * 65536;

			assert_true(got <= want + burst);
			assert_true(got >= want - want / 50);
		}
}

static void a_bucket_fills_up_to_its_burst(void **state)
{
	struct rate r;

	(void)state;
	rate_set(&r, 8000000, 0); /* a megabyte a second: 125 kB at once */
	rate_take(&r, 125000, UINT64_C(1) << 40);
	assert_true(rate_is_empty(&r, UINT64_C(1) << 40));
	assert_int_equal(rate_ready_ms(&r) - (UINT64_C(1) << 40), 1);
	rate_take(&r, 500000, UINT64_C(1) << 40);
	assert_int_equal(rate_ready_ms(&r) - (UINT64_C(1) << 40), 501);
	assert_false(rate_is_empty(&r, (UINT64_C(1) << 40) + 501));
}

static void the_smallest_rate_passes_something(void **state)
{
	(void)state;
	assert_true(passed(1, 1400, 200000) > 0);
}

/* As a user file or a RADIUS server may give it: products of it must not overflow. */
static void the_largest_rate_limits_nothing(void **state)
{
	struct rate r;

	(void)state;
	rate_set(&r, UINT64_MAX, 1000);
	for (uint64_t now = 1000; now < 1100; now++) {
		assert_false(rate_is_empty(&r, now));
		rate_take(&r, 65536, now);
	}
	assert_false(rate_is_empty(&r, 1100 + 20 * 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(the_rate_is_kept),
		cmocka_unit_test(a_bucket_fills_up_to_its_burst),
		cmocka_unit_test(the_smallest_rate_passes_something),
		cmocka_unit_test(the_largest_rate_limits_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
