/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The event loop. A turn: sleep in epoll, read the clock, call the ready watches, then the timers that
 * are due, then the tasks posted until then. Timers are a binary heap of pointers (heap[1] is due
 * first, so slot 0 means "not set"); each knows its slot, which makes moving and removing it cheap.
 *
 * Input comes before timers: a timer that ends a session must not miss the reply that waits in a
 * socket, however late this process runs. One epoll_wait does not see all of it, because it returns
 * BATCH_MAX watches at most, and because time may pass until the clock is read. So before timers are
 * called, epoll is asked again.
 *
 * After a pause of this process (stopped, swapped out, the virtual machine not scheduled) input may be on
 * its way that the pause has delayed: a segment that the kernel had no time for, the reply to what was
 * sent just now. So all timers then wait for LOOP_GRACE_MS more.
 *
 * Two things make it safe to remove anything from inside any callback: a removed watch is deleted from
 * the current epoll batch, and timers and tasks are unlinked before they are called.
 */
#include "net/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"

enum { BATCH_MAX = 128, HEAP_SIZE_MIN = 64, HOLD_EVERY_MS = 10 * 1000 };

struct loop {
	int epoll_fd;
	bool is_running;
	bool is_stopped;
	bool in_timers;
	uint64_t now_ms;
	uint64_t hold_ms; /* timers wait until then */

	struct loop_timer **heap; /* from 1 to heap_count */
	size_t heap_count, heap_room;

	struct loop_task posted, running; /* heads of rings */

	pthread_mutex_t async_lock;
	struct loop_task async; /* the same, from other threads: under the lock */
	struct loop_watch async_watch;

	struct epoll_event batch[BATCH_MAX];
	int batch_count, batch_at;
	size_t watch_count;

	struct loop_watch signal_watch;
	void (*signal_caught)(void *arg, const struct signalfd_siginfo *info);
	void *signal_arg;
	struct histogram *turns; /* NULL: they are not measured */
	unsigned turn_number;
};

/*
 * The loop's thread removes a task from its ring without a lock, while another thread may check whether the task is already
 * posted. So `next` is atomic, and is set to NULL only after all else has been written.
 */
static struct loop_task *next_of(const struct loop_task *t)
{
	return atomic_load_explicit(&t->next, memory_order_relaxed);
}

static void set_next(struct loop_task *t, struct loop_task *next)
{
	atomic_store_explicit(&t->next, next, memory_order_relaxed);
}

static bool is_posted(const struct loop_task *t)
{
	return atomic_load_explicit(&t->next, memory_order_acquire);
}

static void ring_init(struct loop_task *head)
{
	head->prev = head;
	set_next(head, head);
}

static bool ring_is_empty(const struct loop_task *head)
{
	return next_of(head) == head;
}

static void ring_insert(struct loop_task *head, struct loop_task *t)
{
	set_next(t, head);
	t->prev = head->prev;
	set_next(head->prev, t);
	head->prev = t;
}

static void ring_remove(struct loop_task *t)
{
	struct loop_task *next = next_of(t);

	set_next(t->prev, next);
	next->prev = t->prev;
	t->prev = NULL;
	atomic_store_explicit(&t->next, NULL, memory_order_release);
}

int loop_open(struct loop **out)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd < 0) {
		int error = errno;

		free(l);
		return -error;
	}
	ring_init(&l->posted);
	ring_init(&l->running);
	ring_init(&l->async);
	pthread_mutex_init(&l->async_lock, NULL);
	*out = l;
	return 0;
}

void loop_close(struct loop *l)
{
	if (!l)
		return;
	if (l->signal_watch.is_watched)
		close(l->signal_watch.fd);
	if (l->async_watch.is_watched)
		close(l->async_watch.fd);
	pthread_mutex_destroy(&l->async_lock);
	close(l->epoll_fd);
	free(l->heap);
	free(l);
}

void loop_stop(struct loop *l)
{
	l->is_stopped = true;
}

