/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hash table with chaining; it has at least as many chains as entries. */
#include "server/ids.h"

#include <errno.h>
#include <stdlib.h>

struct ids {
	struct id_entry **chains;
	size_t size; /* number of chains, a power of two */
	size_t count;
};

enum { FIRST_SIZE = 64 };

int ids_open(struct ids **out)
{
	struct ids *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->size = FIRST_SIZE;
	t->chains = calloc(t->size, sizeof(struct id_entry *));
	if (!t->chains) {
		free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

void ids_close(struct ids *t)
{
	if (t)
		free(t->chains);
	free(t);
}

static struct id_entry **chain_of(const struct ids *t, uint64_t id)
{
	return &t->chains[id & (t->size - 1)];
}

static void put(struct ids *t, struct id_entry *e)
{
	struct id_entry **first = chain_of(t, e->id);

	e->next = *first;
	*first = e;
}

static void grow(struct ids *t)
{
	struct id_entry **old = t->chains, *e, *next;
	size_t old_size = t->size;
	struct id_entry **wider = calloc(2 * old_size, sizeof(struct id_entry *));

	if (!wider)
		return;
	t->chains = wider;
	t->size = 2 * old_size;
	for (size_t i = 0; i < old_size; i++)
		for (e = old[i]; e; e = next) {
			next = e->next;
			put(t, e);
		}
	free(old);
}

void ids_add(struct ids *t, struct id_entry *e)
{
	if (t->count >= t->size)
		grow(t);
	put(t, e);
	t->count++;
}

void ids_remove(struct ids *t, struct id_entry *e)
{
	struct id_entry **at = chain_of(t, e->id);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	t->count--;
}

struct id_entry *ids_find(const struct ids *t, uint64_t id)
{
	struct id_entry *e = *chain_of(t, id);

	while (e && e->id != id)
		e = e->next;
	return e;
}

size_t ids_count(const struct ids *t)
{
	return t->count;
}
