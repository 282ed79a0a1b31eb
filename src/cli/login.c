/* A user name, a password from somewhere, and what they log in with. */
#include "cli/login.h"

#include <stdio.h>
#include <string.h>

#include "util/secret.h"

bool login_apply(const struct verb *verb, const struct login_settings *s,
		 struct server_settings *server, struct client_cfg *cfg)
{
	*cfg = (struct client_cfg){
		.user = s->user,
		.auth_count = s->auth.count,
		.mtu = s->mtu,
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
	if (!s->user)
		option_complain(verb, "no user name: --user NAME");
	return s->user;
}

bool login_password(const struct verb *verb, const struct login_settings *s, const char *host,
		    char to[PASSWORD_ROOM])
{
	struct option_error err = { "" };
	char prompt[600];
	bool ok = password_from_environment(to, &err); /* whichever wins, it must not stay there */

	if (s->password_fd != UINT32_MAX) {
		ok = password_from_fd((int)s->password_fd, to, &err);
	} else if (s->passwd_on_stdin) {
		ok = password_from_fd(0, to, &err);
	} else if (s->password_file) {
		ok = password_from_file(s->password_file, to, &err);
	} else if (!ok && !*err.text) {
		snprintf(prompt, sizeof(prompt), "Password of %s at %s: ", s->user, host);
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
