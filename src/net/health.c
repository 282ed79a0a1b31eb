/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies with one line to each health check. */
#include "net/health.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/notify.h"

enum {
	WAITING_MAX = 16, /* health checks that may wait while we are busy; more are refused */
	NO_FILES_MS = 1000,
	NOTIFY_RETRY_MS = 200,
};

/* Returns the length for bind and connect; an abstract name begins with a zero byte. */
static socklen_t name_of(unsigned slot, struct sockaddr_un *at)
{
	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(at->sun_path + 1, sizeof(at->sun_path) - 1,
					    HEALTH_NAME "%u", slot));
}

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* ---- replying */

static void accept_again(struct loop_timer *timer)
{
	struct health *h = container_of(timer, struct health, again);

	loop_watch_events(h->loop, &h->watch, EPOLLIN);
}

/* No descriptor is free: the health check waits until we try again. */
static void pause_accept(struct health *h)
{
	loop_watch_events(h->loop, &h->watch, 0);
	loop_timer_set(h->loop, &h->again, loop_now(h->loop) + NO_FILES_MS);
}

/* One per turn: a program that asks in a loop must not keep us from our work. */
static void reply(struct loop_watch *watch, uint32_t events)
{
	struct health *h = container_of(watch, struct health, watch);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			pause_accept(h);
		return;
	}
	send(fd, h->line, strlen(h->line), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* ---- the service manager */

/* READY=1 above all must not be lost: the manager ends a service that does not send it in time. */
static void retry_unless_sent(struct health *h, bool was_sent)
{
	if (!was_sent)
		loop_timer_set(h->loop, &h->notify_retry, loop_now(h->loop) + NOTIFY_RETRY_MS);
}

static void notify_retry(struct loop_timer *timer)
{
	retry_unless_sent(container_of(timer, struct health, notify_retry), notify_again());
}

/* ---- start and end */

/* The first free name: 0 or -errno. */
static int listen_at_any(int fd)
{
	struct sockaddr_un at;

	for (unsigned slot = 0; slot < HEALTH_SLOTS; slot++) {
		socklen_t len = name_of(slot, &at);

		if (!bind(fd, (const struct sockaddr *)&at, len))
			return listen(fd, WAITING_MAX) ? -errno : 0;
		if (errno != EADDRINUSE)
			return -errno;
	}
	return -EADDRINUSE;
}

void health_open(struct health *h, struct loop *loop)
{
	int fd = open_socket();
	int error = fd < 0 ? fd : listen_at_any(fd);

	notify_begin();
	h->loop = loop;
	h->again.expired = accept_again;
	h->notify_retry.expired = notify_retry;
	health_down(h, "sstp", "starting");
	h->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = reply };
	if (!error)
		error = loop_watch(loop, &h->watch);
	if (!error)
		return;
	log_warn(NULL, "sstp healthcheck will not find this program: %s", strerror(-error));
	if (fd >= 0)
		close(fd);
}

void health_close(struct health *h)
{
	if (h->loop)
		loop_timer_stop(h->loop, &h->notify_retry);
	if (!h->watch.is_watched)
		return;
	loop_timer_stop(h->loop, &h->again);
	loop_unwatch(h->loop, &h->watch);
	close(h->watch.fd);
}

void health_up(struct health *h, const char *device)
{
	snprintf(h->line, sizeof(h->line), "up %s\n", device);
	retry_unless_sent(h, notify("READY=1\nSTATUS=%s", h->line));
}

void health_down(struct health *h, const char *device, const char *why)
{
	snprintf(h->line, sizeof(h->line), "down %s: %s\n", device, why);
	retry_unless_sent(h, notify("STATUS=%s", h->line));
}

void health_stopping(struct health *h, const char *device)
{
	snprintf(h->line, sizeof(h->line), "down %s: stopping\n", device);
	retry_unless_sent(h, notify("STOPPING=1\nSTATUS=%s", h->line));
}

void health_reloading(struct health *h)
{
	retry_unless_sent(h, notify_reloading());
}

void health_reloaded(struct health *h)
{
	retry_unless_sent(h, notify("READY=1"));
}

/* ---- asking */

static int wait_until_readable(int fd, uint64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now = clock_now_ms();
	int n;

	do
		n = poll(&p, 1, now < deadline_ms ? (int)(deadline_ms - now) : 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}

/* Reads until the end of the connection, as far as there is room. */
static int read_line(int fd, uint64_t deadline_ms, char line[HEALTH_LINE])
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < HEALTH_LINE - 1) {
		int error = wait_until_readable(fd, deadline_ms);

		if (error)
			return error;
		n = read(fd, line + len, HEALTH_LINE - 1 - len);
		if (n < 0)
			return -errno;
		len += (size_t)n;
	}
	line[len] = '\0';
	return 0;
}

/* It goes to a terminal, and its sender may be hostile. */
static void make_printable(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	for (; *line; line++)
		if (*line < ' ' || *line > '~')
			*line = '?';
}

static int ask(int fd, unsigned slot, uint64_t deadline_ms, struct health_answer *a)
{
	struct sockaddr_un at;
	socklen_t len = name_of(slot, &at);
	struct ucred peer;
	int error;

	/* the queue of a hanging program fills up; then connect fails and its user is unknown */
	if (connect(fd, (const struct sockaddr *)&at, len))
		return errno == ECONNREFUSED ? -ENOENT : errno == EAGAIN ? -ETIMEDOUT : -errno;
	len = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return -errno;
	a->user = peer.uid;
	a->pid = peer.pid;
	error = read_line(fd, deadline_ms, a->line);
	make_printable(a->line);
	return error;
}

int health_ask(unsigned slot, uint64_t deadline_ms, struct health_answer *a)
{
	int fd = open_socket(), error;

	*a = (struct health_answer){ .user = (uid_t)-1 };
	if (fd < 0)
		return fd;
	error = ask(fd, slot, deadline_ms, a);
	close(fd);
	return error;
}
