/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp proxy: options into a client and a stack of our own, with listeners for local programs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/background.h"
#include "cli/login.h"
#include "cli/verbs.h"
#include "proxy/proxy.h"
#include "util/secret.h"

struct forward_list {
	struct forward_cfg *at;
	size_t count;
};

struct front_list {
	struct front_cfg *at;
	size_t count;
};

struct proxy_settings {
	struct common_settings common;
	struct server_settings server;
	struct login_settings login;
	struct front_list socks5, http;
	const char *proxy_user;
	const char *proxy_password_file;
	struct forward_list forwards, remote_forwards;
	bool background;
	const char *pid_file;
	char **command;
};

#define AT(member) offsetof(struct proxy_settings, member)

/* ---- what only this verb takes */

/* NULL, or why not. */
static const char *add_front(struct front_list *l, enum front_protocol protocol, const char *value)
{
	struct front_cfg *grown = realloc(l->at, (l->count + 1) * sizeof(*grown));
	const char *why;

	if (!grown)
		return "out of memory";
	l->at = grown;
	why = front_parse(&l->at[l->count], protocol, value);
	if (!why)
		l->count++;
	return why;
}

static bool set_front(struct front_list *l, enum front_protocol protocol, const char *value,
		      struct option_error *err)
{
	const char *why = add_front(l, protocol, value);

	if (!why && !l->at[l->count - 1].at.port)
		why = "the port is not a number from 1 to 65535";
	if (why)
		snprintf(err->text, sizeof(err->text),
			 "must be [ADDR:]PORT, such as 1080 or "
			 "10.0.0.1:1080, an IPv6 address in brackets: %s",
			 why);
	return !why;
}

static bool set_socks5(void *to, const char *value, struct option_error *err)
{
	return set_front(to, FRONT_SOCKS5, value, err);
}

static bool set_http_proxy(void *to, const char *value, struct option_error *err)
{
	return set_front(to, FRONT_HTTP, value, err);
}

static void clear_fronts(void *to)
{
	((struct front_list *)to)->count = 0;
}

/* NULL, or why not. */
static const char *add_forward(struct forward_list *l, const char *value, bool is_remote)
{
	struct forward_cfg *grown = realloc(l->at, (l->count + 1) * sizeof(*grown));
	const char *why;

	if (!grown)
		return "out of memory";
	l->at = grown;
	why = forward_parse(&l->at[l->count], value, is_remote);
	if (!why)
		l->count++;
	return why;
}

static bool set_forward(void *to, const char *value, struct option_error *err)
{
	const char *why = add_forward(to, value, false);

	if (why)
		snprintf(err->text, sizeof(err->text),
			 "must be [ADDR:]PORT:HOST:PORT, such as "
			 "8080:intranet:80, an IPv6 address in brackets: %s",
			 why);
	return !why;
}

static bool set_remote_forward(void *to, const char *value, struct option_error *err)
{
	const char *why = add_forward(to, value, true);

	if (why)
		snprintf(err->text, sizeof(err->text),
			 "must be PORT:HOST:PORT, such as "
			 "2222:localhost:22, an IPv6 address in brackets: %s",
			 why);
	return !why;
}

static void clear_forwards(void *to)
{
	((struct forward_list *)to)->count = 0;
}

