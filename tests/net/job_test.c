/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs in threads: order, turns, bounds and cancellation. Jobs wait at a gate that the test opens.
 */
#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/job.h"

enum { TRACE_MAX = 64 };

static struct {
	struct loop *loop;
	struct job_pool pool;
	sem_t begun, gate;
	pthread_mutex_t lock;
	char worked[TRACE_MAX + 1], done[TRACE_MAX + 1], discarded[TRACE_MAX + 1];
	char last; /* the loop stops after this one */
} t;

struct named_job {
	struct job job;
	char name;
	bool waits;
	struct named_job *victim; /* canceled when this one is done */
};

static void note(char *trace, char name)
{
	size_t n;

	pthread_mutex_lock(&t.lock);
	n = strlen(trace);
	assert_true(n < TRACE_MAX);
	trace[n] = name;
	trace[n + 1] = '\0';
	pthread_mutex_unlock(&t.lock);
}

static void work(struct job *job)
{
	struct named_job *j = container_of(job, struct named_job, job);

	note(t.worked, j->name);
	if (!j->waits)
		return;
	sem_post(&t.begun);
	while (sem_wait(&t.gate))
		;
}

static void done(struct job *job)
{
	struct named_job *j = container_of(job, struct named_job, job);

	note(t.done, j->name);
	if (j->victim)
		job_cancel(&j->victim->job);
	if (j->name == t.last)
		loop_stop(t.loop);
	free(j);
}

static void discard(struct job *job)
{
	struct named_job *j = container_of(job, struct named_job, job);

	note(t.discarded, j->name);
	free(j);
}

/* `source`: a digit. NULL and *error when the pool does not take it. */
static struct named_job *try(char name, char source, bool waits, int *error)
{
	struct named_job *j = calloc(1, sizeof(*j));

	assert_non_null(j);
	j->name = name;
	j->waits = waits;
	j->job = (struct job){ .work = work, .done = done, .discard = discard };
	j->job.source = (struct ip_addr){ .family = AF_INET, .bytes = { (uint8_t)source } };
	*error = job_start(&t.pool, t.loop, &j->job);
	if (!*error)
		return j;
	free(j);
	return NULL;
}

static struct named_job *start(char name, char source)
{
	int error;
	struct named_job *j = try(name, source, false, &error);

	assert_int_equal(error, 0);
	return j;
}

/* A thread is running it when this returns. */
static struct named_job *start_and_hold(char name)
{
	int error;
	struct named_job *j = try(name, '0', true, &error);

	assert_int_equal(error, 0);
	while (sem_wait(&t.begun))
		;
	return j;
}

static void run_to(char last)
{
	t.last = last;
	assert_int_equal(loop_run(t.loop), 0);
}

static void open_pool(unsigned threads, unsigned queue, unsigned source_max)
{
	job_pool_open(&t.pool, threads, queue, source_max);
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	pthread_mutex_init(&t.lock, NULL);
	return sem_init(&t.begun, 0, 0) || sem_init(&t.gate, 0, 0) || loop_open(&t.loop);
}

static int tear_down(void **state)
{
	(void)state;
	job_pool_close(&t.pool);
	loop_close(t.loop);
	return 0;
}

/* ---- the cases */

static void results_come_to_the_loop_in_order(void **state)
{
	(void)state;
	open_pool(1, 8, 8);
	start_and_hold('a');
	start('b', '0');
	start('c', '0');
	assert_string_equal(t.done, "");
	sem_post(&t.gate);
	run_to('c');
	assert_string_equal(t.worked, "abc");
	assert_string_equal(t.done, "abc");
	assert_string_equal(t.discarded, "");
}

static void a_slow_one_does_not_keep_another_thread(void **state)
{
	(void)state;
	open_pool(2, 8, 8);
	start_and_hold('a');
	start('b', '0');
	run_to('b');
	assert_string_equal(t.done, "b");
	sem_post(&t.gate);
	run_to('a');
	assert_string_equal(t.done, "ba");
}

