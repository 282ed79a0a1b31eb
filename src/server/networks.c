/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list under a lock for reading and writing. */
#include "server/networks.h"

#include <stdlib.h>

struct network {
	struct ip_prefix prefix;
	unsigned worker;
	uint64_t session;
	struct network *next;
};

void networks_init(struct networks *n)
{
	pthread_rwlock_init(&n->lock, NULL);
	atomic_init(&n->count, 0);
	n->first = NULL;
}

void networks_close(struct networks *n)
{
	while (n->first) {
		struct network *next = n->first->next;

		free(n->first);
		n->first = next;
	}
	pthread_rwlock_destroy(&n->lock);
}

bool networks_add(struct networks *n, const struct ip_prefix *prefix, unsigned worker,
		  uint64_t session)
{
	struct network *new = malloc(sizeof(*new));

	if (!new)
		return false;
	*new = (struct network){ *prefix, worker, session, NULL };
	pthread_rwlock_wrlock(&n->lock);
	new->next = n->first;
	n->first = new;
	atomic_fetch_add_explicit(&n->count, 1, memory_order_relaxed);
	pthread_rwlock_unlock(&n->lock);
	return true;
}

static bool is_same(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

static bool has_prefix(const struct networks *n, const struct ip_prefix *prefix)
{
	for (const struct network *i = n->first; i; i = i->next)
		if (is_same(&i->prefix, prefix))
			return true;
	return false;
}

/* `prefix` NULL: any of the session. */
static struct network *take_one(struct networks *n, const struct ip_prefix *prefix,
				uint64_t session)
{
	struct network **at = &n->first, *found;

	while (*at && ((*at)->session != session || (prefix && !is_same(&(*at)->prefix, prefix))))
		at = &(*at)->next;
	found = *at;
	if (found)
		*at = found->next;
	return found;
}

void networks_drop(struct networks *n, const struct ip_prefix *prefix, uint64_t session)
{
	struct network *one;

	pthread_rwlock_wrlock(&n->lock);
	one = take_one(n, prefix, session);
	if (one)
		atomic_fetch_sub_explicit(&n->count, 1, memory_order_relaxed);
	pthread_rwlock_unlock(&n->lock);
	free(one);
}

void networks_remove(struct networks *n, uint64_t session,
		     void (*removed)(void *arg, const struct ip_prefix *prefix), void *arg)
{
	struct network *one;

	if (!atomic_load_explicit(&n->count, memory_order_relaxed))
		return;
	pthread_rwlock_wrlock(&n->lock);
	while ((one = take_one(n, NULL, session))) {
		atomic_fetch_sub_explicit(&n->count, 1, memory_order_relaxed);
		if (!has_prefix(n, &one->prefix))
			removed(arg, &one->prefix);
		free(one);
	}
	pthread_rwlock_unlock(&n->lock);
}

bool networks_find(struct networks *n, const struct ip_addr *a, unsigned *worker, uint64_t *session)
{
	const struct network *best = NULL;

	if (!atomic_load_explicit(&n->count, memory_order_relaxed))
		return false;
	pthread_rwlock_rdlock(&n->lock);
	for (const struct network *i = n->first; i; i = i->next)
		if (ip_prefix_has(&i->prefix, a) && (!best || i->prefix.len > best->prefix.len))
			best = i;
	if (best) {
		*worker = best->worker;
		*session = best->session;
	}
	pthread_rwlock_unlock(&n->lock);
	return best;
}
