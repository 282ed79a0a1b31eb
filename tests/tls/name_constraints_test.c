/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Name constraints: the names for which an authority may issue certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "tls/der.h"
#include "tls/name_constraints.h"

enum { ROOM = 1024, NAMES_MAX = 4 };

/*
 * Names are written so: "D:vpn.example.net", "I:c0000201" (hexadecimal), "N:oAcme/uSales" (o: O as
 * UTF8String, O: as PrintableString, B: as BMPString; u: OU; m: emailAddress), "M:ann@example.net",
 * "U:https://example.net/", "R:" and anything (a registered ID). "D" and "I" of constraints are the
 * same, with a mask for "I".
 */
static void put_hex(struct writer *w, const char *hex)
{
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		put_u8(w, (uint8_t)byte);
}

static void put_rdn(struct writer *w, char kind, const char *value, size_t len)
{
	static const struct {
		char kind;
		uint8_t oid, tag;
	} kinds[] = {
		{ 'o', 10, DER_UTF8_STRING }, { 'O', 10, DER_PRINTABLE_STRING },
		{ 'B', 10, DER_BMP_STRING },  { 'u', 11, DER_UTF8_STRING },
		{ 'c', 3, DER_UTF8_STRING },
	};
	static const uint8_t email[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 };
	size_t set = der_begin(w, DER_SET), pair = der_begin(w, DER_SEQUENCE), i = 0;

	if (kind == 'm') {
		der_put(w, DER_OID, email, sizeof(email));
		der_put(w, DER_IA5_STRING, value, len);
		der_end(w, pair);
		der_end(w, set);
		return;
	}
	while (kinds[i].kind != kind)
		i++;
	der_put(w, DER_OID, (const uint8_t[]){ 0x55, 4, kinds[i].oid }, 3);
	der_put(w, kinds[i].tag, value, len);
	der_end(w, pair);
	der_end(w, set);
}

static void put_rdns(struct writer *w, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "/");

		put_rdn(w, text[0], text + 1, len - 1);
		text += len + (text[len] == '/');
	}
}

static void put_name(struct writer *w, const char *name)
{
	const char *value = name + 2;
	size_t at, in;

	switch (name[0]) {
	case 'D':
		der_put(w, X509_NAME_DNS, value, strlen(value));
		break;
	case 'I':
		at = der_begin(w, X509_NAME_IP);
		put_hex(w, value);
		der_end(w, at);
		break;
	case 'N':
		at = der_begin(w, DER_CONTEXT_CONSTRUCTED | 4);
		in = der_begin(w, DER_SEQUENCE);
		put_rdns(w, value);
		der_end(w, in);
		der_end(w, at);
		break;
	case 'M':
		der_put(w, X509_NAME_EMAIL, value, strlen(value));
		break;
	case 'U':
		der_put(w, X509_NAME_URI, value, strlen(value));
		break;
	default:
		der_put(w, DER_CONTEXT | 8, value, strlen(value));
	}
}

static void put_trees(struct writer *w, uint8_t number, const char *const *bases)
{
	size_t list = der_begin(w, DER_CONTEXT_CONSTRUCTED | number);

	for (size_t i = 0; i < NAMES_MAX && bases[i]; i++) {
		size_t tree = der_begin(w, DER_SEQUENCE);

		put_name(w, bases[i]);
		der_end(w, tree);
	}
	der_end(w, list);
}

#define V4 "c0000200ffffff00"
#define V6 "20010db8000000000000000000000000ffffffff000000000000000000000000"
#define HOST6 "20010db8000000000000000000000001"

