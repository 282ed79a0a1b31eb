/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signals that a process has blocked and not read yet, as the kernel says it (/proc/PID/status). A process
 * that seccomp forbids to send itself signals (SANDBOX_CONNECT) cannot make one up, so another process can
 * rely on that.
 */
#ifndef SSTP_PROC_PENDING_H
#define SSTP_PROC_PENDING_H

#include <stdbool.h>

/* Of this process, also for a child that inherits the descriptor. It closes on exec. -errno: there is no /proc. */
int pending_open(void);
/* Whether a signal that asks a program to end is pending: SIGINT, SIGQUIT, SIGTERM, SIGHUP. `fd`: of pending_open. */
bool pending_asks_to_end(int fd);

#endif
