/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A network of its own for one command (sstp run). A child of ours makes the namespaces, the TUN
 * device inside, and a resolv.conf; hands us what we need to work on them from outside; and waits.
 * When the tunnel is up for the first time it becomes the command.
 *
 *	the child: namespaces, loopback, device, resolv.conf -> hands over -> waits -> exec
 *	ours:                                        takes over -> tunnel up -> says go
 *
 * There is no other device than ours in that network, and no IPv6 route, so nothing leaves it past
 * the tunnel, whatever becomes of the tunnel.
 */
#include "client/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/command.h"
#include "proc/confine.h"
#include "proc/handover.h"
#include "tunnel/elsewhere.h"
#include "util/seccomp.h"

enum { LOOK_MS = 100 };

struct confined {
	struct place place;
	struct place_run_cfg cfg;
	struct elsewhere_cfg device;
	struct backend_client *client;
	struct command command;
	int ours, its;      /* ends of a socket pair; -1: closed */
	int resolv_conf_fd; /* -1: there is none in there */
	struct confined_names names;
	struct loop_watch mounts; /* have changed in there */
	struct loop_timer look;   /* a moment later: whether resolv.conf is still ours */
	bool is_going;            /* the child was told to become the command */
	char name[IF_NAMESIZE];
};

static struct confined *confined_of(struct place *p)
{
	return container_of(p, struct confined, place);
}

/* ---- in the child */

/* The device is for whoever may open it: no capability helps, as it does in our own network. */
static bool can_open_tun(const struct log *log)
{
	int error;

	if (access("/dev/net/tun", R_OK | W_OK) == 0)
		return true;
	error = -errno;
	log_error(log, "/dev/net/tun cannot be opened: %s%s; `sstp proxy` needs no device",
		  strerror(-error), tun_advise("/dev/net/tun", error).text);
	return false;
}

/* Descriptors for us: the socket, the device, and the resolv.conf if there can be one. */
static int make(struct confined *c, int *fds)
{
	const struct log *log = c->client->log;
	int error = confine_enter(c->cfg.map_root, log), count, fd;

	if (error)
		return error;
	if (!can_open_tun(log))
		return -ENODEV;
	count = elsewhere_make(&c->device, fds);
	if (count < 0)
		return count;
	fd = confine_names(log);
	if (fd >= 0)
		fds[count++] = fd;
	else if (fd != -ENOENT)
		return fd;
	else
		log_warn(log,
			 "there is no /etc/resolv.conf in whose place one for the command could "
			 "be put: it will look names up at 127.0.0.1, and find none");
	return count;
}

static int prepare(void *arg)
{
	struct confined *c = arg;
	int fds[HANDOVER_MAX], count;
	char go;

	close(c->ours);
	count = make(c, fds);
	if (handover_give(c->its, fds, count) || count < 0)
		return EXIT_NETCONF;
	/* the end of the socket, and not a word: we are not needed */
	return read(c->its, &go, 1) == 1 ? 0 : EXIT_OTHER;
}

/* ---- ours */

static void ended(struct command *command, int status)
{
	struct confined *c = container_of(command, struct confined, command);

	c->client->end(c->client, status);
}

