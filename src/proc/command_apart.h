/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user's command (command.h), supervised by a process of its own: one that enters a sandbox can start nothing,
 * and what it had started would keep the sandbox. That process, a child of ours, has the rights of the start
 * and reads nothing from the network. It ends the command when we end, however we end.
 *
 *	command_apart_fork, before the sandbox -> command_apart_start -> `ended`
 *	command_apart_close ends the command and its descendants, if any remain
 */
#ifndef SSTP_PROC_COMMAND_APART_H
#define SSTP_PROC_COMMAND_APART_H

#include "net/loop.h"
#include "proc/command.h"

/* Embedded in its owner's struct, all zero before its start. */
struct command_apart {
	/* It has ended, with this exit status; -1: it could not be started, which is logged. */
	void (*ended)(struct command_apart *c, int status);
	/* private */
	struct loop *loop;
	struct loop_watch watch;
	pid_t pid;       /* of the supervisor; 0: none */
	bool is_running; /* the command */
};

/*
 * Forks the supervisor; `ended` of *cfg is not used. Descriptors that close on exec are closed in it. Call it while the
 * process has one thread. 0 or -errno, logged.
 */
int command_apart_fork(struct command_apart *c, struct loop *loop, const struct command_cfg *cfg);
/* Starts the command. 0 or -errno. */
int command_apart_start(struct command_apart *c);
/* True: this signal was for the command. */
bool command_apart_signal(struct command_apart *c, const struct signalfd_siginfo *info);
/* May be called before command_apart_fork. */
void command_apart_close(struct command_apart *c);

#endif
