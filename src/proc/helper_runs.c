/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/helper_runs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/run.h"
#include "util/clock.h"

enum {
	AGAIN_MS = 10,
	SPARE_MS = 1000,
};

/* ---- the helper */

void helper_runs_begin(struct helper_runs *r, struct helper_process *p, unsigned max)
{
	r->process = p;
	r->max = max;
}

void helper_runs_reap(struct helper_runs *r)
{
	for (size_t i = 0; i < r->max; i++)
		if (r->pid[i] && waitpid(r->pid[i], NULL, WNOHANG) != 0)
			r->pid[i] = 0;
}

bool helper_runs_may_start(struct helper_runs *r, uint64_t now_ms)
{
	if (r->second != now_ms / 1000)
		r->started = 0;
	r->second = now_ms / 1000;
	return r->started < HELPER_RUNS_PER_S && ++r->started;
}

static pid_t *find_free(struct helper_runs *r)
{
	helper_runs_reap(r);
	for (size_t i = 0; i < r->max; i++)
		if (!r->pid[i])
			return &r->pid[i];
	return NULL;
}

int helper_runs_start(struct helper_runs *r, struct helper_call *c, void (*run)(void *arg, int fd),
		      void *arg)
{
	pid_t *pid = find_free(r);
	int ends[2];

	if (!pid || !helper_runs_may_start(r, clock_now_ms()))
		return -EAGAIN;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	*pid = fork();
	if (!*pid) {
		helper_in_child(r->process);
		run(arg, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	if (*pid > 0) {
		c->fd_out = ends[0];
		return 0;
	}
	*pid = 0;
	close(ends[0]);
	return -ENOMEM;
}

/* ---- the process that asks */

ssize_t helper_runs_ask(struct helper *h, struct helper_question *q, unsigned limit_ms, void *to,
			size_t size)
{
	uint64_t end_ms = clock_now_ms() + limit_ms;
	ssize_t n;
	int error;

	while ((error = helper_ask(h, q)) == -EAGAIN && clock_now_ms() < end_ms)
		poll(NULL, 0, AGAIN_MS);
	if (error || q->fd_out < 0)
		return error ? error : -EBADMSG;
	n = run_read(q->fd_out, to, size, clock_now_ms() + limit_ms + RUN_GRACE_MS + SPARE_MS,
		     false);
	close(q->fd_out);
	return n;
}
