/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The texts for the end of a link, and results that were not requested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ppp/ends.h"
#include "ppp/ppp.h"

/* A result that was not requested, or that comes after the end, changes nothing. */
static void stray_results_are_ignored(void **state)
{
	struct ends_random random;
	struct ppp_cfg cfg = ends_server(&random);
	struct ppp_auth_result v = { .ok = true, .ipv4 = ENDS_CLIENT_IPV4 };
	static struct ppp p;
	static struct ppp_login login;
	static struct outbox box;
	struct ppp_out out;

	(void)state;
	ppp_init(&p, &cfg, &login);
	ppp_lend(&p, &box);
	ppp_auth_result(&p, &v, 0);
	ppp_open(&p, 0);
	ppp_auth_result(&p, &v, 0);
	assert_false(ppp_next(&p, &out));
	ppp_close(&p, NULL, 1);
	ppp_auth_result(&p, &v, 1);
	assert_true(ppp_next(&p, &out));
	assert_int_equal(out.type, PPP_OUT_CLOSED);
	assert_false(ppp_next(&p, &out));
}

/* A refusal is final; after any other end a new connection may succeed. */
static void only_some_reasons_are_refusals(void **state)
{
	(void)state;
	assert_true(ppp_closed_is_refusal(PPP_CLOSED_REFUSED));
	assert_true(ppp_closed_is_refusal(PPP_CLOSED_NO_METHOD));
	assert_true(ppp_closed_is_refusal(PPP_CLOSED_NO_AUTH));
	assert_true(ppp_closed_is_refusal(PPP_CLOSED_FALSE_SERVER));
	assert_false(ppp_closed_is_refusal(PPP_CLOSED_AUTH_TIMEOUT));
	assert_false(ppp_closed_is_refusal(PPP_CLOSED_AT_LOGIN));
	assert_false(ppp_closed_is_refusal(PPP_CLOSED_AT_METHOD));
	assert_false(ppp_closed_is_refusal(PPP_CLOSED_BY_PEER));
}

/* A log line must identify the reason. */
static void each_reason_has_its_own_text(void **state)
{
	(void)state;
	for (int a = PPP_CLOSED_BY_US; a <= PPP_CLOSED_AT_METHOD; a++)
		for (int b = PPP_CLOSED_BY_US; b < a; b++)
			assert_string_not_equal(ppp_closed_text((enum ppp_closed)a),
						ppp_closed_text((enum ppp_closed)b));
}

static void a_loop_is_named_once(void **state)
{
	(void)state;
	assert_string_equal(ppp_closed_text(PPP_CLOSED_LOOP),
			    "the link is looped back: our own packets come back");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stray_results_are_ignored),
		cmocka_unit_test(only_some_reasons_are_refusals),
		cmocka_unit_test(each_reason_has_its_own_text),
		cmocka_unit_test(a_loop_is_named_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
