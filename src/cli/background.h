/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --background and --pid-file: the parent process exits once the child works, so that its exit
 * status says whether start-up succeeded.
 */
#ifndef SSTP_CLI_BACKGROUND_H
#define SSTP_CLI_BACKGROUND_H

#include <stdbool.h>

#include "cli/option.h"

struct background_settings {
	bool is_wanted;
	const char *pid_file; /* NULL: none */
};

extern const struct option_group background_options;

struct background {
	const char *pid_file; /* NULL: none */
	int null_fd;          /* /dev/null, for background_ready; -1: none */
	int ready_fd;         /* to the process that waits in the foreground; -1: none */
	int lock_fd;          /* of the pid file; -1: none */
};

/*
 * Forks if --background was given; the child returns, the parent waits for background_ready (and
 * exits with 0) or for the child's end (and exits with its code). Then locks and writes the pid
 * file: a second program with the same pid file is refused. Returns false after printing an error.
 */
bool background_begin(struct background *b, const struct verb *verb,
		      const struct background_settings *s);
void background_ready(void *b);            /* a `ready` callback of client and server */
void background_end(struct background *b); /* removes the pid file */

#endif
