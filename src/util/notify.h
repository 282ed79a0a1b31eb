/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notifies the service manager that started us of our state, as sd_notify(3) does: "READY=1",
 * "STATUS=...". Messages go to the socket in the variable NOTIFY_SOCKET, a path or (after an @)
 * an abstract name; without the variable nothing is sent.
 */
#ifndef SSTP_UTIL_NOTIFY_H
#define SSTP_UTIL_NOTIFY_H

#include <stdbool.h>

/* Reads and removes the variable, so that programs that we run do not inherit it. */
void notify_begin(void);

/*
 * One assignment per line. Never blocks. False: the manager's socket is full, and the message is kept:
 * call notify_again until it returns true. If too many wait, the oldest are dropped.
 */
bool notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool notify_again(void);

/* RELOADING=1, with the time that systemd requires. "READY=1" ends it. */
bool notify_reloading(void);

#endif