static const struct test_case {
	const char *permitted[NAMES_MAX], *excluded[NAMES_MAX];
	const char *names[NAMES_MAX];
	const char *subject; /* as after "N:" */
	bool ok;
} cases[] = {
	/* DNS */
	{ { "D:example.net" }, { 0 }, { "D:vpn.example.net" }, "", true },
	{ { "D:example.net" }, { 0 }, { "D:example.net" }, "", true },
	{ { "D:EXAMPLE.net" }, { 0 }, { "D:vpn.Example.NET" }, "", true },
	{ { "D:.example.net" }, { 0 }, { "D:vpn.example.net" }, "", true },
	{ { "D:.example.net" }, { 0 }, { "D:example.net" }, "", false },
	{ { "D:example.net" }, { 0 }, { "D:notexample.net" }, "", false },
	{ { "D:example.net" }, { 0 }, { "D:example.net.org" }, "", false },
	{ { "D:example.net" }, { 0 }, { "D:net" }, "", false },
	{ { "D:example.net" }, { 0 }, { "D:vpn.example.net", "D:other.example" }, "", false },
	{ { "D:a.example", "D:b.example" }, { 0 }, { "D:x.b.example" }, "", true },
	{ { "D:" }, { 0 }, { "D:vpn.example.net" }, "", true },
	{ { 0 }, { "D:" }, { "D:vpn.example.net" }, "", false },
	{ { 0 }, { "D:example.net" }, { "D:vpn.example.net" }, "", false },
	{ { 0 }, { "D:EXAMPLE.NET" }, { "D:vpn.example.net" }, "", false },
	{ { 0 }, { "D:example.org" }, { "D:vpn.example.net" }, "", true },
	{ { "D:example.net" }, { "D:bad.example.net" }, { "D:x.bad.example.net" }, "", false },
	{ { "D:example.net" }, { "D:bad.example.net" }, { "D:good.example.net" }, "", true },
	/* wildcards count as all the names that they match */
	{ { "D:example.net" }, { 0 }, { "D:*.example.net" }, "", true },
	{ { "D:vpn.example.net" }, { 0 }, { "D:*.example.net" }, "", false },
	{ { 0 }, { "D:vpn.example.net" }, { "D:*.example.net" }, "", false },
	{ { 0 }, { "D:VPN.example.NET" }, { "D:*.EXAMPLE.net" }, "", false },
	{ { 0 }, { "D:a.vpn.example.net" }, { "D:*.example.net" }, "", true },
	{ { 0 }, { "D:.vpn.example.net" }, { "D:*.example.net" }, "", true },
	{ { 0 }, { "D:example.net" }, { "D:*.example.net" }, "", false },
	/* constraints that are not DNS names cannot be applied */
	{ { "D:example.net." }, { 0 }, { "D:vpn.example.net" }, "", false },
	{ { 0 }, { "D:example.net." }, { "D:vpn.example.net" }, "", false },
	{ { 0 }, { "D:*.example.net" }, { "D:vpn.example.net" }, "", false },
	{ { 0 }, { "D:." }, { "D:vpn.example.net" }, "", false },
	{ { 0 }, { "D:exa mple.net" }, { "D:vpn.example.net" }, "", false },
	/* addresses */
	{ { "I:" V4 }, { 0 }, { "I:c0000201" }, "", true },
	{ { "I:" V4 }, { 0 }, { "I:c0000301" }, "", false },
	{ { 0 }, { "I:" V4 }, { "I:c0000201" }, "", false },
	{ { 0 }, { "I:" V4 }, { "I:c0000301" }, "", true },
	{ { "I:0000000000000000" }, { 0 }, { "I:c0000201" }, "", true },
	{ { "I:" V6 }, { 0 }, { "I:" HOST6 }, "", true },
	{ { "I:" V6 }, { 0 }, { "I:20010db9000000000000000000000001" }, "", false },
	{ { 0 }, { "I:" V6 }, { "I:" HOST6 }, "", false },
	{ { "I:" V4 }, { 0 }, { "I:" HOST6 }, "", false },
	{ { "I:" V6 }, { 0 }, { "I:c0000201" }, "", false },
	{ { "I:" V4, "I:" V6 }, { 0 }, { "I:c0000201", "I:" HOST6 }, "", true },
	{ { 0 }, { "I:" V6 }, { "I:c0000201" }, "", true },
	{ { 0 }, { "I:c0000201" }, { "I:c0000301" }, "", false },           /* no mask */
	{ { 0 }, { "I:c000020000ffffff00" }, { "I:c0000301" }, "", false }, /* nine bytes */
	{ { 0 }, { "I:c0000200ff00ff00" }, { "I:c0000301" }, "", false },   /* no mask either */
	{ { "I:c0000200ff00ff00" }, { 0 }, { "I:c0000201" }, "", false },
	/* a kind that is not constrained is allowed */
	{ { "D:example.net" }, { 0 }, { "I:c0000201" }, "", true },
	{ { "I:" V4 }, { 0 }, { "D:vpn.example.net" }, "", true },
	{ { "D:example.net" }, { 0 }, { "M:ann@example.org" }, "", true },
	/* mail: a host, a domain or a mailbox */
	{ { "M:example.net" }, { 0 }, { "D:vpn.example.net" }, "", true },
	{ { "M:example.net" }, { 0 }, { "M:ann@Example.net" }, "", true },
	{ { "M:example.net" }, { 0 }, { "M:ann@a.example.net" }, "", false },
	{ { "M:.example.net" }, { 0 }, { "M:ann@a.example.net" }, "", true },
	{ { "M:.example.net" }, { 0 }, { "M:ann@example.net" }, "", false },
	{ { "M:ann@example.net" }, { 0 }, { "M:ann@EXAMPLE.net" }, "", true },
	{ { "M:ann@example.net" }, { 0 }, { "M:Ann@example.net" }, "", false },
	{ { "M:ann@example.net" }, { 0 }, { "M:bob@example.net" }, "", false },
	{ { 0 }, { "M:ann@example.net" }, { "M:Ann@example.net" }, "", false },
	{ { 0 }, { "M:ann@example.net" }, { "M:bob@example.net" }, "", true },
	{ { 0 }, { "M:example.org" }, { "M:ann@example.net" }, "", true },
	{ { 0 }, { "M:example.net" }, { "M:ann@example.net" }, "", false },
	{ { 0 }, { "M:example.org" }, { "M:nobody" }, "", false },
	{ { 0 }, { "M:" }, { "M:ann@example.net" }, "", false },
	{ { "M:example.net" }, { 0 }, { "D:a" }, "cVPN/mann@example.net", true },
	{ { "M:example.org" }, { 0 }, { "D:a" }, "cVPN/mann@example.net", false },
	{ { 0 }, { "M:example.net" }, { "D:a" }, "mann@example.net/cVPN", false },
	/* URIs: a host or a domain */
	{ { "U:a.example" }, { 0 }, { "U:https://u:p@A.example:1/@?#" }, "", true },
	{ { "U:a.example" }, { 0 }, { "U:https://b.example/@a.example" }, "", false },
	{ { "U:a.example" }, { 0 }, { "U:https://x.a.example" }, "", false },
	{ { "U:.a.example" }, { 0 }, { "U:https://x.a.example" }, "", true },
	{ { "U:.a.example" }, { 0 }, { "U:https://a.example" }, "", false },
	{ { 0 }, { "U:.a.example" }, { "U:https://x.a.example#" }, "", false },
	{ { 0 }, { "U:.a.example" }, { "U:https://x.b.example" }, "", true },
	{ { 0 }, { "U:a.example" }, { "U:urn:a" }, "", false },
	{ { 0 }, { "U:a.example" }, { "U:https://192.0.2.1/" }, "", false },
	{ { 0 }, { "U:a.example" }, { "U:https://[2001:db8::1]/" }, "", false },
	{ { 0 }, { "U:a.example" }, { "U:https:///" }, "", false },
	{ { 0 }, { "U:a.example" }, { "U:https:" }, "", false },
	{ { 0 }, { "U:a.example" }, { "U:" }, "", false },
	{ { "U:a.example" }, { 0 }, { "D:vpn.example.net" }, "", true },
	/* unknown kinds: they matter only if the certificate has such a name */
	{ { "R:x" }, { 0 }, { "R:x" }, "", false },
	{ { 0 }, { "R:y" }, { "R:x" }, "", false },
	/* directory names: the subject, and those in the subjectAltName */
	{ { "N:oAcme" }, { 0 }, { "D:a" }, "oAcme/cVPN", true },
	{ { "N:oAcme" }, { 0 }, { "D:a" }, "oAcme", true },
	{ { "N:oAcme" }, { 0 }, { "D:a" }, "oEvil/cVPN", false },
	{ { "N:oAcme" }, { 0 }, { "D:a" }, "cVPN/oAcme", false },
	{ { "N:oAcme/uSales" }, { 0 }, { "D:a" }, "oAcme", false },
	{ { "N:oAcme" }, { 0 }, { "D:a" }, "", true }, /* no subject, nothing to constrain */
	{ { "N:" }, { 0 }, { "D:a" }, "oAcme", true },
	{ { 0 }, { "N:" }, { "D:a" }, "oAcme", false },
	{ { 0 }, { "N:oAcme" }, { "D:a" }, "oAcme/cVPN", false },
	{ { 0 }, { "N:oAcme" }, { "D:a" }, "oOther/cVPN", true },
	/* equal names that are written differently (RFC 5280 section 7.1) */
	{ { 0 }, { "N:oAcme Inc" }, { "D:a" }, "OACME  inc /cVPN", false },
	{ { "N:oAcme Inc" }, { 0 }, { "D:a" }, "O acme inc/cVPN", true },
	{ { 0 }, { "N:oAcme Inc" }, { "D:a" }, "OAcmeInc", true },
	{ { 0 }, { "N:oAcme" }, { "D:a" }, "BAcme", false }, /* in doubt */
	{ { "N:oAcme" }, { 0 }, { "D:a" }, "BAcme", false },
	{ { 0 },
	  { "N:o\xc3\x84"
	    "cme" },
	  { "D:a" },
	  "o\xc3\xa4"
	  "cme",
	  false }, /* in doubt */
	{ { 0 },
	  { "N:oAcme" },
	  { "D:a" },
	  "o\xc3\xa4"
	  "cme",
	  false },
	{ { "N:o\xc3\x84"
	    "cme" },
	  { 0 },
	  { "D:a" },
	  "o\xc3\xa4"
	  "cme",
	  false },
	{ { "N:o\xc3\x84"
	    "cme" },
	  { 0 },
	  { "D:a" },
	  "o\xc3\x84"
	  "CME",
	  true },
	{ { "N:oM\xc3\xbcller", "N:oAcme" }, { 0 }, { "D:a" }, "oAcme", true },
	{ { "N:oAcme" }, { 0 }, { "N:oEvil" }, "oAcme", false },
	{ { "N:oAcme" }, { 0 }, { "N:oAcme" }, "oAcme", true },
};

