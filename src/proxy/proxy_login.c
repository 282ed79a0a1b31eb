/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares logins. Digests are compared in place of the texts, so that the time does not depend on
 * their lengths.
 */
#include "proxy/proxy_login.h"

#include "crypto/digest.h"
#include "http/basic.h"
#include "util/secret.h"

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

bool proxy_login_matches_basic(const struct proxy_login *l, struct bytes credentials)
{
	uint8_t base64[(2 * PROXY_LOGIN_MAX + 1 + 2) / 3 * 4];
	struct writer w = writer_of(base64, sizeof(base64));
	bool matches;

	http_put_basic(l->user, l->password, &w);
	matches = !w.full && is_same(credentials, bytes_of(base64, w.len));
	secret_wipe(base64, sizeof(base64));
	return matches;
}
