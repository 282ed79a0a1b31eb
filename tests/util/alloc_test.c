/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache in front of malloc: blocks keep their content and size, whichever thread frees them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* With the cache enabled, also under the sanitizer; the tests check its internal state. */
#define ALLOC_IS_OFF false
#include "util/alloc.c" /* NOLINT(bugprone-suspicious-include) */

enum { BLOCKS = 400 };

static void *blocks[BLOCKS];

/* Around every class, with all of each block written. */
static void all_sizes(void **state)
{
	(void)state;
	for (int turn = 0; turn < 3; turn++)
		for (size_t size = 0; size < 70000; size += size / 37 + 1) {
			uint8_t *at = alloc_get(size);

			assert_non_null(at);
			assert_int_equal((uintptr_t)at % 16, 0);
			memset(at, 0xa5, size);
			alloc_put(at);
		}
	alloc_put(NULL);
}

static void no_block_twice(void **state)
{
	(void)state;
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned n = (unsigned)rand() % BLOCKS;
		size_t size = 16 + (size_t)rand() % 40000;

		if (blocks[n]) {
			assert_int_equal(*(unsigned *)blocks[n], n);
			alloc_put(blocks[n]);
		}
		blocks[n] = alloc_get(size);
		memset(blocks[n], 0, size);
		*(unsigned *)blocks[n] = n;
	}
	for (unsigned n = 0; n < BLOCKS; n++) {
		alloc_put(blocks[n]);
		blocks[n] = NULL;
	}
}

static void other_peoples_blocks(void **state)
{
	(void)state;
	for (size_t size = 1; size < 70000; size += size / 11 + 1) {
		void *mine = alloc_get(size);

		alloc_put(malloc(size)); /* allocated without the cache */
		free(mine);
		mine = alloc_get(size); /* perhaps malloc's block from above */
		memset(mine, 1, size);
		alloc_put(mine);
	}
}

static void resizing(void **state)
{
	uint8_t *at = NULL;
	size_t was = 0;

	(void)state;
	for (size_t size = 1; size < 100000; size = size * 3 / 2 + 1) {
		at = alloc_resize(at, size);
		for (size_t i = 0; i < was; i++)
			assert_int_equal(at[i], (uint8_t)i);
		for (size_t i = 0; i < size; i++)
			at[i] = (uint8_t)i;
		was = size;
	}
	at = alloc_resize(at, 10);
	assert_int_equal(at[9], 9);
	alloc_put(at);
}

static void *free_them(void *arg)
{
	(void)arg;
	for (unsigned n = 0; n < BLOCKS; n++) {
		alloc_put(blocks[n]);
		blocks[n] = alloc_get(1000 + n);
	}
	return NULL;
}

/* A thread frees blocks of another, allocates some and ends; this thread frees the rest. */
static void threads(void **state)
{
	pthread_t thread;

	(void)state;
	for (unsigned turn = 0; turn < 10; turn++) {
		for (unsigned n = 0; n < BLOCKS; n++)
			blocks[n] = alloc_get(20000);
		assert_int_equal(pthread_create(&thread, NULL, free_them, NULL), 0);
		pthread_join(thread, NULL);
		for (unsigned n = 0; n < BLOCKS; n++)
			alloc_put(blocks[n]);
	}
}

/* However much is freed, the cache stays small and its counts are right. */
static void bounded(void **state)
{
	size_t large = 0;

	(void)state;
	for (size_t size = 64; size <= 262144; size = size * 5 / 4) {
		for (unsigned n = 0; n < BLOCKS; n++)
			blocks[n] = alloc_get(size);
		for (unsigned n = 0; n < BLOCKS; n++)
			alloc_put(blocks[n]);
	}
	for (unsigned class = 0; class < CLASSES; class ++) {
		unsigned count = 0;

		for (struct block *b = cache.free[class]; b; b = b->next) {
			assert_true(malloc_usable_size(b) >= class_size(class));
			count++;
		}
		assert_int_equal(count, cache.count[class]);
		if (is_large(class))
			large += count * class_size(class);
		else
			assert_true(count * class_size(class) <= CLASS_BYTES_MAX);
	}
	assert_true(cache.count[class_for(16384)] > 0);
	assert_int_equal(large, cache.large_bytes);
	assert_true(large <= LARGE_BYTES_MAX);
}

/* The largest class keeps no larger blocks: megabytes would be counted as 256 KiB. */
static void larger_than_all_classes(void **state)
{
	size_t largest = class_size(CLASSES - 1);

	(void)state;
	alloc_trim();
	for (size_t size = largest * 5 / 4; size <= largest * 16; size *= 2) {
		alloc_put(alloc_get(size));
		assert_int_equal(cache.large_bytes, 0);
		assert_int_equal(cache.count[CLASSES - 1], 0);
	}
	alloc_put(alloc_get(largest));
	assert_int_equal(cache.large_bytes, largest);
}

static void trim(void **state)
{
	(void)state;
	alloc_put(alloc_get(100000));
	alloc_put(alloc_get(100));
	alloc_trim();
	assert_int_equal(cache.large_bytes, 0);
	assert_int_equal(cache.count[class_for(100000)], 0);
	assert_true(cache.count[class_for(100)] > 0);
}

static void classes(void **state)
{
	(void)state;
	assert_int_equal(class_size(0), 60);
	assert_int_equal(class_size(CLASSES - 1), 262144);
	assert_int_equal(class_for(262145), CLASSES);
	assert_int_equal(class_size(class_for(70000)), 131072);
	for (size_t size = 60; size <= 262144; size++) {
		assert_true(class_size(class_for(size)) >= size);
		assert_true(class_size(class_within(size)) <= size);
		assert_true(class_size(class_for(size)) * 4 <= size * 5 + 40 ||
			    is_large(class_for(size)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sizes),
		cmocka_unit_test(no_block_twice),
		cmocka_unit_test(other_peoples_blocks),
		cmocka_unit_test(resizing),
		cmocka_unit_test(threads),
		cmocka_unit_test(bounded),
		cmocka_unit_test(larger_than_all_classes),
		cmocka_unit_test(trim),
		cmocka_unit_test(classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
