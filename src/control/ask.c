/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.0 is asked for: then the end of a reply without a length is the end of the connection. That
 * it is complete shows in the JSON itself.
 */
#include "control/ask.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "http/block.h"

static const char root_folder[] = "/run/sstp";
static const char suffix[] = ".sock";

/* ---- one request */

/* A hanging program's queue is full: then connect waits. */
static int dial(const char *path, unsigned ms, struct control_answer *a)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int fd, error;

	if ((size_t)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at))) {
		error = errno == EAGAIN ? -ETIMEDOUT : -errno;
		close(fd);
		return error;
	}
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		a->pid = peer.pid;
	return fd;
}

static int send_request(int fd, const char *method, const char *target)
{
	char text[2048];
	int n = snprintf(text, sizeof(text), "%s %s HTTP/1.0\r\nHost: sstp\r\n\r\n", method,
			 target);

	if ((size_t)n >= sizeof(text))
		return -ENAMETOOLONG;
	return send(fd, text, (size_t)n, MSG_NOSIGNAL) == n ? 0 : -errno;
}

static int wait_readable(int fd, unsigned ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, (int)ms);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}

/* Reads to the end. */
static int read_all(int fd, unsigned ms, struct control_answer *a, size_t *len)
{
	size_t size = 0;
	ssize_t n = 1;

	for (*len = 0; n > 0; *len += (size_t)n) {
		int error = wait_readable(fd, ms);

		if (error)
			return error;
		if (size - *len < 4096) {
			char *more =
				size < ASK_BODY_MAX ? realloc(a->reply, size * 2 + 16384) : NULL;

			if (!more)
				return -ENOMEM;
			a->reply = more;
			size = size * 2 + 16384;
		}
		n = read(fd, a->reply + *len, size - *len);
		if (n < 0)
			return -errno;
	}
	return 0;
}

static int parse(struct control_answer *a, size_t len)
{
	const uint8_t *at = (const uint8_t *)a->reply;
	size_t head = http_block_len(at, len);
	struct bytes length;
	int minor;

	a->status = head ? http_block_status(bytes_of(at, head), &minor) : 0;
	if (!a->status)
		return -EPROTO;
	a->body = bytes_of(at + head, len - head);
	length = http_block_field(bytes_of(at, head), "Content-Length");
	return length.len && strtoull((const char *)length.at, NULL, 10) != a->body.len ? -EPROTO
											: 0;
}

int control_ask(const char *path, const char *method, const char *target, unsigned ms,
		struct control_answer *a)
{
	size_t len = 0;
	int fd, error;

	*a = (struct control_answer){ .status = 0 };
	fd = dial(path, ms, a);
	if (fd < 0)
		return fd;
	error = send_request(fd, method, target);
	if (!error)
		error = read_all(fd, ms, a, &len);
	close(fd);
	return error ? error : parse(a, len);
}

void control_answer_free(struct control_answer *a)
{
	free(a->reply);
	*a = (struct control_answer){ .status = 0 };
}

/* ---- which programs there are */

static bool is_socket_name(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && len > sizeof(suffix) - 1 &&
	       !strcmp(name + len - (sizeof(suffix) - 1), suffix);
}

static void find_in(const char *folder, struct control_found *f)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;

	while (dir && (e = readdir(dir)) && f->count < CONTROL_FOUND_MAX)
		if (is_socket_name(e->d_name) &&
		    snprintf(f->path[f->count], CONTROL_PATH_SIZE, "%s/%s", folder, e->d_name) <
			    CONTROL_PATH_SIZE)
			f->count++;
	if (dir)
		closedir(dir);
}

/* By the name: "connect" before "connect-2", which the suffix would reverse. */
static int compare(const void *a, const void *b)
{
	const char *x = a, *y = b;
	size_t x_len = strlen(x) - (sizeof(suffix) - 1), y_len = strlen(y) - (sizeof(suffix) - 1);
	int order = strncmp(x, y, x_len < y_len ? x_len : y_len);

	return order ? order : (x_len > y_len) - (x_len < y_len);
}

void control_find_all(struct control_found *f)
{
	char own[CONTROL_PATH_SIZE];
	bool has_own = control_place_folder(own);

	f->count = 0;
	if (has_own)
		find_in(own, f);
	if (!has_own || strcmp(own, root_folder) != 0)
		find_in(root_folder, f);
	qsort(f->path, f->count, sizeof(f->path[0]), compare);
}

bool control_find(const char *wanted, char path[CONTROL_PATH_SIZE])
{
	bool has_path = control_place_path(wanted, path);

	if (strchr(wanted, '/') || (has_path && !access(path, F_OK)))
		return has_path;
	return snprintf(path, CONTROL_PATH_SIZE, "%s/%s%s", root_folder, wanted, suffix) <
	       CONTROL_PATH_SIZE;
}

void control_encode(const char *text, char *to, size_t size)
{
	size_t n = 0;

	for (; *text && n + 4 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || strchr("-._~:", c))
			to[n++] = (char)c;
		else
			n += (size_t)snprintf(to + n, 4, "%%%02X", c);
	}
	to[n] = '\0';
}
