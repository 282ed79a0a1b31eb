/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The arithmetic of MS-CHAPv2 (RFC 2759 section 8) and of the keys that come out of it (RFC 3079
 * sections 3.3, 3.4), and CHAP-MD5's one digest (RFC 1994). Pure functions over bytes; both roles
 * and whoever keeps passwords use them.
 */
#ifndef SSTP_PPP_MSCHAP_H
#define SSTP_PPP_MSCHAP_H

#include "crypto/digest.h"
#include "util/bytes.h"

enum {
	MSCHAP_HASH_LEN = 16,      /* the NT hash: as good as the password, guard it alike */
	MSCHAP_CHALLENGE_LEN = 16, /* either end's */
	MSCHAP_NT_RESPONSE_LEN = 24,
	MSCHAP_VALUE_LEN = 49, /* the Response's Value, RFC 2759 section 4 */
	MSCHAP_S_LEN = 42,     /* "S=" and 40 hex digits */
	MSCHAP_HLAK_LEN = 32,
	CHAP_MD5_LEN = MD5_LEN,
};

/* NtPasswordHash. False when the password is not valid UTF-8 or longer than 256 UTF-16 units. */
bool mschap_nt_hash(struct bytes password_utf8, uint8_t hash[MSCHAP_HASH_LEN]);

/* The user name as it is hashed: what stands behind the last backslash. */
struct bytes mschap_bare_name(struct bytes wire_name);

/* ChallengeHash. `user` is hashed as given. */
void mschap_challenge_hash(const uint8_t peer_challenge[MSCHAP_CHALLENGE_LEN],
			   const uint8_t challenge[MSCHAP_CHALLENGE_LEN], struct bytes user,
			   uint8_t out[8]);

/* Seven bytes of key spread over the eight that DES takes, parity bit and all (section 8.6). */
void mschap_des_key(const uint8_t in[7], uint8_t key[DES_BLOCK_LEN]);

/* NtChallengeResponse */
void mschap_nt_response(const uint8_t hash[MSCHAP_HASH_LEN], const uint8_t challenge_hash[8],
			uint8_t out[MSCHAP_NT_RESPONSE_LEN]);

/* GenerateAuthenticatorResponse: "S=" and 40 upper-case hex digits, terminated. */
void mschap_authenticator(const uint8_t hash[MSCHAP_HASH_LEN],
			  const uint8_t nt_response[MSCHAP_NT_RESPONSE_LEN],
			  const uint8_t challenge_hash[8], char out[MSCHAP_S_LEN + 1]);

/* The key for SSTP's crypto binding, the same at both ends ([MS-SSTP] 3.2.5.2.2). */
void mschap_hlak(const uint8_t hash[MSCHAP_HASH_LEN],
		 const uint8_t nt_response[MSCHAP_NT_RESPONSE_LEN], uint8_t out[MSCHAP_HLAK_LEN]);

/*
 * The server's check of a Response's 49-byte Value against a password's NT hash. The name is
 * hashed without its domain first and, where there is one, whole second (some clients do so). On
 * success fills `s` (for the Success message) and `hlak`.
 */
bool mschap_check(const uint8_t hash[MSCHAP_HASH_LEN],
		  const uint8_t challenge[MSCHAP_CHALLENGE_LEN],
		  const uint8_t value[MSCHAP_VALUE_LEN], struct bytes wire_name,
		  char s[MSCHAP_S_LEN + 1], uint8_t hlak[MSCHAP_HLAK_LEN]);

/* MD5(Identifier | password | challenge), RFC 1994 section 4.1 */
void chap_md5(uint8_t identifier, struct bytes password, struct bytes challenge,
	      uint8_t out[CHAP_MD5_LEN]);

#endif
