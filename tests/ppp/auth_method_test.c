/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Authentication methods by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ppp/auth_method.h"

static void methods_have_names(void **state)
{
	(void)state;
	assert_string_equal(ppp_auth_name(PPP_AUTH_EAP), "eap");
	assert_string_equal(ppp_auth_name(PPP_AUTH_OTHER), "unknown");
	assert_string_equal(ppp_auth_name(PPP_AUTH_NONE), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
