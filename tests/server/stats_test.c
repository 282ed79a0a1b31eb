/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each counter is added, and added to the same one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/stats.h"

enum {
	WORDS = sizeof(struct stats) / sizeof(uint64_t),
	TRAFFIC_WORDS = sizeof(struct tunnel_stats) / sizeof(uint64_t),
};

/* The struct has only 64-bit counters; a forgotten one shows as a word that does not change. */
static void every_counter_is_added(void **state)
{
	uint64_t a[WORDS], b[WORDS];
	struct stats sum, more;

	(void)state;
	for (size_t i = 0; i < WORDS; i++) {
		a[i] = i + 1;
		b[i] = (uint64_t)(i + 1) << 40;
	}
	memcpy(&sum, a, sizeof(sum));
	memcpy(&more, b, sizeof(more));
	stats_add(&sum, &more);
	for (size_t i = 0; i < WORDS; i++)
		a[i] += b[i];
	assert_memory_equal(&sum, a, sizeof(sum));
	assert_memory_equal(&more, b, sizeof(more));
}

static void traffic_goes_to_traffic(void **state)
{
	uint64_t words[TRAFFIC_WORDS];
	struct tunnel_stats traffic;
	struct stats sum = { .logins = 3 }, expected = { .logins = 3 };

	(void)state;
	for (size_t i = 0; i < TRAFFIC_WORDS; i++)
		words[i] = UINT32_MAX + i;
	memcpy(&traffic, words, sizeof(traffic));
	expected.traffic = traffic;
	tunnel_stats_add(&sum.traffic, &traffic);
	assert_memory_equal(&sum, &expected, sizeof(sum));
}

static void ends_for_all_reasons_are_one_number(void **state)
{
	struct stats s = { .logins = 99, .ended = { [REASON_NONE] = 1, [REASON_LOST] = 20 } };

	(void)state;
	s.ended[REASON_SSTP] = 300;
	assert_int_equal(stats_ended(&s), 321);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_is_added),
		cmocka_unit_test(traffic_goes_to_traffic),
		cmocka_unit_test(ends_for_all_reasons_are_one_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
