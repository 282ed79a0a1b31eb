/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/pki.h"
#include "tls/cert_user.h"
#include "tls/der.h"

static struct pki pki;

static int open_pki(void **state)
{
	(void)state;
	pki_init(&pki, "Test Authority");
	return 0;
}

static int close_pki(void **state)
{
	(void)state;
	pki_free(&pki);
	return 0;
}

static void put_upn(struct writer *w, const char *name, uint8_t tag)
{
	static const uint8_t oid[] = { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3 };
	size_t at = der_begin(w, DER_CONTEXT_CONSTRUCTED | 0), value;

	der_put(w, DER_OID, oid, sizeof(oid));
	value = der_begin(w, DER_CONTEXT_CONSTRUCTED | 0);
	der_put(w, tag, name, strlen(name));
	der_end(w, value);
	der_end(w, at);
}

static void put_email(struct writer *w, const char *name)
{
	der_put(w, 0x81, name, strlen(name));
}

/* The names of a certificate with these GeneralNames and this common name, joined by spaces. */
static void expect(struct bytes san, const char *common_name, const char *want)
{
	struct pki_leaf leaf = { .common_name = common_name, .san = san, .has_san = true };
	struct bytes names[CERT_USERS_MAX];
	struct pki_files files;
	char got[256] = "";
	size_t count, n = 0;

	pki_issue(&pki, &leaf, &files);
	count = cert_user_names(bytes_of(files.der, files.der_len), names);
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%.*s", n ? " " : "",
				      (int)names[i].len, (const char *)names[i].at);
	assert_string_equal(got, want);
}

static void names_in_order(void **state)
{
	uint8_t bytes[512];
	struct writer w = writer_of(bytes, sizeof(bytes));

	(void)state;
	put_email(&w, "a.smith@example.net");
	x509_put_dns(&w, "host.example.net");
	put_upn(&w, "ann@example.net", DER_UTF8_STRING);
	expect(bytes_of(bytes, w.len), "Ann Smith",
	       "ann@example.net a.smith@example.net Ann Smith");
}

static void names_that_do_not_count(void **state)
{
	uint8_t bytes[512];
	struct writer w = writer_of(bytes, sizeof(bytes));
	char longest[300];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	put_email(&w, "a\nb@example.net");
	put_email(&w, "\xff@example.net");
	put_email(&w, "");
	put_email(&w, longest);
	put_upn(&w, "ann@example.net", DER_IA5_STRING);
	expect(bytes_of(bytes, w.len), "ann", "ann");
	expect(bytes_of(bytes, w.len), "\x7f", "");
}

static void more_names_than_are_looked_at(void **state)
{
	uint8_t bytes[512];
	struct writer w = writer_of(bytes, sizeof(bytes));

	(void)state;
	for (int i = 0; i < CERT_USERS_MAX + 3; i++)
		put_email(&w, "a@b");
	expect(bytes_of(bytes, w.len), "ann", "a@b a@b a@b a@b a@b a@b a@b a@b");
}

static void no_certificate(void **state)
{
	struct bytes names[CERT_USERS_MAX];

	(void)state;
	assert_int_equal(cert_user_names(bytes_of("\x30\x00", 2), names), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_in_order),
		cmocka_unit_test(names_that_do_not_count),
		cmocka_unit_test(more_names_than_are_looked_at),
		cmocka_unit_test(no_certificate),
	};

	return cmocka_run_group_tests_name("tls/cert_user", tests, open_pki, close_pki);
}
