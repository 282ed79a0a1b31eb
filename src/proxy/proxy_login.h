/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The login that a proxy server requires: one user, one password. */
#ifndef SSTP_PROXY_PROXY_LOGIN_H
#define SSTP_PROXY_PROXY_LOGIN_H

#include "util/bytes.h"

enum { PROXY_LOGIN_MAX = 255 }; /* of each: RFC 1929 has one-byte lengths */

struct proxy_login {
	const char *user, *password;
};

/*
 * Whether both protocols can encode it: neither text is empty or longer than PROXY_LOGIN_MAX, and
 * the user name has no colon, which ends it in HTTP's Basic scheme (RFC 7617 section 2).
 */
bool proxy_login_is_encodable(const struct proxy_login *l);

/* The time that these take does not depend on how much of a login is right. */
bool proxy_login_matches(const struct proxy_login *l, struct bytes user, struct bytes password);
/* `credentials`: what follows "Basic", in base64. */
bool proxy_login_matches_basic(const struct proxy_login *l, struct bytes credentials);

#endif