uint64_t loop_now(const struct loop *l)
{
	return l->is_running ? l->now_ms : clock_now_ms();
}

/* ---- watches */

/*
 * epoll reports EPOLLERR and EPOLLHUP even for a descriptor with no events requested, again and again
 * when level-triggered. Edge-triggered it does so once, and dispatch drops that.
 */
static struct epoll_event epoll_event_of(struct loop_watch *w)
{
	return (struct epoll_event){ .events = w->events ? w->events : EPOLLET, .data.ptr = w };
}

int loop_watch(struct loop *l, struct loop_watch *w)
{
	struct epoll_event e = epoll_event_of(w);

	assert(!w->is_watched);
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, w->fd, &e))
		return -errno;
	w->is_watched = true;
	l->watch_count++;
	return 0;
}

void loop_watch_events(struct loop *l, struct loop_watch *w, uint32_t events)
{
	struct epoll_event e;
	int result;

	assert(w->is_watched);
	if (events == w->events)
		return;
	w->events = events;
	e = epoll_event_of(w);
	result = epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, w->fd, &e);
	assert(!result); /* allocates nothing: only a descriptor closed too early could fail */
	(void)result;
}

/* What epoll has said of it in this turn. */
static void forget_events(struct loop *l, const struct loop_watch *w)
{
	for (int i = l->batch_at; i < l->batch_count; i++)
		if (l->batch[i].data.ptr == w)
			l->batch[i].data.ptr = NULL;
}

void loop_unwatch(struct loop *l, struct loop_watch *w)
{
	if (!w->is_watched)
		return;
	w->is_watched = false;
	l->watch_count--;
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	forget_events(l, w);
}

int loop_move_watch(struct loop *l, struct loop_watch *from, struct loop_watch *to)
{
	struct epoll_event e;

	to->fd = from->fd;
	to->events = from->events;
	if (!from->is_watched)
		return loop_watch(l, to);
	assert(!to->is_watched);
	e = epoll_event_of(to);
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, to->fd, &e))
		return -errno;
	from->is_watched = false;
	to->is_watched = true;
	forget_events(l, from);
	return 0;
}

/* An earlier callback may have removed the watch, or changed its events. */
static void dispatch(const struct epoll_event *e)
{
	struct loop_watch *w = e->data.ptr;
	uint32_t events;

	if (!w || !w->events)
		return;
	events = e->events & (w->events | EPOLLERR | EPOLLHUP);
	if (events)
		w->ready(w, events);
}

static void call_ready(struct loop *l)
{
	for (l->batch_at = 0; l->batch_at < l->batch_count;)
		dispatch(&l->batch[l->batch_at++]);
	l->batch_count = 0;
}

/* ---- timers */

static void heap_put(struct loop *l, size_t slot, struct loop_timer *t)
{
	l->heap[slot] = t;
	t->slot = slot;
}

static void heap_up(struct loop *l, size_t slot, struct loop_timer *t)
{
	for (; slot > 1 && l->heap[slot / 2]->at_ms > t->at_ms; slot /= 2)
		heap_put(l, slot, l->heap[slot / 2]);
	heap_put(l, slot, t);
}

static size_t heap_earlier_child(const struct loop *l, size_t slot)
{
	size_t child = 2 * slot;

	if (child < l->heap_count && l->heap[child + 1]->at_ms < l->heap[child]->at_ms)
		child++;
	return child;
}

static void heap_down(struct loop *l, size_t slot, struct loop_timer *t)
{
	for (size_t child; 2 * slot <= l->heap_count; slot = child) {
		child = heap_earlier_child(l, slot);
		if (l->heap[child]->at_ms >= t->at_ms)
			break;
		heap_put(l, slot, l->heap[child]);
	}
	heap_put(l, slot, t);
}

/* Moves `t` up or down from `slot` to its place. */
static void heap_settle(struct loop *l, size_t slot, struct loop_timer *t)
{
	heap_up(l, slot, t);
	heap_down(l, t->slot, t);
}

