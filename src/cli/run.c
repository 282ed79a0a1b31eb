/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp run: runs a command in its own network namespace, whose only way out is the VPN. */
#include "cli/attempt.h"
#include "cli/device_client.h"
#include "cli/exit_code.h"
#include "cli/network.h"
#include "cli/sandbox_option.h"
#include "cli/verbs.h"
#include "util/log_writer.h"

struct run_settings {
	struct common_settings common;
	struct server_settings server;
	struct login_settings login;
	struct network_settings network;
	struct sandbox_settings sandbox;
	bool map_root;
	char **command;
};

#define AT(member) offsetof(struct run_settings, member)

static const struct option namespace_table[] = {
	{ .name = "map-root",
	  .help = "be root in the command's namespaces; default: the same user as outside",
	  .set = set_flag,
	  .at = AT(map_root) },
};

static const struct option_group namespace_options = OPTION_GROUP(namespace_table);

static const struct option_use uses[] = {
	LOGIN_USES(struct run_settings),
	SERVER_USES(struct run_settings),
	NETWORK_USES(struct run_settings),
	{ .heading = "Running", .group = &namespace_options },
	{ .group = &retry_options, .at = AT(login) },
	{ .group = &control_options, .at = AT(login.control) },
	{ .group = &metrics_options, .at = AT(login.metrics) },
	{ .heading = "General", .group = &sandbox_options, .at = AT(sandbox) },
	{ .group = &common_options, .at = AT(common) },
};

static int run_command(void *arg, struct client_cfg *cfg)
{
	const struct run_settings *s = arg;
	struct tun_backend_cfg device = network_device(&s->network);
	const struct device_client client = {
		.verb = &run_verb,
		.list = SANDBOX_RUN,
		.mode = s->sandbox.mode,
		.device = &device,
	};

	common_warn_about_keylog(s->server.tls.keylog);
	device.host.source = (struct netdev_source){
		NETDEV_FOR_COMMAND,
		.argv = s->command,
		.map_root = s->map_root,
	};
	cfg->asks_server = !s->network.no_server_routes;
	cfg->wants_prefix = s->network.request_prefix.is_wanted;
	cfg->delegated_len = s->network.request_prefix.len;
	return device_client_run(&client, cfg);
}

static int run_to(void *arg, struct client_cfg *cfg)
{
	const struct run_settings *s = arg;

	return cfg->is_asked && s->sandbox.mode != SANDBOX_OFF ? attempt_run(cfg, run_command, arg)
							       : run_command(arg, cfg);
}

static bool has_command(const struct run_settings *s)
{
	if (!s->command || !s->command[0])
		cli_error(&run_verb, "no command: sstp run HOST -- COMMAND");
	return s->command && s->command[0];
}

static int run(void *arg)
{
	struct run_settings *s = arg;

	log_writer_wait();
	common_apply(&s->common);
	if (!s->common.check && !has_command(s))
		return EXIT_USAGE;
	return login_run(&run_verb, &s->login, &s->server, s->common.check, run_to, s);
}

static struct run_settings settings = {
	.server = SERVER_DEFAULTS,
	.login = LOGIN_DEFAULTS,
	.network = NETWORK_DEFAULTS,
	.sandbox = SANDBOX_DEFAULTS,
};

const struct verb run_verb = {
	.name = "run",
	.summary = "run a command whose only network is the VPN",
	.usage = "[options] HOST[:PORT] -- COMMAND [ARGUMENTS]",
	.about = "Connects to an SSTP server and runs a command in its own network, "
		 "whose only way out is the VPN, also for names: while the tunnel "
		 "is down, nothing gets out. Any user may do this where the kernel "
		 "allows user namespaces and /dev/net/tun can be opened. The "
		 "network of the rest of the machine does not change. The exit "
		 "status is the command's, or that of sstp connect when there is no "
		 "tunnel.",
	.notes = PASSWORD_NOTES "  sstp run -u ann vpn.example.net -- curl http://intranet/\n"
				"  sstp run -u ann -q vpn.example.net -- bash\n",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.positional = server_positional,
	.positional_at = AT(server),
	.takes_command = true,
	.command_at = AT(command),
	.settings = &settings,
	.run = run,
};
