/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom a request was forwarded for, with what a client may have written into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/forwarded.h"

#define XFF "X-Forwarded-For: "

static const struct {
	const char *fields, *client;
} cases[] = {
	{ "", "none" },
	{ XFF "192.0.2.7\r\n", "192.0.2.7" },
	{ "x-forwarded-for:192.0.2.7\r\n", "192.0.2.7" },
	{ XFF "  192.0.2.7\t\r\n", "192.0.2.7" },
	{ XFF "192.0.2.7:50000\r\n", "192.0.2.7" },
	{ XFF "2001:db8::7\r\n", "2001:db8::7" },
	{ XFF "[2001:db8::7]:50000\r\n", "2001:db8::7" },
	{ XFF "::ffff:192.0.2.7\r\n", "192.0.2.7" },
	{ XFF "[::ffff:c000:207]:50000\r\n", "192.0.2.7" },
	{ XFF "192.0.2.7, ::ffff:127.0.0.1\r\n", "192.0.2.7" },
	{ XFF "198.51.100.1, 192.0.2.7\r\n", "192.0.2.7" },
	{ XFF "198.51.100.1\r\n" XFF "192.0.2.7\r\n", "192.0.2.7" },
	{ XFF "192.0.2.7, 127.0.0.1\r\n", "192.0.2.7" },
	{ XFF "192.0.2.7\r\n" XFF "127.0.0.1\r\n" XFF "127.0.0.2\r\n", "192.0.2.7" },
	{ XFF "127.0.0.1\r\n", "none" },
	{ XFF "198.51.100.1, unknown\r\n", "none" },
	{ XFF "198.51.100.1, \r\n", "none" },
	{ XFF "unknown, 192.0.2.7\r\n", "192.0.2.7" },
	{ XFF "\r\n", "none" },
	{ XFF ",,,\r\n", "none" },
	{ XFF "a,[,]:1,192.0.2.7\r\n", "192.0.2.7" },
	{ "X-Forwarded-For2: 192.0.2.7\r\n", "none" },
	{ "X-Forwarded-For : 192.0.2.7\r\n", "none" },
	{ XFF "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee\r\n", "none" },
};

static void the_last_stranger_is_the_client(void **state)
{
	struct ip_prefix own;
	const struct source_list trusted = { .at = &own, .count = 1 };
	char block[512];

	(void)state;
	assert_true(ip_prefix_parse("127.0.0.0/8", &own));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip_addr a;

		strcpy(block, "GET / HTTP/1.1\r\n");
		strcat(strcat(block, cases[i].fields), "\r\n");
		print_message("# %s", cases[i].fields);
		a = forwarded_client(bytes_text(block), &trusted);
		assert_string_equal(ip_print(&a).text, cases[i].client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_stranger_is_the_client),
	};

	return cmocka_run_group_tests_name("server/forwarded", tests, NULL, NULL);
}
