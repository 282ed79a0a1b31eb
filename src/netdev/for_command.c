/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A network of its own for one command (sstp run). A child of ours makes the namespaces, the TUN
 * device inside, and a resolv.conf; sends us the descriptors to work on them from outside; and waits.
 * When the tunnel is up for the first time it becomes the command.
 *
 *	the child: namespaces, loopback, device, resolv.conf -> sends descriptors -> waits -> exec
 *	parent:                              receives descriptors -> tunnel up -> sends go
 *
 * There is no device but ours in that network, and no IPv6 route, so no packet bypasses the tunnel,
 * even when the tunnel is down.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netdev/foreign.h"
#include "netdev/inside.h"
#include "proc/command.h"
#include "proc/confine.h"
#include "proc/guardian.h"
#include "proc/fdpass.h"
#include "tun/advice.h"
#include "util/bytes.h"
#include "util/log.h"
#include "util/syscall_advice.h"

enum { LOOK_MS = 100 };

struct command_netdev {
	struct netdev base;
	struct netdev_cfg cfg;
	char *const *argv;
	bool map_root, stops_parent;
	struct foreign_cfg device;
	struct command command;
	int parent_end, child_end; /* ends of a socket pair; -1: closed */
	struct confined_names names;
	struct loop_watch mounts; /* reports changes of the mounts inside */
	struct loop_timer look;   /* a moment later: checks whether resolv.conf is still ours */
	bool is_going;            /* the child was sent go: it becomes the command */
	struct guardian guardian;
};

static struct command_netdev *command_netdev_of(struct netdev *n)
{
	return container_of(n, struct command_netdev, base);
}

/* ---- in the child */

/* Opening the device needs the file's permission: capabilities inside do not help. */
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

/* Descriptors that the child passes on. Some may be missing at the end. */
enum {
	PASSED_SOCKET,
	PASSED_DEVICE,
	PASSED_RESOLV_CONF,
	PASSED_USER_NS,
	PASSED_MNT_NS,
	PASSED_MOUNTS,
	PASSED_ALL
};

/* If the resolv.conf can be replaced: it, and if it can be watched, those for that. */
static int make_names(const struct log *log, int *fds)
{
	struct confined_names names;
	int fd = confine_names(log);

	if (fd == -ENOENT) {
		log_warn(log, "there is no /etc/resolv.conf that could be replaced for the "
			      "command: it will ask 127.0.0.1 for names, and find none");
		return PASSED_RESOLV_CONF;
	}
	if (fd < 0)
		return fd;
	fds[PASSED_RESOLV_CONF] = fd;
	if (!confined_names_open(&names))
		return PASSED_RESOLV_CONF + 1;
	fds[PASSED_USER_NS] = names.user_fd;
	fds[PASSED_MNT_NS] = names.mnt_fd;
	fds[PASSED_MOUNTS] = names.mounts_fd;
	return PASSED_ALL;
}

/* Returns how many. */
static int make(struct command_netdev *c, int *fds)
{
	const struct log *log = c->cfg.log;
	int error, made;

	guardian_note_outside(&c->guardian);
	error = confine_enter(c->map_root, log);
	if (error)
		return error;
	if (!can_open_tun(log))
		return -ENODEV;
	made = foreign_make(&c->device, fds);
	return made < 0 ? made : make_names(log, fds);
}

static int prepare(void *arg)
{
	struct command_netdev *c = arg;
	int fds[FDPASS_MAX], count, error;
	char go;

	close(c->parent_end);
	count = make(c, fds);
	if (fdpass_send(c->child_end, fds, count) || count < 0)
		return REASON_NETWORK;
	/* the socket was closed without go: we are not needed */
	if (read(c->child_end, &go, 1) != 1)
		return REASON_SYSTEM;
	error = guardian_start(&c->guardian, c->child_end);
	if (error)
		log_warn(c->cfg.log,
			 "no guardian process: what the command has started will survive a "
			 "kill -9 of sstp: %s%s",
			 strerror(-error), syscall_advice(error));
	return 0;
}

/* ---- in the parent */

static void ended(struct command *command, int status)
{
	struct command_netdev *c = container_of(command, struct command_netdev, command);

	c->cfg.ended(c->cfg.arg, status);
}

