/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One program beside a loop: the loop goes on while it runs. At its limit its process group is sent
 * SIGTERM, and SIGKILL after RUN_GRACE_MS. SIGCHLD must be one of the loop's signals.
 */
#ifndef SSTP_PROC_RUN_BESIDE_H
#define SSTP_PROC_RUN_BESIDE_H

#include "net/loop.h"
#include "proc/run.h"

struct run_beside {
	struct loop *loop;
	/* Its exit status, or -ETIMEDOUT. From the loop alone; the next may be started in it. */
	void (*ended)(struct run_beside *b, int result);
	/* its own */
	pid_t pid;      /* 0: none runs */
	bool is_ending; /* it was sent SIGTERM */
	unsigned limit_ms;
	uint64_t started_ms;
	struct loop_timer timer;
};

/* `loop` and `ended` are set, the rest is zero. */
void run_beside_open(struct run_beside *b);
/* While none runs. r->limit_ms is not 0. 0, or -errno: then `ended` is not called. */
int run_beside_start(struct run_beside *b, const struct run *r);
/* SIGCHLD has come. */
void run_beside_child(struct run_beside *b);
/* Waits for the one that runs, `limit_ms` and RUN_GRACE_MS at most, and gives what `ended` would
 * have been given, which is not called. */
int run_beside_wait(struct run_beside *b, unsigned limit_ms);

#endif
