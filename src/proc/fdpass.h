/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptors from a child of ours to us: what it made where we don't go ourselves, in another
 * network namespace for one. One message over a socket pair that keeps messages apart.
 */
#ifndef SSTP_PROC_FDPASS_H
#define SSTP_PROC_FDPASS_H

#include <stddef.h>

enum { FDPASS_MAX = 250 }; /* the kernel takes 253 (SCM_MAX_FD) */

int fdpass_pair(int ends[2]); /* 0 or -errno; both close on exec */

/* The child's: `count` descriptors, which stay its own too; or why there are none, -errno. */
int fdpass_send(int end, const int *fds, int count);
/*
 * Ours: waits for that message. The count, its -errno, or -EPIPE when the child has ended without a
 * word. They close on exec; there are at most `room`.
 */
int fdpass_receive(int end, int *fds, int room);

/*
 * All of it, with a child that does `work` and is gone: that puts descriptors into `fds`
 * (FDPASS_MAX at most) and returns their number, or -errno. They arrive in our `fds`.
 */
int fdpass_from_child(int (*work)(void *arg, int *fds), void *arg, int *fds, int room);

#endif
