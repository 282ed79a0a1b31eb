/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/file_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

/* ---- what was opened before there is an agent */

struct noted {
	struct noted *next;
	bool is_opened;
	char path[];
};

static struct noted *first_noted;
static bool is_noting;

bool file_note_paths(bool on)
{
	bool was = is_noting;

	is_noting = on;
	return was;
}

static void note(const char *path, bool is_opened)
{
	size_t size = strlen(path) + 1;
	struct noted *n;

	for (n = first_noted; n; n = n->next)
		if (!strcmp(n->path, path) && n->is_opened == is_opened)
			return;
	n = malloc(sizeof(*n) + size);
	if (!n)
		return;
	n->next = first_noted;
	n->is_opened = is_opened;
	memcpy(n->path, path, size);
	first_noted = n;
}

void file_each_noted(void (*each)(void *arg, const char *path, bool is_opened), void *arg)
{
	for (const struct noted *n = first_noted; n; n = n->next)
		each(arg, n->path, n->is_opened);
}

/* ---- opening */

static int open_it(const char *path, int flags)
{
	int fd;

	if (agent)
		return agent->open(agent, path, flags);
	if (is_noting)
		note(path, true);
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

int file_look(const char *path, mode_t *mode)
{
	struct stat st;

	if (agent)
		return agent->look(agent, path, mode);
	if (is_noting)
		note(path, false);
	if (stat(path, &st) || access(path, R_OK))
		return -errno;
	*mode = st.st_mode;
	return 0;
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
