/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other end of the control socket: a request of a verb, and its reply. It waits for both. */
#ifndef SSTP_CONTROL_ASK_H
#define SSTP_CONTROL_ASK_H

#include <stdbool.h>
#include <sys/types.h>

#include "control/place.h"
#include "util/bytes.h"

enum {
	ASK_BODY_MAX = 256 * 1024 * 1024, /* the list of very many sessions */
	ASK_MS = 20 * 1000,               /* usual time limit, for each piece of the reply */
};

struct control_answer {
	int status;
	char *reply; /* head and body; control_answer_free */
	struct bytes body;
	pid_t pid; /* of the program; 0: not known */
};

/*
 * `target`: the path with its query. 0, whatever the status, or -errno: -ECONNREFUSED, no program
 * listens there; -ETIMEDOUT, it does not answer; -EPROTO, the reply is no HTTP, or not complete.
 */
int control_ask(const char *path, const char *method, const char *target, unsigned ms,
		struct control_answer *a);
void control_answer_free(struct control_answer *a);

enum { CONTROL_FOUND_MAX = 64 };

struct control_found {
	size_t count;
	char path[CONTROL_FOUND_MAX][CONTROL_PATH_SIZE];
};

/*
 * The sockets in this user's folder, and in root's if it can be read, by name; also those of
 * programs that have died.
 */
void control_find_all(struct control_found *f);
/* The socket of that name, or that path. False: the name is too long, or there is no folder. */
bool control_find(const char *wanted, char path[CONTROL_PATH_SIZE]);

/* Percent-encodes all but letters, digits, and - . _ ~ : */
void control_encode(const char *text, char *to, size_t size);

#endif
