/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event loop: what is called, in which order, and that any callback may remove anything. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/loop.h"
#include "util/clock.h"

enum { TRACE_MAX = 16 };

static struct loop *loop;
static char trace[TRACE_MAX + 1]; /* one letter per call */

static void note(char c)
{
	size_t n = strlen(trace);

	assert_true(n < TRACE_MAX);
	trace[n] = c;
	trace[n + 1] = '\0';
}

static int set_up(void **state)
{
	(void)state;
	trace[0] = '\0';
	return loop_open(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	loop_close(loop);
	return 0;
}

static void run(void)
{
	assert_int_equal(loop_run(loop), 0);
}

/* ---- timers */

struct named_timer {
	struct loop_timer timer;
	char name;
	struct named_timer *victim;
	bool is_last;
};

static void timer_expired(struct loop_timer *t)
{
	struct named_timer *n = container_of(t, struct named_timer, timer);

	note(n->name);
	if (n->victim)
		loop_timer_stop(loop, &n->victim->timer);
	if (n->is_last)
		loop_stop(loop);
}

static struct named_timer timer_of(char name)
{
	return (struct named_timer){ .timer.expired = timer_expired, .name = name };
}

static void timer_in(struct named_timer *n, uint64_t ms)
{
	loop_timer_set(loop, &n->timer, loop_now(loop) + ms);
}

static void timers_expire_in_order(void **state)
{
	struct named_timer a = timer_of('a'), b = timer_of('b'), c = timer_of('c');
	uint64_t start = loop_now(loop);

	(void)state;
	c.is_last = true;
	loop_timer_set(loop, &c.timer, start + 9);
	loop_timer_set(loop, &a.timer, start + 1);
	loop_timer_set(loop, &b.timer, start + 5);
	run();
	assert_string_equal(trace, "abc");
	assert_true(loop_now(loop) >= start + 9);
}

static void timer_can_be_moved_and_stopped(void **state)
{
	struct named_timer a = timer_of('a'), b = timer_of('b'), c = timer_of('c'),
			   d = timer_of('d');
	uint64_t start = loop_now(loop);

	(void)state;
	c.is_last = true;
	loop_timer_set(loop, &a.timer, start + 1);
	loop_timer_set(loop, &b.timer, start + 20);
	loop_timer_set(loop, &c.timer, start + 6);
	loop_timer_set(loop, &d.timer, start + 3);
	loop_timer_set(loop, &a.timer, start + 4);
	loop_timer_set(loop, &b.timer, start + 2);
	loop_timer_set(loop, &b.timer, start + 2);
	loop_timer_set(loop, &d.timer, UINT64_MAX);
	loop_timer_stop(loop, &d.timer);
	run();
	assert_string_equal(trace, "bac");
}

static void timer_stops_another_that_is_due(void **state)
{
	struct named_timer a = timer_of('a'), b = timer_of('b'), c = timer_of('c');

	(void)state;
	a.victim = &b;
	c.is_last = true;
	loop_timer_set(loop, &a.timer, 1);
	loop_timer_set(loop, &b.timer, 2);
	loop_timer_set(loop, &c.timer, 3);
	run();
	assert_string_equal(trace, "ac");
}

static void timer_sets_itself_again(struct loop_timer *t)
{
	note('t');
	if (strlen(trace) == 3)
		loop_stop(loop);
	else
		loop_timer_set(loop, t, 0);
}

/* It is always due, yet the turn ends, and another timer expires too. */
static void timer_always_due_starves_no_other(void **state)
{
	struct loop_timer t = { .expired = timer_sets_itself_again };
	struct named_timer b = timer_of('b');

	(void)state;
	loop_timer_set(loop, &t, 0);
	loop_timer_set(loop, &b.timer, loop_now(loop));
	run();
	assert_string_equal(trace, "tbt");
}

struct owned_timer {
	struct loop_timer timer;
};

static void timer_frees_its_owner(struct loop_timer *t)
{
	free(container_of(t, struct owned_timer, timer));
	loop_stop(loop);
}

static void timer_may_free_its_owner(void **state)
{
	struct owned_timer *o = calloc(1, sizeof(*o));

	(void)state;
	assert_non_null(o);
	o->timer.expired = timer_frees_its_owner;
	loop_timer_set(loop, &o->timer, 0);
	run();
}

enum { MANY = 10000 };

static uint64_t many_last_ms;
static size_t many_left;

static void many_expired(struct loop_timer *t)
{
	assert_true(t->at_ms >= many_last_ms);
	many_last_ms = t->at_ms;
	if (!--many_left)
		loop_stop(loop);
}

/* Set, moved and stopped in a scrambled order; the rest expires in order. */
static void many_timers(void **state)
{
	struct loop_timer *t = calloc(MANY, sizeof(*t));
	uint64_t now = loop_now(loop);

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < MANY; i++) {
		t[i].expired = many_expired;
		loop_timer_set(loop, &t[i], now - i * 7919 % MANY);
	}
	for (size_t i = 0; i < MANY; i += 2)
		loop_timer_set(loop, &t[i], now - i * 104729 % MANY);
	for (size_t i = 0; i < MANY; i += 5)
		loop_timer_stop(loop, &t[i]);
	many_last_ms = 0;
	many_left = MANY - MANY / 5;
	run();
	assert_int_equal(many_left, 0);
	free(t);
}