static const struct option options[] = {
	LOGIN_OPTIONS(struct proxy_settings),
	SERVER_OPTIONS(struct proxy_settings),
	{ .help = "Ways through the VPN:" },
	{ "socks5", 'D', "[ADDR:]PORT",
	  "offer SOCKS5 there, to this host alone if no ADDR says "
	  "otherwise; may be given again",
	  set_socks5, AT(socks5), false, clear_fronts },
	{ "http-proxy", 0, "[ADDR:]PORT", "offer an HTTP proxy there, likewise", set_http_proxy,
	  AT(http), false, clear_fronts },
	{ "proxy-user", 0, "NAME",
	  "who may use SOCKS5 and the HTTP proxy; default anybody who "
	  "can connect to them",
	  set_text, AT(proxy_user), false, NULL },
	{ "proxy-password-file", 0, "FILE", "the first line of FILE is that user's password",
	  set_file, AT(proxy_password_file), false, NULL },
	{ "forward", 'L', "[ADDR:]PORT:HOST:PORT",
	  "listen on PORT here, connect to HOST:PORT "
	  "through the VPN; may be given again",
	  set_forward, AT(forwards), false, clear_forwards },
	{ "remote-forward", 'R', "PORT:HOST:PORT",
	  "listen on PORT of our address in the VPN, "
	  "connect to HOST:PORT from here; may be given again",
	  set_remote_forward, AT(remote_forwards), false, clear_forwards },
	LINK_OPTIONS(struct proxy_settings),
	{ .help = "Running:" },
	RETRY_OPTIONS(struct proxy_settings),
	{ "background", 'b', NULL, "go to the background once connected", set_flag, AT(background),
	  false, NULL },
	{ "pid-file", 0, "FILE", "write the process id to FILE", set_text, AT(pid_file), false,
	  NULL },
	COMMON_OPTIONS(struct proxy_settings),
};

static bool word(void *settings, const char *w, struct option_error *err)
{
	return server_word(&((struct proxy_settings *)settings)->server, w, err);
}

const struct verb proxy_verb = {
	.name = "proxy",
	.usage = "[options] HOST[:PORT] [-- COMMAND...]",
	.about = "Connects to an SSTP server and lets local programs through it, without a TUN "
		 "device, without root, without changing anything on this host: a TCP/IP stack of "
		 "its own takes the place of the kernel's. With a COMMAND, runs that while the "
		 "tunnel is up, and ends with it; variables such as ALL_PROXY tell it of SOCKS5 "
		 "and of the HTTP proxy, which are there for it even if no option asks for them.",
	.notes = PASSWORD_NOTES "  sstp proxy -u ann --socks5 1080 vpn.example.net\n"
				"  sstp proxy -u ann vpn.example.net -- curl http://intranet/\n"
				"  sstp proxy -u ann -L 8080:intranet:80 vpn.example.net\n",
	.options = options,
	.option_count = sizeof(options) / sizeof(*options),
	.config_offset = AT(common.config),
	.word = word,
	.takes_command = true,
	.command_offset = AT(command),
};

/* ---- SOCKS5 and HTTP */

/* A command that is to be told of both finds both. */
static bool add_missing_fronts(struct proxy_settings *s)
{
	if (!s->command)
		return true;
	return (s->socks5.count || !add_front(&s->socks5, FRONT_SOCKS5, "0")) &&
	       (s->http.count || !add_front(&s->http, FRONT_HTTP, "0"));
}

/* Both kinds in one list. */
static bool join_fronts(struct proxy_settings *s, const struct proxy_login *login,
			struct proxy_cfg *cfg)
{
	struct front_cfg *all;

	if (!add_missing_fronts(s))
		return false;
	all = calloc(s->socks5.count + s->http.count + 1, sizeof(*all));
	if (!all)
		return false;
	for (size_t i = 0; i < s->socks5.count; i++)
		all[cfg->front_count++] = s->socks5.at[i];
	for (size_t i = 0; i < s->http.count; i++)
		all[cfg->front_count++] = s->http.at[i];
	for (size_t i = 0; i < cfg->front_count; i++)
		all[i].login = login->user ? login : NULL;
	cfg->fronts = all;
	return true;
}

/* No user: anybody may. False when half of a login is missing, or it is none; said so. */
static bool read_login(const struct proxy_settings *s, char password[PASSWORD_ROOM],
		       struct proxy_login *login)
{
	struct option_error err;

