/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One datagram per message, by a socket that is connected at the start, since a process in a sandbox cannot make one. If
 * the manager has replaced its own socket, a new one is connected. The manager accepts messages only from the process that
 * it has started, so no other process can send them.
 * While the manager's socket is full, messages wait in a short queue, in order.
 */
#include "util/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"

enum {
	MESSAGE_MAX = 512,
	WAITING_MAX = 8,
};

static struct sockaddr_un manager;
static socklen_t manager_len;                       /* 0: no NOTIFY_SOCKET */
static char manager_name[sizeof(manager.sun_path)]; /* empty: its errors are not logged any more */
static int first_fd = -1;                      /* connected to the manager; -1: it could not be */
static char waiting[WAITING_MAX][MESSAGE_MAX]; /* the oldest first */
static size_t waiting_count;

static void connect_first(void)
{
	if (first_fd >= 0)
		close(first_fd);
	first_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (first_fd < 0 || !connect(first_fd, (const struct sockaddr *)&manager, manager_len))
		return;
	close(first_fd);
	first_fd = -1;
}

void notify_begin(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len = name ? strlen(name) : 0;

	manager_len = 0;
	waiting_count = 0;
	/* "vsock:..." and the like are not supported */
	if (len > 1 && len < sizeof(manager.sun_path) && (*name == '/' || *name == '@')) {
		manager.sun_family = AF_UNIX;
		memcpy(manager.sun_path, name, len);
		memcpy(manager_name, name, len + 1);
		if (*name == '@')
			manager.sun_path[0] = '\0';
		manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
		connect_first();
	} else if (len) {
		log_warn(
			NULL,
			"NOTIFY_SOCKET=%.60s: must be an absolute path, or @ and a name, of at most "
			"%zu bytes: the service manager is not notified",
			name, sizeof(manager.sun_path) - 1);
	}
	unsetenv("NOTIFY_SOCKET");
}

static bool will_pass(int error)
{
	return error == EAGAIN || error == EINTR || error == ENOBUFS || error == ENOMEM ||
	       error == EMFILE || error == ENFILE;
}

/* Logs only an error of the first message: later the manager may end before us. */
static void note_result(int error)
{
	if (error && *manager_name)
		log_warn(NULL, "NOTIFY_SOCKET=%s: %s: the service manager is not notified",
			 manager_name, strerror(error));
	manager_name[0] = '\0';
}

static int send_by(int fd, const char *text, const struct sockaddr_un *to, socklen_t len)
{
	return sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
		      (const struct sockaddr *)to, len) < 0
		       ? errno
		       : 0;
}

static int send_by_new(const char *text)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return errno;
	error = send_by(fd, text, &manager, manager_len);
	close(fd);
	return error;
}

/* Returns false when there is no room for it now. */
static bool send_message(const char *text)
{
	int error = first_fd < 0 ? ENOTCONN : send_by(first_fd, text, NULL, 0);

	if (error && !will_pass(error))
		error = send_by_new(text);
	if (will_pass(error))
		return false;
	note_result(error);
	return true;
}

static void drop_first(void)
{
	waiting_count--;
	memmove(waiting, waiting + 1, waiting_count * sizeof(*waiting));
}

static bool is_status_alone(const char *text)
{
	return !strncmp(text, "STATUS=", 7);
}

/* A status replaces a status just before it. When the queue is full, the oldest message is dropped. */
static char *next_slot(const char *text)
{
	if (waiting_count && is_status_alone(text) && is_status_alone(waiting[waiting_count - 1]))
		return waiting[waiting_count - 1];
	if (waiting_count == WAITING_MAX)
		drop_first();
	return waiting[waiting_count++];
}

bool notify_again(void)
{
	while (waiting_count && send_message(waiting[0]))
		drop_first();
	return !waiting_count;
}

bool notify(const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	if (!manager_len)
		return true;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(next_slot(text), text, sizeof(text));
	return notify_again();
}

bool notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return notify("RELOADING=1\nMONOTONIC_USEC=%llu",
		      (unsigned long long)now.tv_sec * 1000000 +
			      (unsigned long long)now.tv_nsec / 1000);
}
