/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running another program and waiting for it: without our secrets in its environment, with only the
 * first three descriptors, with default signal dispositions, in a process group of its own.
 */
#ifndef SSTP_PROC_RUN_H
#define SSTP_PROC_RUN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* An environment under construction: ours, without what `drop` selects, plus env_set's variables. */
struct env {
	char **var; /* ends with a NULL: fit for execve */
	size_t count, room;
	size_t inherited; /* how many of the first are not to be freed */
	bool is_short;    /* memory ran out: it is not complete */
};

/* `drop` may be NULL. Secrets (SSTP_PASSWORD) are always left out. */
void env_init(struct env *e, bool (*drop)(const char *name, size_t len));
void env_set(struct env *e, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void env_free(struct env *e);

struct run {
	const char *const *argv;
	const struct env *env; /* NULL: ours without the secrets */
	const char *input;     /* for its standard input, at most a page; NULL: nothing */
	/*
	 * For its standard output and error; 0: our standard error. Such a program is sent SIGTERM when the
	 * thread that started it ends, as with kill -9.
	 */
	int output;
	int answer;        /* for its standard output alone; 0: as `output` says */
	unsigned limit_ms; /* then it is ended (run_wait); 0: no limit */
};

/*
 * Returns its exit status (128 plus the signal's number when one ended it, 127 when it could not be
 * started), or -errno, -ETIMEDOUT.
 */
int run_program(const struct run *r);

/*
 * Starts it and does not wait (limit_ms is not used): 0 or -errno. SIGCHLD must not be ignored; the
 * caller calls run_poll until that returns something other than -EAGAIN, or run_wait.
 */
int run_start(const struct run *r, pid_t *pid);
int run_poll(pid_t pid);
/* At the limit its process group is sent SIGTERM, and SIGKILL after RUN_GRACE_MS. */
int run_wait(pid_t pid, unsigned limit_ms);
enum { RUN_GRACE_MS = 2000 };

/*
 * Reads what a program writes to the other end of a pipe, until it closes that or, with `wants_line`, has written a line,
 * which does not count as a part of it. The length, or -errno: -EMSGSIZE, -ETIMEDOUT at `end_ms` of clock_now_ms.
 */
ssize_t run_read(int fd, char *to, size_t size, uint64_t end_ms, bool wants_line);

/* The exit status from waitpid's, as in shells: 128 plus the signal's number when one ended it. */
int run_exit_status(int status);

/* For a child that shall inherit nothing: sets all signals to their defaults. */
void run_fresh_signals(void);

/* Where on PATH a program is. */
bool run_find(const char *name, char path[PATH_MAX]);

#endif