/* ---- tasks */

struct named_task {
	struct loop_task task;
	char name;
	struct named_task *then, *victim, *victim_async;
	bool is_last;
};

static void task_run(struct loop_task *t)
{
	struct named_task *n = container_of(t, struct named_task, task);

	note(n->name);
	if (n->then)
		loop_post(loop, &n->then->task);
	if (n->victim)
		loop_unpost(loop, &n->victim->task);
	if (n->victim_async)
		loop_async_unpost(loop, &n->victim_async->task);
	if (n->is_last)
		loop_stop(loop);
}

static struct named_task task_of(char name)
{
	return (struct named_task){ .task.run = task_run, .name = name };
}

static void tasks_run_once_in_order(void **state)
{
	struct named_task a = task_of('a'), b = task_of('b'), c = task_of('c');

	(void)state;
	b.is_last = true;
	loop_post(loop, &a.task);
	loop_post(loop, &c.task);
	loop_post(loop, &b.task);
	loop_post(loop, &a.task);
	loop_unpost(loop, &c.task);
	loop_unpost(loop, &c.task);
	run();
	assert_string_equal(trace, "ab");
}

/* The timer shows that there was a turn in between, and the clock that the loop did not sleep. */
static void task_posted_by_a_task_runs_in_the_next_turn(void **state)
{
	struct named_task a = task_of('a'), b = task_of('b'), c = task_of('c');
	struct named_timer far = timer_of('f');
	uint64_t start = clock_now_ms();

	(void)state;
	a.then = &b;
	b.is_last = true;
	loop_post(loop, &a.task);
	loop_post(loop, &c.task);
	timer_in(&far, 60000);
	run();
	assert_string_equal(trace, "acb");
	assert_true(clock_now_ms() < start + 10000);
}

static void task_unposts_another_of_the_same_turn(void **state)
{
	struct named_task a = task_of('a'), b = task_of('b'), c = task_of('c');

	(void)state;
	a.victim = &b;
	c.is_last = true;
	loop_post(loop, &a.task);
	loop_post(loop, &b.task);
	loop_post(loop, &c.task);
	run();
	assert_string_equal(trace, "ac");
}

/* ---- tasks from other threads */

struct poster {
	struct named_task *tasks;
	size_t count;
};

static void *post_all(void *arg)
{
	struct poster *p = arg;

	for (size_t i = 0; i < p->count; i++)
		loop_async_post(loop, &p->tasks[i].task);
	return NULL;
}

static void post_from_a_thread(struct named_task *tasks, size_t count)
{
	struct poster p = { tasks, count };
	pthread_t thread;

	assert_int_equal(loop_async_open(loop), 0);
	assert_int_equal(pthread_create(&thread, NULL, post_all, &p), 0);
	pthread_join(thread, NULL);
}

static void task_of_another_thread_wakes_the_loop(void **state)
{
	struct named_task tasks[] = { task_of('a'), task_of('b'), task_of('c'), task_of('d') };

	(void)state;
	post_from_a_thread(tasks, 4);
	loop_async_unpost(loop, &tasks[2].task);
	tasks[3].is_last = true;
	run();
	assert_string_equal(trace, "abd");
	post_from_a_thread(&tasks[3], 1);
	run();
	assert_string_equal(trace, "abdd");
}

