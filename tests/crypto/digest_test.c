/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests, MACs and DES against published test vectors, with the input in one or more pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "crypto/digest.h"
#include "support/vectors.h"

static void assert_bytes(const uint8_t *is, struct bytes want)
{
	assert_memory_equal(is, want.at, want.len);
}

static void md4_of_rfc1320(void **state)
{
	uint8_t out[MD4_LEN];
	char path[32];

	(void)state;
	assert_int_equal(vectors_count("md4", "cases"), 7);
	for (size_t i = 0; i < 7; i++) {
		struct bytes in;

		snprintf(path, sizeof(path), "cases.%zu.in_text", i);
		in = vectors_text("md4", path);
		digest_md4(&in, 1, out);
		snprintf(path, sizeof(path), "cases.%zu.out", i);
		assert_bytes(out, vectors_hex("md4", path));
	}
}

static void hmac_of_rfc2202_and_4231(void **state)
{
	struct bytes key = vectors_text("hmac", "key_text");
	struct bytes data = vectors_text("hmac", "data_text");
	uint8_t out[SHA256_LEN];

	(void)state;
	hmac_md5(key, &data, 1, out);
	assert_bytes(out, vectors_hex("hmac", "md5"));
	hmac_sha1(key, &data, 1, out);
	assert_bytes(out, vectors_hex("hmac", "sha1"));
	hmac_sha256(key, &data, 1, out);
	assert_bytes(out, vectors_hex("hmac", "sha256"));
}

/* RFC 1321 A.5, FIPS 180-4's examples */
static void digests_of_abc(void **state)
{
	static const uint8_t md5[] = { 0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0,
				       0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72 };
	static const uint8_t sha1[] = {
		0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
		0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d
	};
	static const uint8_t sha256[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
					  0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
					  0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
					  0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	static const uint8_t sha512[] = {
		0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba, 0xcc, 0x41, 0x73, 0x49, 0xae,
		0x20, 0x41, 0x31, 0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9, 0x7e, 0xa2, 0x0a, 0x9e,
		0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a, 0x21, 0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1,
		0xa8, 0x36, 0xba, 0x3c, 0x23, 0xa3, 0xfe, 0xeb, 0xbd, 0x45, 0x4d, 0x44, 0x23,
		0x64, 0x3c, 0xe8, 0x0e, 0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f,
	};
	const struct bytes abc = bytes_text("abc");
	uint8_t out[SHA512_LEN];

	(void)state;
	digest_md5(&abc, 1, out);
	assert_memory_equal(out, md5, sizeof(md5));
	digest_sha1(&abc, 1, out);
	assert_memory_equal(out, sha1, sizeof(sha1));
	digest_sha256(&abc, 1, out);
	assert_memory_equal(out, sha256, sizeof(sha256));
	digest_sha512(&abc, 1, out);
	assert_memory_equal(out, sha512, sizeof(sha512));
}

typedef void digest(const struct bytes *parts, size_t count, uint8_t *out);
typedef void mac(struct bytes key, const struct bytes *parts, size_t count, uint8_t *out);

/* Cut into three pieces at all pairs of offsets, including empty pieces. */
static void pieces(void **state)
{
	digest *const digests[] = { digest_md4, digest_md5, digest_sha1, digest_sha256,
				    digest_sha512 };
	mac *const macs[] = { hmac_md5, hmac_sha1, hmac_sha256 };
	const struct bytes key = bytes_text("key"), all = bytes_text("in three pieces");
	uint8_t whole[SHA512_LEN], cut[SHA512_LEN];

	(void)state;
	for (size_t i = 0; i <= all.len; i++) {
		for (size_t j = i; j <= all.len; j++) {
			const struct bytes parts[] = { { all.at, i },
						       { NULL, 0 },
						       { all.at + i, j - i },
						       { all.at + j, all.len - j } };

			memset(whole, 0, sizeof(whole));
			memset(cut, 0, sizeof(cut));
			for (size_t d = 0; d < 5; d++) {
				digests[d](&all, 1, whole);
				digests[d](parts, 4, cut);
				assert_memory_equal(whole, cut, sizeof(whole));
			}
			for (size_t m = 0; m < 3; m++) {
				macs[m](key, &all, 1, whole);
				macs[m](key, parts, 4, cut);
				assert_memory_equal(whole, cut, sizeof(whole));
			}
		}
	}
}

static void nothing(void **state)
{
	static const uint8_t md5_of_nothing[] = { 0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04,
						  0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e };
	/* HMAC-SHA-256 of an empty key and no data */
	static const uint8_t mac_of_nothing[] = { 0xb6, 0x13, 0x67, 0x9a, 0x08, 0x14, 0xd9, 0xec };
	uint8_t out[SHA256_LEN];

	(void)state;
	digest_md5(NULL, 0, out);
	assert_memory_equal(out, md5_of_nothing, sizeof(md5_of_nothing));
	hmac_sha256(bytes_of(NULL, 0), NULL, 0, out);
	assert_memory_equal(out, mac_of_nothing, sizeof(mac_of_nothing));
}

/* RFC 4231 case 6: a key longer than a block is hashed first. */
static void long_key(void **state)
{
	static const uint8_t want[] = { 0x60, 0xe4, 0x31, 0x59, 0x1e, 0xe0, 0xb6, 0x7f };
	const struct bytes data =
		bytes_text("Test Using Larger Than Block-Size Key - Hash Key First");
	uint8_t key[131], out[SHA256_LEN];

	(void)state;
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(bytes_of(key, sizeof(key)), &data, 1, out);
	assert_memory_equal(out, want, sizeof(want));
}

/* RFC 2433 B.2 gives the keys, the block and the three results. */
static void des_of_rfc2433(void **state)
{
	struct bytes in = vectors_hex("des_key_expansion", "challenge8");
	struct bytes want = vectors_hex("des_key_expansion", "challenge_response24");
	uint8_t key[DES_BLOCK_LEN], out[DES_BLOCK_LEN];

	(void)state;
	memcpy(key, vectors_hex("des_key_expansion", "key8_a").at, sizeof(key));
	des_encrypt(key, in.at, out);
	assert_memory_equal(out, want.at, sizeof(out));
	memcpy(key, vectors_hex("des_key_expansion", "key8_b").at, sizeof(key));
	des_encrypt(key, in.at, out);
	assert_memory_equal(out, want.at + DES_BLOCK_LEN, sizeof(out));
	key[0] ^= 1; /* parity */
	des_encrypt(key, in.at, out);
	assert_memory_equal(out, want.at + DES_BLOCK_LEN, sizeof(out));
}

static void self_check(void **state)
{
	(void)state;
	assert_true(crypto_self_check());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md4_of_rfc1320), cmocka_unit_test(hmac_of_rfc2202_and_4231),
		cmocka_unit_test(digests_of_abc), cmocka_unit_test(pieces),
		cmocka_unit_test(nothing),        cmocka_unit_test(long_key),
		cmocka_unit_test(des_of_rfc2433), cmocka_unit_test(self_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
