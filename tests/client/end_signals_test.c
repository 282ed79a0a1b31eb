/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A signal that asks for the end is shown while it is pending, and then read; no other signal is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/end_signals.h"
#include "proc/pending.h"

struct lab {
	struct end_signals signals;
	struct loop *loop;
	int pending_fd;
	unsigned pending, caught;
	unsigned last; /* the signal */
};

static void on_pending(void *arg)
{
	struct lab *l = arg;

	assert_int_equal(l->pending, l->caught);
	assert_true(pending_asks_to_end(l->pending_fd));
	l->pending++;
}

static void on_caught(void *arg, const struct signalfd_siginfo *info)
{
	struct lab *l = arg;

	assert_int_equal(l->pending, l->caught + 1);
	assert_false(pending_asks_to_end(l->pending_fd));
	l->caught++;
	l->last = info->ssi_signo;
	loop_stop(l->loop);
}

static int setup(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	signal(SIGHUP, SIG_DFL); /* the tests may run under nohup */
	assert_non_null(l);
	*state = l;
	l->pending_fd = pending_open();
	assert_true(l->pending_fd >= 0);
	assert_int_equal(loop_open(&l->loop), 0);
	l->signals = (struct end_signals){ .pending = on_pending, .caught = on_caught, .arg = l };
	return end_signals_open(&l->signals, l->loop);
}

static int teardown(void **state)
{
	struct lab *l = *state;

	end_signals_close(&l->signals);
	loop_close(l->loop);
	close(l->pending_fd);
	free(l);
	return 0;
}

static void each_is_shown_and_read(void **state)
{
	static const int signals[] = { END_SIGNALS };
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		assert_int_equal(raise(signals[i]), 0);
		assert_int_equal(loop_run(l->loop), 0);
		assert_int_equal(l->caught, i + 1);
		assert_int_equal(l->last, signals[i]);
	}
}

static void a_hangup_that_was_ignored_stays_so(void **state)
{
	struct lab *l = *state;

	end_signals_close(&l->signals); /* leaves it blocked */
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(raise(SIGHUP), 0);
	assert_true(pending_asks_to_end(l->pending_fd));
	assert_int_equal(end_signals_open(&l->signals, l->loop), 0);
	assert_int_equal(raise(SIGHUP), 0);
	assert_false(pending_asks_to_end(l->pending_fd));
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(loop_run(l->loop), 0);
	assert_int_equal(l->caught, 1);
	assert_int_equal(l->last, SIGTERM);
}

static void note(void *arg, const struct signalfd_siginfo *info)
{
	struct lab *l = arg;

	assert_int_equal(info->ssi_signo, SIGUSR1);
	loop_stop(l->loop);
}

/* It is the loop's. */
static void another_is_not(void **state)
{
	static const int other = SIGUSR1;
	struct lab *l = *state;

	assert_int_equal(loop_signals(l->loop, &other, 1, note, l), 0);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(loop_run(l->loop), 0);
	assert_int_equal(l->pending, 0);
}

/* The signal stays blocked, so it is pending until somebody reads it; here the next one that opens them. */
static void none_after_the_close(void **state)
{
	struct lab *l = *state;

	end_signals_close(&l->signals);
	end_signals_close(&l->signals); /* nothing more */
	assert_int_equal(raise(SIGTERM), 0);
	assert_true(pending_asks_to_end(l->pending_fd));
	assert_int_equal(l->pending, 0);
	assert_int_equal(end_signals_open(&l->signals, l->loop), 0);
	assert_int_equal(loop_run(l->loop), 0);
	assert_int_equal(l->last, SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_is_shown_and_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hangup_that_was_ignored_stays_so, setup,
						teardown),
		cmocka_unit_test_setup_teardown(another_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(none_after_the_close, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