/* In the turn in which the loop has already moved it to its own list. */
static void task_of_another_thread_is_unposted_in_its_turn(void **state)
{
	struct named_task tasks[] = { task_of('a'), task_of('b'), task_of('c') };

	(void)state;
	post_from_a_thread(tasks, 3);
	tasks[0].victim_async = &tasks[1];
	tasks[2].is_last = true;
	run();
	assert_string_equal(trace, "ac");
}

/* ---- watches */

struct named_watch {
	struct loop_watch watch;
	char name;
	struct named_watch *victim;
	struct named_watch *heir; /* of the victim's watch */
};

static void watch_ready(struct loop_watch *w, uint32_t events)
{
	struct named_watch *n = container_of(w, struct named_watch, watch);

	assert_int_equal(events, EPOLLIN);
	note(n->name);
	if (n->heir) {
		assert_int_equal(loop_move_watch(loop, &n->victim->watch, &n->heir->watch), 0);
		memset(n->victim, 0xff, sizeof(*n->victim));
	} else if (n->victim) {
		loop_unwatch(loop, &n->victim->watch);
		close(n->victim->watch.fd);
		memset(n->victim, 0xff, sizeof(*n->victim));
	}
	loop_unwatch(loop, w);
	close(w->fd);
}

/* A readable eventfd. */
static struct named_watch watch_of(char name)
{
	struct named_watch n = { .name = name };

	n.watch = (struct loop_watch){ eventfd(1, EFD_NONBLOCK), EPOLLIN, watch_ready, false };
	assert_true(n.watch.fd >= 0);
	return n;
}

static void task_stops(struct loop_task *t)
{
	(void)t;
	loop_stop(loop);
}

static void run_one_turn(void)
{
	struct loop_task t = { .run = task_stops };

	loop_post(loop, &t);
	run();
}

static void watch_takes_away_another_of_the_same_batch(void **state)
{
	struct named_watch a = watch_of('a'), b = watch_of('b');

	(void)state;
	a.victim = &b;
	b.victim = &a;
	assert_int_equal(loop_watch(loop, &a.watch), 0);
	assert_int_equal(loop_watch(loop, &b.watch), 0);
	run_one_turn();
	assert_int_equal(strlen(trace), 1);
}

/* Its event of this batch is not lost: the heir gets it in the next turn. */
static void watch_is_moved_to_another_owner(void **state)
{
	struct named_watch a = watch_of('a'), b = watch_of('b');
	struct named_watch heir = { .watch.ready = watch_ready, .name = 'h' };

	(void)state;
	a.victim = &b;
	a.heir = b.heir = &heir;
	b.victim = &a;
	assert_int_equal(loop_watch(loop, &a.watch), 0);
	assert_int_equal(loop_watch(loop, &b.watch), 0);
	run_one_turn();
	assert_int_equal(strlen(trace), 1);
	assert_true(heir.watch.is_watched);
	run_one_turn();
	assert_int_equal(trace[1], 'h');
}

static void watch_frees_its_owner(struct loop_watch *w, uint32_t events)
{
	(void)events;
	loop_unwatch(loop, w);
	close(w->fd);
	free(container_of(w, struct named_watch, watch));
	note('f');
}

static void watch_may_free_its_owner(void **state)
{
	struct named_watch *n = malloc(sizeof(*n));

	(void)state;
	assert_non_null(n);
	*n = watch_of('a');
	n->watch.ready = watch_frees_its_owner;
	assert_int_equal(loop_watch(loop, &n->watch), 0);
	run_one_turn();
	assert_string_equal(trace, "f");
}

/* Level-triggered: unread data is reported again. Paused: not even a hang-up is reported. */
static void watch_can_be_held(void **state)
{
	struct named_watch n = { .name = 'w' };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	n.watch = (struct loop_watch){ pair[0], EPOLLIN, watch_ready, false };
	assert_int_equal(loop_watch(loop, &n.watch), 0);
	loop_watch_events(loop, &n.watch, 0);
	assert_int_equal(write(pair[1], "x", 1), 1);
	run_one_turn();
	assert_string_equal(trace, "");
	loop_watch_events(loop, &n.watch, EPOLLIN);
	run_one_turn();
	assert_string_equal(trace, "w");
	close(pair[1]);
}

static void watch_holds_itself(struct loop_watch *w, uint32_t events)
{
	(void)events;
	note('w');
	loop_watch_events(loop, w, 0);
}