struct made {
	uint8_t constraints[ROOM], san[ROOM], subject[ROOM];
	struct bytes value;
	struct x509 x;
};

static void make(struct made *m, const struct test_case *c)
{
	struct writer w = writer_of(m->constraints, ROOM), s = writer_of(m->san, ROOM);
	struct writer n = writer_of(m->subject, ROOM);
	size_t at = der_begin(&w, DER_SEQUENCE);

	if (c->permitted[0])
		put_trees(&w, 0, c->permitted);
	if (c->excluded[0])
		put_trees(&w, 1, c->excluded);
	der_end(&w, at);
	for (size_t i = 0; i < NAMES_MAX && c->names[i]; i++)
		put_name(&s, c->names[i]);
	put_rdns(&n, c->subject);
	assert_false(w.full || s.full || n.full);
	m->value = bytes_of(m->constraints, w.len);
	m->x = (struct x509){ .subject = bytes_of(m->subject, n.len),
			      .san = bytes_of(m->san, s.len),
			      .has_san = s.len };
}

static bool allow(const struct made *m, bool is_leaf)
{
	unsigned checks = NAME_CONSTRAINTS_CHECKS;

	return name_constraints_allow(m->value, &m->x, is_leaf, &checks);
}

static void the_table(void **state)
{
	struct made m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(&m, &cases[i]);
		if (allow(&m, true) != cases[i].ok)
			fail_msg("case %zu: %s, %s, subject \"%s\"", i,
				 cases[i].permitted[0] ? cases[i].permitted[0] : "-",
				 cases[i].excluded[0] ? cases[i].excluded[0] : "-",
				 cases[i].subject);
	}
}

