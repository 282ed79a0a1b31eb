/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The limits of a user in the user file: words of the form key=value after the secret. */
#ifndef SSTP_AUTH_USER_LIMITS_H
#define SSTP_AUTH_USER_LIMITS_H

#include "auth/result.h"

struct user_limits {
	uint32_t session_s, idle_s, sessions;
	uint64_t rate_up, rate_down, quota;
	const char *filter; /* the word's; NULL: none */
};

/* Whether a word is meant as a limit: lower-case letters and "=". */
bool user_limits_is_limit(const char *word);
/* NULL, or what is wrong with the word, as the end of a sentence. A filter's name stays in `word`. */
const char *user_limits_take(struct user_limits *l, const char *word);
void user_limits_grant(const struct user_limits *l, struct auth_grant *grant);

#endif
