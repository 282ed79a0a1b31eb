/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/file_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct file_agent *agent;

void file_agent_use(struct file_agent *a)
{
	agent = a;
}

struct file_agent *file_agent_used(void)
{
	return agent;
}

static int open_it(const char *path, int flags)
{
	int fd;

	if (agent)
		return agent->open(agent, path, flags);
	fd = open(path, flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

int file_open_read(const char *path)
{
	return open_it(path, 0);
}

DIR *file_open_folder(const char *path)
{
	int fd = open_it(path, O_DIRECTORY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (fd < 0)
		errno = -fd;
	else if (!folder)
		close(fd);
	return folder;
}

int file_stat(const char *path, struct stat *st)
{
	int fd, error;

	if (!agent)
		return stat(path, st) ? -errno : 0;
	fd = open_it(path, 0);
	if (fd < 0)
		return fd;
	error = fstat(fd, st) ? -errno : 0;
	close(fd);
	return error;
}

static int connect_here(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd, error;

	if (len >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, len + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int file_connect(const char *path)
{
	return agent ? agent->connect(agent, path) : connect_here(path);
}
