/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signals that are pending in a process that blocks them, as the kernel shows them (/proc/PID/status). A
 * process that seccomp forbids to send itself signals (SANDBOX_CONNECT) cannot fake them, so another process can rely
 * on them.
 */
#ifndef SSTP_PROC_PENDING_H
#define SSTP_PROC_PENDING_H

#include <signal.h>
#include <stdbool.h>

/* Those that ask a program to end. */
#define END_SIGNALS SIGINT, SIGQUIT, SIGTERM, SIGHUP

/* A descriptor for this process's signals, also for use by a child. It closes on exec. -errno: there is no /proc. */
int pending_open(void);
/* Whether one of END_SIGNALS is pending. `fd`: of pending_open. False, too, if that cannot be read. */
bool pending_asks_to_end(int fd);

#endif
