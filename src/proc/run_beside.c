/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One program while a loop runs. */
#include "proc/run_beside.h"

#include <errno.h>
#include <signal.h>

enum { LOOK_MS = 1000 }; /* usually SIGCHLD comes sooner */

static unsigned at_most(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static void forget(struct run_beside *b)
{
	b->pid = 0;
	loop_timer_stop(b->loop, &b->timer);
}

int run_beside_start(struct run_beside *b, const struct run *r)
{
	int error = run_start(r, &b->pid);

	if (error) {
		b->pid = 0;
		return error;
	}
	b->is_ending = false;
	b->limit_ms = r->limit_ms;
	b->started_ms = loop_now(b->loop);
	loop_timer_set(b->loop, &b->timer, b->started_ms + at_most(b->limit_ms, LOOK_MS));
	return 0;
}

/* -ECHILD: as process 1 we reap all children (util/pid1.h), and that was faster. */
static int result_of(int polled)
{
	return polled == -ECHILD ? 0 : polled;
}

void run_beside_child(struct run_beside *b)
{
	int result = b->pid ? run_poll(b->pid) : -EAGAIN;

	if (result == -EAGAIN)
		return;
	if (b->is_ending)
		kill(-b->pid, SIGKILL); /* what it started */
	forget(b);
	b->ended(b, b->is_ending ? -ETIMEDOUT : result_of(result));
}

static void on_timer(struct loop_timer *timer)
{
	struct run_beside *b = container_of(timer, struct run_beside, timer);
	pid_t pid = b->pid;

	run_beside_child(b);
	if (!pid || b->pid != pid)
		return;
	if (b->is_ending) {
		kill(-pid, SIGKILL);
	} else if (loop_now(b->loop) - b->started_ms >= b->limit_ms) {
		b->is_ending = true;
		kill(-pid, SIGTERM);
	}
	loop_timer_set(b->loop, timer, loop_now(b->loop) + (b->is_ending ? RUN_GRACE_MS : LOOK_MS));
}

void run_beside_open(struct run_beside *b)
{
	b->timer = (struct loop_timer){ .expired = on_timer };
	signal(SIGCHLD, SIG_DFL); /* if it were ignored, no child could be waited for */
}

int run_beside_wait(struct run_beside *b, unsigned limit_ms)
{
	int result = run_wait(b->pid, at_most(limit_ms, b->limit_ms));

	forget(b);
	return result_of(result);
}
