/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A user file with arbitrary contents: it is read or refused, and every user in it can try to log in. */
#include "auth/users_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void quiet(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

/* The same of every method, with a proof that is wrong but has the right form. */
static void try_methods(const struct users *u, const struct user *user)
{
	static const enum ppp_auth methods[] = { PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP,
						 PPP_AUTH_MSCHAPV2 };
	static const uint8_t response[49];
	struct ppp_attempt attempt = {
		.user = bytes_text(user->client),
		.password = bytes_text("wonder land"),
		.challenge = bytes_text("0123456789abcdef"),
	};
	struct auth_result result;

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		attempt.method = methods[i];
		attempt.response = bytes_of(response, methods[i] == PPP_AUTH_CHAP_MD5 ? 16 : 49);
		if (!users_check_is_slow(u, &attempt))
			users_check(u, user->server, &attempt, &result);
	}
}

static void check_one(const struct users *u, const struct user *user)
{
	static const struct ip_addr source = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } };
	struct bytes name = bytes_text(user->client);
	struct auth_result result;

	if (!users_find(u, name, user->server))
		__builtin_trap();
	try_methods(u, user);
	users_check_certificate(u, user->server, name, &result);
	users_check_circumstances(u, user->server, &source, 1800000000, &result);
	if (result.outcome == AUTH_RESULT_OK &&
	    users_why_end(u, u, user->server, result.name, result.grant.ipv4))
		__builtin_trap();
	users_own_address(u, user->server, user->client);
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
