/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which descriptors a process keeps. Each function is one that a child may call between fork and exec. */
#ifndef SSTP_PROC_DESCRIPTORS_H
#define SSTP_PROC_DESCRIPTORS_H

#include <stdbool.h>

/* Closes all after standard error but those that `keeps` selects; NULL: all. */
void descriptors_close(bool (*keeps)(const void *arg, int fd), const void *arg);
/* Whether it is open and does not close on exec: the program had it at its start, and the user's command will have it, too. */
bool descriptors_is_inherited(int fd);
/* Opens a file as `fd`, in place of what `fd` was before. Returns 0 or -errno. */
int descriptors_reopen(int fd, const char *path, int flags);
/*
 * The same with /dev/null, or where there is none (a root folder with a few devices, or none at all), with a
 * descriptor that is at its end when it is read, and cannot be written. The first returns a new descriptor, -1 if
 * there is none.
 */
int descriptors_open_null(int flags);
int descriptors_reopen_null(int fd, int flags);

#endif
