/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notices the end of the process that has started us; then we end, too. The sockets alone do not show it: an attacker who has
 * taken over that process may have sent copies of its ends of the sockets through them, or to another process.
 */
#ifndef SSTP_PROC_PARENT_H
#define SSTP_PROC_PARENT_H

#include <stdbool.h>
#include <sys/types.h>

struct parent {
	pid_t pid;
	int fd; /* a pidfd, readable when it has ended; or -errno: -ENOSYS before Linux 5.3 */
};

/* `pid`: from getpid before the fork. The descriptor closes on exec. */
struct parent parent_open(pid_t pid);
bool parent_has_ended(const struct parent *p);
/* How long to poll `fd` before the next parent_has_ended: -1, or without a pidfd one second. */
int parent_poll_ms(const struct parent *p);
/* Returns when it has ended. */
void parent_wait(const struct parent *p);

/*
 * From now on the kernel sends us that signal when the thread that has forked us ends. False: it has ended already. If the
 * parent is in another PID namespace, we cannot know that, and the result is true.
 */
bool parent_end_sends(pid_t pid, int sig);

#endif
