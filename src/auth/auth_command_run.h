/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of the command of --auth-command: it gets a line, and answers by one. In this process, or by the helper
 * (proc/helper.h) for a process that may start no program. The helper runs only the command that it was started with.
 */
#ifndef SSTP_AUTH_AUTH_COMMAND_RUN_H
#define SSTP_AUTH_AUTH_COMMAND_RUN_H

#include <sys/types.h>

#include "auth/auth_command.h"
#include "proc/helper_runs.h"

/* At a time by the helper: more than ask for one, since one that has answered may not have been reaped yet. */
enum { AUTH_COMMAND_RUNS_MAX = 2 * AUTH_COMMAND_THREADS };

struct auth_command_end {
	ssize_t len; /* of the answer's first line, without its end; or -errno: -EMSGSIZE, -ETIMEDOUT, ... */
	int status; /* the exit status, or -errno */
};

/* For /bin/sh -c. It blocks. `answer` has AUTH_COMMAND_LINE_MAX bytes. */
struct auth_command_end auth_command_run(const char *command, unsigned limit_ms, const char *input,
					 char *answer);

/* The same by the helper. */
struct auth_command_end auth_command_ask(struct helper *h, unsigned limit_ms, const char *input,
					 char *answer);

/* ---- the service */

struct auth_command_runs {
	const char *command;
	unsigned limit_ms;
	/* private */
	struct helper_runs runs;
};

/* The first two are set, the rest is zero; `r` is the service's state. */
struct helper_service auth_command_service(struct auth_command_runs *r);

#endif
