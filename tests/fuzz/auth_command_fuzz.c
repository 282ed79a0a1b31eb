/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer of --auth-command: whatever it is, it gives a user, a refusal or an error. The same bytes are also a name
 * and a password, which the command gets as one line of JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/auth_command.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void no_log(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

/* The first zero byte ends the name. */
static void put(const uint8_t *data, size_t len)
{
	static const enum ppp_auth methods[] = { PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5, PPP_AUTH_MSCHAPV2,
						 PPP_AUTH_EAP };
	const uint8_t *end = len ? memchr(data, '\0', len) : NULL;
	size_t user_len = end ? (size_t)(end - data) : len;
	char line[AUTH_COMMAND_LINE_MAX];

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		const struct ppp_attempt attempt = {
			.method = methods[i],
			.user = bytes_of(data, user_len),
			.password = end ? bytes_of(end + 1, len - user_len - 1) : bytes_text(""),
		};
		const struct auth_request rq = { .attempt = &attempt };

		if (auth_command_put(&rq, "vpn", line) &&
		    strchr(line, '\n') != line + strlen(line) - 1)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum ppp_auth methods[] = { PPP_AUTH_PAP, PPP_AUTH_MSCHAPV2 };

	log_set_sink(no_log);
	put(data, len);
	for (size_t i = 0; i < 2; i++) {
		const struct ppp_attempt attempt = { .method = methods[i],
						     .user = bytes_text("ann"),
						     .password = bytes_text("secret") };
		const struct auth_request rq = { .attempt = &attempt };
		struct users *users = NULL;

		if (auth_command_read(&rq, bytes_of(data, len), &users) && users)
			abort();
		users_release(users);
	}
	return 0;
}