static void close_end(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

static int start(struct command_netdev *c)
{
	struct env env;
	struct command_cfg cfg = {
		.argv = c->argv,
		.env = &env,
		.prepare = prepare,
		.arg = c,
		.ended = ended,
		.log = c->cfg.log,
		.stops_parent = c->stops_parent,
	};
	int ends[2], error = fdpass_pair(ends);

	if (error) {
		log_error(c->cfg.log, "a socket pair: %s%s", strerror(-error),
			  syscall_advice(error));
		return error;
	}
	c->parent_end = ends[0];
	c->child_end = ends[1];
	env_init(&env, NULL);
	error = command_start(&c->command, &cfg);
	env_free(&env);
	close_end(&c->child_end);
	return error;
}

/* The program that changes the mounts may not be done yet. */
static void on_mounts(struct loop_watch *w, uint32_t events)
{
	struct command_netdev *c = container_of(w, struct command_netdev, mounts);

	(void)events;
	if (!c->look.slot)
		loop_timer_set(c->cfg.loop, &c->look, loop_now(c->cfg.loop) + LOOK_MS);
}

static void on_look(struct loop_timer *t)
{
	struct command_netdev *c = container_of(t, struct command_netdev, look);
	int error = confined_names_renew(&c->names, c->base.resolv_conf_fd);

	if (error)
		log_debug(c->cfg.log, "DNS: the command's /etc/resolv.conf: %s", strerror(-error));
}

static void watch_names(struct command_netdev *c)
{
	if (c->names.mounts_fd < 0)
		return;
	c->look.expired = on_look;
	c->mounts = (struct loop_watch){ .fd = c->names.mounts_fd,
					 .events = EPOLLPRI,
					 .ready = on_mounts };
	if (loop_watch(c->cfg.loop, &c->mounts))
		confined_names_close(&c->names);
}

static enum tunnel_reason take_over(struct command_netdev *c)
{
	struct netdev *n = &c->base;
	int fds[FDPASS_MAX], count;

	if (start(c))
		return REASON_SYSTEM;
	count = fdpass_receive(c->parent_end, fds, FDPASS_MAX);
	if (count == -EPIPE || count == -EMFILE)
		log_error(c->cfg.log, "the command's network: %s", strerror(-count));
	if (count < 0)
		return REASON_NETWORK;
	if (count > PASSED_RESOLV_CONF)
		n->resolv_conf_fd = fds[PASSED_RESOLV_CONF];
	if (count == PASSED_ALL)
		c->names = (struct confined_names){ fds[PASSED_USER_NS], fds[PASSED_MNT_NS],
						    fds[PASSED_MOUNTS] };
	if (foreign_take(&c->device, fds, c->cfg.tuns, &n->netlink, &n->ifindex))
		return REASON_NETWORK;
	return REASON_NONE;
}

static int up(struct netdev *n, const struct link_addrs *link)
{
	struct command_netdev *c = command_netdev_of(n);

	if (c->is_going)
		return 0;
	if (!link->dns_count)
		log_warn(c->cfg.log, "the server names no DNS server: the command has none");
	c->is_going = true;
	if (write(c->parent_end, "", 1) < 0)
		log_error(c->cfg.log, "%s: %s", c->argv[0], strerror(errno));
	return 0;
}

/* If we end by a signal before the command has run, our exit status must not be 0. */
static bool take_signal(struct netdev *n, const struct signalfd_siginfo *info)
{
	struct command_netdev *c = command_netdev_of(n);

	if (c->is_going || info->ssi_signo == SIGCHLD)
		return command_signal(&c->command, info);
	if (!command_takes(info))
		return false;
	c->cfg.ended(c->cfg.arg, 128 + (int)info->ssi_signo);
	return true;
}

static void close_for_command(struct netdev *n)
{
	struct command_netdev *c = command_netdev_of(n);

	if (!c->is_going)
		close_end(&c->parent_end); /* a child that is still waiting ends now */
	command_close(&c->command);
	close_end(
		&c->parent_end); /* after the command has ended: closing it makes the guardian act */
	if (c->cfg.loop) {
		loop_unwatch(c->cfg.loop, &c->mounts);
		loop_timer_stop(c->cfg.loop, &c->look);
	}
	confined_names_close(&c->names);
	if (c->base.resolv_conf_fd >= 0)
		close(c->base.resolv_conf_fd);
	free(c);
}

enum tunnel_reason netdev_open_for_command(const struct netdev_source *source,
					   const struct netdev_cfg *cfg, struct netdev **out)
{
	static const struct netdev_ops ops = { up, take_signal, close_for_command };
	struct command_netdev *c = calloc(1, sizeof(*c));
	enum tunnel_reason reason;

	if (!c)
		return netdev_no_memory(cfg);
	*c = (struct command_netdev){
		.base = {
			.ops = &ops,
			.is_foreign = true,
			.resolv_conf = "the command's /etc/resolv.conf",
			.resolv_conf_fd = -1,
			.netns_fd = -1,
			.process_fd = -1,
		},
		.cfg = *cfg,
		.argv = source->argv,
		.map_root = source->map_root,
		.stops_parent = source->stops_parent,
		.device = { .tun = cfg->tun, .queues = 1, .log = cfg->log },
		.parent_end = -1,
		.child_end = -1,
		.names = { -1, -1, -1 },
	};
	reason = take_over(c);
	if (reason) {
		close_for_command(&c->base);
		return reason;
	}
	snprintf(c->base.name, sizeof(c->base.name), "%s", tun_name(cfg->tuns[0]));
	c->base.dns = c->base.resolv_conf_fd >= 0 ? NETDEV_DNS_FD : NETDEV_DNS_NONE;
	watch_names(c);
	*out = &c->base;
	return REASON_NONE;
}
