/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/auth_command_run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "proc/run.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/secret.h"

enum {
	OP_RUN = HELPER_OP(HELPER_COMMAND, 1),
	END_LEN = 8, /* the two numbers of struct auth_command_end, before the answer */
};

/* ---- a run */

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
		end.len = run_read(fd[0], answer, AUTH_COMMAND_LINE_MAX, end_ms, true);
		end.status = run_wait(pid, end.len < 0 ? 1 : limit_ms);
	}
	close(fd[0]); /* what the command writes after its line is not an error */
	return end;
}

/* ---- the service */

struct asked {
	const struct auth_command_runs *r;
	char input[AUTH_COMMAND_LINE_MAX + 1];
};

static void run_asked(void *arg, int fd)
{
	const struct asked *a = arg;
	char out[END_LEN + AUTH_COMMAND_LINE_MAX];
	struct writer w = writer_of(out, END_LEN);
	struct auth_command_end end =
		auth_command_run(a->r->command, a->r->limit_ms, a->input, out + END_LEN);

	put_u32(&w, (uint32_t)end.len);
	put_u32(&w, (uint32_t)end.status);
	file_write(fd, out, END_LEN + (end.len > 0 ? (size_t)end.len : 0));
}

static int run(void *state, struct helper_call *c)
{
	struct auth_command_runs *r = state;
	struct asked asked = { .r = r };
	size_t len = c->in.left;
	int error;

	if (len > AUTH_COMMAND_LINE_MAX)
		return -EMSGSIZE;
	get_copy(&c->in, asked.input, len);
	error = helper_runs_start(&r->runs, c, run_asked, &asked);
	secret_wipe(asked.input, sizeof(asked.input));
	return error;
}

static int begin(void *state, struct helper_process *p)
{
	helper_runs_begin(&((struct auth_command_runs *)state)->runs, p, AUTH_COMMAND_RUNS_MAX);
	return 0;
}

static void child_ended(void *state)
{
	helper_runs_reap(&((struct auth_command_runs *)state)->runs);
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

struct auth_command_end auth_command_ask(struct helper *h, unsigned limit_ms, const char *input,
					 char *answer)
{
	struct helper_question q = { .op = OP_RUN, .in = bytes_text(input) };
	char in[END_LEN + AUTH_COMMAND_LINE_MAX + 1] = { 0 };
	ssize_t n = helper_runs_ask(h, &q, limit_ms, in, sizeof(in));
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
