/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lock for data that is often read and rarely replaced. Both C libraries prefer readers, so a steady
 * stream of readers would starve a writer; here a writer closes a gate for new readers and waits only
 * for the current ones. A reader must not lock recursively.
 */
#ifndef SSTP_UTIL_RWLOCK_H
#define SSTP_UTIL_RWLOCK_H

#include <pthread.h>

struct rwlock {
	pthread_mutex_t gate;
	pthread_rwlock_t lock;
};

static inline void rwlock_init(struct rwlock *l)
{
	pthread_mutex_init(&l->gate, NULL);
	pthread_rwlock_init(&l->lock, NULL);
}

static inline void rwlock_destroy(struct rwlock *l)
{
	pthread_rwlock_destroy(&l->lock);
	pthread_mutex_destroy(&l->gate);
}

static inline void rwlock_read(struct rwlock *l)
{
	pthread_mutex_lock(&l->gate);
	pthread_mutex_unlock(&l->gate);
	pthread_rwlock_rdlock(&l->lock);
}

static inline void rwlock_read_done(struct rwlock *l)
{
	pthread_rwlock_unlock(&l->lock);
}

static inline void rwlock_write(struct rwlock *l)
{
	pthread_mutex_lock(&l->gate);
	pthread_rwlock_wrlock(&l->lock);
}

static inline void rwlock_write_done(struct rwlock *l)
{
	pthread_rwlock_unlock(&l->lock);
	pthread_mutex_unlock(&l->gate);
}

#endif
