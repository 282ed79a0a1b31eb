/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user's command under our care (sstp run, sstp proxy): a child that has our terminal and stays
 * in our process group, so that Ctrl-C and job control reach it as if we were not there. What
 * others send to us is passed on to it, orphans that it leaves behind become our children, and when
 * it ends the rest of its family is ended too.
 *
 *	command_start -> command_signal for each signal that comes, which calls ended at last
 *	command_close ends what is left
 *
 * The signals to be read (loop_signals) are COMMAND_SIGNALS.
 */
#ifndef SSTP_PROC_COMMAND_H
#define SSTP_PROC_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/types.h>

#include "proc/run.h"
#include "util/log.h"

/* SIGCHLD, and those that are passed on. */
#define COMMAND_SIGNALS SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1

enum {
	COMMAND_NO_START = 126,  /* exit codes, as shells have them: it could not be started, ... */
	COMMAND_NOT_FOUND = 127, /* ... there is no such program */
};

struct command;

struct command_cfg {
	char *const *argv;     /* its words, then NULL; the first is looked for on PATH */
	const struct env *env; /* read by command_start alone */
	/*
	 * In the child, before the program starts: 0, or the exit code that the child then ends with,
	 * logged. All of our descriptors are still open there; those that the command is to have must
	 * lose FD_CLOEXEC. NULL: nothing to do.
	 */
	int (*prepare)(void *arg);
	void *arg;
	/* It has ended, with this exit status: 128 and the signal's number when one ended it. What it
	 * left behind has been sent SIGTERM. */
	void (*ended)(struct command *c, int status);
	const struct log *log;
};

/* Embedded in its owner's, all zero before its start. */
struct command {
	pid_t pid; /* 0: it is not running */
	bool was_started;
	void (*ended)(struct command *c, int status);
	const struct log *log;
};

/* 0, or -errno, logged. A program that can't be started is logged too, and told by `ended`. */
int command_start(struct command *c, const struct command_cfg *cfg);

/* Is it one of COMMAND_SIGNALS? */
bool command_takes(const struct signalfd_siginfo *info);

/* True: this signal was the command's, or of a child. */
bool command_signal(struct command *c, const struct signalfd_siginfo *info);

/*
 * Ends what is still there of the command and its descendants: SIGTERM, two seconds, SIGKILL. Waits
 * for it, and calls nothing. Also before a start.
 */
void command_close(struct command *c);

#endif
