/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variable no_proxy, as curl and Go read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "upstream/no_proxy.h"

static void lists(void **state)
{
	static const struct {
		const char *list, *host;
		uint16_t port;
		bool is_listed;
	} cases[] = {
		{ "", "vpn.example.net", 443, false },
		{ "*", "vpn.example.net", 443, true },
		{ "*", "192.0.2.7", 443, true },
		{ "vpn.example.net", "vpn.example.net", 443, true },
		{ "VPN.example.NET.", "vpn.Example.net", 443, true },
		{ "vpn.example.net", "vpn.example.net.", 443, true },
		{ "example.net", "vpn.example.net", 443, true },
		{ "example.net", "example.net", 443, true },
		{ ".example.net", "vpn.example.net", 443, true },
		{ ".example.net", "example.net", 443, true },
		{ "*.example.net", "a.b.example.net", 443, true },
		{ "example.net", "badexample.net", 443, false },
		{ "vpn.example.net", "example.net", 443, false },
		{ "example.org, example.net", "vpn.example.net", 443, true },
		{ "example.org example.net", "vpn.example.net", 443, true },
		{ " ,,example.net ", "vpn.example.net", 443, true },
		{ "example.net:443", "vpn.example.net", 443, true },
		{ "example.net:444", "vpn.example.net", 443, false },
		{ "example.net:x", "vpn.example.net", 443, false },
		{ ".", "vpn.example.net", 443, false },
		{ ":", "vpn.example.net", 443, false },
		{ "[", "vpn.example.net", 443, false },
		{ "[]", "2001:db8::7", 443, false },
		{ "192.0.2.7", "192.0.2.7", 443, true },
		{ "192.0.2.7:443", "192.0.2.7", 443, true },
		{ "192.0.2.7:80", "192.0.2.7", 443, false },
		{ "192.0.2.70", "192.0.2.7", 443, false },
		{ "0.2.7", "192.0.2.7", 443, false },
		{ "192.0.2.0/24", "192.0.2.7", 443, true },
		{ "192.0.3.0/24", "192.0.2.7", 443, false },
		{ "192.0.2.0/24", "vpn.example.net", 443, false },
		{ "2001:db8::/32", "2001:db8::7", 443, true },
		{ "2001:DB8:0::7", "2001:db8::7", 443, true },
		{ "[2001:db8::7]", "2001:db8::7", 443, true },
		{ "[2001:db8::7]:443", "2001:db8::7", 443, true },
		{ "[2001:db8::7]:444", "2001:db8::7", 443, false },
		{ "0.0.0.0/0", "2001:db8::7", 443, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s: %s\n", cases[i].list, cases[i].host);
		assert_int_equal(no_proxy_lists(cases[i].list, cases[i].host, cases[i].port),
				 cases[i].is_listed);
	}
}

/* An entry that is too long to be a name is skipped. */
static void long_entries(void **state)
{
	static char list[1000];

	(void)state;
	memset(list, 'x', 600);
	memcpy(list + 600, ",b", 3);
	assert_true(no_proxy_lists(list, "b", 443));
	assert_false(no_proxy_lists(list, "c", 443));
}

static void loopback(void **state)
{
	static const char *const is[] = { "localhost", "LOCALHOST.", "a.localhost",
					  "127.0.0.1", "127.9.9.9",  "::1" };
	static const char *const is_not[] = { "localhost.example.net", "128.0.0.1", "::2",
					      "mylocalhost" };

	(void)state;
	for (size_t i = 0; i < sizeof(is) / sizeof(*is); i++)
		assert_true(no_proxy_is_loopback(is[i]));
	for (size_t i = 0; i < sizeof(is_not) / sizeof(*is_not); i++)
		assert_false(no_proxy_is_loopback(is_not[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(long_entries),
		cmocka_unit_test(loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
