/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call runs in one loop and its answer in another, each in the thread of its loop; no call is
 * lost when a mailbox is closed before its loop has turned.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/mailbox.h"

enum { QUESTIONS = 1000 };

struct end {
	struct loop *loop;
	struct mailbox mailbox;
	pthread_t thread;
	unsigned asked, answered, woken;
	uint64_t sum;
};

struct question {
	unsigned number;
	uint64_t square;
};

static struct end asker, other;
static struct question questions[QUESTIONS];

static void on_wake(void *owner)
{
	((struct end *)owner)->woken++;
}

static void open_end(struct end *e)
{
	*e = (struct end){ .woken = 0 };
	assert_int_equal(loop_open(&e->loop), 0);
	assert_int_equal(mailbox_open(&e->mailbox, e->loop, e, on_wake), 0);
}

static int set_up(void **state)
{
	(void)state;
	open_end(&asker);
	open_end(&other);
	return 0;
}

static void close_end(struct end *e)
{
	mailbox_close(&e->mailbox);
	loop_close(e->loop);
}

static void square(void *owner, void *arg)
{
	struct end *e = owner;
	struct question *q = arg;

	assert_ptr_equal(e, &other);
	assert_int_equal(q->number, e->asked); /* in the order in which they were asked */
	q->square = (uint64_t)q->number * q->number;
	e->asked++;
}

static void add(void *owner, void *arg)
{
	struct end *e = owner;

	assert_ptr_equal(e, &asker);
	e->sum += ((struct question *)arg)->square;
	if (++e->answered == QUESTIONS)
		loop_stop(e->loop);
}

static void ask_all(void)
{
	for (unsigned i = 0; i < QUESTIONS; i++) {
		questions[i] = (struct question){ .number = i };
		assert_true(
			mailbox_ask(&other.mailbox, &asker.mailbox, square, add, &questions[i]));
	}
}

static uint64_t sum_of_squares(void)
{
	return (uint64_t)(QUESTIONS - 1) * QUESTIONS * (2 * QUESTIONS - 1) / 6;
}

static void stop(void *owner, void *arg)
{
	struct end *e = owner;

	(void)arg;
	loop_stop(e->loop);
}

static void in_thread(void *owner, void *arg)
{
	struct end *e = owner;

	assert_true(pthread_equal(e->thread, pthread_self()));
	if (arg)
		++*(unsigned *)arg;
}

static void *run(void *arg)
{
	struct end *e = arg;

	e->thread = pthread_self();
	return loop_run(e->loop) ? arg : NULL;
}

static void answers_come_back_to_the_askers_thread(void **state)
{
	pthread_t thread;
	void *failed;
	unsigned count = 0;

	(void)state;
	asker.thread = pthread_self();
	assert_int_equal(pthread_create(&thread, NULL, run, &other), 0);
	assert_true(mailbox_ask(&other.mailbox, &asker.mailbox, in_thread, in_thread, &count));
	ask_all();
	assert_int_equal(loop_run(asker.loop), 0);
	assert_int_equal(count, 2);
	assert_int_equal(asker.sum, sum_of_squares());
	assert_true(mailbox_call(&other.mailbox, stop, NULL));
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	assert_int_equal(other.asked, QUESTIONS);
	close_end(&other);
	close_end(&asker);
}

/* Neither loop ever runs. */
static void closing_runs_what_is_left(void **state)
{
	(void)state;
	ask_all();
	close_end(&other);
	assert_int_equal(other.asked, QUESTIONS);
	assert_int_equal(asker.answered, 0);
	close_end(&asker);
	assert_int_equal(asker.answered, QUESTIONS);
	assert_int_equal(asker.sum, sum_of_squares());
}

static void a_wake_without_a_call(void **state)
{
	(void)state;
	mailbox_wake(&other.mailbox);
	mailbox_wake(&other.mailbox);
	assert_true(mailbox_call(&other.mailbox, stop, NULL));
	assert_int_equal(loop_run(other.loop), 0);
	assert_int_equal(other.woken, 1);
	close_end(&other);
	close_end(&asker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(answers_come_back_to_the_askers_thread, set_up),
		cmocka_unit_test_setup(closing_runs_what_is_left, set_up),
		cmocka_unit_test_setup(a_wake_without_a_call, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
