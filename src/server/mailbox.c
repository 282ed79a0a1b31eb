/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list under a lock and an eventfd. An answer reuses the memory of its call, so it can't fail.
 */
#include "server/mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct call {
	struct call *next;
	void (*run)(void *owner, void *arg);
	void (*done)(void *owner, void *arg); /* NULL: the call has no answer, or is one */
	struct mailbox *from;
	void *arg;
};

void mailbox_wake(struct mailbox *b)
{
	uint64_t one = 1;

	if (write(b->watch.fd, &one, sizeof(one)) < 0)
		return; /* the counter is full: the loop is being woken already */
}

static void put(struct mailbox *b, struct call *m);

static void run_one(struct mailbox *b, struct call *m)
{
	m->run(b->owner, m->arg);
	if (!m->done) {
		free(m);
		return;
	}
	m->run = m->done;
	m->done = NULL;
	put(m->from, m);
}

static void put(struct mailbox *b, struct call *m)
{
	m->next = NULL;
	pthread_mutex_lock(&b->lock);
	if (b->last)
		b->last->next = m;
	else
		b->first = m;
	b->last = m;
	pthread_mutex_unlock(&b->lock);
	mailbox_wake(b);
}

static void run_all(struct mailbox *b)
{
	struct call *m, *next;

	pthread_mutex_lock(&b->lock);
	m = b->first;
	b->first = b->last = NULL;
	pthread_mutex_unlock(&b->lock);
	for (; m; m = next) {
		next = m->next;
		run_one(b, m);
	}
}

static void on_wake(struct loop_watch *watch, uint32_t events)
{
	struct mailbox *b = container_of(watch, struct mailbox, watch);
	uint64_t woken;

	(void)events;
	if (read(watch->fd, &woken, sizeof(woken)) < 0)
		return;
	run_all(b);
	if (b->woken)
		b->woken(b->owner);
}

int mailbox_open(struct mailbox *b, struct loop *loop, void *owner, void (*woken)(void *owner))
{
	*b = (struct mailbox){ .loop = loop, .owner = owner, .woken = woken };
	pthread_mutex_init(&b->lock, NULL);
	b->watch = (struct loop_watch){ .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
					.events = EPOLLIN,
					.ready = on_wake };
	return b->watch.fd < 0 ? -errno : loop_watch(loop, &b->watch);
}

void mailbox_close(struct mailbox *b)
{
	if (b->watch.fd < 0)
		return;
	while (b->first) /* an answer may come back to this mailbox */
		run_all(b);
	loop_unwatch(b->loop, &b->watch);
	close(b->watch.fd);
	b->watch.fd = -1;
}

bool mailbox_call(struct mailbox *b, void (*run)(void *owner, void *arg), void *arg)
{
	return mailbox_ask(b, NULL, run, NULL, arg);
}

bool mailbox_ask(struct mailbox *b, struct mailbox *from, void (*run)(void *owner, void *arg),
		 void (*done)(void *owner, void *arg), void *arg)
{
	struct call *m = malloc(sizeof(*m));

	if (!m)
		return false;
	*m = (struct call){ .run = run, .done = done, .from = from, .arg = arg };
	put(b, m);
	return true;
}
