/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals that this process has blocked, as the kernel shows them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/pending.h"

static void signals(void **state)
{
	static const struct {
		int number;
		bool asks;
	} cases[] = {
		{ SIGINT, true },   { SIGQUIT, true },   { SIGTERM, true },  { SIGHUP, true },
		{ SIGUSR1, false }, { SIGCHLD, false },  { SIGALRM, false }, { SIGTSTP, false },
		{ SIGPIPE, false }, { SIGWINCH, false }, { 40, false },
	};
	const struct timespec now = { 0 };
	int fd = pending_open();
	sigset_t all, before;

	(void)state;
	assert_true(fd >= 0);
	sigfillset(&all);
	assert_int_equal(sigprocmask(SIG_BLOCK, &all, &before), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_false(pending_asks_to_end(fd));
		assert_int_equal(kill(getpid(), cases[i].number), 0);
		assert_int_equal(pending_asks_to_end(fd), cases[i].asks);
		assert_int_equal(sigtimedwait(&all, NULL, &now), cases[i].number);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fd);
}

static void without_proc(void **state)
{
	int ends[2];

	(void)state;
	assert_false(pending_asks_to_end(-1));
	assert_int_equal(pipe(ends), 0);
	assert_false(pending_asks_to_end(ends[0]));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals),
		cmocka_unit_test(without_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
