/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revocation lists: their effect on a path, which of them are used, and files of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/pki.h"
#include "tls/crls.h"
#include "tls/der.h"
#include "tls/path.h"
#include "tls/wolf.h"

enum { CRL_MAX = 2048 };

static struct pki pki, other;
static struct pki_files leaf;
static struct x509 x, anchor;

static int make_certs(void **state)
{
	(void)state;
	pki_init(&pki, "Test Authority");
	pki_init(&other, "Somebody Else");
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &leaf);
	return x509_read(bytes_of(leaf.der, leaf.der_len), &x) &&
			       x509_read(bytes_of(pki.ca_der, pki.ca_der_len), &anchor)
		       ? 0
		       : -1;
}

static int drop_certs(void **state)
{
	(void)state;
	pki_free(&pki);
	pki_free(&other);
	return 0;
}

/* All zero: a good list of the authority, without entries. */
struct spec {
	bool has_leaf;    /* revoked, yesterday */
	bool has_another; /* another serial number */
	int reason;       /* its CRLReason; 0: not given */
	bool by_other;    /* signed by another key */
	bool of_other;    /* with another issuer's name */
	int from_day, until_day;
	bool has_no_end;
	const char *extension; /* with its header, hexadecimal */
	const char *entry_extension;
};

static void put_hex(struct writer *w, const char *hex)
{
	unsigned byte;

	for (; hex && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		put_u8(w, (uint8_t)byte);
}

static void put_day(struct writer *w, int days)
{
	time_t t = time(NULL) + days * PKI_DAY_S;
	char text[20];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	der_put(w, DER_UTC_TIME, text + 2, strlen(text) - 2);
}

static void put_entry(struct writer *w, const struct spec *s, struct bytes serial)
{
	const uint8_t reason[] = { DER_SEQUENCE, 10, 6, 3,  0x55, 0x1d,
				   21,           4,  3, 10, 1,    (uint8_t)s->reason };
	size_t at = der_begin(w, DER_SEQUENCE), list;

	der_put(w, DER_INTEGER, serial.at, serial.len);
	put_day(w, -1);
	if (s->reason || s->entry_extension) {
		list = der_begin(w, DER_SEQUENCE);
		if (s->reason)
			put_bytes(w, reason, sizeof(reason));
		put_hex(w, s->entry_extension);
		der_end(w, list);
	}
	der_end(w, at);
}

static void put_tbs(struct writer *w, const struct spec *s)
{
	const struct pki *of = s->of_other ? &other : &pki;
	size_t at = der_begin(w, DER_SEQUENCE), list, outer;

	der_put(w, DER_INTEGER, "\1", 1);
	key_put_signature_alg(pki.ca_key, w);
	put_bytes(w, of->ca_name, of->ca_name_len);
	put_day(w, s->from_day ? s->from_day : -2);
	if (!s->has_no_end)
		put_day(w, s->until_day ? s->until_day : 2);
	if (s->has_leaf || s->has_another) {
		list = der_begin(w, DER_SEQUENCE);
		if (s->has_another)
			put_entry(w, s, bytes_of("\x11\x22", 2));
		if (s->has_leaf)
			put_entry(w, s, x.serial);
		der_end(w, list);
	}
	if (s->extension) {
		outer = der_begin(w, DER_CONTEXT_CONSTRUCTED | 0);
		list = der_begin(w, DER_SEQUENCE);
		put_hex(w, s->extension);
		der_end(w, list);
		der_end(w, outer);
	}
	der_end(w, at);
}

static size_t make_crl(const struct spec *s, uint8_t der[CRL_MAX])
{
	struct writer w = writer_of(der, CRL_MAX);
	size_t at = der_begin(&w, DER_SEQUENCE), tbs = w.len;
	struct bytes what;

	put_tbs(&w, s);
	what = bytes_of(der + tbs, w.len - tbs);
	key_put_signature_alg(pki.ca_key, &w);
	key_put_signature(s->by_other ? other.ca_key : pki.ca_key, what, &w);
	der_end(&w, at);
	assert_false(w.full);
	return w.len;
}

static enum path_fault check_with(const struct crl *crls, size_t count, struct path_end *end)
{
	const struct path_cfg cfg = {
		.certs = &x,
		.cert_count = 1,
		.anchors = &anchor,
		.anchor_count = 1,
		.crls = crls,
		.crl_count = count,
		.now = time(NULL),
		.check = signature_check,
	};

	return path_find(&cfg, end);
}

static const struct {
	const char *name;
	struct spec lists[3];
	size_t count;
	enum path_fault fault;
} cases[] = {
	{ "an empty list", { { 0 } }, 1, PATH_GOOD },
	{ "another is", { { .has_another = true } }, 1, PATH_GOOD },
	{ "without an end", { { .has_no_end = true } }, 1, PATH_GOOD },
	{ "revoked", { { .has_leaf = true } }, 1, PATH_REVOKED },
	{ "revoked after another", { { .has_leaf = true, .has_another = true } }, 1, PATH_REVOKED },
	{ "on hold", { { .has_leaf = true, .reason = 6 } }, 1, PATH_REVOKED },
	{ "removed, which only a delta list can say",
	  { { .has_leaf = true, .reason = 8 } },
	  1,
	  PATH_REVOKED },
	{ "revoked by an expired list",
	  { { .has_leaf = true, .until_day = -1 } },
	  1,
	  PATH_REVOKED },
	{ "none of the issuer", { { .of_other = true, .by_other = true } }, 1, PATH_NO_CRL },
	{ "expired", { { .until_day = -1 } }, 1, PATH_CRL_EXPIRED },
	{ "early", { { .from_day = 1 } }, 1, PATH_CRL_EARLY },
	{ "forged", { { .by_other = true } }, 1, PATH_CRL_FORGED },
	{ "forged to revoke", { { .by_other = true, .has_leaf = true } }, 1, PATH_CRL_FORGED },
	{ "an expired one and a good one", { { .until_day = -1 }, { 0 } }, 2, PATH_GOOD },
	{ "a good one and an expired one", { { 0 }, { .until_day = -1 } }, 2, PATH_GOOD },
	{ "a good one and a forged one", { { 0 }, { .by_other = true } }, 2, PATH_GOOD },
	{ "a good one and one that revokes", { { 0 }, { .has_leaf = true } }, 2, PATH_REVOKED },
	{ "others and one that revokes",
	  { { .of_other = true }, { .until_day = -1 }, { .has_leaf = true } },
	  3,
	  PATH_REVOKED },
	/* kinds of lists */
	{ "a number", { { .extension = "300a0603551d140403020107" } }, 1, PATH_GOOD },
	{ "for servers only",
	  { { .extension = "300f0603551d1c0101ff040530038101ff" } },
	  1,
	  PATH_GOOD },
	{ "for authorities only",
	  { { .extension = "300f0603551d1c0101ff040530038201ff" } },
	  1,
	  PATH_NO_CRL },
	{ "some reasons only",
	  { { .extension = "30100603551d1c0101ff0406300483020640" } },
	  1,
	  PATH_CRL_UNKNOWN },
	{ "indirect",
	  { { .extension = "300f0603551d1c0101ff040530038401ff" } },
	  1,
	  PATH_CRL_UNKNOWN },
	{ "of attribute certificates",
	  { { .extension = "300f0603551d1c0101ff040530038501ff" } },
	  1,
	  PATH_CRL_UNKNOWN },
	{ "of a point that the certificate does not name",
	  { { .extension = "30150603551d1c0101ff040b3009a007a0058603612f62" } },
	  1,
	  PATH_NO_CRL },
	{ "a delta list",
	  { { .extension = "300d0603551d1b0101ff0403020107" } },
	  1,
	  PATH_CRL_UNKNOWN },
	{ "a delta list that revokes",
	  { { .extension = "300d0603551d1b0101ff0403020107", .has_leaf = true } },
	  1,
	  PATH_REVOKED },
	{ "a complete list, and a delta list that revokes",
	  { { 0 }, { .extension = "300d0603551d1b0101ff0403020107", .has_leaf = true } },
	  2,
	  PATH_REVOKED },
	{ "a complete list, and a delta list that ends a hold",
	  { { 0 },
	    { .extension = "300d0603551d1b0101ff0403020107", .has_leaf = true, .reason = 8 } },
	  2,
	  PATH_GOOD },
	{ "a delta list, and a complete list",
	  { { .extension = "300d0603551d1b0101ff0403020107" }, { 0 } },
	  2,
	  PATH_GOOD },
	{ "revoked by one with a critical extension",
	  { { .extension = "300c0603551d630101ff04020500", .has_leaf = true } },
	  1,
	  PATH_REVOKED },
	{ "a forged one with a critical extension",
	  { { .extension = "300c0603551d630101ff04020500", .by_other = true } },
	  1,
	  PATH_CRL_FORGED },
	{ "an unknown extension", { { .extension = "30090603551d6304020500" } }, 1, PATH_GOOD },
	{ "a critical one",
	  { { .extension = "300c0603551d630101ff04020500" } },
	  1,
	  PATH_CRL_UNKNOWN },
	{ "an entry with a critical one",
	  { { .has_another = true, .entry_extension = "300c0603551d1d0101ff04020500" } },
	  1,
	  PATH_CRL_UNKNOWN },
};

static void the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t ders[3][CRL_MAX];
		struct crl crls[3];
		struct path_end end;
		enum path_fault fault;

		for (size_t j = 0; j < cases[i].count; j++) {
			size_t len = make_crl(&cases[i].lists[j], ders[j]);

			if (!crl_read(bytes_of(ders[j], len), &crls[j]))
				fail_msg("%s: list %zu cannot be read", cases[i].name, j);
		}
		fault = check_with(crls, cases[i].count, &end);
		if (fault != cases[i].fault)
			fail_msg("%s: fault %d, not %d", cases[i].name, fault, cases[i].fault);
		if (fault == PATH_REVOKED) {
			assert_ptr_equal(end.at, &x);
			assert_in_range(end.entry.when, time(NULL) - 2 * PKI_DAY_S, time(NULL));
		}
	}
}