/* Two turns for the hang-up, before and after it is held, and one for the timer: no measured one. */
static void watch_held_sleeps_through_a_hang_up(void **state)
{
	struct loop_watch w = { .events = EPOLLIN, .ready = watch_holds_itself };
	struct named_timer a = timer_of('a');
	struct histogram turns = { .sum_us = 0 }, none = { .sum_us = 0 };
	int pair[2];

	(void)state;
	a.is_last = true;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	w.fd = pair[0];
	assert_int_equal(loop_watch(loop, &w), 0);
	close(pair[1]);
	loop_measure(loop, &turns);
	timer_in(&a, 50);
	run();
	assert_string_equal(trace, "wa");
	assert_memory_equal(turns.buckets, none.buckets, sizeof(none.buckets));
	loop_unwatch(loop, &w);
	loop_unwatch(loop, &w);
	close(pair[0]);
}

static void watch_of_a_closed_descriptor_fails(void **state)
{
	struct loop_watch w = { .fd = -1, .events = EPOLLIN };

	(void)state;
	assert_int_equal(loop_watch(loop, &w), -EBADF);
	assert_false(w.is_watched);
}

/* ---- what is due in the same turn */

enum { CROWD = 300 }; /* more than epoll returns at once */

static size_t crowd_ready, crowd_seen;

static void crowd_watch_ready(struct loop_watch *w, uint32_t events)
{
	(void)events;
	crowd_ready++;
	loop_unwatch(loop, w);
}

static void crowd_timer_expired(struct loop_timer *t)
{
	(void)t;
	crowd_seen = crowd_ready;
	loop_stop(loop);
}

/* After a pause all sessions have input, and the timers of all are due. */
static void each_input_counts_before_a_timer(void **state)
{
	struct loop_timer t = { .expired = crowd_timer_expired };
	static struct loop_watch crowd[CROWD];

	(void)state;
	crowd_ready = 0;
	for (size_t i = 0; i < CROWD; i++) {
		crowd[i] = (struct loop_watch){ eventfd(1, EFD_NONBLOCK), EPOLLIN,
						crowd_watch_ready, false };
		assert_true(crowd[i].fd >= 0);
		assert_int_equal(loop_watch(loop, &crowd[i]), 0);
	}
	loop_timer_set(loop, &t, 1);
	run();
	for (size_t i = 0; i < CROWD; i++)
		close(crowd[i].fd);
	assert_int_equal(crowd_seen, CROWD);
}

struct waking_watch {
	struct loop_watch watch;
	int other;
};

static void watch_wakes_another(struct loop_watch *w, uint32_t events)
{
	uint64_t one = 1;

	(void)events;
	note('a');
	assert_int_equal(write(container_of(w, struct waking_watch, watch)->other, &one,
			       sizeof(one)),
			 sizeof(one));
	loop_unwatch(loop, w);
	close(w->fd);
}

static void input_that_comes_late_in_the_turn_counts_before_a_timer(void **state)
{
	struct named_watch b = watch_of('b');
	struct named_timer t = timer_of('t');
	struct waking_watch a;
	uint64_t count;

	(void)state;
	assert_int_equal(read(b.watch.fd, &count, sizeof(count)), sizeof(count));
	a.other = b.watch.fd;
	a.watch = (struct loop_watch){ eventfd(1, EFD_NONBLOCK), EPOLLIN, watch_wakes_another,
				       false };
	assert_int_equal(loop_watch(loop, &a.watch), 0);
	assert_int_equal(loop_watch(loop, &b.watch), 0);
	t.is_last = true;
	loop_timer_set(loop, &t.timer, 1);
	run();
	assert_string_equal(trace, "abt");
}

/* A password that was checked in time, and the time limit of the login. */
static void result_of_another_thread_counts_before_a_timer(void **state)
{
	struct named_task a = task_of('a');
	struct named_timer t = timer_of('t');

	(void)state;
	post_from_a_thread(&a, 1);
	t.is_last = true;
	loop_timer_set(loop, &t.timer, 1);
	run();
	assert_string_equal(trace, "at");
}

static int late_fd;
static struct named_timer *late_timer;

