/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp connect: options into a client and a TUN device, a password from somewhere, and off. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/background.h"
#include "cli/network.h"
#include "cli/verbs.h"
#include "util/secret.h"

struct connect_settings {
	struct common_settings common;
	struct server_settings server;
	struct login_settings login;
	struct network_settings network;
	uint32_t table;
	bool no_dns;
	const char *script;
	const char *netns, *userns;
	int tun_fd; /* -1: none; as the others */
	const char *script_tun;
	bool background;
	const char *pid_file;
	int ready_fd, exit_fd;
};

#define AT(member) offsetof(struct connect_settings, member)

static const struct option options[] = {
	LOGIN_OPTIONS(struct connect_settings),
	SERVER_OPTIONS(struct connect_settings),
	NETWORK_OPTIONS(struct connect_settings),
	{ "table", 0, "N", "put all routes into routing table N; default the main one", set_number,
	  AT(table), false, NULL },
	{ "no-dns", 0, NULL, "leave the host's DNS as it is", set_flag, AT(no_dns), false, NULL },
	{ "script", 's', "COMMAND",
	  "run COMMAND, such as a vpnc-script, to set up the network in "
	  "place of doing it ourselves",
	  set_text, AT(script), false, NULL },
	{ .help = "Another place for the packets:" },
	{ "netns", 0, "WHERE",
	  "put device, addresses, routes and DNS into another network "
	  "namespace: a process id, a path, or a name of ip netns; the server is still reached from "
	  "this one",
	  set_text, AT(netns), false, NULL },
	{ "userns", 0, "PATH",
	  "the user namespace that --netns belongs to, if not the one that the "
	  "kernel says",
	  set_text, AT(userns), false, NULL },
	{ "tun-fd", 0, "N",
	  "use descriptor N, a TUN device (without packet information) or a socket "
	  "of packets; its addresses and routes are the business of whoever opened it, or of --script",
	  set_descriptor, AT(tun_fd), true, NULL },
	{ "script-tun", 0, "COMMAND",
	  "run COMMAND when connected, and exchange packets with it over "
	  "the socket whose number is in its VPNFD, as openconnect does",
	  set_text, AT(script_tun), false, NULL },
	{ .help = "Running:" },
	RETRY_OPTIONS(struct connect_settings),
	{ "background", 'b', NULL, "go to the background once connected", set_flag, AT(background),
	  false, NULL },
	{ "pid-file", 0, "FILE", "write the process id to FILE", set_text, AT(pid_file), false,
	  NULL },
	{ "ready-fd", 0, "N", "write 1 to descriptor N once connected, and close it",
	  set_descriptor, AT(ready_fd), true, NULL },
	{ "exit-fd", 0, "N",
	  "end when the other end of descriptor N, a pipe or a socket, is closed", set_descriptor,
	  AT(exit_fd), true, NULL },
	COMMON_OPTIONS(struct connect_settings),
};

static bool word(void *settings, const char *w, struct option_error *err)
{
	return server_word(&((struct connect_settings *)settings)->server, w, err);
}

const struct verb connect_verb = {
	.name = "connect",
	.usage = "[options] HOST[:PORT]",
	.about = "Connects to an SSTP server and sends this host's traffic through it. The "
		 "server's certificate is always checked, name and all, or its key's pin is. A "
		 "lost connection is made again by itself; SIGTERM or Ctrl-C ends it and puts "
		 "routes and DNS back.",
	.notes = PASSWORD_NOTES
	"  sstp connect -u ann vpn.example.net\n"
	"  sstp connect -u ann --no-default-route --route 10.0.0.0/8 vpn.example.net\n"
	"  sstp connect -u ann --netns $(podman inspect -f '{{.State.Pid}}' web) \\\n"
	"       vpn.example.net\n",
	.options = options,
	.option_count = sizeof(options) / sizeof(*options),
	.config_offset = AT(common.config),
	.word = word,
};

static struct netdev_source source_of(const struct connect_settings *s)
{
	if (s->netns)
		return (struct netdev_source){ NETDEV_IN_NETNS, .netns = s->netns,
					       .userns = s->userns };
	if (s->tun_fd >= 0)
		return (struct netdev_source){ NETDEV_GIVEN, .fd = s->tun_fd };
	if (s->script_tun)
		return (struct netdev_source){ NETDEV_FOR_SCRIPT, .script = s->script_tun };
	return (struct netdev_source){ NETDEV_HERE, .netns = NULL };
}

static struct tun_backend_cfg device_of(const struct connect_settings *s)
{
	struct tun_backend_cfg device = network_device(&s->network);

	device.table = s->table;
	device.no_dns = s->no_dns;
	device.script = s->script;
	device.source = source_of(s);
	device.exit_fd = s->exit_fd;
	return device;
}

/* False when they contradict each other; said so. */
static bool is_one_place(const struct connect_settings *s)
{
	if (!!s->netns + (s->tun_fd >= 0) + !!s->script_tun > 1)
		option_complain(&connect_verb,
				"--netns, --tun-fd and --script-tun exclude each other");
	else if (s->userns && !s->netns)
		option_complain(&connect_verb, "--userns says whose --netns is, and there is none");
	else if (s->script && s->script_tun)
		option_complain(&connect_verb,
				"--script sets up a network, and with --script-tun there is none");
	else
		return true;
	return false;
}

/* Who waits for us to be connected. */
struct waiters {
	struct background background;
	int ready_fd;
};

static void tell_waiters(void *arg)
{
	struct waiters *w = arg;

	if (w->ready_fd >= 0 && write(w->ready_fd, "1", 1) < 0)
		option_complain(&connect_verb, "--ready-fd: %s", strerror(errno));
	if (w->ready_fd >= 0)
		close(w->ready_fd);
	background_ready(&w->background);
}

static int connect_to(const struct connect_settings *s, const struct client_cfg *login)
{
	struct client_cfg cfg = *login;
	struct waiters waiters = { .ready_fd = s->ready_fd };
	struct tun_backend_cfg device;
	int code = EXIT_OTHER;

	if (!background_begin(&waiters.background, &connect_verb, s->background, s->pid_file))
		return code;
	common_warn_of_keylog(s->server.keylog);
	cfg.ready = tell_waiters;
	cfg.ready_arg = &waiters;
	device = device_of(s);
	cfg.backend = tun_backend_new(&device);
	if (cfg.backend)
		code = client_run(&cfg);
	else
		option_complain(&connect_verb, "%s", strerror(ENOMEM));
	background_end(&waiters.background);
	return code;
}

int verb_connect(int argc, char **argv)
{
	static struct connect_settings s = {
		.server = SERVER_DEFAULTS,
		.login = LOGIN_DEFAULTS,
		.network = NETWORK_DEFAULTS,
		.tun_fd = -1,
		.ready_fd = -1,
		.exit_fd = -1,
	};
	char password[PASSWORD_ROOM];
	struct client_cfg cfg;
	int code;

	if (!options_read(&connect_verb, argc, argv, &s, &code))
		return code;
	common_apply(&s.common);
	if (!is_one_place(&s) ||
	    !login_apply(&connect_verb, &s.login, &s.server, s.common.check, &cfg))
		return EXIT_USAGE;
	if (s.common.check)
		return login_check(&connect_verb, &s.login, &cfg);
	if (!login_password(&connect_verb, &s.login, &cfg, password))
		return EXIT_USAGE;
	cfg.password = password;
	code = connect_to(&s, &cfg);
	secret_wipe(password, sizeof(password));
	return code;
}
