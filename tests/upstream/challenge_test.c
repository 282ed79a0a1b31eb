/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Challenges as proxies send them, and malformed ones: which is chosen, and what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "upstream/challenge.h"

#define SQUID "Digest realm=\"land\", nonce=\"a+b/c==\", qop=\"auth\", stale=false"
#define SHA256 "Digest realm=\"r\",nonce=\"n256\",algorithm=SHA-256,qop=\"auth, auth-int\""

static const struct {
	const char *name;
	const char *fields[4];
	enum challenge_scheme scheme;
	const char *realm, *nonce;
	const char *names;
} cases[] = {
	{ "none", { NULL }, CHALLENGE_NONE, "", "", "" },
	{ "Basic", { "Basic realm=\"a b\"" }, CHALLENGE_BASIC, "a b", "", "Basic" },
	{ "Basic without a realm", { "basic" }, CHALLENGE_BASIC, "", "", "basic" },
	{ "squid",
	  { SQUID, "Basic realm=\"land\"" },
	  CHALLENGE_DIGEST,
	  "land",
	  "a+b/c==",
	  "Digest, Basic" },
	{ "one field",
	  { "Basic realm=\"a, b=\\\"c\\\"\", charset=\"UTF-8\", " SQUID },
	  CHALLENGE_DIGEST,
	  "land",
	  "a+b/c==",
	  "Basic, Digest" },
	{ "the strongest is the last",
	  { SQUID ", " SHA256 },
	  CHALLENGE_DIGEST,
	  "r",
	  "n256",
	  "Digest" },
	{ "the strongest is the first",
	  { SHA256, SQUID },
	  CHALLENGE_DIGEST,
	  "r",
	  "n256",
	  "Digest" },
	{ "the first of two equal ones",
	  { SQUID, "Digest realm=x, nonce=y" },
	  CHALLENGE_DIGEST,
	  "land",
	  "a+b/c==",
	  "Digest" },
	{ "tokens and blanks",
	  { "DIGEST  realm = land ,nonce=\t1,," },
	  CHALLENGE_DIGEST,
	  "land",
	  "1",
	  "DIGEST" },
	{ "escapes",
	  { "Digest realm=\"a\\\"b\\\\c\", nonce=\"\\n\"" },
	  CHALLENGE_DIGEST,
	  "a\"b\\c",
	  "n",
	  "Digest" },
	{ "NTLM and Negotiate",
	  { "NTLM", "Negotiate" },
	  CHALLENGE_NONE,
	  "",
	  "",
	  "NTLM, Negotiate" },
	{ "a token68",
	  { "NTLM TlRMTVNTUAACAAAA==, Basic realm=\"x\"" },
	  CHALLENGE_BASIC,
	  "x",
	  "",
	  "NTLM, Basic" },
	{ "an unknown hash",
	  { "Digest realm=r, nonce=n, algorithm=SHA-512-256, Basic realm=b" },
	  CHALLENGE_BASIC,
	  "b",
	  "",
	  "Digest, Basic" },
	{ "an unknown qop",
	  { "Digest realm=r, nonce=n, qop=\"auth-x\"" },
	  CHALLENGE_NONE,
	  "",
	  "",
	  "Digest" },
	{ "no nonce", { "Digest realm=r" }, CHALLENGE_NONE, "", "", "Digest" },
	{ "no realm", { "Digest nonce=r" }, CHALLENGE_NONE, "", "", "Digest" },
	{ "two nonces", { "Digest realm=r, nonce=n, nonce=m" }, CHALLENGE_NONE, "", "", "Digest" },
	{ "quotes without an end",
	  { "Digest realm=\"r, nonce=\"n\", Basic" },
	  CHALLENGE_NONE,
	  "",
	  "",
	  "Digest" },
	{ "a backslash at the end",
	  { "Digest realm=r, nonce=\"n\\" },
	  CHALLENGE_NONE,
	  "",
	  "",
	  "Digest" },
	{ "a control character",
	  { "Digest realm=\"a\1\", nonce=n" },
	  CHALLENGE_NONE,
	  "",
	  "",
	  "Digest" },
	{ "bytes after the quotes",
	  { "Digest realm=\"a\"b, nonce=n" },
	  CHALLENGE_NONE,
	  "",
	  "",
	  "Digest" },
	{ "parameters without a scheme", { "realm=\"a\", nonce=b" }, CHALLENGE_NONE, "", "", "" },
	{ "no words", { "\"a\", =, @" }, CHALLENGE_NONE, "", "", "" },
};

