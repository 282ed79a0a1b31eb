/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sstp proxy: parses options and runs the client with a user-space TCP/IP stack and listeners for
 * local programs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/attempt.h"
#include "cli/background.h"
#include "cli/dns_options.h"
#include "cli/exit_code.h"
#include "cli/login.h"
#include "cli/sandbox_option.h"
#include "cli/verbs.h"
#include "client/client_helper.h"
#include "proxy/proxy.h"
#include "util/log_writer.h"
#include "util/secret.h"

struct forward_list {
	struct forward_cfg *at;
	size_t count;
};

struct proxy_server_list {
	struct proxy_server_cfg *at;
	size_t count;
};

struct proxy_settings {
	struct common_settings common;
	struct server_settings server;
	struct login_settings login;
	struct proxy_server_list socks5, http;
	const char *listen_user;
	const char *listen_password_file;
	struct forward_list forwards, remote_forwards;
	struct dns_settings dns;
	struct background_settings background;
	struct sandbox_settings sandbox;
	char **command;
};

#define AT(member) offsetof(struct proxy_settings, member)

/* ---- options of this verb alone */

/* NULL, or why not. */
static const char *add_proxy_server(struct proxy_server_list *l,
				    enum proxy_server_protocol protocol, const char *value)
{
	struct proxy_server_cfg *grown = realloc(l->at, (l->count + 1) * sizeof(*grown));
	const char *why;

	if (!grown)
		return "out of memory";
	l->at = grown;
	why = proxy_server_parse(&l->at[l->count], protocol, value);
	if (!why)
		l->count++;
	return why;
}

static bool set_proxy_server(struct proxy_server_list *l, enum proxy_server_protocol protocol,
			     const char *value, struct error *err)
{
	const char *why = add_proxy_server(l, protocol, value);

	if (!why && !l->at[l->count - 1].at.port)
		why = "the port is not a number from 1 to 65535";
	if (why)
		snprintf(err->text, sizeof(err->text),
			 "must be [ADDR:]PORT, such as 1080 or "
			 "10.0.0.1:1080, an IPv6 address in brackets: %s",
			 why);
	return !why;
}

static bool set_socks5(void *to, const char *value, struct error *err)
{
	return set_proxy_server(to, PROXY_SERVER_SOCKS5, value, err);
}

static bool set_http_proxy(void *to, const char *value, struct error *err)
{
	return set_proxy_server(to, PROXY_SERVER_HTTP, value, err);
}