/* For --allow-cn: also in a leaf that is marked as an authority. */
static void a_common_name(void **state)
{
	struct test_case c = { .permitted = { "D:example.net" }, .subject = "cvpn.example.org" };
	struct made m;

	(void)state;
	make(&m, &c);
	assert_false(allow(&m, true));
	assert_true(allow(&m, false)); /* an authority's name is not a host name */
	m.x.is_ca = true;
	assert_false(allow(&m, true));
	c.subject = "cvpn.example.net";
	make(&m, &c);
	assert_true(allow(&m, true));
	c.subject = "cvpn.example.org";
	/* wildcards, and texts that are not host names, are checked as in a subjectAltName */
	c.subject = "c*.example.org";
	make(&m, &c);
	assert_false(allow(&m, true));
	c.subject = "c*.example.net";
	make(&m, &c);
	assert_true(allow(&m, true));
	c.subject = "cOur VPN";
	make(&m, &c);
	assert_false(allow(&m, true));
	c.permitted[0] = NULL;
	c.excluded[0] = "D:vpn.example.net";
	c.subject = "c*.example.net";
	make(&m, &c);
	assert_false(allow(&m, true));
	c.excluded[0] = "D:.example.net";
	make(&m, &c);
	assert_false(allow(&m, true));
	c.excluded[0] = "I:" V4; /* of another kind */
	make(&m, &c);
	assert_true(allow(&m, true));
	c.excluded[0] = NULL;
	c.permitted[0] = "D:example.net";
	c.subject = "cvpn.example.org";
	c.names[0] = "D:vpn.example.net"; /* ignored if there is another name */
	make(&m, &c);
	assert_true(allow(&m, true));
}

