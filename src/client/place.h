/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a client's packets come from and go to: which device, in whose network namespace, and what
 * else lives and dies with it. There are
 *
 *	here     a TUN device in our own network namespace
 *	netns    one in another, that is there already (sstp connect --netns)
 *	run      one in a namespace made for a command, the only way out of it (sstp run)
 *	fd       a descriptor that somebody opened for us (--tun-fd)
 *	command  a socket pair, and a program at its other end (--script-tun)
 *
 *	open -> up, up, ... -> close
 */
#ifndef SSTP_CLIENT_PLACE_H
#define SSTP_CLIENT_PLACE_H

#include "client/host.h"
#include "tun/tun.h"
#include "tunnel/backend.h"
#include "util/exit_code.h"

struct place;

struct place_device {
	struct tun *tun;  /* the caller's to close, before the place */
	const char *name; /* for the log and for scripts, as long as the place is there */
	bool is_bare;     /* addresses, routes and DNS are somebody else's business */
	/* Has what the user wishes; `open` adds which device and namespace it is. */
	struct host_cfg host;
};

struct place_ops {
	/* EXIT_OK, or an exit code, logged. */
	enum exit_code (*open)(struct place *p, struct backend_client *client,
			       const struct tun_cfg *tun, struct place_device *device);
	/* The tunnel is up, and the network set up. 0, or -errno, logged. NULL: nothing to do. */
	int (*up)(struct place *p, const struct link_addrs *link);
	/* As a backend's. NULL: none is taken. */
	bool (*signal)(struct place *p, const struct signalfd_siginfo *info);
	/* Frees; also after an open that failed, or never was. */
	void (*close)(struct place *p);
};

struct place {
	const struct place_ops *ops;
};

/* All return NULL when there is no memory; strings stay the caller's. */
struct place *place_here(void);
/* `userns` NULL: the kernel is asked (proc/netns.h). */
struct place *place_netns(const char *where, const char *userns);
struct place *place_fd(int fd);
struct place *place_command(const char *command);

struct place_run_cfg {
	char *const *argv;
	bool map_root; /* root in there, and not whoever we are */
};
struct place *place_run(const struct place_run_cfg *cfg);

#endif