static void close_end(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

static int start(struct confined *c)
{
	struct env env;
	struct command_cfg cfg = {
		.argv = c->cfg.argv,
		.env = &env,
		.prepare = prepare,
		.arg = c,
		.ended = ended,
		.log = c->client->log,
	};
	int ends[2], error = handover_pair(ends);

	if (error) {
		log_error(c->client->log, "a socket pair: %s%s", strerror(-error),
			  seccomp_advice(error));
		return error;
	}
	c->ours = ends[0];
	c->its = ends[1];
	env_init(&env, NULL);
	error = command_start(&c->command, &cfg);
	env_free(&env);
	close_end(&c->its);
	return error;
}

/* Whoever does this may not be done yet. */
static void on_mounts(struct loop_watch *w, uint32_t events)
{
	struct confined *c = container_of(w, struct confined, mounts);

	(void)events;
	if (!c->look.slot)
		loop_timer_set(c->client->loop, &c->look, loop_now(c->client->loop) + LOOK_MS);
}

static void on_look(struct loop_timer *t)
{
	struct confined *c = container_of(t, struct confined, look);
	int error = confined_names_renew(&c->names, c->resolv_conf_fd);

	if (error)
		log_debug(c->client->log, "DNS: the command's /etc/resolv.conf: %s",
			  strerror(-error));
}

static void watch_names(struct confined *c)
{
	if (c->resolv_conf_fd < 0 || !confined_names_open(&c->names, c->command.pid))
		return;
	c->look.expired = on_look;
	c->mounts = (struct loop_watch){ .fd = c->names.mounts_fd,
					 .events = EPOLLPRI,
					 .ready = on_mounts };
	if (loop_watch(c->client->loop, &c->mounts))
		confined_names_close(&c->names);
}

static enum exit_code open_confined(struct place *p, struct backend_client *client,
				    const struct tun_cfg *tun, struct place_device *device)
{
	struct confined *c = confined_of(p);
	struct host_cfg *host = &device->host;
	int fds[HANDOVER_MAX], count;

	c->client = client;
	c->device = (struct elsewhere_cfg){ .tun = *tun, .queues = 1, .log = client->log };
	if (start(c))
		return EXIT_OTHER;
	count = handover_take(c->ours, fds, HANDOVER_MAX);
	if (count == -EPIPE || count == -EMFILE)
		log_error(client->log, "the command's network: %s", strerror(-count));
	if (count < 0)
		return EXIT_NETCONF;
	if (count > 2)
		c->resolv_conf_fd = fds[2];
	if (elsewhere_take(&c->device, fds, &device->tun, &host->netlink, &host->ifindex))
		return EXIT_NETCONF;
	snprintf(c->name, sizeof(c->name), "%s", tun_name(device->tun));
	device->name = c->name;
	host->is_elsewhere = true;
	host->dns = c->resolv_conf_fd >= 0 ? HOST_DNS_FD : HOST_DNS_NONE;
	host->resolv_conf_fd = c->resolv_conf_fd;
	host->resolv_conf = "the command's /etc/resolv.conf";
	watch_names(c);
	return EXIT_OK;
}

static int up(struct place *p, const struct link_addrs *link)
{
	struct confined *c = confined_of(p);

	if (c->is_going)
		return 0;
	if (!link->dns_count)
		log_warn(c->client->log, "the server names no DNS server: the command has none");
	c->is_going = true;
	if (write(c->ours, "", 1) < 0)
		log_error(c->client->log, "%s: %s", c->cfg.argv[0], strerror(errno));
	close_end(&c->ours);
	return 0;
}

/* Whoever waits for the command must not take our end before it for its success. */
static bool take_signal(struct place *p, const struct signalfd_siginfo *info)
{
	struct confined *c = confined_of(p);

	if (c->is_going || info->ssi_signo == SIGCHLD)
		return command_signal(&c->command, info);
	if (!command_takes(info))
		return false;
	c->client->end(c->client, 128 + (int)info->ssi_signo);
	return true;
}

static void close_confined(struct place *p)
{
	struct confined *c = confined_of(p);

	close_end(&c->ours); /* a child that waits still ends now */
	command_close(&c->command);
	if (c->client) {
		loop_unwatch(c->client->loop, &c->mounts);
		loop_timer_stop(c->client->loop, &c->look);
	}
	confined_names_close(&c->names);
	if (c->resolv_conf_fd >= 0)
		close(c->resolv_conf_fd);
	free(c);
}

struct place *place_run(const struct place_run_cfg *cfg)
{
	static const struct place_ops ops = {
		.open = open_confined,
		.up = up,
		.signal = take_signal,
		.close = close_confined,
	};
	struct confined *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct confined){
		.place = { &ops },
		.cfg = *cfg,
		.ours = -1,
		.its = -1,
		.resolv_conf_fd = -1,
		.names = { -1, -1, -1 },
	};
	return &c->place;
}