/* A constraint that is cut anywhere never allows more than the whole one. */
static void malformed(void **state)
{
	struct test_case c = { .permitted = { "D:example.org" },
			       .excluded = { "D:example.net", "I:" V4, "N:oAcme" },
			       .names = { "D:vpn.example.net", "I:c0000201" },
			       .subject = "oAcme" };
	struct made m;
	size_t len;

	(void)state;
	make(&m, &c);
	len = m.value.len;
	for (size_t cut = 0; cut <= len; cut++) {
		m.value.len = cut;
		assert_false(allow(&m, true));
	}
	m.value.len = len;
	for (size_t i = 0; i < len; i++) { /* blocks of exact size, for the sanitizer */
		m.constraints[i] ^= 0x81;
		allow(&m, true);
		m.constraints[i] ^= 0x81;
	}
}

/* A subtree's minimum must be its default, zero, and its maximum must be absent. */
static void minimum_and_maximum(void **state)
{
	static const struct {
		uint8_t bytes[4];
		bool ok;
	} all[] = {
		{ { 0x80, 1, 0 }, true },     { { 0x80, 1, 1 }, false },
		{ { 0x81, 1, 0 }, false },    { { 0x80, 0 }, false },
		{ { 0x80, 2, 0, 0 }, false }, { { 0x80, 1, 0x80 }, false },
		{ { 0x82, 1, 0 }, false },
	};
	static const char base[] = "example.net";
	struct test_case c = { .names = { "D:vpn.example.net" }, .subject = "" };
	struct made m;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct writer w = writer_of(m.constraints, ROOM);
		size_t at, list, tree;

		make(&m, &c);
		at = der_begin(&w, DER_SEQUENCE);
		list = der_begin(&w, DER_CONTEXT_CONSTRUCTED | 0);
		tree = der_begin(&w, DER_SEQUENCE);
		der_put(&w, X509_NAME_DNS, base, strlen(base));
		put_bytes(&w, all[i].bytes, 2u + all[i].bytes[1]);
		der_end(&w, tree);
		der_end(&w, list);
		der_end(&w, at);
		m.value = bytes_of(m.constraints, w.len);
		if (allow(&m, true) != all[i].ok)
			fail_msg("case %zu", i);
	}
}

static void the_work_is_bounded(void **state)
{
	struct test_case c = { .excluded = { "D:a", "D:b", "D:c" },
			       .names = { "D:x", "D:y" },
			       .subject = "" };
	unsigned checks = 6;
	struct made m;

	(void)state;
	make(&m, &c);
	assert_true(name_constraints_allow(m.value, &m.x, true, &checks));
	assert_int_equal(checks, 0);
	checks = 5;
	assert_false(name_constraints_allow(m.value, &m.x, true, &checks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),           cmocka_unit_test(a_common_name),
		cmocka_unit_test(malformed),           cmocka_unit_test(minimum_and_maximum),
		cmocka_unit_test(the_work_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
