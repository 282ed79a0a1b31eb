/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By the helper: it forks a child that runs the command and waits for it, and passes the end of a pipe from which the
 * other process reads how that went.
 */
#include "auth/auth_command_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/run.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/secret.h"

enum {
	OP_RUN = HELPER_OP(HELPER_COMMAND, 1),
	END_LEN = 8, /* the two numbers of struct auth_command_end, before the answer */
	SPARE_MS = 1000,
};

/* ---- a run */

/* Reads to the end of the file, or with `wants_line` of the first line, without that. Its length, or -errno. */
static ssize_t read_to_end(int fd, char *to, size_t size, uint64_t end_ms, bool wants_line)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	for (;;) {
		uint64_t now = clock_now_ms();
		const char *end = wants_line ? memchr(to, '\n', len) : NULL;

		if (end)
			return end - to;
		if (len == size)
			return -EMSGSIZE;
		if (now >= end_ms)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)(end_ms - now)) < 0 && errno != EINTR)
			return -errno;
		n = read(fd, to + len, size - len);
		if (n == 0)
			return (ssize_t)len;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
	}
}

struct auth_command_end auth_command_run(const char *command, unsigned limit_ms, const char *input,
					 char *answer)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	uint64_t end_ms = clock_now_ms() + limit_ms;
	struct run r = { .argv = argv, .input = input };
	struct auth_command_end end = { 0 };
	int fd[2], error;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return (struct auth_command_end){ .len = -errno };
	r.answer = fd[1];
	error = run_start(&r, &pid);
	close(fd[1]);
	end.len = error;
	if (!error) {
		fcntl(fd[0], F_SETFL, O_NONBLOCK);
		end.len = read_to_end(fd[0], answer, AUTH_COMMAND_LINE_MAX, end_ms, true);
		end.status = run_wait(pid, end.len < 0 ? 1 : limit_ms);
	}
	close(fd[0]); /* what the command writes after its line is not an error */
	return end;
}

/* ---- the service */

static _Noreturn void run_in_child(struct auth_command_runs *r, char *input, int fd)
{
	char out[END_LEN + AUTH_COMMAND_LINE_MAX];
	struct writer w = writer_of(out, END_LEN);
	struct auth_command_end end;

	helper_in_child(r->process);
	end = auth_command_run(r->command, r->limit_ms, input, out + END_LEN);
	put_u32(&w, (uint32_t)end.len);
	put_u32(&w, (uint32_t)end.status);
	_exit(file_write(fd, out, END_LEN + (end.len > 0 ? (size_t)end.len : 0)) != 0);
}

static void child_ended(void *state)
{
	struct auth_command_runs *r = state;

	for (size_t i = 0; i < AUTH_COMMAND_RUNS_MAX; i++)
		if (r->pid[i] && waitpid(r->pid[i], NULL, WNOHANG) != 0)
			r->pid[i] = 0;
}

static pid_t *find_free(struct auth_command_runs *r)
{
	for (size_t i = 0; i < AUTH_COMMAND_RUNS_MAX; i++)
		if (!r->pid[i])
			return &r->pid[i];
	return NULL;
}

static int run(void *state, struct helper_call *c)
{
	struct auth_command_runs *r = state;
	char input[AUTH_COMMAND_LINE_MAX + 1] = "";
	size_t len = c->in.left;
	pid_t *pid;
	int ends[2];

	child_ended(r);
	pid = find_free(r);
	if (!pid)
		return -EAGAIN;
	if (len > AUTH_COMMAND_LINE_MAX)
		return -EMSGSIZE;
	get_copy(&c->in, input, len);
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	*pid = fork();
	if (!*pid)
		run_in_child(r, input, ends[1]);
	secret_wipe(input, sizeof(input));
	close(ends[1]);
	if (*pid > 0) {
		c->fd_out = ends[0];
		return 0;
	}
	*pid = 0;
	close(ends[0]);
	return -EAGAIN;
}

static int begin(void *state, struct helper_process *p)
{
	((struct auth_command_runs *)state)->process = p;
	return 0;
}

static const struct helper_op ops[] = { { .code = OP_RUN, .handle = run } };

struct helper_service auth_command_service(struct auth_command_runs *r)
{
	return (struct helper_service){ .number = HELPER_COMMAND,
					.ops = ops,
					.op_count = 1,
					.state = r,
					.begin = begin,
					.child = child_ended };
}

/* ---- the process that asks */

static struct auth_command_end read_end(int fd, unsigned limit_ms, char *answer)
{
	char in[END_LEN + AUTH_COMMAND_LINE_MAX + 1] = { 0 };
	uint64_t end_ms = clock_now_ms() + limit_ms + RUN_GRACE_MS + SPARE_MS;
	ssize_t n = read_to_end(fd, in, sizeof(in), end_ms, false);
	struct reader r = reader_of(in, n < 0 ? 0 : (size_t)n);
	struct auth_command_end end;

	end.len = (int32_t)get_u32(&r);
	end.status = (int32_t)get_u32(&r);
	if (n < 0)
		end.len = n;
	else if (r.bad || (end.len > 0 ? (size_t)end.len : 0) != r.left)
		end.len = -EPIPE;
	else if (r.left)
		memcpy(answer, r.at, r.left);
	secret_wipe(in, sizeof(in));
	return end;
}

struct auth_command_end auth_command_ask(struct helper *h, unsigned limit_ms, const char *input,
					 char *answer)
{
	struct helper_question q = { .op = OP_RUN, .in = bytes_text(input) };
	struct auth_command_end end = { .len = helper_ask(h, &q) };

	if (q.fd_out < 0)
		return end;
	end = read_end(q.fd_out, limit_ms, answer);
	close(q.fd_out);
	return end;
}