static void sources_take_turns(void **state)
{
	(void)state;
	open_pool(1, 16, 16);
	start_and_hold('-');
	for (char name = 'a'; name < 'f'; name++)
		start(name, '1');
	start('2', '2');
	start('3', '3');
	start('4', '2');
	sem_post(&t.gate);
	run_to('e');
	assert_string_equal(t.worked, "-a23b4cde");
	/* earlier jobs of a source do not count */
	start_and_hold('-');
	start('x', '4');
	start('y', '1');
	sem_post(&t.gate);
	run_to('y');
	assert_string_equal(t.worked, "-a23b4cde-xy");
}

static void the_queue_is_bounded(void **state)
{
	int error;

	(void)state;
	open_pool(1, 3, 2);
	start_and_hold('-');
	start('a', '1');
	start('b', '1');
	assert_null(try('c', '1', false, &error));
	assert_int_equal(error, -EDQUOT);
	start('d', '2');
	assert_null(try('e', '2', false, &error));
	assert_int_equal(error, -EAGAIN);
	sem_post(&t.gate);
	run_to('b');
	assert_string_equal(t.done, "-adb");
	start('f', '1');
	run_to('f');
}

static void canceled_in_the_queue(void **state)
{
	struct named_job *b;

	(void)state;
	open_pool(1, 8, 8);
	start_and_hold('a');
	b = start('b', '0');
	start('c', '0');
	job_cancel(&b->job);
	assert_string_equal(t.discarded, "b");
	sem_post(&t.gate);
	run_to('c');
	assert_string_equal(t.worked, "ac");
	assert_string_equal(t.done, "ac");
}

/* It goes on by itself, and is discarded by the thread. */
static void canceled_while_it_runs(void **state)
{
	struct named_job *a;

	(void)state;
	open_pool(1, 8, 8);
	a = start_and_hold('a');
	start('b', '0');
	job_cancel(&a->job);
	assert_string_equal(t.discarded, "");
	sem_post(&t.gate);
	run_to('b');
	assert_string_equal(t.discarded, "a");
	assert_string_equal(t.done, "b");
}

/*
 * Its task is posted to the loop, which does not run yet; then: which runs another task first.
 */
static void canceled_when_it_is_finished(void **state)
{
	struct named_job *a, *b;

	(void)state;
	open_pool(1, 8, 8);
	a = start('a', '0');
	job_pool_close(&t.pool); /* waits for the thread */
	open_pool(1, 8, 8);
	job_cancel(&a->job);
	assert_string_equal(t.worked, "a");
	assert_string_equal(t.discarded, "a");
	a = start_and_hold('a');
	b = start('b', '0');
	a->victim = b;
	sem_post(&t.gate);
	job_pool_close(&t.pool);
	open_pool(1, 8, 8);
	run_to('a');
	assert_string_equal(t.worked, "aab");
	assert_string_equal(t.done, "a");
	assert_string_equal(t.discarded, "ab");
}

static void closing_waits_for_a_canceled_one(void **state)
{
	(void)state;
	open_pool(1, 8, 8);
	job_cancel(&start_and_hold('a')->job);
	sem_post(&t.gate);
	job_pool_close(&t.pool);
	assert_string_equal(t.discarded, "a");
	open_pool(1, 8, 8);
}

/* Nobody waits for them, and the pool's close waits until all have run. */
static void jobs_without_a_loop(void **state)
{
	(void)state;
	open_pool(1, 8, 8);
	for (char name = 'a'; name <= 'c'; name++) {
		struct named_job *j = calloc(1, sizeof(*j));

		assert_non_null(j);
		j->name = name;
		j->job = (struct job){ .work = work, .discard = discard };
		assert_int_equal(job_start_alone(&t.pool, &j->job), 0);
	}
	job_pool_close(&t.pool);
	assert_int_equal(strlen(t.worked), 3);
	assert_string_equal(t.discarded, t.worked);
	assert_string_equal(t.done, "");
	open_pool(1, 8, 8);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(jobs_without_a_loop),
		CASE(results_come_to_the_loop_in_order),
		CASE(a_slow_one_does_not_keep_another_thread),
		CASE(sources_take_turns),
		CASE(the_queue_is_bounded),
		CASE(canceled_in_the_queue),
		CASE(canceled_while_it_runs),
		CASE(canceled_when_it_is_finished),
		CASE(closing_waits_for_a_canceled_one),
	};

	return cmocka_run_group_tests_name("net/job", tests, NULL, NULL);
}