static void the_key_usage_of_the_issuer(void **state)
{
	uint8_t der[CRL_MAX];
	struct x509 as_it_was = anchor;
	struct path_end end;
	struct crl crl;

	(void)state;
	assert_true(crl_read(bytes_of(der, make_crl(&(struct spec){ 0 }, der)), &crl));
	anchor.key_usage = X509_KEY_CERT_SIGN;
	assert_int_equal(check_with(&crl, 1, &end), PATH_CRL_UNSIGNED);
	anchor.has_key_usage = false;
	assert_int_equal(check_with(&crl, 1, &end), PATH_GOOD);
	anchor = as_it_was;
}

/* A change of any byte of a list never makes a revoked certificate good. */
static void nothing_is_forged(void **state)
{
	uint8_t der[CRL_MAX];
	size_t len = make_crl(&(struct spec){ .has_leaf = true, .reason = 1 }, der);
	struct path_end end;
	struct crl crl;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		der[i] ^= 1;
		if (crl_read(bytes_of(der, len), &crl) && check_with(&crl, 1, &end) == PATH_GOOD)
			fail_msg("byte %zu does not count", i);
		der[i] ^= 1;
	}
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1); /* for the sanitizer */

		memcpy(exact, der, cut);
		assert_false(crl_read(bytes_of(exact, cut), &crl));
		free(exact);
	}
}

