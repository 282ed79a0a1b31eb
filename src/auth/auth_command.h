/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command as a backend of the authentication service (docs/auth-command.md): it gets one line of
 * JSON about a login, and answers by one. It runs in a thread, once for each login; how many run and
 * wait is bounded, and so is its time.
 *
 * The answer is turned into a user table of one user, against which the login is checked as against
 * the user file; so there is one place for methods, secrets and limits.
 */
#ifndef SSTP_AUTH_AUTH_COMMAND_H
#define SSTP_AUTH_AUTH_COMMAND_H

#include "auth/auth_backend.h"
#include "auth/users.h"

enum {
	AUTH_COMMAND_THREADS = 8,
	AUTH_COMMAND_QUEUE_MAX = 1000,
	AUTH_COMMAND_LIMIT_MS = 10 * 1000,
	AUTH_COMMAND_LINE_MAX = 4096,
};

struct auth_command;
struct helper;

extern const struct auth_backend auth_command_backend; /* its `self` is a struct auth_command */

/* For /bin/sh -c; both texts stay the caller's. 0 or -errno. */
int auth_command_open(const char *command, const char *server_name, unsigned limit_ms,
		      struct auth_command **out);
void auth_command_close(struct auth_command *a); /* no question is open; NULL is fine */
/* From now on the helper runs the command (auth_command_run.h). */
void auth_command_use_helper(struct auth_command *a, struct helper *h);
/* Whether a command runs, for whom nobody else may wait. NULL: no. */
bool auth_command_is_running(const struct auth_command *a);

/* ---- auth_command_line.c */

/*
 * Writes the line about a login, with its newline and a zero byte. False: it cannot be said in JSON.
 */
bool auth_command_put(const struct auth_request *rq, const char *server_name,
		      char to[AUTH_COMMAND_LINE_MAX]);
/*
 * Reads the answer's line. Returns NULL and a table with the user, or without one if the answer is a
 * refusal; or what is wrong with it.
 */
const char *auth_command_read(const struct auth_request *rq, struct bytes line, struct users **out);

#endif
