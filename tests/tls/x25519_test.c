/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key agreement by the library's assembly, after code that leaves the upper halves of the vector registers as they are
 * (deps/wolfssl/Makefile). A key that is wrong then is wrong in about every second round.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#ifndef WOLFSSL_USER_SETTINGS
#include <wolfssl/options.h>
#endif
#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/random.h>

enum { ROUNDS = 16, HASH_LEN = 32 };

static WC_RNG rng;

static void sign_and_verify(ecc_key *key)
{
	const byte hash[HASH_LEN] = { 1 };
	byte signature[80];
	word32 len = sizeof(signature);
	int is_valid = 0;

	assert_int_equal(wc_ecc_sign_hash(hash, sizeof(hash), signature, &len, &rng, key), 0);
	assert_int_equal(wc_ecc_verify_hash(signature, len, hash, sizeof(hash), &is_valid, key), 0);
	assert_true(is_valid);
}

static void make(curve25519_key *key)
{
	assert_int_equal(wc_curve25519_init(key), 0);
	assert_int_equal(wc_curve25519_make_key(&rng, CURVE25519_KEYSIZE, key), 0);
}

static void agree(curve25519_key *own, curve25519_key *other, byte secret[CURVE25519_KEYSIZE])
{
	word32 len = CURVE25519_KEYSIZE;

	assert_int_equal(
		wc_curve25519_shared_secret_ex(own, other, secret, &len, EC25519_LITTLE_ENDIAN), 0);
}

static void after_ecdsa(void **state)
{
	byte a_secret[CURVE25519_KEYSIZE], b_secret[CURVE25519_KEYSIZE];
	curve25519_key a, b;
	ecc_key key;

	(void)state;
	assert_int_equal(wc_InitRng(&rng), 0);
	assert_int_equal(wc_ecc_init(&key), 0);
	assert_int_equal(wc_ecc_make_key(&rng, HASH_LEN, &key), 0);
	for (int i = 0; i < ROUNDS; i++) {
		sign_and_verify(&key);
		make(&a);
		sign_and_verify(&key);
		make(&b);
		agree(&a, &b, a_secret);
		agree(&b, &a, b_secret);
		assert_memory_equal(a_secret, b_secret, sizeof(a_secret));
		wc_curve25519_free(&a);
		wc_curve25519_free(&b);
	}
	wc_ecc_free(&key);
	wc_FreeRng(&rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(after_ecdsa) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