static void heap_grow(struct loop *l)
{
	size_t room = l->heap_room ? 2 * l->heap_room : HEAP_SIZE_MIN;
	struct loop_timer **heap = realloc(l->heap, room * sizeof(struct loop_timer *));

	if (!heap) { /* without its timer a session would never end */
		log_error(NULL, "out of memory for timers");
		abort();
	}
	l->heap = heap;
	l->heap_room = room;
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ms)
{
	if (at_ms == UINT64_MAX) {
		loop_timer_stop(l, t);
		return;
	}
	if (l->in_timers && at_ms <= l->now_ms)
		at_ms = l->now_ms +
			1; /* else a timer that is always due would never let the turn end */
	if (t->slot && t->at_ms == at_ms)
		return;
	t->at_ms = at_ms;
	if (t->slot) {
		heap_settle(l, t->slot, t);
		return;
	}
	if (l->heap_count + 1 >= l->heap_room)
		heap_grow(l);
	heap_up(l, ++l->heap_count, t);
}

void loop_timer_stop(struct loop *l, struct loop_timer *t)
{
	size_t slot = t->slot;
	struct loop_timer *last;

	if (!slot)
		return;
	last = l->heap[l->heap_count--];
	if (last != t)
		heap_settle(l, slot, last);
	t->slot = 0;
}

static bool is_timer_due(const struct loop *l)
{
	return l->heap_count && l->heap[1]->at_ms <= l->now_ms;
}

static void call_timers(struct loop *l)
{
	l->in_timers = true;
	while (is_timer_due(l)) {
		struct loop_timer *t = l->heap[1];

		loop_timer_stop(l, t);
		t->expired(t);
	}
	l->in_timers = false;
}

/* ---- tasks */

void loop_post(struct loop *l, struct loop_task *t)
{
	if (!is_posted(t))
		ring_insert(&l->posted, t);
}

void loop_unpost(struct loop *l, struct loop_task *t)
{
	(void)l;
	if (is_posted(t))
		ring_remove(t);
}

static void move_all(struct loop_task *from, struct loop_task *to)
{
	while (!ring_is_empty(from)) {
		struct loop_task *t = next_of(from);

		ring_remove(t);
		ring_insert(to, t);
	}
}

static void call_running(struct loop *l)
{
	while (!ring_is_empty(&l->running)) {
		struct loop_task *t = next_of(&l->running);

		ring_remove(t);
		t->run(t);
	}
}

/* A task posted by a task runs in the next turn, so the tasks of this turn are moved away first. */
static void call_tasks(struct loop *l)
{
	move_all(&l->posted, &l->running);
	call_running(l);
}

/* ---- tasks from other threads */

/* They are results of other threads, so they are input, and run before the timers. */
static void async_ready(struct loop_watch *w, uint32_t events)
{
	struct loop *l = container_of(w, struct loop, async_watch);
	uint64_t count;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&l->async_lock);
	move_all(&l->async, &l->running);
	pthread_mutex_unlock(&l->async_lock);
	call_running(l);
}

int loop_async_open(struct loop *l)
{
	int error;

	if (l->async_watch.is_watched)
		return 0;
	l->async_watch = (struct loop_watch){ .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
					      .events = EPOLLIN,
					      .ready = async_ready };
	if (l->async_watch.fd < 0)
		return -errno;
	error = loop_watch(l, &l->async_watch);
	if (error)
		close(l->async_watch.fd);
	return error;
}

