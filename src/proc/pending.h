/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signals that are pending in a process that blocks them, as the kernel shows them (/proc/PID/status). A
 * process that seccomp forbids to send itself signals (SANDBOX_CONNECT) cannot fake them, so another process can rely
 * on them.
 */
#ifndef SSTP_PROC_PENDING_H
#define SSTP_PROC_PENDING_H

#include <stdbool.h>

/* A descriptor for this process's signals, also for use by a child. It closes on exec. -errno: there is no /proc. */
int pending_open(void);
/* Whether a signal that asks a program to end is pending: SIGINT, SIGQUIT, SIGTERM, SIGHUP. `fd`: of pending_open. */
bool pending_asks_to_end(int fd);

#endif
