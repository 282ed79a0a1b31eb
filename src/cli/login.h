/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who we are to a server, and how the tunnel to it is kept: connect, run, proxy. */
#ifndef SSTP_CLI_LOGIN_H
#define SSTP_CLI_LOGIN_H

#include "cli/common.h"
#include "cli/password.h"
#include "net/congestion.h"

/* What is asked of the link inside the tunnel and of the connection around it. */
struct link_settings {
	uint16_t mtu;
	const char *congestion;
	bool no_ipv6;
};

#define LINK_DEFAULTS                                      \
	{                                                  \
		.mtu = 1400, .congestion = CONGESTION_AUTO \
	}

struct login_settings {
	const char *user;
	const char *password_file;
	bool passwd_on_stdin;
	int password_fd; /* -1: none */
	struct auth_list auth;
	struct link_settings link;
	bool once, keep_trying;
};

#define LOGIN_DEFAULTS                                                                         \
	{                                                                                      \
		.auth = { { PPP_AUTH_MSCHAPV2 }, 1 }, .link = LINK_DEFAULTS, .password_fd = -1 \
	}

/* Of login_settings: who logs in; what happens when the connection is lost. */
extern const struct option_group login_options, retry_options;
/* Of link_settings. */
extern const struct option_group link_options;

#define PASSWORD_NOTES                                                                      \
	"The password is looked for in --password-fd, --passwd-on-stdin, --password-file\n" \
	"and the variable SSTP_PASSWORD, and is asked for on the terminal last.\n\n"

/*
 * A client's run: fills all of `cfg` but the backend, which `start` does, who then runs the client;
 * what is not given is asked for on the terminal. With `is_check` looks into the files instead. An
 * exit code; all has been said.
 */
int login_run(const struct verb *verb, const struct login_settings *s,
	      struct server_settings *server, bool is_check,
	      int (*start)(void *arg, struct client_cfg *cfg), void *arg);

/* client_run. The status of its command, or an exit code. */
int login_connect(const struct client_cfg *cfg);

#endif