static void clear_proxy_servers(void *to)
{
	((struct proxy_server_list *)to)->count = 0;
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

static bool set_forward(void *to, const char *value, struct error *err)
{
	const char *why = add_forward(to, value, false);

	if (why)
		snprintf(err->text, sizeof(err->text),
			 "must be [ADDR:]PORT:HOST:PORT, such as "
			 "8080:intranet:80, an IPv6 address in brackets: %s",
			 why);
	return !why;
}

static bool set_remote_forward(void *to, const char *value, struct error *err)
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

static const struct option way_table[] = {
	{ .name = "socks5",
	  .short_name = 'D',
	  .arg = "[ADDR:]PORT",
	  .help = "offer SOCKS5 there, only to this host without ADDR; may be given again",
	  .set = set_socks5,
	  .at = AT(socks5),
	  .clear = clear_proxy_servers },
	{ .name = "http-proxy",
	  .arg = "[ADDR:]PORT",
	  .help = "offer an HTTP proxy there; otherwise as --socks5",
	  .set = set_http_proxy,
	  .at = AT(http),
	  .clear = clear_proxy_servers },
	{ .name = "listen-user",
	  .arg = "NAME",
	  .help = "the user who may use SOCKS5 and the HTTP proxy; default: "
		  "everybody who can connect to them",
	  .set = set_text,
	  .at = AT(listen_user) },
	{ .name = "listen-password-file",
	  .arg = "FILE",
	  .help = "the first line of FILE is that user's password",
	  .set = set_file,
	  .at = AT(listen_password_file) },
	{ .name = "forward",
	  .short_name = 'L',
	  .arg = "[ADDR:]PORT:HOST:PORT",
	  .help = "listen on PORT on this host, and connect to HOST:PORT through the "
		  "VPN; may be given again",
	  .set = set_forward,
	  .at = AT(forwards),
	  .clear = clear_forwards },
	{ .name = "remote-forward",
	  .short_name = 'R',
	  .arg = "PORT:HOST:PORT",
	  .help = "listen on PORT of sstp's address in the VPN, and connect to "
		  "HOST:PORT from this host; may be given again",
	  .set = set_remote_forward,
	  .at = AT(remote_forwards),
	  .clear = clear_forwards },
};

static const struct option_group way_options = OPTION_GROUP(way_table);

static const struct option_use uses[] = {
	LOGIN_USES(struct proxy_settings),
	SERVER_USES(struct proxy_settings),
	{ .heading = "Ways through the VPN", .group = &way_options },
	{ .group = &dns_options, .at = AT(dns) },
	{ .group = &dns_domain_option, .at = AT(dns) },
	{ .group = &link_options, .at = AT(login.link) },
	{ .group = &ipv6_id_options, .at = AT(login.ipv6_id) },
	{ .heading = "Running", .group = &retry_options, .at = AT(login) },
	{ .group = &background_options, .at = AT(background) },
	{ .group = &control_options, .at = AT(login.control) },
	{ .group = &metrics_options, .at = AT(login.metrics) },
	{ .heading = "General", .group = &sandbox_options, .at = AT(sandbox) },
	{ .group = &common_options, .at = AT(common) },
};

/* ---- SOCKS5 and HTTP */

/* A command gets both a SOCKS5 and an HTTP proxy. */
static bool add_missing_proxy_servers(struct proxy_settings *s)
{
	if (!s->command)
		return true;
	return (s->socks5.count || !add_proxy_server(&s->socks5, PROXY_SERVER_SOCKS5, "0")) &&
	       (s->http.count || !add_proxy_server(&s->http, PROXY_SERVER_HTTP, "0"));
}

/* Both kinds in one list. */
static bool join_proxy_servers(struct proxy_settings *s, const struct proxy_login *login,
			       struct proxy_cfg *cfg)
{
	struct proxy_server_cfg *all;

	if (!add_missing_proxy_servers(s))
		return false;
	all = calloc(s->socks5.count + s->http.count + 1, sizeof(*all));
	if (!all)
		return false;
	for (size_t i = 0; i < s->socks5.count; i++)
		all[cfg->server_count++] = s->socks5.at[i];
	for (size_t i = 0; i < s->http.count; i++)
		all[cfg->server_count++] = s->http.at[i];
	for (size_t i = 0; i < cfg->server_count; i++)
		all[i].login = login->user ? login : NULL;
	cfg->servers = all;
	return true;
}

/*
 * No user: no login is required. Returns false, after printing an error, if half of the login is
 * missing or it is not valid.
 */
static bool read_login(const struct proxy_settings *s, char password[PASSWORD_SIZE],
		       struct proxy_login *login)
{
	struct error err;

	*login = (struct proxy_login){ s->listen_user, password };
	if (!s->listen_user != !s->listen_password_file) {
		cli_error(&proxy_verb, "--listen-user and --listen-password-file need each other");
		return false;
	}
	if (!s->listen_user)
		return true;
	if (!password_from_file(s->listen_password_file, password, &err)) {
		cli_error(&proxy_verb, "%s", err.text);
		return false;
	}
	if (!proxy_login_is_encodable(login))
		cli_error(&proxy_verb,
			  "--listen-user and its password must have at most %d characters "
			  "each, and the user name no colon",
			  PROXY_LOGIN_MAX);
	return proxy_login_is_encodable(login);
}

/* ---- running */

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
		cli_error(&proxy_verb, "no command after --: sstp proxy HOST -- COMMAND");
		return false;
	}
	if (s->background.is_wanted && s->command) {
		cli_error(&proxy_verb, "--background and a command contradict each other");
		return false;
	}
	if (!cfg->forward_count && !cfg->server_count) {
		cli_error(&proxy_verb, "nothing to do: give --socks5, --http-proxy, -L, -R, or a "
				       "command after --");
		return false;
	}
	return true;
}

struct start {
	const struct proxy_settings *settings;
	struct proxy_cfg *proxy;
};

/* The ports that -R connects to. */
static uint16_t *ports_of(const struct proxy_cfg *cfg, size_t *count)
{
	uint16_t *ports = calloc(cfg->forward_count + 1, sizeof(*ports));

	*count = 0;
	for (size_t i = 0; ports && i < cfg->forward_count; i++)
		if (cfg->forwards[i].is_remote)
			ports[(*count)++] = cfg->forwards[i].to.port;
	return ports;
}

static int connect_with_helper(const struct start *start, struct client_cfg *cfg,
			       struct client_sandbox_cfg *sandbox)
{
	struct client_helper helper = { .pid_file = start->settings->background.pid_file,
					.options = { cfg->congestion } };
	uint16_t *ports = ports_of(start->proxy, &sandbox->port_count);
	int code = EXIT_OTHER, error = ports ? client_helper_start(&helper) : -ENOMEM;

