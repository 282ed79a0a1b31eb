/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 2759 section 8 and RFC 3079 section 3; comments use the names of the RFCs. Values that are
 * equivalent to the password are wiped before each function returns.
 */
#include "ppp/mschap.h"

#include "util/secret.h"
#include "util/utf8.h"

enum {
	UNICODE_MAX = 512, /* bytes: 256 UTF-16 units, RFC 2759 section 8.1 */
	DES_KEY_LEN = 7,
	RESERVED_LEN = 8,
};

static void put_unit(struct writer *w, uint32_t unit)
{
	put_u8(w, (uint8_t)unit);
	put_u8(w, (uint8_t)(unit >> 8));
}

/* UTF-16, little-endian, without byte order mark or terminator */
static bool put_utf16(struct writer *w, struct bytes utf8)
{
	struct reader r = reader_of(utf8.at, utf8.len);
	uint32_t code;

	while (r.left) {
		if (!utf8_get(&r, &code))
			return false;
		if (code >= 0x10000) {
			put_unit(w, 0xd800 + ((code - 0x10000) >> 10));
			code = 0xdc00 + ((code - 0x10000) & 0x3ff);
		}
		put_unit(w, code);
	}
	return !w->full;
}

bool mschap_nt_hash(struct bytes password_utf8, uint8_t hash[MSCHAP_HASH_LEN])
{
	uint8_t unicode[UNICODE_MAX];
	struct writer w = writer_of(unicode, sizeof(unicode));
	bool ok = put_utf16(&w, password_utf8);
	struct bytes parts[] = { bytes_of(unicode, w.len) };

	if (ok)
		digest_md4(parts, 1, hash);
	secret_wipe(unicode, sizeof(unicode));
	return ok;
}

struct bytes mschap_bare_name(struct bytes wire_name)
{
	for (size_t i = wire_name.len; i > 0; i--)
		if (wire_name.at[i - 1] == '\\')
			return bytes_of(wire_name.at + i, wire_name.len - i);
	return wire_name;
}

void mschap_challenge_hash(const uint8_t peer_challenge[MSCHAP_CHALLENGE_LEN],
			   const uint8_t challenge[MSCHAP_CHALLENGE_LEN], struct bytes user,
			   uint8_t out[8])
{
	struct bytes parts[] = {
		bytes_of(peer_challenge, MSCHAP_CHALLENGE_LEN),
		bytes_of(challenge, MSCHAP_CHALLENGE_LEN),
		user,
	};
	uint8_t digest[SHA1_LEN];

	digest_sha1(parts, 3, digest);
	memcpy(out, digest, 8);
}

void mschap_des_key(const uint8_t in[7], uint8_t key[DES_BLOCK_LEN])
{
	uint64_t bits = 0;

	for (size_t i = 0; i < DES_KEY_LEN; i++)
		bits = bits << 8 | in[i];
	for (size_t i = 0; i < DES_BLOCK_LEN; i++) {
		uint8_t seven = bits >> (49 - 7 * i) & 0x7f;
		bool is_even = !__builtin_parity(seven);

		key[i] = (uint8_t)(seven << 1 | is_even);
	}
}

/* ChallengeResponse: the hash, followed by five zero bytes, gives three keys. */
void mschap_nt_response(const uint8_t hash[MSCHAP_HASH_LEN], const uint8_t challenge_hash[8],
			uint8_t out[MSCHAP_NT_RESPONSE_LEN])
{
	uint8_t padded[3 * DES_KEY_LEN] = { 0 }, key[DES_BLOCK_LEN];

	memcpy(padded, hash, MSCHAP_HASH_LEN);
	for (size_t i = 0; i < 3; i++) {
		mschap_des_key(padded + DES_KEY_LEN * i, key);
		des_encrypt(key, challenge_hash, out + DES_BLOCK_LEN * i);
	}
	secret_wipe(padded, sizeof(padded));
	secret_wipe(key, sizeof(key));
}

/* HashNtPasswordHash */
static void hash_hash(const uint8_t hash[MSCHAP_HASH_LEN], uint8_t out[MSCHAP_HASH_LEN])
{
	struct bytes parts[] = { bytes_of(hash, MSCHAP_HASH_LEN) };

	digest_md4(parts, 1, out);
}

