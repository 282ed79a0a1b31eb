/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digests, MACs and the one cipher that the protocols need, with wolfCrypt. Each call takes its
 * input in pieces (`parts`, `count` of them), so the caller does not have to join them first.
 *
 * MD4, MD5 and DES are here because MS-CHAPv2 (RFC 2759) and CHAP (RFC 1994) are made of them.
 * None of these calls fails on valid arguments; crypto_self_check detects a library without the
 * algorithms (a FIPS build) at start.
 */
#ifndef SSTP_CRYPTO_DIGEST_H
#define SSTP_CRYPTO_DIGEST_H

#include <stdbool.h>

#include "util/bytes.h"

enum {
	MD4_LEN = 16,
	MD5_LEN = 16,
	SHA1_LEN = 20,
	SHA256_LEN = 32,
	SHA512_LEN = 64,
	DES_BLOCK_LEN = 8,
};

void digest_md4(const struct bytes *parts, size_t count, uint8_t out[MD4_LEN]);
void digest_md5(const struct bytes *parts, size_t count, uint8_t out[MD5_LEN]);
void digest_sha1(const struct bytes *parts, size_t count, uint8_t out[SHA1_LEN]);
/* Of a certificate's DER. */
struct cert_hashes {
	uint8_t sha1[SHA1_LEN];
	uint8_t sha256[SHA256_LEN];
};

void digest_sha256(const struct bytes *parts, size_t count, uint8_t out[SHA256_LEN]);
void digest_sha512(const struct bytes *parts, size_t count, uint8_t out[SHA512_LEN]);

void hmac_md5(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[MD5_LEN]);
void hmac_sha1(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[SHA1_LEN]);
void hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
		 uint8_t out[SHA256_LEN]);

/* One block, ECB, encrypted under an 8-byte key (parity bits do not matter). */
void des_encrypt(const uint8_t key[DES_BLOCK_LEN], const uint8_t in[DES_BLOCK_LEN],
		 uint8_t out[DES_BLOCK_LEN]);

/* False when the library lacks one of the above. Call once at start. */
bool crypto_self_check(void);

#endif
