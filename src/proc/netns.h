/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other network namespaces. We stay in ours, from which the server is reachable: a child of ours enters
 * the other one, opens what must be opened there (a TUN device, an rtnetlink socket), passes the
 * descriptors to us and ends.
 *
 * A network namespace belongs to a user namespace; setting it up needs capabilities in that one. Root of
 * the machine has them; other users must own that user namespace (of a rootless container, say), and
 * the child enters it first.
 */
#ifndef SSTP_PROC_NETNS_H
#define SSTP_PROC_NETNS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "util/log.h"

struct netns {
	int net_fd;
	int user_fd;       /* to be entered first; -1: not needed */
	pid_t pid;         /* the process that it was named by; 0: by name or path */
	int process_fd;    /* readable when that process has ended; -1: none, or before Linux 5.3 */
	const char *name;  /* of ip-netns(8); NULL: by process or path */
	const char *where; /* as it was named, for the log */
};

/*
 * WHERE is a process id, a path (with a slash in it), or a name under /run/netns. `userns`, a path,
 * is the user namespace it belongs to; NULL: ask the kernel. The caller keeps both strings.
 * 0, or -errno, logged.
 */
int netns_open(struct netns *ns, const char *where, const char *userns, const struct log *log);
void netns_close(struct netns *ns);

/*
 * `work` runs in a child inside the namespace, puts descriptors into `fds` (FDPASS_MAX at most)
 * and returns their number, or -errno, logged. They arrive in our `fds`, of which there are `room`.
 * Returns the number, or -errno, logged.
 */
int netns_visit(const struct netns *ns, int (*work)(void *arg, int *fds), void *arg, int *fds,
		int room, const struct log *log);

/*
 * Makes a socket in a network namespace, without a child: needs CAP_SYS_ADMIN there and here, so only
 * root can do it. The socket, or -errno.
 */
int netns_socket(int net_fd, int family, int type);

#endif