void mschap_authenticator(const uint8_t hash[MSCHAP_HASH_LEN],
			  const uint8_t nt_response[MSCHAP_NT_RESPONSE_LEN],
			  const uint8_t challenge_hash[8], char out[MSCHAP_S_LEN + 1])
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t twice[MSCHAP_HASH_LEN] = { 0 }, digest[SHA1_LEN] = { 0 };
	struct bytes first[] = {
		bytes_of(twice, sizeof(twice)),
		bytes_of(nt_response, MSCHAP_NT_RESPONSE_LEN),
		bytes_text("Magic server to client signing constant"),
	};
	struct bytes second[] = {
		bytes_of(digest, sizeof(digest)),
		bytes_of(challenge_hash, 8),
		bytes_text("Pad to make it do more than one iteration"),
	};

	hash_hash(hash, twice);
	digest_sha1(first, 3, digest);
	digest_sha1(second, 3, digest);
	*out++ = 'S';
	*out++ = '=';
	for (size_t i = 0; i < sizeof(digest); i++) { /* printf takes a hundred times as long */
		*out++ = digits[digest[i] >> 4];
		*out++ = digits[digest[i] & 0xf];
	}
	*out = '\0';
	secret_wipe(twice, sizeof(twice));
}

/* GetAsymmetricStartKey, RFC 3079 section 3.4, for 128 bits */
static void start_key(const uint8_t master[SHA1_LEN], const char *magic,
		      uint8_t out[MSCHAP_HLAK_LEN / 2])
{
	static const uint8_t pad1[40];
	uint8_t pad2[40] = { 0 }, digest[SHA1_LEN];
	struct bytes parts[] = {
		bytes_of(master, MSCHAP_HLAK_LEN / 2),
		bytes_of(pad1, sizeof(pad1)),
		bytes_text(magic),
		bytes_of(pad2, sizeof(pad2)),
	};

	memset(pad2, 0xf2, sizeof(pad2));
	digest_sha1(parts, 4, digest);
	memcpy(out, digest, MSCHAP_HLAK_LEN / 2);
	secret_wipe(digest, sizeof(digest));
}

void mschap_hlak(const uint8_t hash[MSCHAP_HASH_LEN],
		 const uint8_t nt_response[MSCHAP_NT_RESPONSE_LEN], uint8_t out[MSCHAP_HLAK_LEN])
{
	uint8_t twice[MSCHAP_HASH_LEN] = { 0 }, master[SHA1_LEN];
	struct bytes parts[] = {
		bytes_of(twice, sizeof(twice)),
		bytes_of(nt_response, MSCHAP_NT_RESPONSE_LEN),
		bytes_text("This is the MPPE Master Key"),
	};

	hash_hash(hash, twice);
	digest_sha1(parts, 3, master);
	/* the client's send key, then its receive key; for the server they are swapped */
	start_key(master,
		  "On the client side, this is the send key; "
		  "on the server side, it is the receive key.",
		  out);
	start_key(master,
		  "On the client side, this is the receive key; "
		  "on the server side, it is the send key.",
		  out + MSCHAP_HLAK_LEN / 2);
	secret_wipe(twice, sizeof(twice));
	secret_wipe(master, sizeof(master));
}

bool mschap_respond(struct bytes password, struct bytes wire_name,
		    const uint8_t challenge[MSCHAP_CHALLENGE_LEN], uint8_t value[MSCHAP_VALUE_LEN],
		    char expected[MSCHAP_S_LEN + 1], uint8_t hlak[MSCHAP_HLAK_LEN])
{
	uint8_t hash[MSCHAP_HASH_LEN], challenge_hash[8];
	uint8_t *rest = value + MSCHAP_CHALLENGE_LEN, *nt_response = rest + RESERVED_LEN;

	if (!mschap_nt_hash(password, hash))
		return false;
	memset(rest, 0, MSCHAP_VALUE_LEN - MSCHAP_CHALLENGE_LEN);
	mschap_challenge_hash(value, challenge, mschap_bare_name(wire_name), challenge_hash);
	mschap_nt_response(hash, challenge_hash, nt_response);
	mschap_authenticator(hash, nt_response, challenge_hash, expected);
	mschap_hlak(hash, nt_response, hlak);
	secret_wipe(hash, sizeof(hash));
	return true;
}

/* ---- a new password */

/* RC4; the library is built without it, and this is its one use. */
static void rc4(const uint8_t key[MSCHAP_HASH_LEN], uint8_t *at, size_t len)
{
	uint8_t s[256], i = 0, j = 0, kept;

	for (size_t n = 0; n < sizeof(s); n++)
		s[n] = (uint8_t)n;
	for (size_t n = 0; n < sizeof(s); n++) {
		j = (uint8_t)(j + s[n] + key[n % MSCHAP_HASH_LEN]);
		kept = s[n];
		s[n] = s[j];
		s[j] = kept;
	}
	j = 0;
	for (size_t n = 0; n < len; n++) {
		i++;
		j = (uint8_t)(j + s[i]);
		kept = s[i];
		s[i] = s[j];
		s[j] = kept;
		at[n] ^= s[(uint8_t)(s[i] + s[j])];
	}
	secret_wipe(s, sizeof(s));
}

