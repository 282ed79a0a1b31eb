/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cryptography of MS-CHAPv2 (RFC 2759 section 8), its keys (RFC 3079 sections 3.3, 3.4) and the
 * digest of CHAP-MD5 (RFC 1994). Pure functions over bytes, for both roles and for password
 * storage.
 */
#ifndef SSTP_PPP_MSCHAP_H
#define SSTP_PPP_MSCHAP_H

#include "crypto/digest.h"
#include "util/bytes.h"

enum {
	MSCHAP_HASH_LEN = 16,      /* the NT hash: equivalent to the password, so equally secret */
	MSCHAP_CHALLENGE_LEN = 16, /* of either end */
	MSCHAP_NT_RESPONSE_LEN = 24,
	MSCHAP_VALUE_LEN = 49, /* the Response's Value, RFC 2759 section 4 */
	MSCHAP_S_LEN = 42,     /* "S=" and 40 hex digits */
	MSCHAP_HLAK_LEN = 32,
	MSCHAP_CHANGE_LEN = 516 + 16, /* Encrypted-Password, Encrypted-Hash: section 7 */
	MSCHAP_CHANGE_RANDOM = 512,
	CHAP_MD5_LEN = MD5_LEN,
};

/* NtPasswordHash. False when the password is not valid UTF-8 or longer than 256 UTF-16 units. */
bool mschap_nt_hash(struct bytes password_utf8, uint8_t hash[MSCHAP_HASH_LEN]);

/* The user name as it is hashed: the part after the last backslash. */
struct bytes mschap_bare_name(struct bytes wire_name);

/* ChallengeHash. `user` is hashed as given. */
void mschap_challenge_hash(const uint8_t peer_challenge[MSCHAP_CHALLENGE_LEN],
			   const uint8_t challenge[MSCHAP_CHALLENGE_LEN], struct bytes user,
			   uint8_t out[8]);

/* Expands seven key bytes to the eight of a DES key, with parity bits (section 8.6). */
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
 * Client: completes the 49-byte Value of a Response, whose first 16 bytes are the peer challenge,
 * and computes what the server has to prove and the key. False: the password cannot be used.
 */
bool mschap_respond(struct bytes password, struct bytes wire_name,
		    const uint8_t challenge[MSCHAP_CHALLENGE_LEN], uint8_t value[MSCHAP_VALUE_LEN],
		    char expected[MSCHAP_S_LEN + 1], uint8_t hlak[MSCHAP_HLAK_LEN]);

/*
 * Client: Encrypted-Password and Encrypted-Hash of a Change-Password packet (sections 8.9 to
 * 8.13). False: one of the passwords cannot be used.
 */
bool mschap_put_change(struct writer *w, struct bytes old_password, struct bytes new_password,
		       const uint8_t random[MSCHAP_CHANGE_RANDOM]);

/*
 * Server: checks the 49-byte Value of a Response against the NT hash of a password. The name is
 * hashed without its domain first and, if it has one, then with it (some clients do so). On success
 * fills `s` (for the Success message) and `hlak`.
 */
bool mschap_check(const uint8_t hash[MSCHAP_HASH_LEN],
		  const uint8_t challenge[MSCHAP_CHALLENGE_LEN],
		  const uint8_t value[MSCHAP_VALUE_LEN], struct bytes wire_name,
		  char s[MSCHAP_S_LEN + 1], uint8_t hlak[MSCHAP_HLAK_LEN]);

/* MD5(Identifier | password | challenge), RFC 1994 section 4.1 */
void chap_md5(uint8_t identifier, struct bytes password, struct bytes challenge,
	      uint8_t out[CHAP_MD5_LEN]);

#endif