static void reasons(void **state)
{
	(void)state;
	assert_string_equal(crl_reason(1), "keyCompromise");
	assert_string_equal(crl_reason(4), "superseded");
	assert_string_equal(crl_reason(10), "aACompromise");
	assert_string_equal(crl_reason(-1), "");
	assert_string_equal(crl_reason(7), "");
	assert_string_equal(crl_reason(11), "");
}

static void expect_file(const char *path, int rc, size_t count, const char *words)
{
	struct crls c = { .list = NULL };
	struct error err = { .text = "" };

	assert_int_equal(crls_load(&c, path, &err), rc);
	if (rc) {
		assert_non_null(strstr(err.text, path));
		if (!strstr(err.text, words))
			fail_msg("\"%s\" is not in: %s", words, err.text);
	} else {
		assert_int_equal(c.count, count);
	}
	crls_free(&c);
}

static void files(void **state)
{
	uint8_t der[CRL_MAX];
	size_t len = make_crl(&(struct spec){ .has_another = true }, der);
	char path[128];

	(void)state;
	pki_path(&pki, "list.pem", path);
	expect_file(path, -ENOENT, 0, "cannot read");
	pki_write(path, "# nothing\n", 10);
	expect_file(path, -EINVAL, 0, "BEGIN X509 CRL");
	pki_append_pem(path, der, len, CRL_TYPE);
	expect_file(path, 0, 1, "");
	pki_write(path, "text between\n", 13);
	pki_append_pem(path, der, len, CRL_TYPE);
	expect_file(path, 0, 2, "");
	pki_append_pem(path, der, len - 1, CRL_TYPE);
	expect_file(path, -EINVAL, 0, "number 3 is malformed");
	expect_file(pki.folder, -EINVAL, 0, "not a regular file");
	expect_file(pki.ca_file, -EINVAL, 0, "no revocation list in it");

	pki_path(&pki, "list.der", path);
	pki_write(path, (const char *)der, len);
	expect_file(path, 0, 1, "");
	pki_write(path, (const char *)der, len);
	expect_file(path, 0, 2, "");
	pki_write(path, (const char *)der, len - 1);
	expect_file(path, -EINVAL, 0, "number 3 is malformed");

	pki_path(&pki, "cert.der", path);
	pki_write(path, (const char *)pki.ca_der, pki.ca_der_len);
	expect_file(path, -EINVAL, 0, "number 1 is malformed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(the_key_usage_of_the_issuer),
		cmocka_unit_test(nothing_is_forged),
		cmocka_unit_test(reasons),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