	*login = (struct proxy_login){ s->proxy_user, password };
	if (!s->proxy_user != !s->proxy_password_file) {
		option_complain(&proxy_verb, "--proxy-user and --proxy-password-file go together");
		return false;
	}
	if (!s->proxy_user)
		return true;
	if (!password_from_file(s->proxy_password_file, password, &err)) {
		option_complain(&proxy_verb, "%s", err.text);
		return false;
	}
	if (!proxy_login_is_sayable(login))
		option_complain(&proxy_verb,
				"--proxy-user and its password must have at most %d "
				"characters each, and the user no colon",
				PROXY_LOGIN_MAX);
	return proxy_login_is_sayable(login);
}

/* ---- off */

/* Both kinds in one list. */
static bool join_forwards(struct proxy_settings *s, struct proxy_cfg *cfg)
{
	size_t local = s->forwards.count, remote = s->remote_forwards.count;
	struct forward_cfg *all = calloc(local + remote + 1, sizeof(*all));

	if (!all)
		return false;
	if (local)
		memcpy(all, s->forwards.at, local * sizeof(*all));
	if (remote)
		memcpy(all + local, s->remote_forwards.at, remote * sizeof(*all));
	cfg->forwards = all;
	cfg->forward_count = local + remote;
	return true;
}

static bool is_sensible(const struct proxy_settings *s, const struct proxy_cfg *cfg)
{
	if (s->command && !s->command[0]) {
		option_complain(&proxy_verb, "no command after --: sstp proxy HOST -- COMMAND");
		return false;
	}
	if (s->background && s->command) {
		option_complain(&proxy_verb, "--background and a command contradict each other");
		return false;
	}
	if (!cfg->forward_count && !cfg->front_count) {
		option_complain(&proxy_verb,
				"nothing to do: give --socks5, --http-proxy, -L, -R, or a "
				"command after --");
		return false;
	}
	return true;
}

static int proxy_to(const struct proxy_settings *s, const struct proxy_cfg *proxy,
		    const struct client_cfg *login)
{
	struct client_cfg cfg = *login;
	struct background background;
	int code = EXIT_OTHER;

	if (!background_begin(&background, &proxy_verb, s->background, s->pid_file))
		return code;
	common_warn_of_keylog(s->server.keylog);
	cfg.ready = background_ready;
	cfg.ready_arg = &background;
	cfg.backend = proxy_backend_new(proxy);
	if (cfg.backend)
		code = client_run(&cfg);
	else
		option_complain(&proxy_verb, "%s", strerror(ENOMEM));
	background_end(&background);
	return code;
}

int verb_proxy(int argc, char **argv)
{
	static struct proxy_settings s = {
		.server = SERVER_DEFAULTS,
		.login = LOGIN_DEFAULTS,
	};
	static struct proxy_cfg proxy; /* its lists end with the program */
	char password[PASSWORD_ROOM], proxy_password[PASSWORD_ROOM] = "";
	struct proxy_login proxy_login;
	struct client_cfg cfg;
	int code;

	if (!options_read(&proxy_verb, argc, argv, &s, &code))
		return code;
	common_apply(&s.common);
	proxy.command = s.command;
	if (!login_apply(&proxy_verb, &s.login, &s.server, s.common.check, &cfg) ||
	    !read_login(&s, proxy_password, &proxy_login))
		return EXIT_USAGE;
	if (!join_forwards(&s, &proxy) || !join_fronts(&s, &proxy_login, &proxy)) {
		option_complain(&proxy_verb, "%s", strerror(ENOMEM));
		return EXIT_OTHER;
	}
	if (!is_sensible(&s, &proxy))
		return EXIT_USAGE;
	if (s.common.check)
		return login_check(&proxy_verb, &s.login, &cfg);
	if (!login_password(&proxy_verb, &s.login, &cfg, password))
		return EXIT_USAGE;
	cfg.password = password;
	code = proxy_to(&s, &proxy, &cfg);
	secret_wipe(password, sizeof(password));
	secret_wipe(proxy_password, sizeof(proxy_password));
	return code;
}
