/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a parent, as its child sees it: with a pidfd, and without one. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/parent.h"

enum { LIMIT_MS = 60 * 1000 };

/* What a child has found, by the pipe that it writes to; a byte that is not there is a child that ended. */
static char next(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c = 0;

	assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
	return read(fd, &c, 1) == 1 ? c : '-';
}

static void say(int fd, char c)
{
	if (write(fd, &c, 1) != 1)
		_exit(1);
}

struct family {
	pid_t parent;
	int hears;
};

/* A parent that waits for a signal, and its child, which runs `child`. */
static struct family start(void (*child)(pid_t parent, int says))
{
	struct family f;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	f.parent = fork();
	if (!f.parent) {
		pid_t self = getpid();

		close(ends[0]);
		if (!fork()) {
			child(self, ends[1]);
			_exit(0);
		}
		close(ends[1]);
		for (;;)
			pause();
	}
	close(ends[1]);
	f.hears = ends[0];
	return f;
}

static void end_parent(const struct family *f)
{
	assert_int_equal(kill(f->parent, SIGKILL), 0);
	assert_int_equal(waitpid(f->parent, NULL, 0), f->parent);
}

static void wait_with(struct parent *p, int says)
{
	say(says, parent_has_ended(p) ? 'n' : 'y');
	parent_wait(p);
	say(says, parent_has_ended(p) ? 'y' : 'n');
}

static void with_pidfd(pid_t parent, int says)
{
	struct parent p = parent_open(parent);

	wait_with(&p, says);
}

/* As before Linux 5.3. */
static void without_pidfd(pid_t parent, int says)
{
	struct parent p = { parent, -ENOSYS };

	wait_with(&p, says);
}

static void is_noticed(void **state)
{
	void (*const ways[])(pid_t parent, int says) = { with_pidfd, without_pidfd };

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct family f = start(ways[i]);

		assert_int_equal(next(f.hears), 'y'); /* it lives */
		end_parent(&f);
		assert_int_equal(next(f.hears), 'y'); /* it has ended */
		assert_int_equal(next(f.hears), '-');
		close(f.hears);
	}
}

static void ends_by_signal(pid_t parent, int says)
{
	say(says, parent_end_sends(parent, SIGKILL) ? 'y' : 'n');
	for (;;)
		pause();
}

static void sends_a_signal(void **state)
{
	struct family f = start(ends_by_signal);

	(void)state;
	assert_int_equal(next(f.hears), 'y');
	end_parent(&f);
	assert_int_equal(next(f.hears), '-');
	close(f.hears);
}

/* A process that was never the parent of this one is like one that has ended before the child looked. */
static void has_ended_before(void **state)
{
	pid_t child = fork();
	struct parent p;

	(void)state;
	if (!child)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	p = parent_open(child);
	assert_true(p.fd < 0);
	assert_true(parent_has_ended(&p));
	parent_wait(&p);
	assert_false(parent_end_sends(child, 0)); /* 0: no signal */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_noticed),
		cmocka_unit_test(sends_a_signal),
		cmocka_unit_test(has_ended_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
