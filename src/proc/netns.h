/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other network namespaces. We stay in ours, where the server is reached: a child of ours enters
 * the other one, makes there what can only be made there (a TUN device, an rtnetlink socket), hands
 * the descriptors over and is gone.
 *
 * A namespace belongs to a user namespace, and only there one may set up its network. Root of the
 * machine may anyway; somebody else must own that user namespace (a rootless container's, say), and
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
	int user_fd;       /* to be entered first; -1: that is not needed */
	pid_t pid;         /* it was named by this process; 0: by name or path */
	int process_fd;    /* readable when that process is gone; -1: none, or no Linux 5.3 */
	const char *name;  /* as ip-netns(8) knows it; NULL: by process or path */
	const char *where; /* as it was named, for the log */
};

/*
 * WHERE is a process id, a path (with a slash in it), or a name under /run/netns. `userns`, a path,
 * is the user namespace it belongs to; NULL: the kernel is asked. Both strings stay the caller's.
 * 0, or -errno, logged.
 */
int netns_open(struct netns *ns, const char *where, const char *userns, const struct log *log);
void netns_close(struct netns *ns);

/*
 * `work` runs in a child inside the namespace, puts descriptors into `fds` (FDPASS_MAX at most)
 * and returns their number, or -errno, logged. They arrive in our `fds`, of which there are `room`.
 * The number, or -errno, logged.
 */
int netns_visit(const struct netns *ns, int (*work)(void *arg, int *fds), void *arg, int *fds,
		int room, const struct log *log);

#endif
