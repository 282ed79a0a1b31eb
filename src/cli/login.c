/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A user name, a password from somewhere, and what they log in with. */
#include "cli/login.h"

#include <stdio.h>
#include <string.h>

#include "cli/tidy.h"
#include "util/secret.h"

/* NULL: there is no terminal, or nothing was typed. */
static const char *ask_user(const char *host)
{
	static char user[PASSWORD_ROOM];
	struct option_error err;
	char prompt[300];

	snprintf(prompt, sizeof(prompt), "User name at %s: ", host);
	if (!terminal_ask(prompt, user) ||
	    !tidy_value(user, &(struct tidy_place){ .name = "the terminal" }, &err))
		return NULL;
	return *user ? user : NULL;
}

bool login_apply(const struct verb *verb, const struct login_settings *s,
		 struct server_settings *server, bool is_check, struct client_cfg *cfg)
{
	*cfg = (struct client_cfg){
		.user = s->user              ? s->user
			: server->at.user[0] ? server->at.user
					     : NULL,
		.auth_count = s->auth.count,
		.mtu = s->mtu,
		.congestion = s->congestion,
		.ipv6 = !s->no_ipv6 && s->mtu >= 1280,
		.once = s->once,
		.keep_trying = s->keep_trying,
	};
	memcpy(cfg->auth, s->auth.at, sizeof(cfg->auth));
	if (!server_settings_apply(verb, server, &cfg->server))
		return false;
	if (s->once && s->keep_trying) {
		option_complain(verb, "--once and --keep-trying contradict each other");
		return false;
	}
	if (!cfg->user && is_check)
		option_complain(verb, "no user name: --user NAME");
	return cfg->user || !is_check;
}

static bool ask_for_user(const struct verb *verb, struct client_cfg *cfg)
{
	cfg->user = ask_user(cfg->server.host);
	if (!cfg->user)
		option_complain(verb, "no user name: --user NAME");
	return cfg->user;
}

bool login_password(const struct verb *verb, const struct login_settings *s, struct client_cfg *cfg,
		    char to[PASSWORD_ROOM])
{
	struct option_error err = { "" };
	char prompt[600];
	bool ok = password_from_environment(to, &err); /* whichever wins, it must not stay there */

	/* before a question: nobody likes to type a password and then hear that a file is wrong */
	if (!server_settings_check(verb, &cfg->server) || (!cfg->user && !ask_for_user(verb, cfg)))
		return false;
	if (s->password_fd >= 0) {
		ok = password_from_fd(s->password_fd, to, &err);
	} else if (s->passwd_on_stdin) {
		ok = password_from_fd(0, to, &err);
	} else if (s->password_file) {
		ok = password_from_file(s->password_file, to, &err);
	} else if (!ok && !*err.text) {
		snprintf(prompt, sizeof(prompt), "Password of %s at %s: ", cfg->user,
			 cfg->server.host);
		ok = password_ask(prompt, to, &err);
	}
	if (!ok)
		option_complain(verb, "%s", err.text);
	return ok;
}

int login_check(const struct verb *verb, const struct login_settings *s,
		const struct client_cfg *cfg)
{
	char password[PASSWORD_ROOM] = "";
	struct option_error err = { "" };

	if (!password_from_environment(password, &err) && *err.text) {
		option_complain(verb, "%s", err.text);
		return EXIT_USAGE;
	}
	if (!server_settings_check(verb, &cfg->server))
		return EXIT_USAGE;
	if (s->password_file && !password_from_file(s->password_file, password, &err)) {
		option_complain(verb, "%s", err.text);
		return EXIT_USAGE;
	}
	secret_wipe(password, sizeof(password));
	printf("the settings are good\n");
	return EXIT_OK;
}
