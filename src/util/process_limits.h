/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resource limits (setrlimit) with which no verb could work, such as a stack of 64 KB. */
#ifndef SSTP_UTIL_PROCESS_LIMITS_H
#define SSTP_UTIL_PROCESS_LIMITS_H

#include <stdbool.h>

/*
 * Raises what is too low: the limits on the stack and on open files. Call it first: the stack that main itself needs is
 * all that is there. False, with the error printed: the stack stays too small, and we would crash.
 */
bool process_limits_raise(void);
/* Warns if so few files may be open that errors are to be expected. */
void process_limits_warn(void);

#endif
