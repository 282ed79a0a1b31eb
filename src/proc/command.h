/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs and supervises the user's command (sstp run, sstp proxy): a child that has our terminal and stays
 * in our process group, so that Ctrl-C and job control reach it directly. Signals that other processes
 * send to us are passed on to it, its orphans become our children, and when it ends its descendants are
 * ended too.
 *
 *	command_start -> command_signal for each signal that comes, which finally calls `ended`
 *	command_close ends the remaining descendants
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
#include "proc/sandbox.h"
#include "util/log.h"

/* SIGCHLD, and those that are passed on. */
#define COMMAND_SIGNALS SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1

enum {
	COMMAND_NO_START = 126,  /* exit codes as in shells: it could not be started, ... */
	COMMAND_NOT_FOUND = 127, /* ... there is no such program */
};

struct command;

struct command_cfg {
	char *const *argv;     /* ends with NULL; the program is looked for on PATH */
	const struct env *env; /* used only by command_start */
	/*
	 * Called in the child, before the program starts: 0, or the child's exit code, logged. All of our
	 * descriptors are still open there; clear FD_CLOEXEC of those that the command shall inherit.
	 * NULL: nothing to do.
	 */
	int (*prepare)(void *arg);
	void *arg;
	/* It has ended, with this exit status: 128 plus the signal's number when one ended it. Its
	 * descendants have been sent SIGTERM. */
	void (*ended)(struct command *c, int status);
	const struct log *log;
	bool stops_parent; /* when the command stops itself, so does our process group, with our parent (command_apart.h) */
};

/* Embedded in its owner's struct, all zero before its start. */
struct command {
	pid_t pid; /* 0: it is not running */
	bool was_started;
	void (*ended)(struct command *c, int status);
	const struct log *log;
	bool stops_parent;
};

/* 0, or -errno, logged. A program that can't be started is logged too, and reported by `ended`. */
int command_start(struct command *c, const struct command_cfg *cfg);

/* Whether it is one of COMMAND_SIGNALS. */
bool command_takes(const struct signalfd_siginfo *info);

/* Whether the terminal has sent it to the command, too: to its foreground process group. */
bool command_has_signal(const struct signalfd_siginfo *info);

/* True: this signal was for the command, or SIGCHLD of a child. */
bool command_signal(struct command *c, const struct signalfd_siginfo *info);

/*
 * Drops the descriptors that this process has inherited, since another process has them for the command (proc/helper.h,
 * proc/command_apart.h). Standard error stays, for the log; if it is a terminal, it can only be written to. Where that is not
 * possible: a warning, or with SANDBOX_REQUIRE an error. With SANDBOX_OFF it changes nothing. 0 or -errno, logged.
 */
int command_drop_descriptors(enum sandbox_mode mode, const struct log *log);

/*
 * Ends the command and its descendants, if any remain: SIGTERM, two seconds, SIGKILL. Waits for them,
 * without calling `ended`. May be called before command_start.
 */
void command_close(struct command *c);

#endif
