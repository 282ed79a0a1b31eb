/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --proxy and --no-proxy are two values of one setting: the one from the stronger source counts. The
 * variables of other programs are weaker than all of ours.
 */
#include "cli/upstream_option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_error.h"
#include "cli/password.h"
#include "cli/value.h"
#include "tunnel/proxy_tls.h"
#include "upstream/no_proxy.h"
#include "util/log.h"
#include "util/secret.h"

_Static_assert((int)PASSWORD_SIZE == (int)PROXY_PASSWORD_SIZE, "a password file's fits");

static const char password_variable[] = "SSTP_PROXY_PASSWORD";

static bool is_from_command_line(const char *value)
{
	return !strncmp(saved_value_origin(value), "--", 2);
}

/* struct upstream_settings */
static bool set_proxy(void *to, const char *value, struct error *err)
{
	struct upstream_settings *s = to;
	const char *why = proxy_url_parse(value, &s->url);

	if (why) {
		snprintf(
			err->text, sizeof(err->text),
			"must be a proxy's URL such as http://proxy:3128 or socks5h://proxy:1080: %s",
			why);
		return false;
	}
	if (s->url.has_password && is_from_command_line(value)) {
		snprintf(err->text, sizeof(err->text),
			 "must not hold a password: others can read the command line; "
			 "--proxy-password-file FILE, or the variable %s",
			 password_variable);
		return false;
	}
	if (s->url.has_password)
		saved_value_wipe(value);
	s->has_url = true;
	s->is_unwanted = false;
	return true;
}

static bool set_no_proxy(void *to, const char *value, struct error *err)
{
	struct upstream_settings *s = to;
	bool is_on = false;

	if (!set_flag(&is_on, value, err))
		return false;
	if (is_on)
		upstream_settings_wipe(s);
	s->is_unwanted = is_on;
	return true;
}

#define AT(member) offsetof(struct upstream_settings, member)

static const struct option upstream_table[] = {
	{ .name = "proxy",
	  .short_name = 'P',
	  .arg = "URL",
	  .help = "reach the server through this proxy: [USER@]HOST:PORT after http://, "
		  "https://, socks5:// or socks5h:// (the proxy looks up the server's name); default: the "
		  "variables https_proxy and all_proxy, but not for the servers in no_proxy",
	  .set = set_proxy },
	{ .name = "proxy-password-file",
	  .arg = "FILE",
	  .help = "the first line of FILE is the password of the proxy's USER",
	  .set = set_file,
	  .at = AT(password_file) },
	{ .name = "proxy-ca-cert",
	  .arg = "FILE",
	  .help = "trust these authorities (PEM, or a directory) for the certificate of an "
		  "https:// proxy; default: this machine's",
	  .set = set_file,
	  .at = AT(ca) },
	{ .name = "no-proxy",
	  .help = "connect to the server without a proxy, whatever the variables say",
	  .set = set_no_proxy },
};

#undef AT

const struct option_group upstream_options = OPTION_GROUP(upstream_table);

/* ---- other programs' variables */

/* The first that is set; its name is stored in *name. */
static const char *first_variable(const char *const *names, size_t count, const char **name)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = getenv(names[i]);

		*name = names[i];
		if (value && *value)
			return value;
	}
	return NULL;
}

/* Servers on this host need no proxy, and no proxy could reach them (Go does the same). */
static bool is_excepted(const char *host, uint16_t port)
{
	static const char *const exceptions[] = { "no_proxy", "NO_PROXY" };
	const char *name, *list = first_variable(exceptions, 2, &name);

	return no_proxy_is_loopback(host) || (list && no_proxy_lists(list, host, port));
}

