/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time for tests that replace clock_gettime(2). */
#ifndef SSTP_TESTS_SUPPORT_REAL_CLOCK_H
#define SSTP_TESTS_SUPPORT_REAL_CLOCK_H

#include <stdint.h>
#include <time.h>

enum { NS_PER_MS = 1000 * 1000, NS_PER_S = 1000 * NS_PER_MS };

/* Nanoseconds of the kernel's clock. */
int64_t real_clock_ns(clockid_t id);
/* What a replaced clock_gettime gives: 0. */
int real_clock_put(struct timespec *ts, int64_t ns);

#endif