	sandbox->ports = ports;
	sandbox->helper = &helper;
	if (!error) {
		code = login_connect(cfg);
		client_helper_close(&helper);
	} else if (sandbox_goes_without(&proxy_verb, sandbox->mode, error)) {
		sandbox->mode = start->proxy->sandbox = SANDBOX_OFF;
		sandbox->helper = NULL;
		code = login_connect(cfg);
	}
	sandbox->helper = NULL;
	sandbox->ports = NULL;
	free(ports);
	return code;
}

static int connect_with(const struct start *start, struct client_cfg *cfg)
{
	struct client_sandbox_cfg sandbox = {
		.verb = SANDBOX_PROXY,
		.mode = start->settings->sandbox.mode,
	};

	cfg->sandbox = &sandbox;
	login_keep_from_children(cfg);
	cfg->backend = proxy_backend_new(start->proxy);
	if (!cfg->backend) {
		cli_error(&proxy_verb, "%s", strerror(ENOMEM));
		return EXIT_OTHER;
	}
	return sandbox.mode == SANDBOX_OFF ? login_connect(cfg)
					   : connect_with_helper(start, cfg, &sandbox);
}

static int proxy_once(void *arg, struct client_cfg *cfg)
{
	const struct start *start = arg;
	const struct proxy_settings *s = start->settings;
	struct background background;
	int code;

	if (!background_begin(&background, &proxy_verb, &s->background))
		return EXIT_OTHER;
	common_warn_about_keylog(s->server.tls.keylog);
	cfg->ready = background_ready;
	cfg->ready_arg = &background;
	code = connect_with(start, cfg);
	background_end(&background);
	return code;
}

static int proxy_to(void *arg, struct client_cfg *cfg)
{
	const struct start *start = arg;

	return cfg->is_asked && start->settings->sandbox.mode != SANDBOX_OFF
		       ? attempt_run(cfg, proxy_once, arg)
		       : proxy_once(arg, cfg);
}

static int run_with(struct proxy_settings *s, const struct proxy_login *login)
{
	static struct proxy_cfg proxy; /* its lists live until the program ends */
	struct start start = { s, &proxy };

	proxy.command = s->command;
	proxy.sandbox = s->sandbox.mode;
	proxy.dns = s->dns.servers.at;
	proxy.dns_count = s->dns.servers.count;
	proxy.names = dns_settings_names(&s->dns);
	if (!join_forwards(s, &proxy) || !join_proxy_servers(s, login, &proxy)) {
		cli_error(&proxy_verb, "%s", strerror(ENOMEM));
		return EXIT_OTHER;
	}
	if (!is_sensible(s, &proxy))
		return EXIT_USAGE;
	return login_run(&proxy_verb, &s->login, &s->server, s->common.check, proxy_to, &start);
}

static int run(void *arg)
{
	struct proxy_settings *s = arg;
	char password[PASSWORD_SIZE] = "";
	struct proxy_login login;
	int code = EXIT_USAGE;

	log_writer_wait();
	common_apply(&s->common);
	if (read_login(s, password, &login))
		code = run_with(s, &login);
	secret_wipe(password, sizeof(password));
	return code;
}

static struct proxy_settings settings = {
	.server = SERVER_DEFAULTS,
	.login = LOGIN_DEFAULTS,
	.sandbox = SANDBOX_DEFAULTS,
};

const struct verb proxy_verb = {
	.name = "proxy",
	.summary = "connect without TUN or root: SOCKS5, HTTP, port forwards",
	.usage = "[options] HOST[:PORT] [-- COMMAND...]",
	.about = "Connects to an SSTP server and lets local programs use the VPN, "
		 "without a TUN device, without root and without any change on this "
		 "host: sstp's own TCP/IP stack replaces the kernel's. With a "
		 "COMMAND, sstp runs it while the tunnel is up, and ends with it. "
		 "Variables such as ALL_PROXY name the SOCKS5 and HTTP proxies for "
		 "the command; sstp opens both even if no option asks for them.",
	.notes = PASSWORD_NOTES "  sstp proxy -u ann --socks5 1080 vpn.example.net\n"
				"  sstp proxy -u ann vpn.example.net -- curl http://intranet/\n"
				"  sstp proxy -u ann -L 8080:intranet:80 vpn.example.net\n",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.positional = server_positional,
	.positional_at = AT(server),
	.takes_command = true,
	.command_at = AT(command),
	.settings = &settings,
	.run = run,
};
