/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Punycode: the samples of RFC 3492 section 7.1, and whole host names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "util/punycode.h"

static const struct {
	const char *name, *ascii;
} cases[] = {
	/* RFC 3492 section 7.1 (A), (B), (C), (D), (F), (G), (I); those without capitals */
	{ "ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn" },
	{ "他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye" },
	{ "他們爲什麽不說中文", "xn--ihqwctvzc91f659drss3x8bo0yb" },
	{ "למההםפשוטלאמדבריםעברית", "xn--4dbcagdahymbxekheh6e0a7fei0b" },
	{ "なぜみんな日本語を話してくれないのか", "xn--n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa" },
	{ "почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l" },
	/* (L) and (P), with their capitals made small */
	{ "3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b" },
	{ "majiでkoiする5秒前", "xn--majikoi5-783gue6qz075azm5e" },
	/* names of hosts */
	{ "bücher.example", "xn--bcher-kva.example" },
	{ "BÜCHER.example", "xn--bcher-kva.example" },
	{ "vpn.münchen.de", "vpn.xn--mnchen-3ya.de" },
	{ "faß.de", "xn--fa-hia.de" },
	{ "ελλάδα.gr", "xn--hxakic4aa.gr" },
	{ "ΕΛΛάΔΑ.gr", "xn--hxakic4aa.gr" },
	{ "ПОЧЕМУ.рф", "xn--e1aoedxv.xn--p1ai" },
	{ "ŁÓDŹ.pl", "xn--d-uga0v4h.pl" },
	{ "łódź.pl", "xn--d-uga0v4h.pl" },
	{ "ü", "xn--tda" },
	{ "vpn.example.net", "vpn.example.net" },
	{ "vpn.example.net.", "vpn.example.net." },
	{ "bücher.example.", "xn--bcher-kva.example." },
	{ "", "" },
};

static void the_table(void **state)
{
	char to[300];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!punycode_host(cases[i].name, to, sizeof(to)))
			fail_msg("%s: refused", cases[i].name);
		if (strcmp(to, cases[i].ascii) != 0)
			fail_msg("%s: %s, not %s", cases[i].name, to, cases[i].ascii);
	}
}

static void no_names(void **state)
{
	char to[300], name[400] = "";

	(void)state;
	assert_false(punycode_host("b\xfc"
				   "cher.example",
				   to, sizeof(to))); /* Latin-1 */
	assert_false(punycode_host("b\xc3", to, sizeof(to)));
	assert_false(punycode_host("\xed\xa0\x80.example", to, sizeof(to)));
	for (int i = 0; i < 60; i++)
		strcat(name, "ü");
	assert_false(punycode_host(name, to, sizeof(to)) && strlen(to) > 63);
	for (int i = 0; i < 10; i++)
		strcat(name, "ü");
	assert_false(punycode_host(name, to, sizeof(to))); /* 70 letters */
	for (size_t size = 0; size < sizeof("xn--bcher-kva.example"); size++) {
		char *exact = malloc(size ? size : 1); /* for the sanitizer */

		assert_false(punycode_host("bücher.example", exact, size));
		free(exact);
	}
}

static void certain(void **state)
{
	static const struct {
		const char *name;
		bool is_certain;
	} names[] = {
		{ "vpn.example.net", true },
		{ "bücher.example", true },
		{ "BÜCHER.example", true },
		{ "łódź.pl", true },
		{ "почемуже.рф", true },
		{ "ελλάδα.gr", true },
		{ "他们为什么.example", true },
		{ "なぜ.example", true },
		{ "faß.de", false },               /* IDNA 2003: fass.de */
		{ "ελλάς.gr", false },             /* the same of the final sigma */
		{ "bu\u0308cher.example", false }, /* a combining mark */
		{ "ﬁnance.example", false },       /* a ligature */
		{ "ｖｐｎ.example", false },       /* full width */
		{ "vpn。example", false },         /* a full stop that only some take for a dot */
		{ "zero\u200dwidth.example", false },
		{ "İstanbul.example", false },
		{ "b\xfc"
		  "cher.example",
		  false }, /* not UTF-8 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (punycode_is_certain(names[i].name) != names[i].is_certain)
			fail_msg("%s", names[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(no_names),
		cmocka_unit_test(certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
