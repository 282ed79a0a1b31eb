/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --script-tun, as in openconnect: the program inherits one end of a socket pair, whose number
 * is in VPNFD, and reads and writes one packet at a time there. It is started when the tunnel is up,
 * with the environment from cfg.environment; when it ends the tunnel ends, and vice versa.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netdev/inside.h"
#include "proc/command.h"
#include "proc/fdpass.h"
#include "util/bytes.h"
#include "util/log.h"

enum {
	SOCKET_SIZE = 4 * 1024 * 1024
}; /* or as much as the kernel allows: each packet costs 2 KiB */

struct script_netdev {
	struct netdev base;
	struct netdev_cfg cfg;
	struct command command;
	const char *text; /* for /bin/sh */
	int end;          /* the program's end of the pair; -1: passed to it, or not open yet */
};

static struct script_netdev *script_netdev_of(struct netdev *n)
{
	return container_of(n, struct script_netdev, base);
}

static void widen(int fd)
{
	int room = SOCKET_SIZE;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

/* It keeps messages apart as datagrams do, but an attacker in this process cannot connect it to another socket. */
static int open_ends(struct script_netdev *c)
{
	int ends[2], error = fdpass_pair(ends);

	if (error)
		return error;
	c->end = ends[1];
	widen(ends[0]);
	widen(ends[1]);
	error = tun_adopt(ends[0], &c->cfg.tuns[0]);
	if (error)
		close(ends[0]);
	return error;
}

/* Detaches it from the terminal: Ctrl-C is for us, and the program ends after the tunnel. */
static int prepare(void *arg)
{
	struct script_netdev *c = arg;

	setpgid(0, 0);
	return fcntl(c->end, F_SETFD, 0) < 0 ? COMMAND_NO_START : 0;
}

static void ended(struct command *command, int status)
{
	struct script_netdev *c = container_of(command, struct script_netdev, command);

	log_info(c->cfg.log, "the program of --script-tun ended with status %d", status);
	c->cfg.ended(c->cfg.arg, status);
}

static int start(struct script_netdev *c)
{
	const char *const argv[] = { "/bin/sh", "-c", c->text, NULL };
	struct command_cfg cfg = {
		.argv = (char *const *)(uintptr_t)argv, /* execve's const is historic */
		.prepare = prepare,
		.arg = c,
		.ended = ended,
		.log = c->cfg.log,
	};
	struct env env;
	int error;

	c->cfg.environment(c->cfg.arg, &env);
	env_set(&env, "VPNFD", "%d", c->end);
	cfg.env = &env;
	error = command_start(&c->command, &cfg);
	env_free(&env);
	close(c->end);
	c->end = -1;
	return error;
}

static int up(struct netdev *n, const struct link_addrs *link)
{
	struct script_netdev *c = script_netdev_of(n);

	(void)link;
	return c->end < 0 ? 0 : start(c);
}

/* Signals to us are not passed to the program: it ends after the tunnel. */
static bool take_signal(struct netdev *n, const struct signalfd_siginfo *info)
{
	return info->ssi_signo == SIGCHLD && command_signal(&script_netdev_of(n)->command, info);
}

static void close_for_script(struct netdev *n)
{
	struct script_netdev *c = script_netdev_of(n);

	command_close(&c->command);
	if (c->end >= 0)
		close(c->end);
	free(c);
}

enum tunnel_reason netdev_open_for_script(const struct netdev_source *source,
					  const struct netdev_cfg *cfg, struct netdev **out)
{
	static const struct netdev_ops ops = { up, take_signal, close_for_script };
	struct script_netdev *c = calloc(1, sizeof(*c));
	int error;

	if (!c)
		return netdev_no_memory(cfg);
	*c = (struct script_netdev){
		.base = {
			.ops = &ops,
			.name = "script-tun",
			.is_bare = true,
			.dns = NETDEV_DNS_NONE,
			.resolv_conf_fd = -1,
			.netns_fd = -1,
			.process_fd = -1,
		},
		.cfg = *cfg,
		.text = source->script,
		.end = -1,
	};
	error = open_ends(c);
	if (!error) {
		*out = &c->base;
		return REASON_NONE;
	}
	log_error(cfg->log, "--script-tun: %s", strerror(-error));
	close_for_script(&c->base);
	return REASON_SYSTEM;
}
