/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	LOOKED_AT_MAX = 4096, /* where each is checked: this process has opened few so far */
	CLOSED_MAX = 65536,   /* where the kernel can't close a range */
};

static int soft_limit(void)
{
	struct rlimit l;
	bool is_known = !getrlimit(RLIMIT_NOFILE, &l) && l.rlim_cur <= CLOSED_MAX;

	return is_known ? (int)l.rlim_cur : CLOSED_MAX;
}

void descriptors_close(bool (*keeps)(const void *arg, int fd), const void *arg)
{
	int limit = keeps ? LOOKED_AT_MAX : soft_limit();

#ifdef SYS_close_range
	if (!keeps && syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
		return;
#endif
	for (int fd = STDERR_FILENO + 1; fd < limit; fd++)
		if (!keeps || !keeps(arg, fd))
			close(fd);
}

bool descriptors_is_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

/* Takes ownership of `other`; negative: opening it failed. */
static int replace(int fd, int other)
{
	int error = 0;

	if (other < 0)
		return -errno;
	if (dup2(other, fd) < 0)
		error = -errno;
	if (other != fd)
		close(other);
	return error;
}

int descriptors_reopen(int fd, const char *path, int flags)
{
	return replace(fd, open(path, flags | O_CLOEXEC | O_NOCTTY));
}

/* No bytes can be read from the end of a closed pipe, and none can be written to it. */
static int open_closed_pipe(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	close(ends[1]);
	return ends[0];
}

int descriptors_open_null(int flags)
{
	int fd = open("/dev/null", flags | O_CLOEXEC);

	return fd < 0 ? open_closed_pipe() : fd;
}

int descriptors_reopen_null(int fd, int flags)
{
	return replace(fd, descriptors_open_null(flags));
}
