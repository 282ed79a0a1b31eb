/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer of --auth-command: whatever it is, it gives a user, a refusal or an error. */
#include <stdlib.h>

#include "auth/auth_command.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void no_log(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum ppp_auth methods[] = { PPP_AUTH_PAP, PPP_AUTH_MSCHAPV2 };

	log_set_sink(no_log);
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
