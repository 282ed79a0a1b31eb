/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a tunnel does, told to the service manager (util/notify.h) and to whoever asks in our network
 * namespace: a health check, which may know neither our process id nor any file of ours.
 *
 * We listen on an abstract UNIX socket, which belongs to the network namespace and needs no file
 * system. Its name is HEALTH_NAME and a number, the first that is free. Who connects gets one line,
 * "up sstp0" or "down sstp0: connecting", and the end. Since anybody in the namespace may ask, that
 * line says nothing of users, servers and addresses; since nothing is read, asking costs next to
 * nothing.
 */
#ifndef SSTP_NET_HEALTH_H
#define SSTP_NET_HEALTH_H

#include <sys/types.h>

#include "net/loop.h"

#define HEALTH_NAME "sstp/health/"

enum {
	HEALTH_SLOTS = 64, /* names: so many programs in one network namespace can be asked */
	HEALTH_LINE = 128,
};

/* Zeroes are one that was never opened. */
struct health {
	struct loop *loop;
	struct loop_watch watch;
	struct loop_timer again;
	struct loop_timer tell_again; /* to a manager that had no room */
	char line[HEALTH_LINE];
};

/* Without a socket (no name is free) nobody can ask, which is logged and is all. */
void health_open(struct health *h, struct loop *loop);
void health_close(struct health *h);

void health_up(struct health *h, const char *device);
void health_down(struct health *h, const char *device, const char *why);
void health_stopping(struct health *h, const char *device);
/* To the service manager alone; between the two files are read. */
void health_reloading(struct health *h);
void health_reloaded(struct health *h);

/* ---- asking */

struct health_answer {
	char line[HEALTH_LINE]; /* without its newline, printable */
	uid_t user;             /* whose program it is */
};

/* 0 or -errno: -ENOENT nobody has that name, -ETIMEDOUT no answer before `deadline_ms` (then
 * answer->user is set, if that is known, else (uid_t)-1). */
int health_ask(unsigned slot, uint64_t deadline_ms, struct health_answer *answer);

#endif
