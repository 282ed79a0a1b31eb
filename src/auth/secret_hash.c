/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashed secrets: NT hashes as hex digits, and SHA-crypt. */
#include "auth/secret_hash.h"

#include <stdio.h>
#include <string.h>

#include "auth/shacrypt.h"
#include "util/secret.h"

static const char nt_prefix[] = "$nt$", certificate[] = "$cert$";

enum { NT_DIGITS = 2 * MSCHAP_HASH_LEN };

static const char salt_letters[] =
	"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/*
 * crypt(5)'s other kinds: a hash copied from /etc/shadow is reported when the file is read, before
 * a user fails to log in.
 */
static const char *const unknown_kinds[] = { "$y$", "$gy$", "$7$", "$2a$", "$2b$", "$2y$", "$1$" };

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool crypt_kind_of(const char *secret, enum secret_kind *kind, const char **why)
{
	if (starts_with(secret, "$5$") || starts_with(secret, "$6$")) {
		*kind = SECRET_CRYPT;
		*why = "begins like a crypt hash ($5$, $6$), but is incomplete, contains "
		       "something else, or has more than 1000000 rounds";
		return shacrypt_is_valid(secret);
	}
	for (size_t i = 0; i < sizeof(unknown_kinds) / sizeof(*unknown_kinds); i++) {
		*why = "is a crypt hash of an unknown kind: use $6$ or $5$";
		if (starts_with(secret, unknown_kinds[i]))
			return false;
	}
	*kind = SECRET_CLEAR;
	return true;
}

bool hash_kind_of(const char *secret, enum secret_kind *kind, const char **why)
{
	uint8_t hash[MSCHAP_HASH_LEN];
	bool ok;

	if (!strcmp(secret, certificate)) {
		*kind = SECRET_CERT;
		return true;
	}
	if (!starts_with(secret, nt_prefix))
		return crypt_kind_of(secret, kind, why);
	*kind = SECRET_NT;
	*why = "begins with $nt$, and exactly 32 hex digits must follow";
	ok = hash_nt_of(secret, hash);
	secret_wipe(hash, sizeof(hash));
	return ok;
}

bool hash_nt_of(const char *secret, uint8_t hash[MSCHAP_HASH_LEN])
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *hex = secret + strlen(nt_prefix);

	if (strlen(hex) != NT_DIGITS || strspn(hex, digits) != NT_DIGITS)
		return false;
	for (size_t i = 0; i < NT_DIGITS; i++) {
		unsigned value = (unsigned)(strchr(digits, hex[i]) - digits) & 15;
		uint8_t *byte = &hash[i / 2];

		*byte = (uint8_t)(i % 2 ? *byte | value : value << 4);
	}
	return true;
}

bool hash_make_nt(const char *password, char to[HASH_TEXT_MAX])
{
	uint8_t hash[MSCHAP_HASH_LEN];
	int n = snprintf(to, HASH_TEXT_MAX, "%s", nt_prefix);

	if (!mschap_nt_hash(bytes_text(password), hash))
		return false;
	for (size_t i = 0; i < sizeof(hash); i++)
		n += snprintf(to + n, 3, "%02x", hash[i]);
	secret_wipe(hash, sizeof(hash));
	return true;
}

bool hash_crypt_matches(const char *secret, struct bytes password)
{
	char hash[SHACRYPT_TEXT_MAX];
	bool matches = shacrypt(secret, password, hash) && strlen(hash) == strlen(secret) &&
		       ct_equal(hash, secret, strlen(secret));

	secret_wipe(hash, sizeof(hash));
	return matches;
}

bool hash_make_crypt(const char *password, char to[HASH_TEXT_MAX])
{
	uint8_t random[SHACRYPT_SALT_MAX];
	char setting[sizeof("$6$") + SHACRYPT_SALT_MAX] = "$6$";

	secret_random(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		setting[3 + i] = salt_letters[random[i] & 63];
	return shacrypt(setting, bytes_text(password), to);
}
