/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs in threads: work that would block a loop, or keep it busy for too long, runs outside it. A pool
 * has a bounded number of threads, which it starts when there is work and which end when there is
 * none, and a bounded queue. Jobs have a source (for example an address or a user): the sources take
 * turns, so that none delays the others, and one source can only fill its share of the queue.
 *
 * A job is embedded in its owner's block. Life: fill in work, done, discard and source; job_start;
 * then either `done` is called in the loop, or `discard` once job_cancel was called. Until then only the
 * thread may use what `work` reads and writes. A running job can't be interrupted: if it is canceled
 * it is discarded when it has finished.
 */
#ifndef SSTP_NET_JOB_H
#define SSTP_NET_JOB_H

#include <pthread.h>

#include "net/loop.h"
#include "util/ip.h"

struct job_pool;

enum job_state {
	JOB_IDLE,
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_CANCELED, /* but still running */
	JOB_FINISHED, /* its task is posted to the loop */
};

struct job {
	void (*work)(struct job *j); /* in a thread */
	void (*done)(struct job *j); /* in the loop; the owner may use the block again */
	void (*discard)(
		struct job *j); /* canceled: frees the block; in the loop's thread or another */
	struct ip_addr source;  /* AF_UNSPEC counts as a source too */
	/* private */
	struct job_pool *pool;
	struct loop *loop;
	struct loop_task finished;
	struct job *next;
	enum job_state state; /* under the pool's lock */
	uint64_t turn;
};

struct job_pool {
	unsigned threads_max;
	unsigned queue_max;  /* jobs that wait for a thread */
	unsigned source_max; /* of these: of one source */
	int nice;            /* of the threads: setpriority(2) */
	/* private */
	pthread_mutex_t lock;
	pthread_cond_t ended; /* a thread has ended */
	unsigned threads;
	unsigned queued;
	struct job *first; /* by turn */
	uint64_t turn;     /* of the job that was started last */
};

/* For a pool that lives as long as the process, without limits per source. */
#define JOB_POOL(threads, queue)                                                       \
	{                                                                              \
		.threads_max = (threads), .queue_max = (queue), .source_max = (queue), \
		.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER,  \
	}

void job_pool_open(struct job_pool *p, unsigned threads, unsigned queue, unsigned source_max);
/* All jobs must be done or canceled; waits for threads that still run a canceled one. */
void job_pool_close(struct job_pool *p);

/*
 * Call it in the thread of `l`. `done` will be called from that loop, so not before this has returned.
 * 0 or -errno: -EAGAIN when the queue is full, -EDQUOT when the source has used its share.
 */
int job_start(struct job_pool *p, struct loop *l, struct job *j);
/*
 * The same without a loop, from any thread: nobody waits for it, and it cannot be canceled. `discard` is
 * called when it has run, in its thread; `done` is not used.
 */
int job_start_alone(struct job_pool *p, struct job *j);
/* Call it in the thread of the loop, before `done`. The owner must not use the block afterwards. */
void job_cancel(struct job *j);

#endif
