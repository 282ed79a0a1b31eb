/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses and prefixes as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/ip.h"

static void addresses(void **state)
{
	static const struct {
		const char *text, *printed; /* NULL: refused */
	} cases[] = {
		{ "10.1.2.3", "10.1.2.3" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "2001:0DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "::", "::" },
		{ "::ffff:10.1.2.3", "::ffff:10.1.2.3" },
		{ "", NULL },
		{ "10.1.2", NULL },
		{ "10.1.2.256", NULL },
		{ "10.1.2.3 ", NULL },
		{ "10.1.2.3/8", NULL },
		{ "2001:db8::1::2", NULL },
		{ "[::1]", NULL },
		{ "vpn.example.net", NULL },
	};
	struct ip_addr a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ip_parse(cases[i].text, &a), cases[i].printed != NULL);
		if (cases[i].printed)
			assert_string_equal(ip_print(&a).text, cases[i].printed);
	}
}

static void refused_is_untouched(void **state)
{
	struct ip_addr a = ip_from_v4(0x0a010203);

	(void)state;
	assert_false(ip_parse("nonsense", &a));
	assert_int_equal(ip_v4(&a), 0x0a010203);
}

static void v4(void **state)
{
	struct ip_addr a = ip_from_v4(0x0a010203), b;

	(void)state;
	assert_int_equal(a.family, AF_INET);
	assert_string_equal(ip_print(&a).text, "10.1.2.3");
	assert_string_equal(ip_print_v4(0xc0000201).text, "192.0.2.1");
	assert_true(ip_parse("10.1.2.3", &b));
	assert_true(ip_equal(&a, &b));
	assert_true(ip_parse("::1", &b));
	assert_int_equal(ip_v4(&b), 0);
	assert_false(ip_equal(&a, &b));
}

static void prefixes(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "10.1.2.3", "10.1.2.3/32" },
		{ "2001:db8::/32", "2001:db8::/32" },
		{ "::1", "::1/128" },
		{ "::/0", "::/0" },
		{ "10.0.0.0/255.0.0.0", "10.0.0.0/8" },
		{ "10.0.0.0/255.255.254.0", "10.0.0.0/23" },
		{ "10.0.0.0/255.255.255.255", "10.0.0.0/32" },
		{ "0.0.0.0/0.0.0.0", "0.0.0.0/0" },
		{ "10.0.0.0/255.0.255.0", NULL },
		{ "10.0.0.0/0.0.0.255", NULL },
		{ "10.0.0.0/255.0.0", NULL },
		{ "10.0.0.0/ffff::", NULL },
		{ "2001:db8::/255.0.0.0", NULL },
		{ "2001:db8::/ffff::", NULL },
		{ "10.0.0.0/33", NULL },
		{ "10.0.0.0/", NULL },
		{ "10.0.0.0/-1", NULL },
		{ "10.0.0.0/8x", NULL },
		{ "10.0.0.0/+8", NULL },
		{ "10.0.0.0/ 8", NULL },
		{ "10.0.0.0/4294967304", NULL },
		{ "::/129", NULL },
		{ "/8", NULL },
		{ "", NULL },
	};
	struct ip_prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].text);
		assert_int_equal(ip_prefix_parse(cases[i].text, &p), cases[i].printed != NULL);
		if (cases[i].printed)
			assert_string_equal(ip_prefix_print(&p).text, cases[i].printed);
	}
}

static void membership(void **state)
{
	static const struct {
		const char *prefix, *addr;
		bool is_in;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.1.2.3/24", "10.1.2.200", true }, /* host bits do not matter */
		{ "10.1.2.0/23", "10.1.3.1", true },
		{ "10.1.2.0/23", "10.1.4.1", false },
		{ "10.1.2.3", "10.1.2.3", true },
		{ "10.1.2.3", "10.1.2.2", false },
		{ "0.0.0.0/0", "192.0.2.1", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "192.0.2.1", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::1", "::1", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip_prefix p;
		struct ip_addr a;

		assert_true(ip_prefix_parse(cases[i].prefix, &p));
		assert_true(ip_parse(cases[i].addr, &a));
		assert_int_equal(ip_prefix_has(&p, &a), cases[i].is_in);
	}
}

static void masks(void **state)
{
	struct ip_addr a = ip_from_v4(0xffffffff), m;

	(void)state;
	for (unsigned int len = 0; len <= 32; len++) {
		m = ip_mask(&a, len);
		assert_int_equal(ip_v4(&m), len ? (uint32_t)(0xffffffffull << (32 - len)) : 0);
	}
	assert_true(ip_parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &a));
	m = ip_mask(&a, 61);
	assert_string_equal(ip_print(&m).text, "ffff:ffff:ffff:fff8::");
	m = ip_mask(&a, 128);
	assert_true(ip_equal(&a, &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),  cmocka_unit_test(refused_is_untouched),
		cmocka_unit_test(v4),         cmocka_unit_test(prefixes),
		cmocka_unit_test(membership), cmocka_unit_test(masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
