/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AES-GCM against the inventors' test vectors ("The Galois/Counter Mode of Operation", McGrew and
 * Viega, appendix B, those with nonces of 12 bytes), and against the library's own code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "crypto/gcm.h"

#ifndef WOLFSSL_USER_SETTINGS
#include <wolfssl/options.h>
#endif
#include <wolfssl/wolfcrypt/aes.h>

enum {
	LEN_MAX = 17000, /* more than a TLS record */
	AAD_MAX = 40,
	MARK = 0xa5, /* of bytes that must stay */
};

#ifdef HAS_VAES

/* The tests are skipped where the instructions are missing. */
static void need_vaes(void)
{
	if (gcm_is_available())
		return;
	puts("skip: kernel: this machine's processor has no VAES");
	skip();
}

static size_t from_hex(const char *hex, uint8_t *to)
{
	size_t len = 0;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		to[len++] = (uint8_t)byte;
	return len;
}

/* The library expands the key. */
static struct gcm gcm_with(Aes *aes, const uint8_t *key, size_t key_len, const uint8_t *nonce,
			   struct bytes aad)
{
	assert_int_equal(wc_AesInit(aes, NULL, INVALID_DEVID), 0);
	assert_int_equal(wc_AesGcmSetKey(aes, key, (word32)key_len), 0);
	return (struct gcm){
		.round_keys = aes->key, .rounds = aes->rounds, .nonce = nonce, .aad = aad
	};
}

#define KEY_128 "feffe9928665731c6d6a8f9467308308"
#define KEY_192 KEY_128 "feffe9928665731c"
#define KEY_256 KEY_128 KEY_128
#define ZERO "00000000000000000000000000000000"
#define NONCE "cafebabefacedbaddecaf888"
#define PLAIN_60                                                   \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d" \
	"8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"

static const struct {
	const char *key, *nonce, *plain, *aad, *sealed, *tag;
} answers[] = {
	{ ZERO, "000000000000000000000000", "", "", "", "58e2fccefa7e3061367f1d57a4e7455a" },
	{ ZERO, "000000000000000000000000", ZERO, "", "0388dace60b6a392f328c2b971b2fe78",
	  "ab6e47d42cec13bdf53a67b21257bddf" },
	{ KEY_128, NONCE, PLAIN_60 "1aafd255", "",
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d"
	  "8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
	  "4d5c2af327cd64a62cf35abd2ba6fab4" },
	{ KEY_128, NONCE, PLAIN_60, AAD,
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d"
	  "8f6a5aac84aa051ba30b396a0aac973d58e091",
	  "5bc94fbc3221a5db94fae95ae7121a47" },
	{ KEY_192, NONCE, PLAIN_60, AAD,
	  "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac"
	  "619d18c84a3f4718e2448b2fe324d9ccda2710",
	  "2519498e80f1478f37ba55bd6d27618c" },
	{ ZERO ZERO, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
	{ ZERO ZERO, "000000000000000000000000", ZERO, "", "cea7403d4d606b6e074ec5d3baf39d18",
	  "d0d1c8a799996bf0265b98b5d48ab919" },
	{ KEY_256, NONCE, PLAIN_60 "1aafd255", "",
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7"
	  "b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
	  "b094dac5d93471bdec1a502270e3cc6c" },
	{ KEY_256, NONCE, PLAIN_60, AAD,
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7"
	  "b08b1056828838c5f61e6393ba7a0abcc9f662",
	  "76fc6ece0f4e1768cddf8853bb2d551b" },
};

static void published_vectors(void **state)
{
	uint8_t key[32], nonce[12], plain[64], aad[32], sealed[64], tag[16], out[64], is_tag[16];
	size_t key_len, len, aad_len;
	struct gcm g;
	Aes aes;

	(void)state;
	need_vaes();
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		key_len = from_hex(answers[i].key, key);
		assert_int_equal(from_hex(answers[i].nonce, nonce), GCM_NONCE_LEN);
		len = from_hex(answers[i].plain, plain);
		aad_len = from_hex(answers[i].aad, aad);
		assert_int_equal(from_hex(answers[i].sealed, sealed), len);
		assert_int_equal(from_hex(answers[i].tag, tag), GCM_TAG_LEN);
		g = gcm_with(&aes, key, key_len, nonce, bytes_of(aad, aad_len));
		gcm_seal(&g, out, plain, len, is_tag);
		assert_memory_equal(out, sealed, len);
		assert_memory_equal(is_tag, tag, GCM_TAG_LEN);
		assert_true(gcm_open(&g, out, sealed, len, tag));
		assert_memory_equal(out, plain, len);
		wc_AesFree(&aes);
	}
}

