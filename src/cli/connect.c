/* sstp connect: options into a client_cfg, a password from somewhere, and off. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/background.h"
#include "cli/common.h"
#include "cli/password.h"
#include "cli/verbs.h"
#include "util/secret.h"

struct connect_settings {
	struct common_settings common;
	struct server_settings server;
	const char *user;
	const char *password_file;
	bool passwd_on_stdin;
	uint32_t password_fd;
	struct auth_list auth;
	const char *interface;
	uint16_t mtu;
	bool no_default_route;
	struct prefix_list routes;
	uint32_t table;
	bool no_dns;
	bool no_ipv6;
	bool no_offload;
	const char *script;
	bool once, keep_trying;
	bool background;
	const char *pid_file;
};

#define AT(member) offsetof(struct connect_settings, member)

static const struct option options[] = {
	{ .help = "Who you are:" },
	{ "user", 'u', "NAME", "the user name; DOMAIN\\NAME where there are domains", set_text,
	  AT(user), false, NULL },
	{ "password-file", 0, "FILE", "the first line of FILE is the password", set_text,
	  AT(password_file), false, NULL },
	{ "password-fd", 0, "N", "read the password from descriptor N", set_number,
	  AT(password_fd), true, NULL },
	{ "passwd-on-stdin", 0, NULL, "read the password from standard input", set_flag,
	  AT(passwd_on_stdin), true, NULL },
	{ "auth", 0, "LIST", "authentication methods that may be used, the preferred one first: "
	  "mschapv2 (the default), chap, pap", set_auth, AT(auth), false, NULL },
	SERVER_OPTIONS(struct connect_settings),
	{ .help = "The network:" },
	{ "interface", 'i', "NAME", "name of the TUN device; default sstp0 or the next free",
	  set_device, AT(interface), false, NULL },
	{ "mtu", 'm', "BYTES", "of the tunnel; default 1400", set_mtu, AT(mtu), false, NULL },
	{ "no-default-route", 0, NULL, "do not send all traffic through the tunnel", set_flag,
	  AT(no_default_route), false, NULL },
	{ "route", 0, "NETWORK", "send this network through the tunnel; may be given again",
	  set_prefixes, AT(routes), false, clear_prefixes },
	{ "table", 0, "N", "put all routes into routing table N; default the main one",
	  set_number, AT(table), false, NULL },
	{ "no-dns", 0, NULL, "leave the host's DNS as it is", set_flag, AT(no_dns), false, NULL },
	{ "no-ipv6", 0, NULL, "do not negotiate IPv6 in the tunnel", set_flag, AT(no_ipv6), false,
	  NULL },
	{ "no-offload", 0, NULL, "exchange packets with the kernel one by one; slower, for a kernel "
	  "that does it wrong in bulk", set_flag, AT(no_offload), false, NULL },
	{ "script", 's', "COMMAND", "run COMMAND, such as a vpnc-script, to set up the network in "
	  "place of doing it ourselves", set_text, AT(script), false, NULL },
	{ .help = "Running:" },
	{ "once", 0, NULL, "end when the connection is lost", set_flag, AT(once), false, NULL },
	{ "keep-trying", 0, NULL, "keep trying even if the first attempt finds no server",
	  set_flag, AT(keep_trying), false, NULL },
	{ "background", 'b', NULL, "go to the background once connected", set_flag,
	  AT(background), false, NULL },
	{ "pid-file", 0, "FILE", "write the process id to FILE", set_text, AT(pid_file), false,
	  NULL },
	COMMON_OPTIONS(struct connect_settings),
};

static bool word(void *settings, const char *w, struct option_error *err)
{
	return server_word(&((struct connect_settings *)settings)->server, w, err);
}

static const struct verb verb = {
	.name = "connect",
	.usage = "[options] HOST[:PORT]",
	.about = "Connects to an SSTP server and sends this host's traffic through it. The "
		 "server's certificate is always checked, name and all, or its key's pin is. A "
		 "lost connection is made again by itself; SIGTERM or Ctrl-C ends it and puts "
		 "routes and DNS back.",
	.notes = "The password is looked for in --password-fd, --passwd-on-stdin, --password-file\n"
		 "and the variable SSTP_PASSWORD, and is asked for on the terminal last.\n\n"
		 "  sstp connect -u ann vpn.example.net\n"
		 "  sstp connect -u ann --no-default-route --route 10.0.0.0/8 vpn.example.net\n",
	.options = options,
	.option_count = sizeof(options) / sizeof(*options),
	.config_offset = AT(common.config),
	.word = word,
};

static bool get_password(const struct connect_settings *s, char to[PASSWORD_ROOM])
{
	struct option_error err = { "" };
	char prompt[600];
	bool ok;

	if (s->password_fd != UINT32_MAX) {
		ok = password_from_fd((int)s->password_fd, to, &err);
	} else if (s->passwd_on_stdin) {
		ok = password_from_fd(0, to, &err);
	} else if (s->password_file) {
		ok = password_from_file(s->password_file, to, &err);
	} else if (password_from_environment(to)) {
		ok = true;
	} else {
		snprintf(prompt, sizeof(prompt), "Password of %s at %s: ", s->user,
			 s->server.at.host);
		ok = password_ask(prompt, to, &err);
	}
	if (!ok)
		option_complain(&verb, "%s", err.text);
	return ok;
}

static bool apply(struct connect_settings *s, struct client_cfg *cfg)
{
	*cfg = (struct client_cfg){
		.user = s->user,
		.auth_count = s->auth.count,
		.mtu = s->mtu,
		.interface = s->interface,
		.default_route = !s->no_default_route,
		.routes = s->routes.at,
		.route_count = s->routes.count,
		.table = s->table,
		.dns = s->no_dns ? HOST_DNS_NONE : HOST_DNS_AUTO,
		.script = s->script,
		.ipv6 = !s->no_ipv6 && s->mtu >= 1280,
		.no_offload = s->no_offload,
		.once = s->once,
		.keep_trying = s->keep_trying,
	};
	memcpy(cfg->auth, s->auth.at, sizeof(cfg->auth));
	if (!server_settings_apply(&verb, &s->server, &cfg->server))
		return false;
	if (s->once && s->keep_trying) {
		option_complain(&verb, "--once and --keep-trying contradict each other");
		return false;
	}
	if (!s->user)
		option_complain(&verb, "no user name: --user NAME");
	return s->user;
}

/* --check looks into the files too. */
static enum exit_code check(const struct connect_settings *s, const struct client_cfg *cfg)
{
	char password[PASSWORD_ROOM] = "";
	struct option_error err = { "" };

