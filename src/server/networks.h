/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Networks that are reached through a session: those of a site whose router logs in (RADIUS'
 * Framed-Route, the user file's iroute=). There are few of them, so a look-up walks the list; where there are none, which is
 * usual, it costs one atomic read.
 */
#ifndef SSTP_SERVER_NETWORKS_H
#define SSTP_SERVER_NETWORKS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "util/ip.h"

struct network;

struct networks {
	pthread_rwlock_t lock;
	atomic_size_t count;
	struct network *first; /* the newest */
};

void networks_init(struct networks *n);
void networks_close(struct networks *n);

/* False without memory. */
bool networks_add(struct networks *n, const struct ip_prefix *prefix, unsigned worker,
		  uint64_t session);
/* Removes that one of a session, which has it. */
void networks_drop(struct networks *n, const struct ip_prefix *prefix, uint64_t session);
/*
 * Removes those of a session, and calls `removed` for each that no other session has; it must not
 * call these functions.
 */
void networks_remove(struct networks *n, uint64_t session,
		     void (*removed)(void *arg, const struct ip_prefix *prefix), void *arg);
/* The session that the address is behind, by the longest prefix, then the newest. From any thread. */
bool networks_find(struct networks *n, const struct ip_addr *a, unsigned *worker,
		   uint64_t *session);

#endif
