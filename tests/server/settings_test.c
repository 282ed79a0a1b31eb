/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which settings a reload takes, and that those before it stay as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/settings.h"

static void what_is_taken(void **state)
{
	const char *binding[] = { "terminator.pem" };
	struct server_cfg before = { .mtu = 1400, .max_failures = 20, .dns = { 1 }, .nbns = { 2 } };
	struct server_cfg now = { .mtu = 1300,
				  .max_failures = 5,
				  .strict_sni = true,
				  .cert_count = 2,
				  .front = { .binding_certs = binding, .binding_cert_count = 1 },
				  .dns = { 3 },
				  .nbns = { 4 } };
	struct settings_copy *list = NULL;
	const struct server_cfg *first, *second;

	(void)state;
	first = settings_take(&list, &before, &now);
	assert_int_equal(first->mtu, 1400);
	assert_int_equal(first->max_failures, 5);
	assert_true(first->strict_sni);
	assert_int_equal(first->cert_count, 2);
	assert_int_equal(first->front.binding_cert_count, 1);
	assert_ptr_equal(first->front.binding_certs, binding);
	assert_int_equal(first->dns[0], 3);
	assert_int_equal(first->nbns[0], 4);
	assert_int_equal(before.max_failures, 20);
	now.max_failures = 7;
	now.dns_host = true; /* the DNS server for clients is started with the server only */
	now.dns[0] = 9;
	second = settings_take(&list, first, &now);
	assert_int_equal(second->max_failures, 7);
	assert_int_equal(second->dns[0], 3);
	assert_false(second->dns_host);
	assert_int_equal(first->max_failures, 5);
	settings_free(list);
	settings_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken),
	};

	return cmocka_run_group_tests_name("server/settings", tests, NULL, NULL);
}
