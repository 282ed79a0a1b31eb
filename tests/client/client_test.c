/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's name in the log and in HTTP. */
#include "client/client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void names(void **state)
{
	static const struct {
		struct server_ref ref;
		const char *name, *http_host;
	} cases[] = {
		{ { .host = "vpn.test", .port = 443 }, "vpn.test", "vpn.test" },
		{ { .host = "vpn.test", .port = 4443 }, "vpn.test:4443", "vpn.test:4443" },
		{ { .host = "2001:db8::1", .port = 443 }, "[2001:db8::1]", "[2001:db8::1]" },
		{ { .host = "2001:db8::1", .port = 4443 },
		  "[2001:db8::1]:4443",
		  "[2001:db8::1]:4443" },
		{ { .host = "10.9.0.1", .port = 443, .sni = "vpn.test" }, "10.9.0.1", "vpn.test" },
		{ { .host = "10.9.0.1", .port = 4443, .sni = "vpn.test" },
		  "10.9.0.1:4443",
		  "vpn.test:4443" },
		{ { .host = "10.9.0.1", .port = 443, .verify_name = "vpn.test" },
		  "10.9.0.1",
		  "vpn.test" },
		{ { .host = "a.test", .port = 443, .verify_name = "b.test", .sni = "c.test" },
		  "a.test",
		  "c.test" },
		{ { .host = "2001:db8::1", .port = 4443, .verify_name = "vpn.test" },
		  "[2001:db8::1]:4443",
		  "vpn.test:4443" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_string_equal(server_ref_name(&cases[i].ref).text, cases[i].name);
		assert_string_equal(server_ref_http_host(&cases[i].ref).text, cases[i].http_host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
