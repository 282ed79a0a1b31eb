/* SPDX-License-Identifier: GPL-3.0-or-later */
/* URLs of proxies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "upstream/proxy_url.h"

static void good(void **state)
{
	static const struct {
		const char *url, *name, *user, *password;
		enum upstream_protocol protocol;
		bool looks_up;
	} cases[] = {
		{ "http://proxy:3128", "http://proxy:3128", NULL, NULL, UPSTREAM_HTTP, true },
		{ "proxy.example.net:8080", "http://proxy.example.net:8080", NULL, NULL,
		  UPSTREAM_HTTP, true },
		{ "HTTP://Proxy:3128/", "http://Proxy:3128", NULL, NULL, UPSTREAM_HTTP, true },
		{ "https://proxy:3129", "https://proxy:3129", NULL, NULL, UPSTREAM_HTTP, true },
		{ "HTTPS://ann@[2001:db8::1]", "https://[2001:db8::1]:443", "ann", NULL,
		  UPSTREAM_HTTP, true },
		{ "socks5://10.0.0.1", "socks5://10.0.0.1:1080", NULL, NULL, UPSTREAM_SOCKS5,
		  false },
		{ "socks5h://[2001:db8::1]:9050", "socks5h://[2001:db8::1]:9050", NULL, NULL,
		  UPSTREAM_SOCKS5, true },
		{ "http://ann@proxy:3128", "http://proxy:3128", "ann", NULL, UPSTREAM_HTTP, true },
		{ "http://ann:se%20cret@proxy:3128", "http://proxy:3128", "ann", "se cret",
		  UPSTREAM_HTTP, true },
		{ "ann:@proxy:3128", "http://proxy:3128", "ann", "", UPSTREAM_HTTP, true },
		{ "http://COMPANY%5Cann:a%3ab%40c%2Fd@proxy:3128", "http://proxy:3128",
		  "COMPANY\\ann", "a:b@c/d", UPSTREAM_HTTP, true },
		{ "http://ann:a:b@c@proxy:3128", "http://proxy:3128", "ann", "a:b@c", UPSTREAM_HTTP,
		  true },
		{ "socks5://J%C3%A4s@p", "socks5://p:1080", "J\xc3\xa4s", NULL, UPSTREAM_SOCKS5,
		  false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct proxy_url u;

		print_message("# %s\n", cases[i].url);
		assert_null(proxy_url_parse(cases[i].url, &u));
		assert_string_equal(proxy_url_name(&u).text, cases[i].name);
		assert_int_equal(u.protocol, cases[i].protocol);
		assert_int_equal(u.looks_up, cases[i].looks_up);
		assert_int_equal(u.has_user, !!cases[i].user);
		assert_string_equal(u.user, cases[i].user ? cases[i].user : "");
		assert_int_equal(u.has_password, !!cases[i].password);
		assert_string_equal(u.password, cases[i].password ? cases[i].password : "");
	}
}

static void bad(void **state)
{
	static const struct {
		const char *url, *why;
	} cases[] = {
		{ "", "there is no host" },
		{ "http://", "there is no host" },
		{ "http://proxy", "there is no port" },
		{ "http://proxy:", "there is no port after the colon" },
		{ "http://proxy:0", "the port is not a number" },
		{ "http://proxy:99999", "the port is not a number" },
		{ "http://pro xy:1", "blank" },
		{ "http://2001:db8::1:3128x", "several colons" },
		{ "http://proxy:3128/path", "ends after host and port" },
		{ "http://proxy:3128?x", "ends after host and port" },
		{ "socks4://proxy", "SOCKS4 is not supported" },
		{ "socks4a://proxy", "SOCKS4 is not supported" },
		{ "socks://proxy", "socks5h://" },
		{ "ftp://proxy:1", "none of http://" },
		{ "://proxy:1", "none of http://" },
		{ "http://@proxy:1", "no user name" },
		{ "http://:secret@proxy:1", "no user name" },
		{ "http://ann:100%@proxy:1", "%25" },
		{ "http://ann:%4@proxy:1", "%25" },
		{ "http://ann:%gg@proxy:1", "%25" },
		{ "http://ann%00:x@proxy:1", "control character" },
		{ "http://ann%0d%0aX:x@proxy:1", "control character" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static const struct proxy_url wiped; /* also between its fields */
		struct proxy_url u;
		const char *why = proxy_url_parse(cases[i].url, &u);

		print_message("# %s\n", cases[i].url);
		assert_non_null(why);
		assert_non_null(strstr(why, cases[i].why));
		assert_memory_equal(&u, &wiped, sizeof(u));
	}
}

/* The longest user name, and one byte more. */
static void lengths(void **state)
{
	static char url[PROXY_USER_SIZE + 20];
	struct proxy_url u;

	(void)state;
	memset(url, 'x', PROXY_USER_SIZE - 1);
	strcpy(url + PROXY_USER_SIZE - 1, "@p:1");
	assert_null(proxy_url_parse(url, &u));
	assert_int_equal(strlen(u.user), PROXY_USER_SIZE - 1);
	memset(url, 'x', PROXY_USER_SIZE);
	strcpy(url + PROXY_USER_SIZE, "@p:1");
	assert_non_null(strstr(proxy_url_parse(url, &u), "too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
