/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passes descriptors from a child to us, which it opened for example in another network namespace. One
 * message over a socket pair with message boundaries.
 */
#ifndef SSTP_PROC_FDPASS_H
#define SSTP_PROC_FDPASS_H

#include <stddef.h>

enum { FDPASS_MAX = 250 }; /* the kernel takes 253 (SCM_MAX_FD) */

int fdpass_pair(int ends[2]); /* 0 or -errno; both close on exec */

/* In the child: sends `count` descriptors, which stay open in the child; or -errno instead of `count`. */
int fdpass_send(int end, const int *fds, int count);
/*
 * In the parent: waits for that message. Returns the count, the child's -errno, or -EPIPE when the child
 * has ended without a message. They close on exec; there are at most `room`.
 */
int fdpass_receive(int end, int *fds, int room);

/*
 * Forks a child that runs `work` and ends: `work` puts descriptors into `fds` (FDPASS_MAX at most) and
 * returns their number, or -errno. They arrive in our `fds`.
 */
int fdpass_from_child(int (*work)(void *arg, int *fds), void *arg, int *fds, int room);

#endif
