/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opens a file of the process whose network namespace we enter, as that process sees it. The process may
 * be hostile, and we may be root: so the file is opened with the rights of root in the process's own
 * user namespace, and only if it is a regular file that belongs to that namespace.
 */
#ifndef SSTP_PROC_NETNS_FILE_H
#define SSTP_PROC_NETNS_FILE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Called in the child of netns_visit, as the last step: the child gives up its user and capabilities.
 * `path` is absolute. `has_entered`: the user namespace is entered already. Returns the descriptor, for
 * reading and writing, or -errno: -EXDEV, our `path` is the same file; -ELOOP, a link that points
 * outside (before Linux 5.6: any link); -EPERM, it does not belong to the namespace.
 */
int netns_file_open(pid_t pid, const char *path, bool has_entered);

#endif
