/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may use a listener of ours: one user, one password. */
#ifndef SSTP_PROXY_LOGIN_H
#define SSTP_PROXY_LOGIN_H

#include "util/bytes.h"

enum { PROXY_LOGIN_MAX = 255 }; /* of each: RFC 1929 counts them in a byte */

struct proxy_login {
	const char *user, *password;
};

/*
 * Can both protocols say it? Neither is empty nor longer than PROXY_LOGIN_MAX, and HTTP's Basic
 * ends a user name at its colon (RFC 7617 section 2).
 */
bool proxy_login_is_encodable(const struct proxy_login *l);

/* How long these take tells nothing about how much of it is right. */
bool proxy_login_matches(const struct proxy_login *l, struct bytes user, struct bytes password);
/* `credentials`: what stands behind "Basic", base64. */
bool proxy_login_matches_basic(const struct proxy_login *l, struct bytes credentials);

#endif
