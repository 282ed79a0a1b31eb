/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running another program and waiting for it. */
#include "proc/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc/descriptors.h"
#include "proc/parent.h"
#include "util/clock.h"
#include "util/file.h"

enum {
	LOOK_AFTER_MS = 2,   /* first poll interval, ... */
	LOOK_LATEST_MS = 50, /* ... and the longest */
};

/* ---- its environment */

static bool is_secret(const char *name, size_t len)
{
	static const char secret[] = "SSTP_PASSWORD";

	return len == sizeof(secret) - 1 && !memcmp(name, secret, len);
}

/* Room for one more and the NULL. */
static bool make_room(struct env *e)
{
	char **more;

	if (e->count + 1 < e->room)
		return true;
	more = realloc(e->var, (2 * e->room + 64) * sizeof(*more));
	if (!more) {
		e->is_short = true;
		return false;
	}
	e->var = more;
	e->room = 2 * e->room + 64;
	return true;
}

static void add(struct env *e, char *var)
{
	e->var[e->count++] = var;
	e->var[e->count] = NULL;
}

void env_init(struct env *e, bool (*drop)(const char *name, size_t len))
{
	memset(e, 0, sizeof(*e));
	make_room(e); /* so that an empty one ends with NULL too */
	if (e->is_short)
		return;
	e->var[0] = NULL;
	for (char **var = environ; *var && make_room(e); var++) {
		size_t len = strcspn(*var, "=");

		if (!is_secret(*var, len) && !(drop && drop(*var, len)))
			add(e, *var);
	}
	e->inherited = e->count;
}

void env_set(struct env *e, const char *name, const char *format, ...)
{
	char *value = NULL, *var = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&value, format, args) < 0)
		value = NULL;
	va_end(args);
	if (value && asprintf(&var, "%s=%s", name, value) < 0)
		var = NULL;
	free(value);
	if (!var || !make_room(e)) {
		free(var);
		e->is_short = true;
		return;
	}
	add(e, var);
}

void env_free(struct env *e)
{
	for (size_t i = e->inherited; i < e->count; i++)
		free(e->var[i]);
	free(e->var);
}

/* ---- the child, between fork and exec: async-signal-safe calls only */

void run_fresh_signals(void)
{
	sigset_t none;

	/* ignored signals and the mask would be inherited; the loop blocks the signals it reads */
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become(const struct run *r, pid_t parent, char *const *argv, char *const *env, int in)
{
	setpgid(0, 0);
	dup2(in, STDIN_FILENO);
	if (r->output) {
		dup2(r->output, STDERR_FILENO);
		if (!parent_end_sends(parent, SIGTERM)) /* nobody would end it at its limit */
			_exit(127);
	}
	dup2(r->answer ? r->answer : STDERR_FILENO, STDOUT_FILENO);
	descriptors_close(NULL, NULL);
	run_fresh_signals();
	execve(r->argv[0], argv, env);
	_exit(127);
}

/* ---- the parent */

/* Returns a descriptor from which the input can be read. */
static int open_input(const char *input)
{
	int fd[2], error;

	if (!input) {
		fd[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fd[0] >= 0)
			return fd[0];
		input = ""; /* there is none here */
	}
	if (pipe2(fd, O_CLOEXEC) < 0)
		return -errno;
	error = file_write(fd[1], input, strlen(input)); /* a pipe holds more than a page */
	close(fd[1]);
	if (!error)
		return fd[0];
	close(fd[0]);
	return error;
}

int run_exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void sleep_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static int reap(pid_t pid, int flags, int *status)
{
	pid_t got;

	do
		got = waitpid(pid, status, flags);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

int run_poll(pid_t pid)
{
	int status, got = reap(pid, WNOHANG, &status);

	return got == 0 ? -EAGAIN : got < 0 ? got : run_exit_status(status);
}

static int wait_until(pid_t pid, uint64_t end_ms)
{
	unsigned look_ms = LOOK_AFTER_MS;

	for (;;) {
		uint64_t now = clock_now_ms(); /* before the look, which so counts until then */
		int result = run_poll(pid);

		if (result != -EAGAIN || now >= end_ms)
			return result;
		sleep_ms(look_ms);
		look_ms = look_ms * 2 < LOOK_LATEST_MS ? look_ms * 2 : LOOK_LATEST_MS;
	}
}

int run_wait(pid_t pid, unsigned limit_ms)
{
	int result, status;

	if (!limit_ms) {
		result = reap(pid, 0, &status);
		return result < 0 ? result : run_exit_status(status);
	}
	result = wait_until(pid, clock_now_ms() + limit_ms);
	if (result != -EAGAIN)
		return result;
	kill(-pid, SIGTERM);
	result = wait_until(pid, clock_now_ms() + RUN_GRACE_MS);
	kill(-pid, SIGKILL); /* also its descendants, and all that ignored SIGTERM */
	if (result == -EAGAIN)
		reap(pid, 0, &status);
	return -ETIMEDOUT;
}

static int start(const struct run *r, const struct env *env, int in, pid_t *pid)
{
	char *const *argv = (char *const *)(uintptr_t)r->argv; /* execve's const is historic */
	pid_t self = getpid();

	*pid = fork();
	if (*pid == 0)
		become(r, self, argv, env->var, in);
	if (*pid < 0)
		return -errno;
	setpgid(*pid, *pid); /* in both processes, since either may run first */
	return 0;
}

int run_start(const struct run *r, pid_t *pid)
{
	struct env own = { 0 };
	int in = open_input(r->input), result;

	if (in < 0)
		return in;
	if (!r->env)
		env_init(&own, NULL);
	result = (r->env ? r->env : &own)->is_short ? -ENOMEM
						    : start(r, r->env ? r->env : &own, in, pid);
	env_free(&own);
	close(in);
	return result;
}

int run_program(const struct run *r)
{
	struct sigaction children = { .sa_handler = SIG_DFL }, before;
	pid_t pid;
	int result;

	/* we may have inherited SIGCHLD as ignored; then no child could be waited for */
	sigaction(SIGCHLD, &children, &before);
	result = run_start(r, &pid);
	if (!result)
		result = run_wait(pid, r->limit_ms);
	sigaction(SIGCHLD, &before, NULL);
	return result;
}

ssize_t run_read(int fd, char *to, size_t size, uint64_t end_ms, bool wants_line)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n;
	int ready;

	for (;;) {
		uint64_t now = clock_now_ms();
		const char *end = wants_line ? memchr(to, '\n', len) : NULL;

		if (end)
			return end - to;
		if (len == size)
			return -EMSGSIZE;
		/* what has come in time counts, also if this process looks late */
		ready = poll(&p, 1, now < end_ms ? (int)(end_ms - now) : 0);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (!ready && now >= end_ms)
			return -ETIMEDOUT;
		if (ready <= 0) /* a read might wait longer than the limit */
			continue;
		n = read(fd, to + len, size - len);
		if (n == 0)
			return (ssize_t)len;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
	}
}

bool run_find(const char *name, char path[PATH_MAX])
{
	const char *at = getenv("PATH");

	for (at = at ? at : "/usr/sbin:/usr/bin:/sbin:/bin"; *at; at += *at == ':') {
		size_t len = strcspn(at, ":");
		int n = snprintf(path, PATH_MAX, "%.*s/%s", (int)len, at, name);

		/* an empty entry means the working directory: skip it */
		if (len && n < PATH_MAX && access(path, X_OK) == 0)
			return true;
		at += len;
	}
	return false;
}
