/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who we are to a server, and how the tunnel to it is kept: connect, run, proxy. */
#ifndef SSTP_CLI_LOGIN_H
#define SSTP_CLI_LOGIN_H

#include "cli/common.h"
#include "cli/password.h"
#include "net/congestion.h"

struct login_settings {
	const char *user;
	const char *password_file;
	bool passwd_on_stdin;
	int password_fd; /* -1: none */
	struct auth_list auth;
	uint16_t mtu;
	const char *congestion;
	bool no_ipv6;
	bool once, keep_trying;
};

#define LOGIN_DEFAULTS                                                                            \
	{                                                                                         \
		.auth = { { PPP_AUTH_MSCHAPV2 }, 1 }, .mtu = 1400, .congestion = CONGESTION_AUTO, \
		.password_fd = -1                                                                 \
	}

#define LOGIN_OPTIONS(type)                                                                  \
	{ .help = "Who you are:" },                                                          \
		{ "user",   'u',                                                             \
		  "NAME",   "the user name; DOMAIN\\NAME where there are domains",           \
		  set_text, offsetof(type, login.user),                                      \
		  false,    NULL },                                                          \
		{ "password-file", 0,                                                        \
		  "FILE",          "the first line of FILE is the password",                 \
		  set_file,        offsetof(type, login.password_file),                      \
		  false,           NULL },                                                   \
		{ "password-fd",                                                             \
		  0,                                                                         \
		  "N",                                                                       \
		  "read the password from descriptor N",                                     \
		  set_descriptor,                                                            \
		  offsetof(type, login.password_fd),                                         \
		  true,                                                                      \
		  NULL },                                                                    \
		{ "passwd-on-stdin",                                                         \
		  0,                                                                         \
		  NULL,                                                                      \
		  "read the password from standard input",                                   \
		  set_flag,                                                                  \
		  offsetof(type, login.passwd_on_stdin),                                     \
		  true,                                                                      \
		  NULL },                                                                    \
	{                                                                                    \
		"auth", 0, "LIST",                                                           \
			"authentication methods that may be used, the preferred one first: " \
			"mschapv2 (the default), chap, pap",                                 \
			set_auth, offsetof(type, login.auth), false, NULL                    \
	}

#define LINK_OPTIONS(type)                                                                        \
	{ "mtu", 'm', "BYTES", "of the tunnel; default 1400", set_mtu, offsetof(type, login.mtu), \
	  false, NULL },                                                                          \
		{ "congestion",   0,                                                              \
		  "NAME",         CONGESTION_HELP,                                                \
		  set_congestion, offsetof(type, login.congestion),                               \
		  false,          NULL },                                                         \
	{                                                                                         \
		"no-ipv6", 0, NULL, "do not negotiate IPv6 in the tunnel", set_flag,              \
			offsetof(type, login.no_ipv6), false, NULL                                \
	}

#define RETRY_OPTIONS(type)                                                                      \
	{ "once",   0,                                                                           \
	  NULL,     "end when the connection is lost",                                           \
	  set_flag, offsetof(type, login.once),                                                  \
	  false,    NULL },                                                                      \
	{                                                                                        \
		"keep-trying", 0, NULL, "keep trying even if the first attempt finds no server", \
			set_flag, offsetof(type, login.keep_trying), false, NULL                 \
	}

#define PASSWORD_NOTES                                                                      \
	"The password is looked for in --password-fd, --passwd-on-stdin, --password-file\n" \
	"and the variable SSTP_PASSWORD, and is asked for on the terminal last.\n\n"

/* Fills all of `cfg` but password and backend, and the user's name if nothing gives it: in a check that
 * is an error. Returns false after printing an error. */
bool login_apply(const struct verb *verb, const struct login_settings *s,
		 struct server_settings *server, bool is_check, struct client_cfg *cfg);

/* From where the settings say; on the terminal it asks, for the user's name too if there is none.
 * Returns false after printing an error. */
bool login_password(const struct verb *verb, const struct login_settings *s, struct client_cfg *cfg,
		    char to[PASSWORD_ROOM]);

/* --check, which looks into the files too. An exit code; said what is wrong, or that all is good. */
int login_check(const struct verb *verb, const struct login_settings *s,
		const struct client_cfg *cfg);

#endif