static uint32_t rolling = 1;

static uint32_t roll(void)
{
	rolling = rolling * 1664525 + 1013904223;
	return rolling >> 8;
}

static void fill(uint8_t *to, size_t len)
{
	while (len--)
		*to++ = (uint8_t)roll();
}

/* One random message of `len` bytes: seals and opens it, in place, and with a flipped bit. */
static void compare(size_t len)
{
	static uint8_t plain[LEN_MAX], want[LEN_MAX], is[LEN_MAX + 1];
	uint8_t key[32], nonce[GCM_NONCE_LEN], aad[AAD_MAX], tag[GCM_TAG_LEN],
		want_tag[GCM_TAG_LEN];
	size_t aad_len = roll() % (AAD_MAX + 1), key_len = roll() % 2 ? 16 : 32;
	struct gcm g;
	Aes aes;

	fill(plain, len);
	fill(key, sizeof(key));
	fill(nonce, sizeof(nonce));
	fill(aad, sizeof(aad));
	g = gcm_with(&aes, key, key_len, nonce, bytes_of(aad, aad_len));
	assert_int_equal(wc_AesGcmEncrypt(&aes, want, plain, (word32)len, nonce, sizeof(nonce),
					  want_tag, sizeof(want_tag), aad, (word32)aad_len),
			 0);
	is[len] = MARK;
	gcm_seal(&g, is, plain, len, tag);
	assert_memory_equal(is, want, len);
	assert_memory_equal(tag, want_tag, GCM_TAG_LEN);
	assert_true(gcm_open(&g, is, want, len, tag));
	assert_memory_equal(is, plain, len);

	gcm_seal(&g, is, is, len, tag);
	assert_memory_equal(is, want, len);
	assert_memory_equal(tag, want_tag, GCM_TAG_LEN);
	assert_true(gcm_open(&g, is, is, len, tag));
	assert_memory_equal(is, plain, len);
	assert_int_equal(is[len], MARK);

	tag[roll() % GCM_TAG_LEN] ^= 1;
	memcpy(is, want, len);
	assert_false(gcm_open(&g, is, is, len, tag));
	for (size_t i = 0; i < len; i++)
		assert_int_equal(is[i], 0);
	if (len) {
		want[roll() % len] ^= 0x80;
		assert_false(gcm_open(&g, is, want, len, want_tag));
	}
	wc_AesFree(&aes);
}

static void same_as_the_library(void **state)
{
	(void)state;
	need_vaes();
	for (size_t len = 0; len <= 1100;
	     len++) /* every way to end, in every loop of the assembly */
		compare(len);
	for (unsigned i = 0; i < 200; i++)
		compare(roll() % LEN_MAX);
}

static void other_aad_or_nonce(void **state)
{
	uint8_t key[16] = { 1 }, nonce[GCM_NONCE_LEN], aad[] = { 23, 3, 3, 1, 2 },
		text[100] = { 0 };
	uint8_t out[100], tag[GCM_TAG_LEN];
	struct gcm g;
	Aes aes;

	(void)state;
	need_vaes();
	memset(nonce, 0xff, sizeof(nonce));
	g = gcm_with(&aes, key, sizeof(key), nonce, bytes_of(aad, sizeof(aad)));
	gcm_seal(&g, out, text, sizeof(text), tag);
	aad[4]++;
	assert_false(gcm_open(&g, text, out, sizeof(out), tag));
	aad[4]--;
	nonce[0]--;
	assert_false(gcm_open(&g, text, out, sizeof(out), tag));
	nonce[0]++;
	assert_true(gcm_open(&g, text, out, sizeof(out), tag));
	wc_AesFree(&aes);
}

#else

static void not_in_this_program(void **state)
{
	(void)state;
	assert_false(gcm_is_available());
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAS_VAES
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(same_as_the_library),
		cmocka_unit_test(other_aad_or_nonce),
#else
		cmocka_unit_test(not_in_this_program),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
