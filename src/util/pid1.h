/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Being process 1, as the only program of a container is. To that process the kernel does nothing by
 * default: a signal that nobody handles is dropped, where it would end any other program. And it
 * becomes the parent of processes that lost theirs, and nobody else buries them.
 */
#ifndef SSTP_UTIL_PID1_H
#define SSTP_UTIL_PID1_H

/* As process 1: SIGINT, SIGTERM, SIGHUP, SIGQUIT end the program, as they would elsewhere. A loop
 * that reads them as events (loop_signals) does so in any case. */
void pid1_signals(void);

/* Any process of ours that has ended, on SIGCHLD. */
void pid1_reap(void);

#endif
