/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which signatures and keys are accepted, over certificates that OpenSSL made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls/der.h"
#include "tls/signature.h"
#include "tls/spki.h"
#include "tls/wolf.h"

#define ED25519_RESULT (TLS_HAS_ED25519 ? SIGNATURE_GOOD : SIGNATURE_NOT_ALLOWED)

static const struct {
	const char *name;
	enum signature_result result;
	const char *base64;
} cases[] = {
#include "signature_certs.h"
};

enum { CASES = sizeof(cases) / sizeof(cases[0]), DER_MAX = 4096 };

static uint8_t ders[CASES][DER_MAX];
static struct x509 certs[CASES];

static int read_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		word32 len = DER_MAX;

		if (Base64_Decode((const byte *)cases[i].base64, (word32)strlen(cases[i].base64),
				  ders[i], &len) ||
		    !x509_read(bytes_of(ders[i], len), &certs[i])) {
			print_error("\"%s\" cannot be read\n", cases[i].name);
			return -1;
		}
	}
	return 0;
}

static void the_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		enum signature_result is = signature_check(&certs[i], &certs[i]);

		if (is != cases[i].result)
			fail_msg("%s: %d, not %d", cases[i].name, is, cases[i].result);
	}
}

/* A signature is never good with the key of another certificate, of any kind. */
static void by_another_key(void **state)
{
	size_t others = 0;

	(void)state;
	for (size_t i = 0; i < CASES; i++)
		for (size_t j = 0; j < CASES; j++) {
			bool is_same =
				certs[i].spki.len == certs[j].spki.len &&
				!memcmp(certs[i].spki.at, certs[j].spki.at, certs[i].spki.len);

			if (!is_same && signature_check(&certs[i], &certs[j]) == SIGNATURE_GOOD)
				fail_msg("%s is good by the key of %s", cases[i].name,
					 cases[j].name);
			others += !is_same;
		}
	assert_true(others > CASES);
}

/* Every byte matters: of the signed part, of the signature, of the algorithm and its parameters. */
static void one_bit_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		uint8_t copy[DER_MAX];
		size_t len = certs[i].whole.len;
		bool is_pss = !strncmp(cases[i].name, "PSS", 3);

		if (cases[i].result != SIGNATURE_GOOD)
			continue;
		for (size_t at = 0; at < len; at += is_pss ? 1 : 7) {
			struct x509 x;

			memcpy(copy, certs[i].whole.at, len);
			copy[at] ^= 4;
			if (x509_read(bytes_of(copy, len), &x) &&
			    signature_check(&x, &certs[i]) == SIGNATURE_GOOD)
				fail_msg("%s: byte %zu does not count", cases[i].name, at);
		}
	}
}

/*
 * The same parameters inside and outside, changed in both places: refused before the key is used.
 */
static void pss_parameters(void **state)
{
	static const struct {
		const char *name;
		uint8_t id[64];
		size_t len;
	} ids[] = {
		{ "none", { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10 }, 11 },
		{ "NULL", { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 5, 0 }, 13 },
		{ "an empty list: all defaults, which are SHA-1",
		  { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, 0 },
		  13 },
		{ "a salt alone",
		  { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, 5, 0xa2, 3, 2, 1,
		    32 },
		  18 },
		{ "a hash alone",
		  { 6,  9,    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1,    10, 0x30, 15, 0xa0,
		    13, 0x30, 11,   6,    9,    0x60, 0x86, 0x48, 1, 0x65, 3,  4,    2,  1 },
		  28 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct x509 x = certs[0];

		x.sig.algorithm = bytes_of(ids[i].id, ids[i].len);
		if (signature_check(&x, &certs[0]) != SIGNATURE_NOT_ALLOWED)
			fail_msg("PSS with %s is allowed", ids[i].name);
	}
}

static void keys(void **state)
{
	struct spki k;

	(void)state;
	for (size_t i = 0; i < CASES; i++)
		assert_true(spki_read(certs[i].spki, &k));
	for (size_t len = 0; len < certs[0].spki.len; len++)
		assert_false(spki_read(bytes_of(certs[0].spki.at, len), &k));
}

/* RSAPublicKey of 2048 bits with this exponent. */
static bool is_exponent_accepted(const uint8_t *e, size_t len)
{
	static const uint8_t rsa[] = { 0x30, 13,   6, 9, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 1, 1, 1,    5,    0 };
	uint8_t der[1024], n[257];
	struct writer w = writer_of(der, sizeof(der));
	size_t at = der_begin(&w, DER_SEQUENCE), bits, key;
	struct spki k;

	memset(n, 0xc5, sizeof(n));
	n[0] = 0;
	put_bytes(&w, rsa, sizeof(rsa));
	bits = der_begin(&w, DER_BIT_STRING);
	put_u8(&w, 0);
	key = der_begin(&w, DER_SEQUENCE);
	der_put(&w, DER_INTEGER, n, sizeof(n));
	der_put(&w, DER_INTEGER, e, len);
	der_end(&w, key);
	der_end(&w, bits);
	der_end(&w, at);
	assert_false(w.full);
	assert_true(spki_read(bytes_of(der, w.len), &k));
	assert_int_equal(k.rsa_bits, 2048);
	return spki_is_accepted(&k);
}

/* The cost of a verification grows with the length of the exponent. */
static void rsa_exponents(void **state)
{
	uint8_t longest[257] = { 0 };

	(void)state;
	memset(longest + 1, 0x7f, sizeof(longest) - 1);
	assert_true(is_exponent_accepted((const uint8_t[]){ 3 }, 1));
	assert_true(is_exponent_accepted((const uint8_t[]){ 1, 0, 1 }, 3));
	assert_true(is_exponent_accepted((const uint8_t[]){ 0, 0xff, 0xff, 0xff, 0xff }, 5));
	assert_false(is_exponent_accepted((const uint8_t[]){ 1 }, 1));
	assert_false(is_exponent_accepted((const uint8_t[]){ 2 }, 1));
	assert_false(is_exponent_accepted((const uint8_t[]){ 1, 0, 0 }, 3));
	assert_false(is_exponent_accepted((const uint8_t[]){ 1, 0, 0, 0, 1 }, 5));
	assert_false(is_exponent_accepted(longest, sizeof(longest)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list),
		cmocka_unit_test(by_another_key),
		cmocka_unit_test(one_bit_changed),
		cmocka_unit_test(pss_parameters),
		cmocka_unit_test(keys),
		cmocka_unit_test(rsa_exponents),
	};

	return cmocka_run_group_tests(tests, read_all, NULL);
}
