/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proxy on the way to the server: --proxy, or the variables that curl and other programs read
 * (https_proxy, all_proxy, no_proxy); and the login there. A password is never taken from the command
 * line.
 */
#ifndef SSTP_CLI_UPSTREAM_OPTION_H
#define SSTP_CLI_UPSTREAM_OPTION_H

#include "cli/option.h"
#include "net/reach.h"
#include "tls/open.h"
#include "upstream/proxy_url.h"

struct upstream_settings {
	struct proxy_url url;
	bool has_url; /* by --proxy; later also by another program's variable */
	bool is_from_environment;
	bool is_unwanted; /* --no-proxy */
	const char *password_file;
	const char *ca; /* authorities of an https:// proxy; NULL: the system's */
	struct tls_ctx *tls;
	struct proxy_name name;
	struct reach_proxy reach; /* its strings are those above */
};

/* Options of upstream_settings. */
extern const struct option_group upstream_options;

/*
 * Decides whether there is a proxy on the way to `host`, and reads its password from where it does not have
 * to be typed. *out: the proxy, in `s`; NULL: none. Returns false after printing an error. To be called
 * for each server; then password_forget_proxy.
 */
bool upstream_settings_apply(const struct verb *verb, struct upstream_settings *s, const char *host,
			     uint16_t port, const struct reach_proxy **out);

/*
 * Asks on the terminal for the password if there is a user name without one. Returns false after printing
 * an error.
 */
bool upstream_settings_ask(const struct verb *verb, struct upstream_settings *s);

void upstream_settings_wipe(struct upstream_settings *s);

#endif
