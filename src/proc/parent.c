/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/parent.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOOK_MS = 1000 };

struct parent parent_open(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return (struct parent){ pid, fd < 0 ? -errno : fd };
}

bool parent_has_ended(const struct parent *p)
{
	struct pollfd fd = { .fd = p->fd, .events = POLLIN };

	return p->fd < 0 ? getppid() != p->pid : poll(&fd, 1, 0) == 1;
}

int parent_poll_ms(const struct parent *p)
{
	return p->fd < 0 ? LOOK_MS : -1;
}

void parent_wait(const struct parent *p)
{
	struct pollfd fd = { .fd = p->fd, .events = POLLIN };

	while (!parent_has_ended(p))
		poll(&fd, 1, parent_poll_ms(p));
}

bool parent_end_sends(pid_t pid, int sig)
{
	pid_t now;

	prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0);
	now = getppid();
	return now == pid || !now;
}
