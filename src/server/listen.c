/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	BACKLOG = 1024,
	PATH_MODE = 0660,
};

static void fill_sockaddr(const struct listen_addr *at, struct sockaddr_storage *sa)
{
	*sa = ip_sockaddr(&at->addr, at->port);
	if (at->addr.family == AF_INET6)
		((struct sockaddr_in6 *)sa)->sin6_scope_id = at->scope;
}

struct listen_text listen_print(const struct listen_addr *at)
{
	const char *scheme = at->is_plain ? "http://" : "";
	struct sockaddr_storage sa;
	struct listen_text t;

	if (at->path) {
		snprintf(t.text, sizeof(t.text), "%sunix:%s", scheme, at->path);
	} else {
		fill_sockaddr(at, &sa);
		snprintf(t.text, sizeof(t.text), "%s%s", scheme, ip_print_sockaddr(&sa).text);
	}
	return t;
}

bool listen_is_single(const struct listen_addr *at)
{
	return at->path || at->is_given;
}

static int listen_ip(const struct listen_addr *at, int fd, bool shared)
{
	struct sockaddr_storage sa;
	int on = 1;

	fill_sockaddr(at, &sa);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (at->addr.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, BACKLOG) ? -errno : 0;
}

/* Nobody listens there: a process that has ended left it. */
static bool is_left_over(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool is_so = fd >= 0 && connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) &&
		     errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return is_so;
}

/* A file that is no socket refuses connections too. */
static bool is_socket(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISSOCK(st.st_mode);
}

/* The mode is set before anybody can connect. */
static int listen_path(const struct listen_addr *at, int fd)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int error;

	memcpy(sa.sun_path, at->path, strlen(at->path) + 1);
	error = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ? -errno : 0;
	if (error == -EADDRINUSE && !is_socket(at->path))
		return -EEXIST;
	if (error == -EADDRINUSE && is_left_over(&sa)) {
		unlink(at->path);
		error = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ? -errno : 0;
	}
	if (error)
		return error;
	return chmod(at->path, PATH_MODE) || listen(fd, BACKLOG) ? -errno : 0;
}

int listen_open(const struct listen_addr *at, bool shared)
{
	int fd, error;

	if (at->is_given)
		return at->fd;
	fd = socket(at->path ? AF_UNIX : at->addr.family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	error = at->path ? listen_path(at, fd) : listen_ip(at, fd, shared);
	if (!error)
		return fd;
	close(fd);
	return error;
}

void listen_remove(const struct listen_addr *at)
{
	if (at->path && !at->is_given)
		unlink(at->path);
}
