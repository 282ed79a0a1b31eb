/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files in folders where other users may write. A user who can write to a folder chooses what a name
 * in it is: a symbolic link to a file that only we may open, a hard link, a FIFO. In such a folder
 * no link is followed, and only a regular file of our own is opened.
 */
#ifndef SSTP_UTIL_TRUSTED_OPEN_H
#define SSTP_UTIL_TRUSTED_OPEN_H

#include <fcntl.h>
#include <stdbool.h>

/*
 * open(2), with O_CLOEXEC and O_NONBLOCK added. Returns the descriptor or -errno: -ELOOP, a link in a
 * folder that others can write; -EPERM, a file there that is not ours, or has a second hard link.
 */
int trusted_open(const char *path, int flags, mode_t mode);

/* What to add to the text of such an error; else "". */
const char *trusted_hint(int error);

/* Whether only root and we can change this name in its folder. Also false on an error. */
bool trusted_folder_of(const char *path);

#endif