static void chosen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct challenges c = { .names = "" };

		print_message("# %s\n", cases[i].name);
		for (const char *const *f = cases[i].fields; *f; f++)
			challenges_take(&c, bytes_text(*f));
		assert_int_equal(c.best.scheme, cases[i].scheme);
		assert_string_equal(c.best.realm.text, cases[i].realm);
		assert_string_equal(c.best.nonce.text, cases[i].nonce);
		assert_string_equal(c.names, cases[i].names);
	}
}

#define DIGEST "Digest realm=r, nonce=n, "

static void parameters(void **state)
{
	static const struct {
		const char *field;
		enum challenge_hash hash;
		enum challenge_qop qop;
		bool is_session, is_stale, is_userhash, is_utf8, has_opaque;
	} rows[] = {
		{ DIGEST "algorithm=md5", CHALLENGE_MD5, CHALLENGE_QOP_NONE, 0, 0, 0, 0, 0 },
		{ DIGEST "algorithm=\"MD5-sess\", qop=auth", CHALLENGE_MD5, CHALLENGE_QOP_AUTH, 1,
		  0, 0, 0, 0 },
		{ DIGEST "algorithm=SHA-256-sess, qop=\"auth-int\"", CHALLENGE_SHA256,
		  CHALLENGE_QOP_AUTH_INT, 1, 0, 0, 0, 0 },
		{ DIGEST "qop=\"auth-int,auth\", stale=TRUE", CHALLENGE_MD5, CHALLENGE_QOP_AUTH, 0,
		  1, 0, 0, 0 },
		{ DIGEST "qop=\"x,auth-int\", stale=\"false\"", CHALLENGE_MD5,
		  CHALLENGE_QOP_AUTH_INT, 0, 0, 0, 0, 0 },
		{ DIGEST "userhash=true, charset=utf-8, opaque=\"\"", CHALLENGE_MD5,
		  CHALLENGE_QOP_NONE, 0, 0, 1, 1, 1 },
		{ DIGEST "domain=\"/ /a\", new=thing", CHALLENGE_MD5, CHALLENGE_QOP_NONE, 0, 0, 0,
		  0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct challenges c = { .names = "" };

		print_message("# %s\n", rows[i].field);
		challenges_take(&c, bytes_text(rows[i].field));
		assert_int_equal(c.best.scheme, CHALLENGE_DIGEST);
		assert_int_equal(c.best.hash, rows[i].hash);
		assert_int_equal(c.best.qop, rows[i].qop);
		assert_int_equal(c.best.is_session, rows[i].is_session);
		assert_int_equal(c.best.is_stale, rows[i].is_stale);
		assert_int_equal(c.best.is_userhash, rows[i].is_userhash);
		assert_int_equal(c.best.is_utf8, rows[i].is_utf8);
		assert_int_equal(c.best.has_opaque, rows[i].has_opaque);
	}
}

/* A nonce of the longest length is kept whole; a longer one makes the challenge unusable. */
static void lengths(void **state)
{
	static char field[CHALLENGE_TEXT_MAX + 100];

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct challenges c = { .names = "" };
		size_t start = strlen(DIGEST "opaque=");

		memcpy(field, DIGEST "opaque=", start);
		memset(field + start, 'x', CHALLENGE_TEXT_MAX + more);
		field[start + CHALLENGE_TEXT_MAX + more] = '\0';
		challenges_take(&c, bytes_text(field));
		assert_int_equal(c.best.scheme, more ? CHALLENGE_NONE : CHALLENGE_DIGEST);
		if (!more)
			assert_string_equal(c.best.opaque.text, field + start);
	}
}

/* The list of schemes does not overflow. */
static void many_names(void **state)
{
	struct challenges c = { .names = "" };
	char name[20];

	(void)state;
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "Scheme%d", i);
		challenges_take(&c, bytes_text(name));
	}
	assert_true(strlen(c.names) < sizeof(c.names));
	assert_ptr_equal(strstr(c.names, "Scheme0, Scheme1, "), c.names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chosen),
		cmocka_unit_test(parameters),
		cmocka_unit_test(lengths),
		cmocka_unit_test(many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