/* NewPasswordEncryptedWithOldNtPasswordHash: random bytes, the password, its length. */
static bool put_encrypted_password(struct writer *w, const uint8_t old_hash[MSCHAP_HASH_LEN],
				   struct bytes password,
				   const uint8_t random[MSCHAP_CHANGE_RANDOM])
{
	uint8_t unicode[UNICODE_MAX], block[UNICODE_MAX + 4];
	struct writer u = writer_of(unicode, sizeof(unicode));
	bool ok = put_utf16(&u, password);

	memcpy(block, random, UNICODE_MAX);
	memcpy(block + UNICODE_MAX - u.len, unicode, u.len);
	block[UNICODE_MAX] = (uint8_t)u.len; /* little-endian */
	block[UNICODE_MAX + 1] = (uint8_t)(u.len >> 8);
	block[UNICODE_MAX + 2] = block[UNICODE_MAX + 3] = 0;
	rc4(old_hash, block, sizeof(block));
	put_bytes(w, block, sizeof(block));
	secret_wipe(unicode, sizeof(unicode));
	secret_wipe(block, sizeof(block));
	return ok;
}

/* NtPasswordHashEncryptedWithBlock */
static void put_encrypted_hash(struct writer *w, const uint8_t hash[MSCHAP_HASH_LEN],
			       const uint8_t key_hash[MSCHAP_HASH_LEN])
{
	uint8_t key[DES_BLOCK_LEN], block[DES_BLOCK_LEN];

	for (size_t i = 0; i < 2; i++) {
		mschap_des_key(key_hash + DES_KEY_LEN * i, key);
		des_encrypt(key, hash + DES_BLOCK_LEN * i, block);
		put_bytes(w, block, sizeof(block));
	}
	secret_wipe(key, sizeof(key));
}

bool mschap_put_change(struct writer *w, struct bytes old_password, struct bytes new_password,
		       const uint8_t random[MSCHAP_CHANGE_RANDOM])
{
	uint8_t old_hash[MSCHAP_HASH_LEN] = { 0 }, new_hash[MSCHAP_HASH_LEN] = { 0 };
	bool ok = mschap_nt_hash(old_password, old_hash) && mschap_nt_hash(new_password, new_hash);

	ok = ok && put_encrypted_password(w, old_hash, new_password, random);
	if (ok)
		put_encrypted_hash(w, old_hash, new_hash);
	secret_wipe(old_hash, sizeof(old_hash));
	secret_wipe(new_hash, sizeof(new_hash));
	return ok && !w->full;
}

static bool check_as(const uint8_t hash[MSCHAP_HASH_LEN],
		     const uint8_t challenge[MSCHAP_CHALLENGE_LEN],
		     const uint8_t value[MSCHAP_VALUE_LEN], struct bytes user,
		     char s[MSCHAP_S_LEN + 1], uint8_t hlak[MSCHAP_HLAK_LEN])
{
	/* Peer-Challenge, eight reserved bytes, NT-Response, Flags */
	const uint8_t *nt_response = value + MSCHAP_CHALLENGE_LEN + RESERVED_LEN;
	uint8_t challenge_hash[8], expected[MSCHAP_NT_RESPONSE_LEN];

	mschap_challenge_hash(value, challenge, user, challenge_hash);
	mschap_nt_response(hash, challenge_hash, expected);
	if (!ct_equal(expected, nt_response, sizeof(expected)))
		return false;
	mschap_authenticator(hash, nt_response, challenge_hash, s);
	mschap_hlak(hash, nt_response, hlak);
	return true;
}

bool mschap_check(const uint8_t hash[MSCHAP_HASH_LEN],
		  const uint8_t challenge[MSCHAP_CHALLENGE_LEN],
		  const uint8_t value[MSCHAP_VALUE_LEN], struct bytes wire_name,
		  char s[MSCHAP_S_LEN + 1], uint8_t hlak[MSCHAP_HLAK_LEN])
{
	struct bytes bare = mschap_bare_name(wire_name);

	if (check_as(hash, challenge, value, bare, s, hlak))
		return true;
	return bare.len != wire_name.len && check_as(hash, challenge, value, wire_name, s, hlak);
}

void chap_md5(uint8_t identifier, struct bytes password, struct bytes challenge,
	      uint8_t out[CHAP_MD5_LEN])
{
	struct bytes parts[] = { bytes_of(&identifier, 1), password, challenge };

	digest_md5(parts, 3, out);
}
