/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The login to a server, and how the tunnel is kept up: connect, run, proxy. Authentication methods
 * and the link: these and serve.
 */
#ifndef SSTP_CLI_LOGIN_H
#define SSTP_CLI_LOGIN_H

#include "cli/common.h"
#include "cli/control_options.h"
#include "cli/eap_options.h"
#include "cli/password.h"
#include "eap/packet.h"
#include "net/congestion.h"

/* Settings of the link inside the tunnel and of the connection around it. */
struct link_settings {
	uint16_t mtu;
	const char *congestion;
	bool no_ipv6;
};

#define LINK_DEFAULTS                                      \
	{                                                  \
		.mtu = 1400, .congestion = CONGESTION_AUTO \
	}

/* --ipv6-id */
struct ipv6_id {
	bool is_stable;
	uint8_t iid[PPP_IID_LEN]; /* zero: random */
};

struct login_settings {
	const char *user;
	const char *password_file, *new_password_file;
	bool passwd_on_stdin;
	int password_fd; /* -1: none */
	struct auth_list auth;
	struct eap_settings eap;
	struct link_settings link;
	struct ipv6_id ipv6_id;
	bool once, keep_trying;
	struct control_option_settings control;
	struct metrics_list metrics;
};

/* The methods that are safe inside verified TLS and need no further settings. */
#define AUTH_DEFAULT                                                        \
	{                                                                   \
		{ PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP }, 2, { EAP_MSCHAPV2 }, 1 \
	}

#define LOGIN_DEFAULTS                                                         \
	{                                                                      \
		.auth = AUTH_DEFAULT, .link = LINK_DEFAULTS, .password_fd = -1 \
	}

/* Options of login_settings: credentials; what happens when the connection is lost. */
extern const struct option_group login_options, retry_options;
/* --auth: a struct auth_list. */
extern const struct option_group auth_options;
/* Options of link_settings. */
extern const struct option_group link_options;
/* --ipv6-id: a struct ipv6_id. */
extern const struct option_group ipv6_id_options;

/* The rows of a verb that logs in, whose `settings` have a `login`. */
#define LOGIN_USES(settings)                                          \
	OPTION_USE("Who you are", login_options, settings, login),    \
		OPTION_USE(NULL, auth_options, settings, login.auth), \
		OPTION_USE(NULL, eap_options, settings, login.eap),   \
		OPTION_USE(NULL, peap_options, settings, login.eap.requires_peap_binding)

#define PASSWORD_NOTES                                                                      \
	"The password is looked for in --password-fd, --passwd-on-stdin, --password-file\n" \
	"and the variable SSTP_PASSWORD, and is asked for on the terminal last.\n\n"

/*
 * Runs a client: fills all of `cfg` but the backend, and calls `start`, which sets the backend and
 * runs the client. Asks on the terminal for missing credentials. With `is_check` only checks the
 * files instead. Returns an exit code; errors have been printed.
 */
int login_run(const struct verb *verb, const struct login_settings *s,
	      struct server_settings *server, bool is_check,
	      int (*start)(void *arg, struct client_cfg *cfg), void *arg);

/* Calls client_run. Returns the exit status of its command, or an exit code. */
int login_connect(const struct client_cfg *cfg);
/* Processes that are forked from now on do not get the passwords of login_run. */
void login_keep_from_children(const struct client_cfg *cfg);

#endif
