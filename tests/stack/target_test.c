/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets: which texts are hosts, and which addresses are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stack/target.h"

static void hosts(void **state)
{
	static const struct {
		const char *host, *printed; /* NULL: none */
	} cases[] = {
		{ "example.net", "example.net:80" },
		{ "example.net.", "example.net.:80" },
		{ "a_b-c.example", "a_b-c.example:80" },
		{ "10.0.0.7", "10.0.0.7:80" },
		{ "2001:db8::1", "[2001:db8::1]:80" },
		{ "", NULL },
		{ "a b", NULL },
		{ "a\r\nHost: b", NULL },
		{ "a/b", NULL },
		{ "user@host", NULL },
		{ "[2001:db8::1]", NULL },
		{ "fe80::1%eth0", NULL },
		{ "10.0.0.7:80", NULL },
		{ "b\xc3\xbc"
		  "cher.example",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct target t = { .name = "before" };

		assert_int_equal(target_set(&t, bytes_text(cases[i].host), 80),
				 cases[i].printed != NULL);
		if (cases[i].printed)
			assert_string_equal(target_print(&t).text, cases[i].printed);
		else
			assert_string_equal(t.name, "before");
	}
}

static void long_hosts(void **state)
{
	char host[TARGET_NAME_SIZE];
	struct target t;

	(void)state;
	memset(host, 'a', sizeof(host));
	assert_true(target_set(&t, bytes_of(host, sizeof(host) - 1), 65535));
	assert_int_equal(strlen(target_print(&t).text), sizeof(host) - 1 + strlen(":65535"));
	assert_false(target_set(&t, bytes_of(host, sizeof(host)), 80));
}

static void refused_addresses(void **state)
{
	static const struct {
		const char *address;
		bool is_nowhere;
	} cases[] = {
		{ "10.0.0.7", false },
		{ "172.16.5.2", false },
		{ "223.255.255.255", false },
		{ "169.254.1.1", false },
		{ "2001:db8::1", false },
		{ "fe80::1", false },
		{ "0.0.0.0", true },
		{ "0.1.2.3", true },
		{ "127.0.0.1", true },
		{ "127.255.255.255", true },
		{ "224.0.0.1", true },
		{ "239.255.255.250", true },
		{ "255.255.255.255", true },
		{ "::", true },
		{ "::1", true },
		{ "::ffff:127.0.0.1", true },
		{ "::ffff:10.0.0.7", true },
		{ "ff02::fb", true },
	};
	struct ip_addr a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s\n", cases[i].address);
		assert_true(ip_parse(cases[i].address, &a));
		assert_int_equal(target_is_nowhere(&a), cases[i].is_nowhere);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(long_hosts),
		cmocka_unit_test(refused_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
