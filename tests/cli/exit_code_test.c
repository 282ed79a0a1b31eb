/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each reason has a text and the exit code that sstp(8) promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/exit_code.h"

static void codes_are_those_of_the_man_page(void **state)
{
	/* the numbers of EXIT STATUS: scripts depend on them */
	static const int codes[TUNNEL_REASONS] = {
		[REASON_NONE] = 0,     [REASON_PEER] = 12,        [REASON_LOST] = 12,
		[REASON_SILENT] = 12,  [REASON_ADMIN] = 12,       [REASON_REPLACED] = 12,
		[REASON_IDLE] = 12,    [REASON_TIME] = 12,        [REASON_QUOTA] = 12,
		[REASON_LOOKUP] = 3,   [REASON_TCP] = 4,          [REASON_TRUST] = 5,
		[REASON_TLS] = 6,      [REASON_HTTP] = 7,         [REASON_SSTP] = 8,
		[REASON_AUTH] = 9,     [REASON_PPP] = 10,         [REASON_UNAVAILABLE] = 1,
		[REASON_PROXY] = 13,   [REASON_PROXY_LOGIN] = 14, [REASON_SETTINGS] = 2,
		[REASON_NETWORK] = 11, [REASON_SYSTEM] = 1,       [REASON_HOOK] = 15,
	};

	(void)state;
	for (int i = 0; i < TUNNEL_REASONS; i++)
		assert_int_equal(exit_code_of((enum tunnel_reason)i), codes[i]);
}

/* A reason that is missing in the table above would have code 0. */
static void only_success_has_code_0(void **state)
{
	(void)state;
	for (int i = REASON_NONE + 1; i < TUNNEL_REASONS; i++)
		assert_int_not_equal(exit_code_of((enum tunnel_reason)i), 0);
}

static void each_reason_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < TUNNEL_REASONS; i++) {
		const char *text = tunnel_reason_text((enum tunnel_reason)i);

		assert_non_null(text);
		assert_true(*text);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(text, tunnel_reason_text((enum tunnel_reason)k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_those_of_the_man_page),
		cmocka_unit_test(only_success_has_code_0),
		cmocka_unit_test(each_reason_has_a_text_of_its_own),
	};

	return cmocka_run_group_tests_name("cli/exit_code", tests, NULL, NULL);
}
