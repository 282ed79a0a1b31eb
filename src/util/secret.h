/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handling of secrets: comparing in constant time, wiping that the compiler does not remove, random
 * bytes from the kernel.
 */
#ifndef SSTP_UTIL_SECRET_H
#define SSTP_UTIL_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when both hold the same `len` bytes; takes the same time wherever they differ. */
bool ct_equal(const void *a, const void *b, size_t len);

void secret_wipe(void *at, size_t len);

/*
 * Zeroed memory for secrets, of whole pages: not written to swap and not to core dumps, as far as the kernel allows
 * that (RLIMIT_MEMLOCK). NULL: out of memory. secret_free wipes it.
 */
void *secret_alloc(size_t len);
void secret_free(void *at, size_t len);
/* Processes that are forked from now on have zeros in place of these bytes (Linux 4.14). `at` is from secret_alloc. */
void secret_keep_from_children(void *at, size_t len);

/* Fills with random bytes from getrandom(2), or from /dev/urandom if that is refused. Without
 * either the program ends: nothing that it does would be safe. */
void secret_random(void *to, size_t len);

#endif
