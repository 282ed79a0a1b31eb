/* sstp connect: options into a client and a TUN device, a password from somewhere, and off. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/background.h"
#include "cli/login.h"
#include "cli/verbs.h"
#include "client/device.h"
#include "util/secret.h"

struct connect_settings {
	struct common_settings common;
	struct server_settings server;
	struct login_settings login;
	const char *interface;
	bool no_default_route;
	struct prefix_list routes;
	uint32_t table;
	bool no_dns;
	bool no_offload;
	const char *script;
	bool background;
	const char *pid_file;
};

#define AT(member) offsetof(struct connect_settings, member)

static const struct option options[] = {
	LOGIN_OPTIONS(struct connect_settings),
	SERVER_OPTIONS(struct connect_settings),
	{ .help = "The network:" },
	{ "interface", 'i', "NAME", "name of the TUN device; default sstp0 or the next free",
	  set_device, AT(interface), false, NULL },
	LINK_OPTIONS(struct connect_settings),
	{ "no-default-route", 0, NULL, "do not send all traffic through the tunnel", set_flag,
	  AT(no_default_route), false, NULL },
	{ "route", 0, "NETWORK", "send this network through the tunnel; may be given again",
	  set_prefixes, AT(routes), false, clear_prefixes },
	{ "table", 0, "N", "put all routes into routing table N; default the main one",
	  set_number, AT(table), false, NULL },
	{ "no-dns", 0, NULL, "leave the host's DNS as it is", set_flag, AT(no_dns), false, NULL },
	{ "no-offload", 0, NULL, "exchange packets with the kernel one by one; slower, for a kernel "
	  "that does it wrong in bulk", set_flag, AT(no_offload), false, NULL },
	{ "script", 's', "COMMAND", "run COMMAND, such as a vpnc-script, to set up the network in "
	  "place of doing it ourselves", set_text, AT(script), false, NULL },
	{ .help = "Running:" },
	RETRY_OPTIONS(struct connect_settings),
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
	.notes = PASSWORD_NOTES
		 "  sstp connect -u ann vpn.example.net\n"
		 "  sstp connect -u ann --no-default-route --route 10.0.0.0/8 vpn.example.net\n",
	.options = options,
	.option_count = sizeof(options) / sizeof(*options),
	.config_offset = AT(common.config),
	.word = word,
};

static struct device_cfg device_of(const struct connect_settings *s)
{
	return (struct device_cfg){
		.interface = s->interface,
		.no_offload = s->no_offload,
		.default_route = !s->no_default_route,
		.routes = s->routes.at,
		.route_count = s->routes.count,
		.table = s->table,
		.dns = s->no_dns ? HOST_DNS_NONE : HOST_DNS_AUTO,
		.script = s->script,
	};
}

/* --check looks into the files too. */
static enum exit_code check(const struct connect_settings *s, const struct client_cfg *cfg)
{
	if (!server_settings_check(&verb, &cfg->server) || !login_check(&verb, &s->login))
		return EXIT_USAGE;
	printf("the settings are good\n");
	return EXIT_OK;
}

static int connect_to(struct connect_settings *s, struct client_cfg *cfg)
{
	struct device_cfg device = device_of(s);
	struct background background;
	int code = EXIT_OTHER;

	if (!background_begin(&background, &verb, s->background, s->pid_file))
		return code;
	common_warn_of_keylog(s->server.keylog);
	cfg->ready = background_ready;
	cfg->ready_arg = &background;
	cfg->outlet = device_outlet(&device);
	if (cfg->outlet)
		code = client_run(cfg);
	else
		option_complain(&verb, "%s", strerror(ENOMEM));
	background_end(&background);
	return code;
}

int verb_connect(int argc, char **argv)
{
	static struct connect_settings s = {
		.server = SERVER_DEFAULTS,
		.login = LOGIN_DEFAULTS,
		.interface = "sstp%d",
	};
	char password[PASSWORD_ROOM];
	struct client_cfg cfg;
	int code;

	if (!options_read(&verb, argc, argv, &s, &code))
		return code;
	common_apply(&s.common);
	if (!login_apply(&verb, &s.login, &s.server, &cfg))
		return EXIT_USAGE;
	if (s.common.check)
		return check(&s, &cfg);
	if (!login_password(&verb, &s.login, s.server.at.host, password))
		return EXIT_USAGE;
	cfg.password = password;
	code = connect_to(&s, &cfg);
	secret_wipe(password, sizeof(password));
	return code;
}
