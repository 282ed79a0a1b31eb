/* SPDX-License-Identifier: GPL-3.0-or-later */
/* open(2) of a FIFO waits for a writer without a limit, so it is opened non-blocking and polled. */
#include "cli/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file_agent.h"

enum { FIFO_WAIT_MS = 10 * 1000 };

/* Returns NULL, or why `fd` cannot be read. */
static const char *prepare(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return strerror(EISDIR);
	if (S_ISFIFO(st.st_mode) && poll(&p, 1, FIFO_WAIT_MS) == 0)
		return "no program writes to this FIFO";
	return fcntl(fd, F_SETFL, 0) < 0 ? strerror(errno) : NULL;
}

int input_file_open(const char *path, const char **why)
{
	int fd = file_open_read(path);

	*why = fd < 0 ? strerror(-fd) : prepare(fd);
	if (!*why)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}
