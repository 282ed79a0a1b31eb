/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls from other threads into a loop, and their answers. A call runs in the loop of the mailbox
 * that it was put into; its answer runs in the loop of the mailbox that it came from. So the state
 * of a loop is only touched in its thread, and no thread waits for another.
 *
 * 	the asker's loop   mailbox_ask(to, from, run, done, arg)       done(from->owner, arg)
 * 	the other loop                                   run(to->owner, arg)
 *
 * Each call runs once and is answered once, at the latest when the mailbox is closed.
 */
#ifndef SSTP_SERVER_MAILBOX_H
#define SSTP_SERVER_MAILBOX_H

#include <pthread.h>

#include "net/loop.h"

struct call;

struct mailbox {
	struct loop_watch watch; /* an eventfd; -1: not open */
	struct loop *loop;
	void *owner;
	pthread_mutex_t lock;
	struct call *first, *last;
	/* runs after the calls of a turn, also if there are none; may be NULL */
	void (*woken)(void *owner);
};

/* 0 or -errno. */
int mailbox_open(struct mailbox *b, struct loop *loop, void *owner, void (*woken)(void *owner));
/* Runs the remaining calls in this thread; no other thread uses the mailbox now or later. */
void mailbox_close(struct mailbox *b);

/* From any thread: run(b->owner, arg) in the loop of `b`. False when there is no memory. */
bool mailbox_call(struct mailbox *b, void (*run)(void *owner, void *arg), void *arg);
/* Like mailbox_call, and then done(from->owner, arg) in the loop of `from`. */
bool mailbox_ask(struct mailbox *b, struct mailbox *from, void (*run)(void *owner, void *arg),
		 void (*done)(void *owner, void *arg), void *arg);
/* From any thread: wakes the loop, which calls b->woken. */
void mailbox_wake(struct mailbox *b);

#endif
