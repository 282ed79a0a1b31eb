/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the response to a plain web request shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/portal.h"

static void responses(void **state)
{
	static const struct {
		const char *head, *url; /* NULL: no portal */
	} cases[] = {
		{ "HTTP/1.1 302 Found\r\nLocation: http://a.example/x\r\n\r\n",
		  "http://a.example/x" },
		{ "HTTP/1.0 301 x\nlocation:https://10.0.0.1:8443/\n\nrest",
		  "https://10.0.0.1:8443/" },
		{ "HTTP/1.1 307 x\r\nLocation: //a.example\r\n\r\n", "//a.example" },
		{ "HTTP/1.1 511 x\r\n\r\n", "" },
		{ "HTTP/1.1 511 x\r\nLocation: /login\r\n\r\n", "/login" },
		/* a web server */
		{ "HTTP/1.1 301 x\r\nLocation: https://VPN.example.net/\r\n\r\n", NULL },
		{ "HTTP/1.1 301 x\r\nLocation: https://vpn.example.net:443\r\n\r\n", NULL },
		{ "HTTP/1.1 301 x\r\nLocation: /login\r\n\r\n", NULL },
		{ "HTTP/1.1 301 x\r\nLocation: \r\n\r\n", NULL },
		{ "HTTP/1.1 301 x\r\nLocation: http://\r\n\r\n", NULL },
		{ "HTTP/1.1 302 x\r\n\r\n", NULL },
		{ "HTTP/1.1 200 OK\r\nLocation: http://a.example/\r\n\r\n", NULL },
		{ "HTTP/1.1 404 x\r\n\r\n", NULL },
		/* no end, no HTTP */
		{ "HTTP/1.1 302 Found\r\nLocation: http://a.example/x\r\n", NULL },
		{ "SSH-2.0\r\n\r\n", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct portal_result r;

		print_message("# %s\n", cases[i].head);
		portal_judge(bytes_of((const uint8_t *)cases[i].head, strlen(cases[i].head)),
			     "vpn.example.net", &r);
		assert_int_equal(r.is_portal, cases[i].url != NULL);
		assert_string_equal(r.url, cases[i].url ? cases[i].url : "");
	}
}

/* It is too long to be shown, but it is a portal. */
static void a_long_url(void **state)
{
	char head[1024];
	struct portal_result r;
	int len = snprintf(head, sizeof(head),
			   "HTTP/1.1 302 x\r\nLocation: http://a.example/%0500d\r\n\r\n", 0);

	(void)state;
	portal_judge(bytes_of((const uint8_t *)head, (size_t)len), "vpn.example.net", &r);
	assert_true(r.is_portal);
	assert_string_equal(r.url, "http://a.example/...");
}

/* What a stranger sends is quoted. */
static void hints(void **state)
{
	struct portal_result r = { .is_portal = true, .url = "http://a/\x1b[2J" };

	(void)state;
	assert_non_null(
		strstr(portal_hint(&r, "vpn.example.net").text,
		       "a plain web request to vpn.example.net leads to \"http://a/\\x1b[2J\""));
	*r.url = '\0';
	assert_non_null(strstr(portal_hint(&r, "vpn.example.net").text, "511"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(responses),
		cmocka_unit_test(a_long_url),
		cmocka_unit_test(hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
