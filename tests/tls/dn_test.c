/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that are equal although they are written differently, and names that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls/der.h"
#include "tls/dn.h"

enum { ROOM = 512 };

/*
 * The notation of names: a letter and a text is a relative name: "uAcme" is O as UTF8String, "p"
 * PrintableString, "i" IA5String, "n" NumericString, "v" VisibleString, "t" T61String, "b"
 * BMPString, "U" UniversalString, "x" a BIT STRING. "/" begins another relative name, "+" another
 * attribute of the same one, "=" before the letter makes it an OU.
 */
static uint8_t tag_of(char letter)
{
	static const struct {
		char letter;
		uint8_t tag;
	} tags[] = {
		{ 'u', DER_UTF8_STRING },    { 'p', DER_PRINTABLE_STRING }, { 'i', DER_IA5_STRING },
		{ 'n', DER_NUMERIC_STRING }, { 'v', DER_VISIBLE_STRING },   { 't', DER_T61_STRING },
		{ 'b', DER_BMP_STRING },     { 'U', DER_UNIVERSAL_STRING }, { 'x', DER_BIT_STRING },
	};
	size_t i = 0;

	while (tags[i].letter != letter)
		i++;
	return tags[i].tag;
}

static void put_string(struct writer *w, uint8_t tag, const char *text, size_t len)
{
	size_t at = der_begin(w, tag);

	for (size_t i = 0; i < len; i++) {
		if (tag == DER_UNIVERSAL_STRING)
			put_u16(w, 0);
		if (tag == DER_UNIVERSAL_STRING || tag == DER_BMP_STRING)
			put_u8(w, 0);
		put_u8(w, (uint8_t)text[i]);
	}
	der_end(w, at);
}

static const char *put_attr(struct writer *w, const char *text)
{
	size_t at = der_begin(w, DER_SEQUENCE), len;
	bool is_unit = *text == '=';

	text += is_unit;
	len = strcspn(text, "/+");
	der_put(w, DER_OID, (const uint8_t[]){ 0x55, 4, is_unit ? 11 : 10 }, 3);
	put_string(w, tag_of(*text), text + 1, len - 1);
	der_end(w, at);
	return text + len;
}

static struct bytes make(uint8_t room[ROOM], const char *text)
{
	struct writer w = writer_of(room, ROOM);

	while (*text) {
		size_t at = der_begin(&w, DER_SET);

		text = put_attr(&w, text);
		while (*text == '+')
			text = put_attr(&w, text + 1);
		der_end(&w, at);
		text += *text == '/';
	}
	assert_false(w.full);
	return bytes_of(room, w.len);
}

static const struct {
	const char *a, *b;
	bool equal;
} cases[] = {
	{ "", "", true },
	{ "uAcme", "uAcme", true },
	{ "uAcme", "pAcme", true },
	{ "uAcme", "iACME", true },
	{ "uAcme", "vacme", true },
	{ "uAcme", "tacme", true },
	{ "uAcme", "bacme", true },
	{ "uAcme", "Uacme", true },
	{ "u123 45", "n123  45", true },
	{ "uThe Acme", "p  the   ACME ", true },
	{ "uThe Acme", "uTheAcme", false },
	{ "u ", "p", true },
	{ "u", "uA", false },
	{ "uAcme", "uAcm", false },
	{ "uAcme", "uAcmf", false },
	{ "u[", "u{", false }, /* next to the letters in ASCII */
	{ "u@", "u`", false },
	{ "uAcme", "=uAcme", false },
	{ "uAcme/=uVPN", "uAcme", false },
	{ "uAcme/=uVPN", "uacme/=pvpn", true },
	{ "uAcme/=uVPN", "=uVPN/uAcme", false },
	{ "uAcme+=uVPN", "uAcme/=uVPN", false },
	{ "uAcme+=uVPN", "=pvpn+pacme", true },
	{ "uAcme+=uVPN", "uAcme", false },
	{ "uA+uA+uB", "uA+uB+uB", false },
	{ "uA+uA+uB", "ub+ua+ua", true },
	{ "xA", "xA", true },
	{ "xA", "xa", false },
	{ "xA", "uA", false },
	/* beyond ASCII: the same letters only, whatever the type */
	{ "u\xc3\x84"
	  "cme",
	  "u\xc3\x84"
	  "CME",
	  true },
	{ "u\xc3\x84"
	  "cme",
	  "u\xc3\xa4"
	  "cme",
	  false },
	{ "u\xc3\x84"
	  "cme",
	  "b\xc4"
	  "cme",
	  true },
	{ "u\xc3\x84"
	  "cme",
	  "U\xc4"
	  "cme",
	  true },
	{ "u\xc3\x84"
	  "cme",
	  "t\xc4"
	  "cme",
	  false },
	{ "t\xc4"
	  "cme",
	  "t\xc4"
	  "CME",
	  true },
	{ "u\xc3", "p\xc3", false }, /* not UTF-8 */
	/* identical bytes of any kind */
	{ "u\xc3", "u\xc3", true },
	{ "uA+uB+uC+uD+uE+uF+uG+uH+uI", "uA+uB+uC+uD+uE+uF+uG+uH+uI", true },
	{ "uA+uB+uC+uD+uE+uF+uG+uH+uI", "ua+uB+uC+uD+uE+uF+uG+uH+uI", false }, /* too many */
	{ "uA+uB+uC+uD+uE+uF+uG+uH", "ua+uB+uC+uD+uE+uF+uG+uH", true },
};

static void the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t one[ROOM], two[ROOM];
		struct bytes a = make(one, cases[i].a), b = make(two, cases[i].b);

		if (dn_equal(a, b) != cases[i].equal || dn_equal(b, a) != cases[i].equal)
			fail_msg("case %zu: %s and %s", i, cases[i].a, cases[i].b);
	}
}

/* An incomplete letter at the end, and names that are cut anywhere. */
static void malformed(void **state)
{
	static const uint8_t odd[] = { DER_SET, 12, DER_SEQUENCE,   10, DER_OID, 3,   0x55,
				       4,       10, DER_BMP_STRING, 3,  0,       'A', 0 };
	uint8_t one[ROOM], two[ROOM];
	struct bytes a = make(one, "uAcme+=uVPN/uB"), b = make(two, "uacme+=uVPN/uB");

	(void)state;
	assert_false(dn_equal(bytes_of(odd, sizeof(odd)), make(one, "uA")));
	a = make(one, "uAcme+=uVPN/uB");
	assert_true(dn_equal(a, b));
	for (size_t cut = 0; cut < a.len; cut++)
		assert_false(dn_equal(bytes_of(a.at, cut), b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
