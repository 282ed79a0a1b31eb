/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a function in a child process, which may give up its privileges without a loss for this one. This one
 * waits, and passes on the signals that it gets from other processes; those of a terminal reach both.
 */
#ifndef SSTP_PROC_APART_H
#define SSTP_PROC_APART_H

/*
 * Returns what `work` returned, 0..255; or 128 plus the number of the signal that ended the child; or -errno
 * when there is none. Call it while there is one thread. Memory that both shall see is the caller's (mmap).
 */
int run_apart(int (*work)(void *arg), void *arg);

#endif
