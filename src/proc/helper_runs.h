/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that a helper runs for the other process (proc/helper.h). A child of the helper starts the program, waits for
 * it and writes the result to a pipe. The other process gets the other end of the pipe with the reply, and reads it in a
 * thread. So neither a loop nor the helper waits.
 *
 * An attacker can ask at any rate, so there is a limit on how many run at a time and how many start in a second.
 */
#ifndef SSTP_PROC_HELPER_RUNS_H
#define SSTP_PROC_HELPER_RUNS_H

#include "proc/helper.h"

enum {
	HELPER_RUNS_MAX = 32,
	HELPER_RUNS_PER_S = 1000, /* about as many as eight threads start */
};

/* Of one service; all zero at first. */
struct helper_runs {
	/* private */
	struct helper_process *process;
	unsigned max;
	pid_t pid[HELPER_RUNS_MAX]; /* 0: none */
	uint64_t second;
	unsigned started; /* in this second */
};

/* For the service's `begin` and `child`. `max`: at a time, at most HELPER_RUNS_MAX. */
void helper_runs_begin(struct helper_runs *r, struct helper_process *p, unsigned max);
void helper_runs_reap(struct helper_runs *r);
/*
 * In a handler: a child calls run(arg, fd), which writes what the other process shall read to fd, and ends. Signals that a
 * terminal or a service manager sends to the group are ignored in it. 0 or -errno; -EAGAIN: too many run.
 */
int helper_runs_start(struct helper_runs *r, struct helper_call *c, void (*run)(void *arg, int fd),
		      void *arg);

/* Whether one more may start now; if so, counts it. Also for tests. */
bool helper_runs_may_start(struct helper_runs *r, uint64_t now_ms);

/*
 * In the other process: asks the helper to run a program, again while too many run, and reads what the child writes to
 * `to`. The program has `limit_ms`, the child a little longer. Returns the length, or -errno. It blocks.
 */
ssize_t helper_runs_ask(struct helper *h, struct helper_question *q, unsigned limit_ms, void *to,
			size_t size);

#endif
