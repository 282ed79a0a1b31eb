/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A user file with arbitrary contents: it is read or refused, and every user in it is found. */
#include "auth/users_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void quiet(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

static void check_one(const struct users *u, const struct user *user)
{
	struct ppp_attempt attempt = {
		.method = PPP_AUTH_CHAP_MD5,
		.user = bytes_text(user->client),
		.challenge = bytes_text("challenge"),
		.response = bytes_text("0123456789abcdef"),
	};
	struct auth_result answer;

	if (!users_find(u, attempt.user, user->server))
		__builtin_trap();
	users_check(u, user->server, &attempt, &answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct error err;
	struct users *u;

	log_set_sink(quiet);
	if (users_parse("users", (const char *)data, len, &u, &err))
		return 0;
	for (size_t i = 0; i < u->count; i++)
		check_one(u, &u->user[i]);
	users_release(u);
	return 0;
}
