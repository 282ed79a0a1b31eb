/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp run: a command in a network of its own, whose only way out is the VPN. */
#include <errno.h>
#include <string.h>

#include "cli/network.h"
#include "cli/verbs.h"
#include "util/secret.h"

struct run_settings {
	struct common_settings common;
	struct server_settings server;
	struct login_settings login;
	struct network_settings network;
	bool map_root;
	char **command;
};

#define AT(member) offsetof(struct run_settings, member)

static const struct option options[] = {
	LOGIN_OPTIONS(struct run_settings),
	SERVER_OPTIONS(struct run_settings),
	NETWORK_OPTIONS(struct run_settings),
	{ .help = "Running:" },
	{ "map-root", 0, NULL,
	  "be root in the command's namespaces; default: the same user as "
	  "outside",
	  set_flag, AT(map_root), false, NULL },
	RETRY_OPTIONS(struct run_settings),
	COMMON_OPTIONS(struct run_settings),
};

static bool word(void *settings, const char *w, struct option_error *err)
{
	return server_word(&((struct run_settings *)settings)->server, w, err);
}

const struct verb run_verb = {
	.name = "run",
	.usage = "[options] HOST[:PORT] -- COMMAND [ARGUMENTS]",
	.about =
		"Connects to an SSTP server and runs a command in a network of its own, whose only "
		"way out is the VPN, for names too: while the tunnel is down nothing gets out. Any "
		"user may, where the kernel allows user namespaces and /dev/net/tun can be opened. "
		"The rest of the machine keeps its network. The exit status is the command's, or "
		"that of sstp connect when there is no tunnel.",
	.notes = PASSWORD_NOTES "  sstp run -u ann vpn.example.net -- curl http://intranet/\n"
				"  sstp run -u ann -q vpn.example.net -- bash\n",
	.options = options,
	.option_count = sizeof(options) / sizeof(*options),
	.config_offset = AT(common.config),
	.word = word,
	.takes_command = true,
	.command_offset = AT(command),
};

static int run(const struct run_settings *s, struct client_cfg *cfg)
{
	struct tun_backend_cfg device = network_device(&s->network);

	common_warn_of_keylog(s->server.keylog);
	device.source = (struct netdev_source){
		NETDEV_FOR_COMMAND,
		.argv = s->command,
		.map_root = s->map_root,
	};
	cfg->backend = tun_backend_new(&device);
	if (cfg->backend)
		return client_run(cfg);
	option_complain(&run_verb, "%s", strerror(ENOMEM));
	return EXIT_OTHER;
}

static bool has_command(const struct run_settings *s)
{
	if (!s->command || !s->command[0])
		option_complain(&run_verb, "no command: sstp run HOST -- COMMAND");
	return s->command && s->command[0];
}

int verb_run(int argc, char **argv)
{
	static struct run_settings s = {
		.server = SERVER_DEFAULTS,
		.login = LOGIN_DEFAULTS,
		.network = NETWORK_DEFAULTS,
	};
	char password[PASSWORD_ROOM];
	struct client_cfg cfg;
	int code;

	if (!options_read(&run_verb, argc, argv, &s, &code))
		return code;
	common_apply(&s.common);
	if (!login_apply(&run_verb, &s.login, &s.server, s.common.check, &cfg))
		return EXIT_USAGE;
	if (s.common.check)
		return login_check(&run_verb, &s.login, &cfg);
	if (!has_command(&s) || !login_password(&run_verb, &s.login, &cfg, password))
		return EXIT_USAGE;
	cfg.password = password;
	code = run(&s, &cfg);
	secret_wipe(password, sizeof(password));
	return code;
}
