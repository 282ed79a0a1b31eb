/* SPDX-License-Identifier: GPL-3.0-or-later */
/* src/ppp/mschap.c against published test vectors, and with unusual passwords. */
#include "ppp/mschap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/vectors.h"

static void assert_bytes(const uint8_t *got, struct bytes wanted)
{
	assert_memory_equal(got, wanted.at, wanted.len);
}

static void des_keys_are_those_of_the_rfc(void **state)
{
	const char *group = "des_key_expansion";
	uint8_t key[DES_BLOCK_LEN], hash[MSCHAP_HASH_LEN], response[MSCHAP_NT_RESPONSE_LEN];

	(void)state;
	mschap_des_key(vectors_hex(group, "raw7_a").at, key);
	assert_bytes(key, vectors_hex(group, "key8_a"));
	mschap_des_key(vectors_hex(group, "raw7_b").at, key);
	assert_bytes(key, vectors_hex(group, "key8_b"));
	assert_true(mschap_nt_hash(vectors_text(group, "password_text"), hash));
	assert_bytes(hash, vectors_hex(group, "nt_hash"));
	mschap_nt_response(hash, vectors_hex(group, "challenge8").at, response);
	assert_bytes(response, vectors_hex(group, "challenge_response24"));
}

static void three_keys_come_from_one_hash(void **state)
{
	uint8_t padded[21] = { 0 }, key[DES_BLOCK_LEN];

	(void)state;
	memcpy(padded, vectors_hex("mschapv2", "nt_hash").at, MSCHAP_HASH_LEN);
	for (size_t i = 0; i < vectors_count("mschapv2", "des_keys"); i++) {
		char path[] = "des_keys.0";

		path[sizeof(path) - 2] = (char)('0' + i);
		mschap_des_key(padded + 7 * i, key);
		assert_bytes(key, vectors_hex("mschapv2", path));
	}
}

/* Hash, response and S= of a group; the user is the one that is hashed. */
static void check_group(const char *group, struct bytes password, const char *user)
{
	uint8_t hash[MSCHAP_HASH_LEN], challenge_hash[8], response[MSCHAP_NT_RESPONSE_LEN];
	char s[MSCHAP_S_LEN + 1];

	assert_true(mschap_nt_hash(password, hash));
	assert_bytes(hash, vectors_hex(group, "nt_hash"));
	mschap_challenge_hash(vectors_hex(group, "peer_challenge").at,
			      vectors_hex(group, "authenticator_challenge").at,
			      mschap_bare_name(vectors_text(group, user)), challenge_hash);
	assert_bytes(challenge_hash, vectors_hex(group, "challenge_hash8"));
	mschap_nt_response(hash, challenge_hash, response);
	assert_bytes(response, vectors_hex(group, "nt_response"));
	mschap_authenticator(hash, response, challenge_hash, s);
	assert_string_equal(s, vectors_text(group, "auth_response_text").at);
}

static void mschapv2_is_that_of_the_rfc(void **state)
{
	(void)state;
	check_group("mschapv2", vectors_text("mschapv2", "password_text"), "user_text");
}

static void names_lose_their_domain_and_passwords_are_utf16(void **state)
{
	const char *group = "mschapv2_names_and_charset";
	struct bytes wire = vectors_text(group, "wire_name_text"), bare = mschap_bare_name(wire);
	uint8_t challenge_hash[8];

	(void)state;
	check_group(group, vectors_hex(group, "password_utf8"), "wire_name_text");
	assert_int_equal(bare.len, vectors_text(group, "hashed_name_text").len);
	assert_bytes(bare.at, vectors_text(group, "hashed_name_text"));
	mschap_challenge_hash(vectors_hex(group, "peer_challenge").at,
			      vectors_hex(group, "authenticator_challenge").at, wire,
			      challenge_hash);
	assert_bytes(challenge_hash,
		     vectors_hex(group, "wrong_challenge_hash8_if_domain_included"));
}

static void keys_have_the_order_of_the_binding(void **state)
{
	const char *group = "mppe_keys_128";
	uint8_t hlak[MSCHAP_HLAK_LEN];

	(void)state;
	mschap_hlak(vectors_hex("mschapv2", "nt_hash").at,
		    vectors_hex("mschapv2", "nt_response").at, hlak);
	assert_bytes(hlak, vectors_hex(group, "hlak_both_ends"));
	assert_bytes(hlak, vectors_hex(group, "client_send_key"));
	assert_bytes(hlak, vectors_hex(group, "server_receive_key"));
	assert_bytes(hlak + 16, vectors_hex(group, "server_send_start_key"));
	assert_bytes(hlak + 16, vectors_hex(group, "client_receive_key"));
}

