/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --script-tun, as openconnect has it: the program is given a socket pair's other end, whose number
 * is in VPNFD, and reads and writes a packet at a time there. It is started when the tunnel is up,
 * with a vpnc-script's environment; the tunnel ends when it does, and it is ended with the tunnel.
 */
#include "client/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/script.h"
#include "proc/command.h"

enum { SOCKET_ROOM = 4 * 1024 * 1024 }; /* as far as the kernel allows: each packet costs 2 KiB */

struct piped {
	struct place place;
	struct backend_client *client;
	struct command command;
	const char *text; /* for /bin/sh */
	int end;          /* the program's; -1: it has it, or there is none yet */
};

static struct piped *piped_of(struct place *p)
{
	return container_of(p, struct piped, place);
}

static void widen(int fd)
{
	int room = SOCKET_ROOM;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

static enum exit_code open_piped(struct place *p, struct backend_client *client,
				 const struct tun_cfg *tun, struct place_device *device)
{
	struct piped *c = piped_of(p);
	int ends[2], error;

	(void)tun;
	c->client = client;
	error = socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
	if (!error) {
		c->end = ends[1];
		widen(ends[0]);
		widen(ends[1]);
		error = tun_adopt(ends[0], &device->tun);
		if (error)
			close(ends[0]);
	}
	if (error) {
		log_error(client->log, "--script-tun: %s", strerror(-error));
		return EXIT_OTHER;
	}
	device->is_bare = true;
	device->name = "script-tun";
	return EXIT_OK;
}

/* Away from the terminal: Ctrl-C is ours, and the program ends after the tunnel. */
static int prepare(void *arg)
{
	struct piped *c = arg;

	setpgid(0, 0);
	return fcntl(c->end, F_SETFD, 0) < 0 ? COMMAND_NO_START : 0;
}

static void ended(struct command *command, int status)
{
	struct piped *c = container_of(command, struct piped, command);

	log_info(c->client->log, "the program of --script-tun ended with status %d", status);
	c->client->end(c->client, status);
}

static int start(struct piped *c, const struct link_addrs *link)
{
	const char *const argv[] = { "/bin/sh", "-c", c->text, NULL };
	struct script_env told = {
		.device = "script-tun",
		.mtu = link->mtu,
		.gateway = link->server,
		.link = link,
		.log = c->client->log,
	};
	struct command_cfg cfg = {
		.argv = (char *const *)(uintptr_t)argv, /* execve's const is historic */
		.prepare = prepare,
		.arg = c,
		.ended = ended,
		.log = c->client->log,
	};
	struct env env;
	int error;

	script_environment(&env, SCRIPT_CONNECT, &told);
	env_set(&env, "VPNFD", "%d", c->end);
	cfg.env = &env;
	error = command_start(&c->command, &cfg);
	env_free(&env);
	close(c->end);
	c->end = -1;
	return error;
}

static int up(struct place *p, const struct link_addrs *link)
{
	struct piped *c = piped_of(p);

	return c->end < 0 ? 0 : start(c, link);
}

/* A signal to us is not the program's: it ends after the tunnel. */
static bool take_signal(struct place *p, const struct signalfd_siginfo *info)
{
	return info->ssi_signo == SIGCHLD && command_signal(&piped_of(p)->command, info);
}

static void close_piped(struct place *p)
{
	struct piped *c = piped_of(p);

	command_close(&c->command);
	if (c->end >= 0)
		close(c->end);
	free(c);
}

struct place *place_command(const char *command)
{
	static const struct place_ops ops = {
		.open = open_piped,
		.up = up,
		.signal = take_signal,
		.close = close_piped,
	};
	struct piped *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct piped){ .place = { &ops }, .text = command, .end = -1 };
	return &c->place;
}
