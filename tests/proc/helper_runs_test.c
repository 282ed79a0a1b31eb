/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What children of a helper write comes to the other process; how many there are is bounded. */
#include "proc/helper_runs.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/run.h"
#include "util/clock.h"
#include "util/file.h"

enum {
	ECHO = HELPER_OP(HELPER_FILES, 1),
	HANG = HELPER_OP(HELPER_FILES, 2),
	NOTHING = HELPER_OP(HELPER_FILES, 3),
	RUNS = 3,
	LIMIT_MS = 30 * 1000,
};

static struct helper *helper;
static int go[2]; /* children that hang read from it */

struct state {
	struct helper_runs runs;
	struct bytes asked;
};

/* After signals that come to all processes of a terminal or of a service. */
static void run_echo(void *arg, int fd)
{
	const struct state *s = arg;

	raise(SIGINT);
	raise(SIGTERM);
	raise(SIGHUP);
	file_write(fd, s->asked.at, s->asked.len);
}

static void run_hang(void *arg, int fd)
{
	char byte;

	(void)arg;
	if (read(go[0], &byte, 1) == 1)
		file_write(fd, &byte, 1);
}

static void run_nothing(void *arg, int fd)
{
	(void)arg;
	(void)fd;
}

static int echo(void *state, struct helper_call *c)
{
	struct state *s = state;

	s->asked = bytes_of(c->in.at, c->in.left);
	return helper_runs_start(&s->runs, c, run_echo, s);
}

static int hang(void *state, struct helper_call *c)
{
	return helper_runs_start(&((struct state *)state)->runs, c, run_hang, state);
}

static int nothing(void *state, struct helper_call *c)
{
	return helper_runs_start(&((struct state *)state)->runs, c, run_nothing, state);
}

static int begin(void *state, struct helper_process *p)
{
	helper_runs_begin(&((struct state *)state)->runs, p, RUNS);
	return 0;
}

static void child_ended(void *state)
{
	helper_runs_reap(&((struct state *)state)->runs);
}

static int open_lab(void **state)
{
	static const struct helper_op ops[] = {
		{ .code = ECHO, .handle = echo },
		{ .code = HANG, .handle = hang },
		{ .code = NOTHING, .handle = nothing },
	};
	static struct state runs;
	static const struct helper_service service = {
		.number = HELPER_FILES,
		.ops = ops,
		.op_count = sizeof(ops) / sizeof(*ops),
		.state = &runs,
		.begin = begin,
		.child = child_ended,
	};
	const struct helper_service *services[] = { &service };
	struct helper_cfg cfg = {
		.services = services, .service_count = 1, .keep = go, .keep_count = 1
	};

	(void)state;
	assert_int_equal(pipe(go), 0);
	return helper_start(&cfg, &helper);
}

static int close_lab(void **state)
{
	(void)state;
	helper_close(helper);
	close(go[0]);
	close(go[1]);
	return 0;
}

static ssize_t ask(uint16_t op, unsigned limit_ms, char *to, size_t size)
{
	struct helper_question q = { .op = op, .in = bytes_text("text") };

	return helper_runs_ask(helper, &q, limit_ms, to, size);
}

/* What the child writes comes, whatever signals it gets. */
static void what_a_child_writes(void **state)
{
	char to[8];

	(void)state;
	for (size_t i = 0; i < 4 * RUNS; i++) {
		assert_int_equal(ask(ECHO, LIMIT_MS, to, sizeof(to)), 4);
		assert_memory_equal(to, "text", 4);
	}
	assert_int_equal(ask(NOTHING, LIMIT_MS, to, sizeof(to)), 0);
	assert_int_equal(ask(ECHO, LIMIT_MS, to, 2), -EMSGSIZE);
}

/* No more at a time; what asks for one waits until another has ended. */
static void too_many(void **state)
{
	struct helper_question q = { .op = HANG };
	int hanging[RUNS];
	char to[8];

	(void)state;
	for (size_t i = 0; i < RUNS; i++) {
		assert_int_equal(helper_ask(helper, &q), 0);
		hanging[i] = q.fd_out;
	}
	assert_int_equal(helper_ask(helper, &q), -EAGAIN);
	assert_int_equal(ask(ECHO, 1, to, sizeof(to)), -EAGAIN);
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(ask(ECHO, LIMIT_MS, to, sizeof(to)), 4);
	assert_int_equal(write(go[1], "xx", 2), 2);
	for (size_t i = 0; i < RUNS; i++) {
		assert_int_equal(read(hanging[i], to, sizeof(to)), 1);
		close(hanging[i]);
	}
}

/* A child that does not end holds its end of the pipe; the other process waits no longer than its limit. */
static void too_slow(void **state)
{
	struct helper_question q = { .op = HANG };
	char to[8];

	(void)state;
	assert_int_equal(helper_ask(helper, &q), 0);
	alarm(LIMIT_MS / 1000); /* a read that blocks would never end */
	assert_int_equal(run_read(q.fd_out, to, sizeof(to), clock_now_ms() + 20, false),
			 -ETIMEDOUT);
	assert_int_equal(run_read(q.fd_out, to, sizeof(to), clock_now_ms(), false), -ETIMEDOUT);
	alarm(0);
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(run_read(q.fd_out, to, sizeof(to), clock_now_ms() + LIMIT_MS, false), 1);
	close(q.fd_out);
}

/* This process did not run until the limit had passed. */
static void what_has_come_counts_after_the_limit(void **state)
{
	char to[8];
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "yes\nno", 6), 6);
	close(fd[1]);
	assert_int_equal(run_read(fd[0], to, sizeof(to), clock_now_ms() - 1000, true), 3);
	assert_memory_equal(to, "yes", 3);
	close(fd[0]);
}

static void too_many_in_a_second(void **state)
{
	struct helper_runs r = { .max = RUNS };

	(void)state;
	for (unsigned i = 0; i < HELPER_RUNS_PER_S; i++)
		assert_true(helper_runs_may_start(&r, 5000 + i % 1000));
	assert_false(helper_runs_may_start(&r, 5999));
	for (unsigned i = 0; i < HELPER_RUNS_PER_S; i++)
		assert_true(helper_runs_may_start(&r, 6000));
	assert_false(helper_runs_may_start(&r, 6000));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_lab, close_lab)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_a_child_writes),
		CASE(too_many),
		CASE(too_slow),
		CASE(what_has_come_counts_after_the_limit),
		cmocka_unit_test(too_many_in_a_second),
	};

	return cmocka_run_group_tests_name("proc/helper_runs", tests, NULL, NULL);
}
