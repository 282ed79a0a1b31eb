/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/new_password.h"

enum { BLOCK_LEN = 516, HASH_AT = 516, VALUE_AT = 532 };

static void rc4(const uint8_t key[MSCHAP_HASH_LEN], uint8_t *at, size_t len)
{
	uint8_t s[256];
	unsigned j = 0;

	for (unsigned i = 0; i < 256; i++)
		s[i] = (uint8_t)i;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t t = s[i];

		j = (j + t + key[i % MSCHAP_HASH_LEN]) % 256;
		s[i] = s[j];
		s[j] = t;
	}
	j = 0;
	for (size_t n = 0; n < len; n++) {
		unsigned i = (unsigned)(n + 1) % 256;
		uint8_t t = s[i];

		j = (j + t) % 256;
		s[i] = s[j];
		s[j] = t;
		at[n] ^= s[(uint8_t)(s[i] + t)];
	}
}

/* ASCII alone. */
static bool is_utf16(const uint8_t *at, size_t len, const char *text)
{
	if (len != 2 * strlen(text))
		return false;
	for (size_t i = 0; i < len; i++)
		if (at[i] != (i % 2 ? 0 : (uint8_t)text[i / 2]))
			return false;
	return true;
}

bool new_password_is(struct bytes body, const char *old_password, const char *new_password,
		     const char *user, const uint8_t challenge[MSCHAP_CHALLENGE_LEN],
		     char s[MSCHAP_S_LEN + 1], uint8_t hlak[MSCHAP_HLAK_LEN])
{
	uint8_t old_hash[MSCHAP_HASH_LEN], new_hash[MSCHAP_HASH_LEN], block[BLOCK_LEN], key[8],
		half[8], value[MSCHAP_VALUE_LEN] = { 0 };
	size_t len;

	if (body.len != NEW_PASSWORD_PACKET_LEN || body.at[580] || body.at[581] ||
	    !mschap_nt_hash(bytes_text(old_password), old_hash) ||
	    !mschap_nt_hash(bytes_text(new_password), new_hash))
		return false;
	memcpy(block, body.at, BLOCK_LEN);
	rc4(old_hash, block, BLOCK_LEN);
	len = block[512] | (size_t)block[513] << 8 | (size_t)block[514] << 16;
	if (len > 512 || !is_utf16(block + 512 - len, len, new_password))
		return false;
	for (size_t i = 0; i < 2; i++) {
		mschap_des_key(new_hash + 7 * i, key);
		des_encrypt(key, old_hash + 8 * i, half);
		if (memcmp(half, body.at + HASH_AT + 8 * i, 8) != 0)
			return false;
	}
	memcpy(value, body.at + VALUE_AT, MSCHAP_VALUE_LEN - 1);
	return mschap_check(new_hash, challenge, value, bytes_text(user), s, hlak);
}
