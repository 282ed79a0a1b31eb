/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which names are served, which are passed on, and which sources are in a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/front_cfg.h"

static const struct {
	const char *pattern, *name;
	bool is_for;
} names[] = {
	{ "vpn.example.net", "vpn.example.net", true },
	{ "vpn.example.net", "VPN.Example.Net", true },
	{ "VPN.example.net", "vpn.example.net", true },
	{ "vpn.example.net", "vpn.example.net:443", true },
	{ "vpn.example.net", "vpn.example.net.", true },
	{ "vpn.example.net", "vpn.example.net.:443", true },
	{ "vpn.example.net", "vpn.example.ne", false },
	{ "vpn.example.net", "a.vpn.example.net", false },
	{ "vpn.example.net", "", false },
	{ "*.example.net", "vpn.example.net", true },
	{ "*.example.net", "a.b.example.net", true },
	{ "*.example.net", "example.net", false },
	{ "*.example.net", ".example.net", false },
	{ "*.example.net", "vpnexample.net", false },
	{ "*.example.net", "net", false },
	{ "*.example.net", "", false },
};

static void names_are_served(void **state)
{
	const struct front_cfg any = { .sstp_host_count = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *hosts[] = { "other.example.org", names[i].pattern };
		const struct front_cfg f = { .sstp_hosts = hosts, .sstp_host_count = 2 };

		print_message("# %s: %s\n", names[i].pattern, names[i].name);
		assert_int_equal(front_serves(&f, bytes_text(names[i].name)), names[i].is_for);
		assert_true(front_serves(&any, bytes_text(names[i].name)));
	}
}

#define PROTOCOLS(text) bytes_of(text, sizeof(text) - 1)

static void names_and_protocols_are_passed_on(void **state)
{
	struct pass_rule rules[] = {
		{ .name = "acme-tls/1", .is_protocol = true },
		{ .name = "www.example.net" },
		{ .name = "*.example.net" },
	};
	const struct front_cfg f = { .passes = rules, .pass_count = 3 };
	struct bytes none = { NULL, 0 }, www = bytes_text("www.example.net");

	(void)state;
	assert_null(front_find_pass(&f, none, none));
	assert_ptr_equal(front_find_pass(&f, www, none), &rules[1]);
	assert_ptr_equal(front_find_pass(&f, bytes_text("a.example.net"), none), &rules[2]);
	assert_null(front_find_pass(&f, bytes_text("acme-tls/1"), none));
	assert_ptr_equal(front_find_pass(&f, www, PROTOCOLS("\x02h2\x08http/1.1")), &rules[1]);
	assert_ptr_equal(front_find_pass(&f, www,
					 PROTOCOLS("\x0a"
						   "acme-tls/1")),
			 &rules[0]);
	assert_ptr_equal(front_find_pass(&f, none,
					 PROTOCOLS("\x02h2\x0a"
						   "acme-tls/1")),
			 &rules[0]);
	assert_null(front_find_pass(&f, none,
				    PROTOCOLS("\x0b"
					      "acme-tls/1")));
	assert_null(front_find_pass(&f, none,
				    PROTOCOLS("\x09"
					      "acme-tls/1")));
	assert_null(front_find_pass(&f, none,
				    PROTOCOLS("\x0a"
					      "acme-tls/")));
}

static void sources_are_found(void **state)
{
	struct ip_prefix at[2];
	struct source_list l = { .at = at, .count = 2 };
	struct sockaddr_storage v4, v6, outside, path = { .ss_family = AF_UNIX };
	struct ip_addr a;

	(void)state;
	assert_true(ip_prefix_parse("192.0.2.0/24", &at[0]));
	assert_true(ip_prefix_parse("2001:db8::/32", &at[1]));
	assert_true(ip_parse("192.0.2.7", &a));
	v4 = ip_sockaddr(&a, 1);
	assert_true(ip_parse("2001:db8::7", &a));
	v6 = ip_sockaddr(&a, 1);
	assert_true(ip_parse("192.0.3.7", &a));
	outside = ip_sockaddr(&a, 1);
	assert_true(source_list_has(&l, &v4));
	assert_true(source_list_has(&l, &v6));
	assert_false(source_list_has(&l, &outside));
	assert_false(source_list_has(&l, &path));
	l.has_unix = true;
	assert_true(source_list_has(&l, &path));
	assert_false(source_list_has(&l, &outside));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_served),
		cmocka_unit_test(names_and_protocols_are_passed_on),
		cmocka_unit_test(sources_are_found),
	};

	return cmocka_run_group_tests_name("server/front_cfg", tests, NULL, NULL);
}
