/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user file gives a user beside the address: words of the form key=value after the secret. */
#ifndef SSTP_AUTH_USER_LIMITS_H
#define SSTP_AUTH_USER_LIMITS_H

#include "auth/result.h"

struct user_networks {
	struct ip_prefix *at; /* allocated */
	size_t count;
};

struct user_limits {
	uint32_t session_s, idle_s, sessions;
	uint64_t rate_up, rate_down, quota;
	const char *filter, *pool;   /* the words'; NULL: none */
	struct user_networks behind; /* iroute=: reached through the user's session */
	struct user_networks pushed; /* push-route=: the client shall send them into the tunnel */
	const char *times, *from;    /* login_limits.h; in the word; NULL: any */
};

/* Whether a word is meant as a limit: letters, maybe with a hyphen, and "=". */
bool user_limits_is_limit(const char *word);

#define USER_LIMITS_KEYS \
	"rate, session, idle, sessions, quota, filter, pool, iroute, push-route, times, from, group"

/* What user_limits_take returns for a word of another kind. */
extern const char user_limits_unknown[];

/*
 * NULL, or what is wrong with the word, as the end of a sentence. Names stay in `word`. user_limits_free is
 * needed in any case.
 */
const char *user_limits_take(struct user_limits *l, const char *word);
/* The grant refers to the networks of `l`. */
void user_limits_grant(const struct user_limits *l, struct auth_grant *grant);
void user_limits_free(struct user_limits *l);

#endif
