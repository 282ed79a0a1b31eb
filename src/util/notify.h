/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Telling the service manager that started us how we do, in the words of sd_notify(3): "READY=1",
 * "STATUS=...". They go to the socket that the variable NOTIFY_SOCKET names, a path or (after an @)
 * an abstract name; without the variable nothing is told.
 */
#ifndef SSTP_UTIL_NOTIFY_H
#define SSTP_UTIL_NOTIFY_H

#include <stdbool.h>

/* Takes the variable out of the environment: programs that we run have nothing to tell there. */
void notify_begin(void);

/*
 * One word a line. Nothing waits for the manager. False: its socket is full, and the message is kept:
 * notify_again is to be called until it returns true. Of many that wait the oldest are dropped.
 */
bool notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool notify_again(void);

/* RELOADING=1, with the time that systemd wants beside it. "READY=1" ends it. */
bool notify_reloading(void);

#endif
