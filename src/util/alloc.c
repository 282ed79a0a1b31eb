/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A cache of blocks for each thread. A block comes from malloc and has the size of its class or a
 * little more, so malloc_usable_size gives its class when it is freed: there is no header,
 * blocks that were allocated without the cache are accepted too, and a block is freed to the cache of
 * the thread that frees it. Small classes are those of musl's malloc, so nothing is lost by rounding twice;
 * at most a fifth of a block is wasted. For large blocks there is one class for each power of two, so that a
 * block fits the next packet: the kernel provides no memory for pages that are never written.
 */
#include "util/alloc.h"

#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t class_sizes[] = {
	60,         76,        92,        108,       124,        140,  156,  188,  236,
	284,        316,       396,       492,       572,        668,  796,  1004, 1148,
	1340,       1628,      2028,      2332,      2716,       3260, 4076, /* the rest is large */
	8 * 1024,   16 * 1024, 32 * 1024, 64 * 1024, 128 * 1024, /* a super-packet needs 64 KiB and some */
	256 * 1024,
};

enum {
	CLASSES = sizeof(class_sizes) / sizeof(*class_sizes),
	SMALL_MAX = 4 * 1024,
	CLASS_BYTES_MAX = 64 * 1024,   /* kept by one thread of one class of small blocks, ... */
	LARGE_BYTES_MAX = 8192 * 1024, /* ... and of all larger ones together: a full backlog */
};

/*
 * The address sanitizer sees a block used after it was freed only when it really is freed. (The
 * test of this file wants both.)
 */
#ifndef ALLOC_IS_OFF
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define ALLOC_IS_OFF true
#else
#define ALLOC_IS_OFF false
#endif
#endif

struct block {
	struct block *next;
};

struct cache {
	struct block *free[CLASSES];
	unsigned count[CLASSES];
	size_t large_bytes;
	bool is_known; /* the key is set: its destructor empties the cache */
	bool is_closed;
};

static _Thread_local struct cache cache;
static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static bool has_key;

static size_t class_size(unsigned class)
{
	return class_sizes[class];
}

/* The smallest class with room for `size` bytes; CLASSES when none has. */
static unsigned class_for(size_t size)
{
	unsigned low = 0, high = CLASSES;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (class_sizes[middle] < size)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The largest class that fits into `size` bytes; CLASSES for a block that is too small or large for all. */
static unsigned class_within(size_t size)
{
	size_t largest = class_size(CLASSES - 1);

	/* malloc may have rounded up to a page of the kernel */
	if (size < class_size(0) || size >= largest + largest / 4)
		return CLASSES;
	return class_for(size + 1) - 1;
}

static void empty(void *arg)
{
	struct cache *c = arg;

	c->is_closed = true; /* other destructors of this thread may free after us */
	for (unsigned i = 0; i < CLASSES; i++)
		while (c->free[i]) {
			struct block *b = c->free[i];

			c->free[i] = b->next;
			free(b);
		}
}

static void make_key(void)
{
	has_key = !pthread_key_create(&key, empty);
}

/* Without a key the cache would not be emptied at the thread's end, so it stays unused. */
static bool is_open(struct cache *c)
{
	if (!c->is_known && !c->is_closed) {
		pthread_once(&key_once, make_key);
		c->is_known = has_key && !pthread_setspecific(key, c);
		c->is_closed = !c->is_known;
	}
	return !c->is_closed;
}

static bool is_large(unsigned class)
{
	return class_size(class) > SMALL_MAX;
}

static struct block *pop(struct cache *c, unsigned class)
{
	struct block *b = c->free[class];

	if (!b)
		return NULL;
	c->free[class] = b->next;
	c->count[class]--;
	if (is_large(class))
		c->large_bytes -= class_size(class);
	return b;
}

/* Frees a block of the class that has the most, so that blocks of unused classes do not fill the cache. */
static void drop_large(struct cache *c)
{
	unsigned fattest = CLASSES - 1;

	for (unsigned i = CLASSES - 1; is_large(i); i--)
		if (c->count[i] * class_size(i) > c->count[fattest] * class_size(fattest))
			fattest = i;
	free(pop(c, fattest));
}

static bool make_room(struct cache *c, unsigned class)
{
	if (!is_large(class))
		return (c->count[class] + 1) * class_size(class) <= CLASS_BYTES_MAX;
	while (c->large_bytes + class_size(class) > LARGE_BYTES_MAX)
		drop_large(c);
	return true;
}

void *alloc_get(size_t size)
{
	unsigned class = class_for(size);
	struct block *b;

	if (class == CLASSES)
		return malloc(size);
	b = pop(&cache, class);
	return b ? b : malloc(class_size(class));
}

void alloc_put(void *at)
{
	unsigned class = class_within(at ? malloc_usable_size(at) : 0);
	struct block *b = at;

	if (ALLOC_IS_OFF || class >= CLASSES || !is_open(&cache) || !make_room(&cache, class)) {
		free(at);
		return;
	}
	b->next = cache.free[class];
	cache.free[class] = b;
	cache.count[class]++;
	if (is_large(class))
		cache.large_bytes += class_size(class);
}

void *alloc_resize(void *at, size_t size)
{
	unsigned class = class_for(size);

	if (!at)
		return alloc_get(size);
	return realloc(at, class == CLASSES ? size : class_size(class));
}

void alloc_trim(void)
{
	while (cache.large_bytes)
		drop_large(&cache);
}
