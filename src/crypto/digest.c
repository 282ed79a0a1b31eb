/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digests, MACs and DES with wolfCrypt, 5.5.4 and later. The functions of wolfCrypt return errors
 * that valid arguments never cause; crypto_self_check shows at start that this library has all
 * algorithms. If one fails later, the program ends: no result could be trusted then.
 */
#include "crypto/digest.h"

#include <stdlib.h>

#ifndef WOLFSSL_USER_SETTINGS
#include <wolfssl/options.h>
#endif
#include <wolfssl/wolfcrypt/des3.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/md4.h>

#include "util/log.h"
#include "util/secret.h"

/* MD5, SHA-1, SHA-2. 0, or wolfCrypt's error. */
static int hash(enum wc_HashType type, const struct bytes *parts, size_t count, uint8_t *out)
{
	wc_HashAlg h;
	int rc = wc_HashInit(&h, type);

	if (rc)
		return rc;
	for (size_t i = 0; i < count && !rc; i++)
		if (parts[i].len) /* the library refuses NULL, even with length 0 */
			rc = wc_HashUpdate(&h, type, parts[i].at, (word32)parts[i].len);
	if (!rc)
		rc = wc_HashFinal(&h, type, out);
	wc_HashFree(&h, type);
	secret_wipe(&h, sizeof(h)); /* passwords go through here */
	return rc;
}

static int hmac(int type, struct bytes key, const struct bytes *parts, size_t count, uint8_t *out)
{
	static const byte no_key;
	Hmac h;
	int rc = wc_HmacInit(&h, NULL, INVALID_DEVID);

	if (rc)
		return rc;
	rc = wc_HmacSetKey(&h, type, key.len ? key.at : &no_key, (word32)key.len);
	for (size_t i = 0; i < count && !rc; i++)
		if (parts[i].len)
			rc = wc_HmacUpdate(&h, parts[i].at, (word32)parts[i].len);
	if (!rc)
		rc = wc_HmacFinal(&h, out);
	wc_HmacFree(&h);
	secret_wipe(&h, sizeof(h));
	return rc;
}

static int des(const uint8_t *key, const uint8_t *in, uint8_t *out)
{
	Des d;
	int rc = wc_Des_SetKey(&d, key, NULL, DES_ENCRYPTION);

	if (!rc)
		rc = wc_Des_EcbEncrypt(&d, out, in, DES_BLOCK_LEN);
	secret_wipe(&d, sizeof(d));
	return rc;
}

static void must(int rc)
{
	if (!rc)
		return;
	log_error(NULL, "wolfCrypt failed with %d; its self check passed at start", rc);
	abort();
}

/* All versions have the name Md4 (wc_Md4 since 5.7.6); older ones return void. */
void digest_md4(const struct bytes *parts, size_t count, uint8_t out[MD4_LEN])
{
	Md4 h;

	wc_InitMd4(&h);
	for (size_t i = 0; i < count; i++)
		if (parts[i].len)
			wc_Md4Update(&h, parts[i].at, (word32)parts[i].len);
	wc_Md4Final(&h, out);
	secret_wipe(&h, sizeof(h));
}

void digest_md5(const struct bytes *parts, size_t count, uint8_t out[MD5_LEN])
{
	must(hash(WC_HASH_TYPE_MD5, parts, count, out));
}

void digest_sha1(const struct bytes *parts, size_t count, uint8_t out[SHA1_LEN])
{
	must(hash(WC_HASH_TYPE_SHA, parts, count, out));
}

void digest_sha256(const struct bytes *parts, size_t count, uint8_t out[SHA256_LEN])
{
	must(hash(WC_HASH_TYPE_SHA256, parts, count, out));
}

void digest_sha512(const struct bytes *parts, size_t count, uint8_t out[SHA512_LEN])
{
	must(hash(WC_HASH_TYPE_SHA512, parts, count, out));
}

void hmac_md5(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[MD5_LEN])
{
	must(hmac(WC_MD5, key, parts, count, out));
}

void hmac_sha1(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[SHA1_LEN])
{
	must(hmac(WC_SHA, key, parts, count, out));
}

void hmac_sha256(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[SHA256_LEN])
{
	must(hmac(WC_SHA256, key, parts, count, out));
}

void des_encrypt(const uint8_t key[DES_BLOCK_LEN], const uint8_t in[DES_BLOCK_LEN],
		 uint8_t out[DES_BLOCK_LEN])
{
	must(des(key, in, out));
}

/* `want`: the first eight bytes of a published test vector. */
static bool knows_hash(enum wc_HashType type, const uint8_t want[8])
{
	const struct bytes abc = bytes_text("abc");
	uint8_t out[SHA512_LEN];

	return !hash(type, &abc, 1, out) && !memcmp(out, want, 8);
}

/* RFC 2202 and 4231, test case 2 */
static bool knows_hmac(int type, const uint8_t want[8])
{
	const struct bytes data = bytes_text("what do ya want for nothing?");
	uint8_t out[SHA256_LEN];

	return !hmac(type, bytes_text("Jefe"), &data, 1, out) && !memcmp(out, want, 8);
}

static bool knows_md4(void)
{
	static const uint8_t want[] = { 0xa4, 0x48, 0x01, 0x7a, 0xaf, 0x21, 0xd8, 0x52 };
	const struct bytes abc = bytes_text("abc");
	uint8_t out[MD4_LEN];

	digest_md4(&abc, 1, out);
	return !memcmp(out, want, sizeof(want));
}

/* RFC 2759 section 9.2: the first third of the NT-Response */
static bool knows_des(void)
{
	static const uint8_t key[] = { 0x45, 0x75, 0xef, 0x51, 0xd5, 0x98, 0x4a, 0x70 };
	static const uint8_t in[] = { 0xd0, 0x2e, 0x43, 0x86, 0xbc, 0xe9, 0x12, 0x26 };
	static const uint8_t want[] = { 0x82, 0x30, 0x9e, 0xcd, 0x8d, 0x70, 0x8b, 0x5e };
	uint8_t out[DES_BLOCK_LEN];

	return !des(key, in, out) && !memcmp(out, want, sizeof(want));
}

/* A FIPS build refuses short HMAC keys or whole algorithms only when they are used. */
bool crypto_self_check(void)
{
	static const uint8_t md5[] = { 0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0 };
	static const uint8_t sha1[] = { 0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a };
	static const uint8_t sha256[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea };
	static const uint8_t sha512[] = { 0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba };
	static const uint8_t mac_md5[] = { 0x75, 0x0c, 0x78, 0x3e, 0x6a, 0xb0, 0xb5, 0x03 };
	static const uint8_t mac_sha1[] = { 0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2 };
	static const uint8_t mac_sha256[] = { 0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e };

	return knows_md4() && knows_des() && knows_hash(WC_HASH_TYPE_MD5, md5) &&
	       knows_hash(WC_HASH_TYPE_SHA, sha1) && knows_hash(WC_HASH_TYPE_SHA256, sha256) &&
	       knows_hash(WC_HASH_TYPE_SHA512, sha512) && knows_hmac(WC_MD5, mac_md5) &&
	       knows_hmac(WC_SHA, mac_sha1) && knows_hmac(WC_SHA256, mac_sha256);
}
