/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For running as process 1, like the only program of a container. For that process the kernel has no
 * default action: a signal without a handler is dropped, where it would end any other program. And it
 * becomes the parent of orphans, and has to reap them.
 */
#ifndef SSTP_UTIL_PID1_H
#define SSTP_UTIL_PID1_H

/* If we are process 1: SIGINT, SIGTERM, SIGHUP, SIGQUIT end the program, as they do otherwise. A loop
 * that reads them as events (loop_signals) gets them in any case. */
void pid1_signals(void);

/* Reaps all children that have ended, on SIGCHLD. */
void pid1_reap(void);

#endif
