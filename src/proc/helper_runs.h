/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that a helper runs for the other process (proc/helper.h). A child of the helper starts the program, waits for
 * it and writes to a pipe how that went; the other process gets the end of the pipe with the reply, and reads it in a
 * thread. So neither a loop nor the helper waits.
 *
 * An attacker can ask as often as he likes: how many run at a time is bounded, and how many start in a second.
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

/* Whether one may start now, which is counted. For tests too. */
bool helper_runs_may_start(struct helper_runs *r, uint64_t now_ms);

/*
 * In the other process: asks that, while too many run again, and reads what the child writes. The program has `limit_ms`,
 * and the child's time is a little longer. The length of what is in `to` then, or -errno. It blocks.
 */
ssize_t helper_runs_ask(struct helper *h, struct helper_question *q, unsigned limit_ms, void *to,
			size_t size);

#endif
