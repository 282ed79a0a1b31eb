/* SPDX-License-Identifier: GPL-3.0-or-later */
/* src/tunnel/rtt.h, and PPP's first Restart period that results from it. */
#include "tunnel/rtt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ppp/restart.h"

static void a_slow_reply_does_not_mean_a_long_line(void **state)
{
	static const struct {
		const char *name;
		uint32_t socket_ms;
		uint64_t exchange_ms;
		uint32_t rtt_ms, first_ms;
	} cases[] = {
		{ "nothing is known", 0, 0, 0, RESTART_MIN_MS },
		{ "the machine next door", 0, 1, 1, RESTART_MIN_MS },
		{ "a line", 100, 101, 101, 302 },
		{ "a proxy nearby", 1, 300, 300, 700 },
		{ "a line that was slow while TCP measured", 300, 200, 300, 700 },
		{ "a server that thinks for 2 s", 5, 2000, 1450, RESTART_MAX_MS },
		{ "a server that thinks for 50 s", 5, 50 * 1000, 1450, RESTART_MAX_MS },
		{ "a clock gone mad", 5, UINT64_MAX, 1450, RESTART_MAX_MS },
		{ "a line by satellite, twice", 2000, 20 * 1000, 2000, 4100 },
		{ "TCP says so", UINT32_MAX, 0, UINT32_MAX, 10100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t rtt = rtt_of(cases[i].socket_ms, cases[i].exchange_ms);

		if (rtt != cases[i].rtt_ms || restart_of(rtt).first_ms != cases[i].first_ms)
			fail_msg("%s: %u ms, first %u ms", cases[i].name, rtt,
				 restart_of(rtt).first_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_reply_does_not_mean_a_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