/* If the ring is not empty, the loop has been woken already. */
void loop_async_post(struct loop *l, struct loop_task *t)
{
	uint64_t one = 1;
	bool is_first;

	pthread_mutex_lock(&l->async_lock);
	is_first = ring_is_empty(&l->async);
	if (!is_posted(t))
		ring_insert(&l->async, t);
	if (is_first)
		while (write(l->async_watch.fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	pthread_mutex_unlock(&l->async_lock);
}

void loop_async_unpost(struct loop *l, struct loop_task *t)
{
	pthread_mutex_lock(&l->async_lock);
	loop_unpost(l, t);
	pthread_mutex_unlock(&l->async_lock);
}

/* ---- signals */

static void signal_ready(struct loop_watch *w, uint32_t events)
{
	struct loop *l = container_of(w, struct loop, signal_watch);
	struct signalfd_siginfo info;

	(void)events;
	while (read(w->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		l->signal_caught(l->signal_arg, &info);
}

int loop_signal_fd(const int *signals, size_t count)
{
	sigset_t set;
	int fd, error;

	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	error = -pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (error)
		return error;
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int loop_signals(struct loop *l, const int *signals, size_t count,
		 void (*caught)(void *arg, const struct signalfd_siginfo *info), void *arg)
{
	int fd, error;

	assert(!l->signal_watch.is_watched);
	fd = loop_signal_fd(signals, count);
	if (fd < 0)
		return fd;
	l->signal_caught = caught;
	l->signal_arg = arg;
	l->signal_watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = signal_ready };
	error = loop_watch(l, &l->signal_watch);
	if (error)
		close(fd);
	return error;
}

/* ---- the turn */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static int sleep_ms(const struct loop *l)
{
	uint64_t at_ms;

	if (l->is_stopped || !ring_is_empty(&l->posted))
		return 0;
	if (!l->heap_count)
		return -1;
	at_ms = later(l->heap[1]->at_ms, l->hold_ms);
	if (at_ms <= l->now_ms)
		return 0;
	return at_ms - l->now_ms > INT_MAX ? INT_MAX : (int)(at_ms - l->now_ms);
}

static int wait_ready(struct loop *l, int timeout_ms)
{
	int count = epoll_wait(l->epoll_fd, l->batch, BATCH_MAX, timeout_ms);

	if (count < 0 && errno != EINTR)
		return -errno;
	l->batch_count = count < 0 ? 0 : count;
	return 0;
}

/* epoll returns the watches in turn, so that many batches contain each one that is ready now. */
static void call_rest_of_ready(struct loop *l)
{
	size_t batches = l->watch_count / BATCH_MAX + 1;
	bool is_full = true;

	while (is_full && batches-- && !wait_ready(l, 0)) {
		is_full = l->batch_count == BATCH_MAX;
		call_ready(l);
	}
}

/* A timer is due. Where turns are always slow, a hold is rare, so that the timers are called at all. */
static bool are_timers_held(struct loop *l, uint64_t last_turn_ms)
{
	uint64_t due_ms = later(l->heap[1]->at_ms, last_turn_ms);

	if (l->now_ms >= l->hold_ms + HOLD_EVERY_MS && l->now_ms - due_ms >= LOOP_PAUSE_MS)
		l->hold_ms = l->now_ms + LOOP_GRACE_MS;
	return l->now_ms < l->hold_ms;
}

static void run_timers(struct loop *l, uint64_t last_turn_ms)
{
	call_rest_of_ready(l);
	if (is_timer_due(l) && !are_timers_held(l, last_turn_ms))
		call_timers(l);
}

static void run_turn(struct loop *l)
{
	uint64_t last_turn_ms = l->now_ms;

	l->now_ms = clock_now_ms();
	call_ready(l);
	if (is_timer_due(l))
		run_timers(l, last_turn_ms);
	call_tasks(l);
}

static int turn(struct loop *l)
{
	int error = wait_ready(l, sleep_ms(l));

	if (error)
		return error;
	if (l->turns && !(++l->turn_number % LOOP_MEASURED)) {
		uint64_t begin_us = clock_now_us();

		run_turn(l);
		histogram_add(l->turns, histogram_turns, clock_now_us() - begin_us);
	} else {
		run_turn(l);
	}
	return 0;
}

void loop_measure(struct loop *l, struct histogram *turns)
{
	l->turns = turns;
}

int loop_run(struct loop *l)
{
	int error = 0;

	l->now_ms = clock_now_ms();
	l->is_running = true;
	while (!l->is_stopped && !error)
		error = turn(l);
	l->is_running = l->is_stopped = false; /* so that it can run again */
	return error;
}