static bool check_value(const uint8_t *value, const char *user, char *s, uint8_t *hlak)
{
	return mschap_check(vectors_hex("mschapv2", "nt_hash").at,
			    vectors_hex("mschapv2", "authenticator_challenge").at, value,
			    bytes_text(user), s, hlak);
}

static void server_checks_a_response(void **state)
{
	struct bytes good = vectors_hex("mschapv2", "response_value49");
	uint8_t value[MSCHAP_VALUE_LEN], hlak[MSCHAP_HLAK_LEN];
	char s[MSCHAP_S_LEN + 1];

	(void)state;
	assert_int_equal(good.len, sizeof(value));
	assert_true(check_value(good.at, "User", s, hlak));
	assert_string_equal(s, vectors_text("mschapv2", "auth_response_text").at);
	assert_bytes(hlak, vectors_hex("mppe_keys_128", "hlak_both_ends"));
	assert_true(check_value(good.at, "DOMAIN\\User", s, hlak));
	assert_false(check_value(good.at, "user", s, hlak));
	for (size_t i = 0; i < sizeof(value); i++) {
		bool counts = i < 16 || (i >= 24 && i < 48); /* not Reserved, not Flags */

		memcpy(value, good.at, sizeof(value));
		value[i] ^= 1;
		assert_int_equal(check_value(value, "User", s, hlak), !counts);
	}
}

/* kittoku hashes the whole name. */
static void server_tries_the_whole_name_second(void **state)
{
	struct bytes hash = vectors_hex("mschapv2", "nt_hash");
	struct bytes challenge = vectors_hex("mschapv2", "authenticator_challenge");
	uint8_t value[MSCHAP_VALUE_LEN] = { 7 }, challenge_hash[8], hlak[MSCHAP_HLAK_LEN];
	char s[MSCHAP_S_LEN + 1];

	(void)state;
	mschap_challenge_hash(value, challenge.at, bytes_text("D\\User"), challenge_hash);
	mschap_nt_response(hash.at, challenge_hash, value + 24);
	assert_true(check_value(value, "D\\User", s, hlak));
	assert_false(check_value(value, "E\\User", s, hlak));
	assert_false(check_value(value, "User", s, hlak));
}

static void passwords_are_utf8(void **state)
{
	static const struct {
		const char *name, *password;
		bool ok;
	} cases[] = {
		{ "empty", "", true },
		{ "two bytes", "\xc3\xa9", true },
		{ "last code point", "\xf4\x8f\xbf\xbf", true },
		{ "beyond the last", "\xf4\x90\x80\x80", false },
		{ "overlong", "\xc0\xaf", false },
		{ "overlong in three", "\xe0\x80\xaf", false },
		{ "surrogate", "\xed\xa0\x80", false },
		{ "cut", "a\xe2\x82", false },
		{ "lone continuation", "\x80", false },
		{ "five bytes", "\xf8\x88\x80\x80\x80", false },
		{ "Latin-1", "pass\xe4wort", false },
	};
	uint8_t hash[MSCHAP_HASH_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (mschap_nt_hash(bytes_text(cases[i].password), hash) != cases[i].ok)
			fail_msg("%s", cases[i].name);
}

static void passwords_have_256_units_at_most(void **state)
{
	uint8_t long_password[257], hash[MSCHAP_HASH_LEN];

	(void)state;
	memset(long_password, 'x', sizeof(long_password));
	assert_true(mschap_nt_hash(bytes_of(long_password, 256), hash));
	assert_false(mschap_nt_hash(bytes_of(long_password, 257), hash));
}

static void chap_md5_is_that_of_the_rfc(void **state)
{
	uint8_t digest[CHAP_MD5_LEN];

	(void)state;
	chap_md5((uint8_t)vectors_number("chap_md5", "id"), vectors_text("chap_md5", "secret_text"),
		 vectors_hex("chap_md5", "challenge"), digest);
	assert_bytes(digest, vectors_hex("chap_md5", "response"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(des_keys_are_those_of_the_rfc),
		cmocka_unit_test(three_keys_come_from_one_hash),
		cmocka_unit_test(mschapv2_is_that_of_the_rfc),
		cmocka_unit_test(names_lose_their_domain_and_passwords_are_utf16),
		cmocka_unit_test(keys_have_the_order_of_the_binding),
		cmocka_unit_test(server_checks_a_response),
		cmocka_unit_test(server_tries_the_whole_name_second),
		cmocka_unit_test(passwords_are_utf8),
		cmocka_unit_test(passwords_have_256_units_at_most),
		cmocka_unit_test(chap_md5_is_that_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
