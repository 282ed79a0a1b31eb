/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open addressing with linear probing, at most half full. A removal moves later entries of the run
 * back, so there are no tombstones. The hash is keyed: peers choose some addresses (by their
 * interface identifier) and must not be able to make a long run.
 */
#include "server/addr_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/secret.h"

struct entry {
	struct ip_addr addr; /* AF_UNSPEC: free */
	void *owner;
};

struct addr_map {
	struct entry *entries;
	size_t size; /* a power of two */
	size_t used;
	uint64_t key[3]; /* odd */
};

enum { FIRST_SIZE = 64 };

/* Multiply-shift over the three words of an address, each with its own multiplier. */
static size_t slot_of(const struct addr_map *t, const struct ip_addr *a)
{
	uint64_t hi, lo, h;

	memcpy(&hi, a->bytes, 8);
	memcpy(&lo, a->bytes + 8, 8);
	h = (hi ^ t->key[0]) * t->key[1];
	h = (h ^ h >> 32 ^ lo ^ a->family) * t->key[2];
	return (size_t)(h >> 32) & (t->size - 1);
}

int addr_map_open(struct addr_map **out)
{
	struct addr_map *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->size = FIRST_SIZE;
	t->entries = calloc(t->size, sizeof(*t->entries));
	if (!t->entries) {
		free(t);
		return -ENOMEM;
	}
	secret_random(t->key, sizeof(t->key));
	for (int i = 0; i < 3; i++)
		t->key[i] |= 1;
	*out = t;
	return 0;
}

void addr_map_close(struct addr_map *t)
{
	if (t)
		free(t->entries);
	free(t);
}

static struct entry *probe(const struct addr_map *t, const struct ip_addr *addr)
{
	size_t i = slot_of(t, addr);

	while (t->entries[i].addr.family != AF_UNSPEC && !ip_equal(&t->entries[i].addr, addr))
		i = (i + 1) & (t->size - 1);
	return &t->entries[i];
}

static bool grow(struct addr_map *t)
{
	struct entry *old = t->entries;
	size_t old_size = t->size;
	struct entry *wider = calloc(2 * old_size, sizeof(*wider));

	if (!wider)
		return false;
	t->entries = wider;
	t->size = 2 * old_size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i].addr.family != AF_UNSPEC)
			*probe(t, &old[i].addr) = old[i];
	free(old);
	return true;
}

bool addr_map_add(struct addr_map *t, const struct ip_addr *addr, void *owner)
{
	struct entry *e;

	if (2 * (t->used + 1) > t->size && !grow(t))
		return false;
	e = probe(t, addr);
	if (e->addr.family != AF_UNSPEC)
		return false;
	*e = (struct entry){ *addr, owner };
	t->used++;
	return true;
}

void addr_map_remove(struct addr_map *t, const struct ip_addr *addr)
{
	struct entry *hole = probe(t, addr);
	size_t i = (size_t)(hole - t->entries);

	if (hole->addr.family == AF_UNSPEC)
		return;
	t->used--;
	for (;;) {
		size_t home;

		i = (i + 1) & (t->size - 1);
		if (t->entries[i].addr.family == AF_UNSPEC)
			break;
		/* an entry may move back when the hole is between its home slot and its slot */
		home = slot_of(t, &t->entries[i].addr);
		if (((i - home) & (t->size - 1)) >=
		    ((i - (size_t)(hole - t->entries)) & (t->size - 1))) {
			*hole = t->entries[i];
			hole = &t->entries[i];
		}
	}
	hole->addr.family = AF_UNSPEC;
	hole->owner = NULL;
}

void *addr_map_find(const struct addr_map *t, const struct ip_addr *addr)
{
	return probe(t, addr)->owner;
}
