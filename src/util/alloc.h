/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory of the packet path: a cache for each thread in front of malloc. A TLS record costs wolfSSL
 * a block of 16 KiB, got and given back; musl's malloc has one lock for all threads, and two workers
 * with TLS were a third as fast as one there. With the cache they are nearly twice as fast. Blocks
 * from 64 KiB on malloc gives back to the kernel at each free, and clears page by page at each get.
 */
#ifndef SSTP_UTIL_ALLOC_H
#define SSTP_UTIL_ALLOC_H

#include <stddef.h>

/* As malloc, free and realloc; a block may be freed by any thread, and by plain free too. */
void *alloc_get(size_t size);
void alloc_put(void *at);
void *alloc_resize(void *at, size_t size);
/* Gives back the large blocks that this thread keeps for the next time. */
void alloc_trim(void);

#endif
