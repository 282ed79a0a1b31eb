/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the path is to blame for a TLS handshake without progress. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "client/path_mtu.h"

enum { T0 = 5000 };

static const struct {
	const char *name;
	struct path_facts first, then; /* after half a second, and after `ms` */
	uint64_t ms;
	bool swallows;
} cases[] = {
	{ "our ClientHello is sent again without an effect",
	  { 0, 1, 1, 0 },
	  { 0, 1, 2, 0 },
	  1500,
	  true },
	{ "not long enough", { 0, 1, 1, 0 }, { 0, 1, 2, 0 }, 1400, false },
	{ "once may be chance", { 0, 1, 1, 0 }, { 0, 1, 1, 0 }, 9000, false },
	{ "a slow server", { 0, 1500, 0, 0 }, { 0, 1500, 0, 0 }, 9000, false },
	{ "its end is there, its start is not", { 0, 1500, 0, 1 }, { 0, 1500, 0, 1 }, 1500, true },
	{ "it goes on", { 0, 1500, 0, 1 }, { 1200, 1500, 0, 1 }, 1500, false },
	{ "the small one of two came", { 1200, 1500, 0, 0 }, { 1200, 1500, 0, 2 }, 1500, true },
};

static void each_silence_has_its_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct path p;

		path_begin(&p, T0);
		if (path_check(&p, &cases[i].first, T0 + PATH_LOOK_MS))
			fail_msg("%s: too soon", cases[i].name);
		if (path_check(&p, &cases[i].then, T0 + cases[i].ms) != cases[i].swallows)
			fail_msg("%s", cases[i].name);
	}
}

static void each_step_is_smaller(void **state)
{
	(void)state;
	assert_int_equal(path_mtu(0), 0);
	assert_int_equal(path_mtu(1), 1280);
	for (unsigned i = 2; i <= PATH_STEPS; i++)
		assert_true(path_mtu(i) < path_mtu(i - 1));
}

static void what_is_no_tcp_swallows_nothing(void **state)
{
	struct path p;

	(void)state;
	path_begin(&p, 0);
	assert_false(path_drops_large(&p, -1, 100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_silence_has_its_cause),
		cmocka_unit_test(each_step_is_smaller),
		cmocka_unit_test(what_is_no_tcp_swallows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
