/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares logins. Digests are compared in place of the texts, so that the time does not depend on
 * their lengths.
 */
#include "proxy/proxy_login.h"

#include "crypto/digest.h"
#include "util/secret.h"
#include "util/text.h"

static bool is_same(struct bytes given, struct bytes wanted)
{
	uint8_t a[SHA256_LEN], b[SHA256_LEN];

	digest_sha256(&given, 1, a);
	digest_sha256(&wanted, 1, b);
	return ct_equal(a, b, sizeof(a));
}

static bool has_good_length(const char *text)
{
	return *text && strlen(text) <= PROXY_LOGIN_MAX;
}

bool proxy_login_is_encodable(const struct proxy_login *l)
{
	return has_good_length(l->user) && has_good_length(l->password) && !strchr(l->user, ':');
}

bool proxy_login_matches(const struct proxy_login *l, struct bytes user, struct bytes password)
{
	bool user_is_right = is_same(user, bytes_text(l->user));

	return is_same(password, bytes_text(l->password)) & user_is_right;
}

/* RFC 4648 section 4; the last group is filled up with '='. */
static void put_base64(struct writer *w, struct bytes from)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < from.len; i += 3) {
		size_t have = from.len - i < 3 ? from.len - i : 3;
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < have ? from.at[i + k] : 0u);
		for (size_t k = 0; k < 4; k++)
			put_u8(w, (uint8_t)(k <= have ? letters[bits >> (18 - 6 * k) & 63] : '='));
	}
}

bool proxy_login_matches_basic(const struct proxy_login *l, struct bytes credentials)
{
	uint8_t text[2 * PROXY_LOGIN_MAX + 1], base64[(sizeof(text) + 2) / 3 * 4];
	struct writer plain = writer_of(text, sizeof(text)), w = writer_of(base64, sizeof(base64));
	bool matches;

	put_text(&plain, l->user);
	put_text(&plain, ":");
	put_text(&plain, l->password);
	put_base64(&w, bytes_of(text, plain.len));
	matches = !plain.full && is_same(credentials, bytes_of(base64, w.len));
	secret_wipe(text, sizeof(text));
	secret_wipe(base64, sizeof(base64));
	return matches;
}
