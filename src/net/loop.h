/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The event loop: one thread, one epoll. It reads CLOCK_MONOTONIC once per turn (loop_now), calls
 * the ready watches, then the timers that are due, then the tasks posted for the end of the turn, and
 * sleeps until the next event. Each watch that is ready when a timer is due is called before it. Watches,
 * timers and tasks are embedded in their owners (container_of finds the owner); the loop owns none of them.
 * Any may be removed, and its owner freed, from inside any callback, its own included.
 */
#ifndef SSTP_NET_LOOP_H
#define SSTP_NET_LOOP_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "util/histogram.h"

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

struct loop;

struct loop_watch {
	int fd;
	uint32_t events; /* EPOLLIN, EPOLLOUT, ...; level-triggered */
	void (*ready)(struct loop_watch *w, uint32_t events);
	bool is_watched; /* set by the loop */
};

struct loop_timer {
	void (*expired)(struct loop_timer *t);
	uint64_t at_ms; /* private, as is slot; slot 0: not set */
	size_t slot;
};

struct loop_task {
	void (*run)(struct loop_task *t);
	/* private */
	struct loop_task
		*_Atomic next; /* NULL: not posted. loop_async_post reads it in any thread */
	struct loop_task *prev;
};

int loop_open(struct loop **out); /* 0 or -errno */
void loop_close(struct loop *l);  /* NULL is fine */

/* Runs until the end of the turn that calls loop_stop; returns 0 or -errno of a failed epoll. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* From now on counts how long one in LOOP_MEASURED turns takes, from waking to sleeping. */
enum { LOOP_MEASURED = 16 };
void loop_measure(struct loop *l, struct histogram *turns);
uint64_t loop_now(const struct loop *l); /* this turn's time; while not running, the clock's */

int loop_watch(struct loop *l, struct loop_watch *w); /* fd, events, ready are set; 0 or -errno */
void loop_watch_events(struct loop *l, struct loop_watch *w, uint32_t events); /* 0: pause it */
void loop_unwatch(struct loop *l, struct loop_watch *w); /* before its fd is closed */
/* Both in one system call: `to`, whose `ready` is set, gets fd and events of `from` and is watched. 0 or -errno. */
int loop_move_watch(struct loop *l, struct loop_watch *from, struct loop_watch *to);

/* UINT64_MAX stops it, as does loop_timer_stop; setting again moves it. O(log n). */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ms);
enum {
	LOOP_PAUSE_MS =
		1000, /* timers that are late by this much: the process did not run, and ... */
	LOOP_GRACE_MS = 1000, /* ... they wait for this long, so that what was delayed can arrive */
};
void loop_timer_stop(struct loop *l, struct loop_timer *t);

/* Runs it once, at the end of this turn, even if posted twice. */
void loop_post(struct loop *l, struct loop_task *t);
void loop_unpost(struct loop *l, struct loop_task *t);

/*
 * The same from any thread: it wakes the loop, and the task runs before the timers that are due then. Call
 * loop_async_open first, in the loop's own thread,
 * any number of times (0 or -errno), and loop_async_unpost also there: after it the loop does not touch
 * the task. The caller of loop_async_post makes sure that the loop is not closed meanwhile.
 */
int loop_async_open(struct loop *l);
void loop_async_post(struct loop *l, struct loop_task *t);
void loop_async_unpost(struct loop *l, struct loop_task *t);

/*
 * Blocks these signals in this thread; the loop then calls `caught` for each signal that comes. Once
 * per loop. They stay blocked after loop_close, and in children until these unblock them.
 */
int loop_signals(struct loop *l, const int *signals, size_t count,
		 void (*caught)(void *arg, const struct signalfd_siginfo *info), void *arg);
/* Blocks these signals likewise. A descriptor to read them from (signalfd(2)), for a watch; or -errno. */
int loop_signal_fd(const int *signals, size_t count);

#endif
