/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs one program while the loop goes on. At its limit its process group is sent SIGTERM, and SIGKILL
 * after RUN_GRACE_MS. SIGCHLD must be one of the loop's signals.
 */
#ifndef SSTP_PROC_RUN_BESIDE_H
#define SSTP_PROC_RUN_BESIDE_H

#include "net/loop.h"
#include "proc/run.h"

struct run_beside {
	struct loop *loop;
	/* Its exit status, or -ETIMEDOUT. Called only from the loop; it may start the next program. */
	void (*ended)(struct run_beside *b, int result);
	/* private */
	pid_t pid;      /* 0: none is running */
	bool is_ending; /* it was sent SIGTERM */
	unsigned limit_ms;
	uint64_t started_ms;
	struct loop_timer timer;
};

/* Set `loop` and `ended` before; the rest is zero. */
void run_beside_open(struct run_beside *b);
/* Only while none is running. r->limit_ms must not be 0. 0, or -errno: then `ended` is not called. */
int run_beside_start(struct run_beside *b, const struct run *r);
/* Call it when SIGCHLD has come. */
void run_beside_child(struct run_beside *b);
/* Waits for the running program, for at most `limit_ms` and RUN_GRACE_MS, and returns what `ended` would
 * get, which is not called. */
int run_beside_wait(struct run_beside *b, unsigned limit_ms);

#endif