/* The timer is set here, by the time of this turn, so that it is due in the next one however slow the machine is. */
static void watch_takes_long(struct loop_watch *w, uint32_t events)
{
	(void)events;
	loop_unwatch(loop, w);
	close(w->fd);
	timer_in(late_timer, 1);
	usleep((LOOP_PAUSE_MS + 10) * 1000);
}

static void task_makes_late_input(struct loop_task *t)
{
	uint64_t one = 1;

	(void)t;
	assert_int_equal(write(late_fd, &one, sizeof(one)), sizeof(one));
}

/* The first turn is the pause; the input comes at the end of the second, in which the timer is due. */
static void input_that_a_pause_delayed_counts_before_a_timer(void **state)
{
	struct named_watch a = watch_of('a'), b = watch_of('b');
	struct named_task first = task_of('1'), second = task_of('2');
	struct named_timer t = timer_of('t');
	uint64_t count;

	(void)state;
	assert_int_equal(read(b.watch.fd, &count, sizeof(count)), sizeof(count));
	late_fd = b.watch.fd;
	a.watch.ready = watch_takes_long;
	second.task.run = task_makes_late_input;
	first.then = &second;
	t.is_last = true;
	assert_int_equal(loop_watch(loop, &a.watch), 0);
	assert_int_equal(loop_watch(loop, &b.watch), 0);
	loop_post(loop, &first.task);
	late_timer = &t;
	run();
	assert_string_equal(trace, "1bt");
}

/* ---- signals */

static void signal_caught(void *arg, const struct signalfd_siginfo *info)
{
	assert_ptr_equal(arg, trace);
	note(info->ssi_signo == SIGUSR1 ? '1' : '2');
	if (info->ssi_signo == SIGUSR2)
		loop_stop(loop);
}

static void signals_come_through_the_loop(void **state)
{
	static const int signals[] = { SIGUSR1, SIGUSR2 };

	(void)state;
	assert_int_equal(loop_signals(loop, signals, 2, signal_caught, trace), 0);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
	run();
	assert_string_equal(trace, "12");
}

static void stop_before_run_counts(void **state)
{
	struct named_task a = task_of('a');

	(void)state;
	loop_post(loop, &a.task);
	loop_stop(loop);
	run();
	assert_string_equal(trace, "");
	a.is_last = true;
	run();
	assert_string_equal(trace, "a");
}

/* Else timers set during a slow set-up (a prompt) would be due when the loop starts. */
static void time_passes_before_the_loop_runs(void **state)
{
	uint64_t opened = loop_now(loop);

	(void)state;
	usleep(3000);
	assert_true(loop_now(loop) >= opened + 2);
}

static void time_stands_still_in_a_turn(struct loop_task *t)
{
	uint64_t start = loop_now(loop);

	(void)t;
	usleep(3000);
	assert_true(loop_now(loop) == start);
	loop_stop(loop);
}

static void clock_is_read_once_a_turn(void **state)
{
	struct loop_task t = { .run = time_stands_still_in_a_turn };

	(void)state;
	loop_post(loop, &t);
	run();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(timers_expire_in_order),
		CASE(timer_can_be_moved_and_stopped),
		CASE(timer_stops_another_that_is_due),
		CASE(timer_always_due_starves_no_other),
		CASE(timer_may_free_its_owner),
		CASE(many_timers),
		CASE(tasks_run_once_in_order),
		CASE(task_posted_by_a_task_runs_in_the_next_turn),
		CASE(task_unposts_another_of_the_same_turn),
		CASE(task_of_another_thread_wakes_the_loop),
		CASE(task_of_another_thread_is_unposted_in_its_turn),
		CASE(watch_takes_away_another_of_the_same_batch),
		CASE(watch_is_moved_to_another_owner),
		CASE(watch_may_free_its_owner),
		CASE(watch_can_be_held),
		CASE(watch_held_sleeps_through_a_hang_up),
		CASE(watch_of_a_closed_descriptor_fails),
		CASE(each_input_counts_before_a_timer),
		CASE(input_that_comes_late_in_the_turn_counts_before_a_timer),
		CASE(result_of_another_thread_counts_before_a_timer),
		CASE(input_that_a_pause_delayed_counts_before_a_timer),
		CASE(signals_come_through_the_loop),
		CASE(stop_before_run_counts),
		CASE(time_passes_before_the_loop_runs),
		CASE(clock_is_read_once_a_turn),
	};

	return cmocka_run_group_tests_name("net/loop", tests, NULL, NULL);
}
