/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logins, as sent in SOCKS and in HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/proxy_login.h"

static const struct proxy_login ann = { "ann", "wonder land" };

static void matching(void **state)
{
	static const struct {
		const char *user, *password;
		bool matches;
	} cases[] = {
		{ "ann", "wonder land", true },
		{ "ann", "wonder", false },
		{ "ann", "", false },
		{ "an", "wonder land", false },
		{ "bob", "wonder land", false },
		{ "ann", "wonder land ", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(proxy_login_matches(&ann, bytes_text(cases[i].user),
						     bytes_text(cases[i].password)),
				 cases[i].matches);
	assert_false(proxy_login_matches(&ann, bytes_of(NULL, 0), bytes_of(NULL, 0)));
}

static void matching_basic(void **state)
{
	static const struct {
		const char *user, *password, *base64;
		bool matches;
	} cases[] = {
		{ "ann", "wonder land", "YW5uOndvbmRlciBsYW5k", true },
		/* RFC 7617 section 2 */
		{ "Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true },
		{ "test", "123\xc2\xa3", "dGVzdDoxMjPCow==", true },
		{ "a", "b", "YTpi", true },
		{ "a", "bc", "YTpiYw==", true },
		{ "a", "bcd", "YTpiY2Q=", true },
		{ "a", "?\?>", "YTo/Pz4=", true },
		{ "a", "bcd", "YTpiY2Q", false },
		{ "a", "bcd", "YTpiY2Q=\n", false },
		{ "a", "bcd", "YTpiY2R=", false },
		{ "a", "b", "YTpj", false },
		{ "a", "b", "ytpi", false },
		{ "a", "b", "", false },
		{ "a", "b", "a:b", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct proxy_login l = { cases[i].user, cases[i].password };

		print_message("# %s\n", cases[i].base64);
		assert_int_equal(proxy_login_matches_basic(&l, bytes_text(cases[i].base64)),
				 cases[i].matches);
	}
}

static void encodable(void **state)
{
	char longest[PROXY_LOGIN_MAX + 2] = "";
	struct proxy_login l = { longest, longest };

	(void)state;
	assert_true(proxy_login_is_encodable(&ann));
	assert_false(proxy_login_is_encodable(&(struct proxy_login){ "", "b" }));
	assert_false(proxy_login_is_encodable(&(struct proxy_login){ "a", "" }));
	assert_false(proxy_login_is_encodable(&(struct proxy_login){ "a:b", "c" }));
	assert_true(proxy_login_is_encodable(&(struct proxy_login){ "a", "b:c" }));
	memset(longest, 'x', PROXY_LOGIN_MAX);
	assert_true(proxy_login_is_encodable(&l));
	assert_false(proxy_login_matches_basic(&l, bytes_text("eHg6eHg=")));
	longest[PROXY_LOGIN_MAX] = 'x';
	assert_false(proxy_login_is_encodable(&l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matching),
		cmocka_unit_test(matching_basic),
		cmocka_unit_test(encodable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
