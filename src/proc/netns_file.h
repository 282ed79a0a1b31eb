/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of the process whose network namespace we visit, as that process sees it. The process may
 * be hostile, and we may be root: so the file is opened with the rights that root of the process's
 * own user namespace has, and only if it is a regular file which belongs to that namespace.
 */
#ifndef SSTP_PROC_NETNS_FILE_H
#define SSTP_PROC_NETNS_FILE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * In the child of a netns_visit, as its last work: the child gives up its user and its capabilities.
 * `path` is absolute. `has_entered`: the user namespace is entered already. The descriptor, for
 * reading and writing, or -errno: -EXDEV, it is the file that we have under this name too; -ELOOP, a
 * link that leads out (before Linux 5.6: any link); -EPERM, it is not the namespace's.
 */
int netns_file_open(pid_t pid, const char *path, bool has_entered);

#endif