	if (!server_settings_check(&verb, &cfg->server))
		return EXIT_USAGE;
	if (s->password_file && !password_from_file(s->password_file, password, &err)) {
		option_complain(&verb, "%s", err.text);
		return EXIT_USAGE;
	}
	secret_wipe(password, sizeof(password));
	printf("the settings are good\n");
	return EXIT_OK;
}

static enum exit_code run(struct connect_settings *s, struct client_cfg *cfg)
{
	enum exit_code code = EXIT_OTHER;
	struct background background;
	char password[PASSWORD_ROOM];

	if (!get_password(s, password))
		return EXIT_USAGE;
	cfg->password = password;
	if (background_begin(&background, &verb, s->background, s->pid_file)) {
		common_warn_of_keylog(s->server.keylog);
	cfg->ready = background_ready;
		cfg->ready_arg = &background;
		code = client_run(cfg);
		background_end(&background);
	}
	secret_wipe(password, sizeof(password));
	cfg->password = NULL;
	cfg->ready_arg = NULL;
	return code;
}

enum exit_code verb_connect(int argc, char **argv)
{
	static struct connect_settings s = {
		.server = SERVER_DEFAULTS,
		.auth = { { PPP_AUTH_MSCHAPV2 }, 1 },
		.interface = "sstp%d",
		.mtu = 1400,
		.password_fd = UINT32_MAX,
	};
	struct client_cfg cfg;

	switch (options_read(&verb, argc, argv, &s)) {
	case OPTIONS_HELP:
		return EXIT_OK;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	case OPTIONS_OK:
		break;
	}
	common_apply(&s.common);
	if (!apply(&s, &cfg))
		return EXIT_USAGE;
	return s.common.check ? check(&s, &cfg) : run(&s, &cfg);
}
