/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory of the packet path: a cache for each thread in front of malloc. For each TLS record wolfSSL
 * allocates and frees a block of 16 KiB; musl's malloc has one lock for all threads, and two workers
 * with TLS were a third as fast as one. With the cache they are nearly twice as fast. malloc returns
 * blocks of 64 KiB and more to the kernel at each free, and the kernel clears each page of a new one.
 */
#ifndef SSTP_UTIL_ALLOC_H
#define SSTP_UTIL_ALLOC_H

#include <stddef.h>

/* As malloc, free and realloc; a block may be freed by any thread, and by plain free too. */
void *alloc_get(size_t size);
void alloc_put(void *at);
void *alloc_resize(void *at, size_t size);
/* Frees the large blocks in this thread's cache. */
void alloc_trim(void);

#endif