/* Not http_proxy: SSTP is https. */
static bool read_environment(const struct verb *verb, struct upstream_settings *s)
{
	static const char *const proxies[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
					       "ALL_PROXY" };
	const char *name, *why, *url = first_variable(proxies, 4, &name);

	if (!url)
		return true;
	why = proxy_url_parse(url, &s->url);
	if (why) {
		cli_error(verb, "the variable %s has no usable proxy: %s; --no-proxy ignores it",
			  name, why);
		return false;
	}
	s->has_url = s->is_from_environment = true;
	log_info(NULL, "the proxy is from the variable %s; --no-proxy connects without it", name);
	return true;
}

/* ---- the login */

/* The file is stronger than the URL, and that than the variable. */
static bool read_password(struct upstream_settings *s, struct error *err)
{
	char *to = s->url.password;

	if (s->password_file) {
		s->url.has_password = true;
		return password_from_file(s->password_file, to, err);
	}
	err->text[0] = '\0';
	if (!s->url.has_password)
		s->url.has_password = password_from_variable(password_variable, to, err);
	return !err->text[0];
}

static bool has_user_if_needed(const struct verb *verb, const struct upstream_settings *s)
{
	if (s->url.has_user || !s->password_file)
		return true;
	cli_error(verb,
		  s->has_url
			  ? "--proxy-password-file needs a user name: --proxy http://USER@HOST:PORT"
			  : "--proxy-password-file needs --proxy http://USER@HOST:PORT");
	return false;
}

static void fill_reach(struct upstream_settings *s)
{
	s->name = proxy_url_name(&s->url);
	s->reach = (struct reach_proxy){
		.protocol = s->url.protocol,
		.looks_up = s->url.looks_up,
		.host = s->url.host,
		.port = s->url.port,
		.name = s->name.text,
		.user = s->url.has_user ? s->url.user : NULL,
		.password = s->url.has_user ? s->url.password : NULL,
		.cover = s->url.is_tls ? proxy_tls_cover : NULL,
		.cover_arg = s->tls,
	};
}

/* For an https:// proxy. It is called for each server. */
static bool open_tls(struct upstream_settings *s, struct error *err)
{
	const struct tls_client_cfg cfg = { .ca_file = s->ca, .ca_option = "--proxy-ca-cert" };

	return !s->url.is_tls || s->tls || !tls_ctx_client(&cfg, &s->tls, err);
}

bool upstream_settings_apply(const struct verb *verb, struct upstream_settings *s, const char *host,
			     uint16_t port, const struct reach_proxy **out)
{
	bool is_ours = s->has_url && !s->is_from_environment;
	struct error err;

	*out = NULL;
	if (s->is_unwanted || (!is_ours && is_excepted(host, port)))
		return true;
	if (!s->has_url && !read_environment(verb, s))
		return false;
	if (!has_user_if_needed(verb, s))
		return false;
	if (!s->has_url)
		return true;
	if (s->url.has_user && !read_password(s, &err)) {
		cli_error(verb, "%s", err.text);
		return false;
	}
	if (!open_tls(s, &err)) {
		cli_error(verb, "the proxy's certificate cannot be checked: %s", err.text);
		return false;
	}
	fill_reach(s);
	*out = &s->reach;
	return true;
}

bool upstream_settings_ask(const struct verb *verb, struct upstream_settings *s)
{
	char prompt[700];
	struct error err = { "" };

	if (!s->has_url || !s->url.has_user || s->url.has_password)
		return true;
	snprintf(prompt, sizeof(prompt), "Password of %s at the proxy %s: ", s->url.user,
		 s->name.text);
	s->url.has_password = password_ask(prompt, s->url.password, &err);
	if (!s->url.has_password)
		cli_error(verb,
			  "no password of %s for the proxy: --proxy-password-file FILE, or the "
			  "variable %s",
			  s->url.user, password_variable);
	return s->url.has_password;
}

void upstream_settings_wipe(struct upstream_settings *s)
{
	tls_ctx_release(s->tls);
	s->tls = NULL;
	secret_wipe(&s->url, sizeof(s->url));
	s->has_url = false;
}
