/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs in threads. One lock guards the pool and the states of its jobs; it is held for a few
 * instructions, and for the walk along the queue when a job is added, but never while a job runs.
 *
 * Turns are fair queueing with jobs of equal size: the n-th waiting job of a source has the n-th turn
 * after the current one, and the queue is sorted by turn. So a source with one job waits for at most
 * one job of each other source, however many jobs these have.
 */
#include "net/job.h"

#include <errno.h>
#include <sys/resource.h>

/* Enough for the resolvers of glibc (with its modules) and musl; the default would be 8 MiB. */
enum { STACK_LEN = 1024 * 1024 }; /* as all threads have: enough for a chain of certificates */

void job_pool_open(struct job_pool *p, unsigned threads, unsigned queue, unsigned source_max)
{
	*p = (struct job_pool)JOB_POOL(threads, queue);
	p->source_max = source_max;
}

void job_pool_close(struct job_pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->threads)
		pthread_cond_wait(&p->ended, &p->lock);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_destroy(&p->ended);
	pthread_mutex_destroy(&p->lock);
}

/* ---- the queue, under the lock */

/* False: the source has its share. */
static bool find_turn(const struct job_pool *p, struct job *j)
{
	unsigned count = 0;

	j->turn = p->turn + 1;
	for (const struct job *other = p->first; other; other = other->next)
		if (ip_equal(&other->source, &j->source)) {
			j->turn = other->turn + 1;
			count++;
		}
	return count < p->source_max;
}

static int enqueue(struct job_pool *p, struct job *j)
{
	struct job **at = &p->first;

	if (p->queued >= p->queue_max)
		return -EAGAIN;
	if (!find_turn(p, j))
		return -EDQUOT;
	while (*at && (*at)->turn <= j->turn)
		at = &(*at)->next;
	j->next = *at;
	*at = j;
	j->state = JOB_QUEUED;
	p->queued++;
	return 0;
}

static void dequeue(struct job_pool *p, struct job *j)
{
	struct job **at = &p->first;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	p->queued--;
}

static struct job *take_next(struct job_pool *p)
{
	struct job *j = p->first;

	if (!j)
		return NULL;
	dequeue(p, j);
	p->turn = j->turn;
	j->state = JOB_RUNNING;
	return j;
}

/* ---- a thread */

static void do_work(struct job_pool *p, struct job *j)
{
	bool is_canceled;

	pthread_mutex_unlock(&p->lock);
	j->work(j);
	pthread_mutex_lock(&p->lock);
	is_canceled = j->state == JOB_CANCELED || !j->loop;
	if (!is_canceled) { /* under the lock, so that it can still be canceled */
		j->state = JOB_FINISHED;
		loop_async_post(j->loop, &j->finished);
		return;
	}
	pthread_mutex_unlock(&p->lock);
	j->discard(j);
	pthread_mutex_lock(&p->lock);
}

static void *thread_main(void *arg)
{
	struct job_pool *p = arg;
	struct job *j;

	if (p->nice)
		setpriority(PRIO_PROCESS, 0, p->nice); /* on Linux: for this thread alone */
	pthread_mutex_lock(&p->lock);
	while ((j = take_next(p)))
		do_work(p, j);
	p->threads--;
	pthread_cond_broadcast(&p->ended);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int start_thread(struct job_pool *p)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int error = pthread_attr_init(&attr);

	if (error)
		return -error;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_LEN);
	sigfillset(&all); /* the loop handles signals; a thread inherits its creator's mask */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attr, thread_main, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	p->threads += !error;
	return -error;
}

/* ---- the owner's calls */

static void on_finished(struct loop_task *task)
{
	struct job *j = container_of(task, struct job, finished);

	j->state = JOB_IDLE;
	j->done(j);
}

static int start(struct job_pool *p, struct loop *l, struct job *j)
{
	int error;

	j->pool = p;
	j->loop = l;
	j->finished = (struct loop_task){ .run = on_finished };
	pthread_mutex_lock(&p->lock);
	error = enqueue(p, j);
	if (!error && p->threads < p->threads_max) {
		error = start_thread(p);
		if (error && p->threads)
			error = 0; /* the existing threads will run it */
		if (error)
			dequeue(p, j);
	}
	pthread_mutex_unlock(&p->lock);
	return error;
}

int job_start(struct job_pool *p, struct loop *l, struct job *j)
{
	int error = loop_async_open(l);

	return error ? error : start(p, l, j);
}

int job_start_alone(struct job_pool *p, struct job *j)
{
	return start(p, NULL, j);
}

void job_cancel(struct job *j)
{
	struct job_pool *p = j->pool;
	bool is_running;

	pthread_mutex_lock(&p->lock);
	is_running = j->state == JOB_RUNNING;
	if (is_running)
		j->state = JOB_CANCELED;
	else if (j->state == JOB_QUEUED)
		dequeue(p, j);
	else
		loop_async_unpost(j->loop, &j->finished);
	pthread_mutex_unlock(&p->lock);
	if (!is_running)
		j->discard(j);
}
