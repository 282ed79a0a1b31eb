/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports the tunnel's health to the service manager (util/notify.h) and to health checks in our network
 * namespace, which may know neither our process id nor any of our files.
 *
 * We listen on an abstract UNIX socket, which belongs to the network namespace and needs no file
 * system. Its name is HEALTH_NAME and the first free number. A program that connects receives one line,
 * "up sstp0" or "down sstp0: connecting", and then the connection is closed. Since every program in the
 * namespace may connect, that line does not contain users, servers or addresses; since we read nothing,
 * a health check costs very little.
 */
#ifndef SSTP_NET_HEALTH_H
#define SSTP_NET_HEALTH_H

#include <sys/types.h>

#include "net/loop.h"

#define HEALTH_NAME "sstp/health/"

enum {
	HEALTH_SLOTS = 64, /* names: how many programs in one network namespace can be asked */
	HEALTH_LINE = 128,
};

/* Zero-initialized: not open. */
struct health {
	struct loop *loop;
	struct loop_watch watch;
	struct loop_timer again;
	struct loop_timer notify_retry; /* when the manager's socket was full */
	char line[HEALTH_LINE];
};

/* Without a socket (no name is free) health checks get no reply, which is only logged. */
void health_open(struct health *h, struct loop *loop);
void health_close(struct health *h);

void health_up(struct health *h, const char *device);
void health_down(struct health *h, const char *device, const char *why);
void health_stopping(struct health *h, const char *device);
/* To the service manager alone: before and after the files are reloaded. */
void health_reloading(struct health *h);
void health_reloaded(struct health *h);

/* ---- asking */

struct health_answer {
	char line[HEALTH_LINE]; /* without its newline, printable */
	uid_t user;             /* the program's user */
	pid_t pid;              /* 0: not known */
};

/* 0 or -errno: -ENOENT no program has that name, -ETIMEDOUT no reply before `deadline_ms` (then
 * answer->user is set, if that is known, else (uid_t)-1). */
int health_ask(unsigned slot, uint64_t deadline_ms, struct health_answer *answer);

#endif
