/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folders are watched, not the file: most programs rename a new one over it. */
#include "nameserver/dns_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void begin_to_settle(struct dns_watch *w)
{
	if (!w->settle.slot)
		loop_timer_set(w->loop, &w->settle, loop_now(w->loop) + DNS_WATCH_SETTLE_MS);
}

static bool is_about(const struct dns_watch *w, const struct inotify_event *e)
{
	return e->mask & IN_Q_OVERFLOW || (e->len && (!strcmp(e->name, base_name(w->path)) ||
						      !strcmp(e->name, base_name(w->real))));
}

static void on_events(struct loop_watch *lw, uint32_t events)
{
	struct dns_watch *w = container_of(lw, struct dns_watch, inotify);
	_Alignas(struct inotify_event) char buffer[4096];
	ssize_t n = read(lw->fd, buffer, sizeof(buffer));
	bool is_changed = false;

	(void)events;
	for (char *at = buffer; n > 0 && at < buffer + n;) {
		const struct inotify_event *e = (void *)at;

		is_changed = is_changed || is_about(w, e);
		at += sizeof(*e) + e->len;
	}
	if (is_changed)
		begin_to_settle(w);
}

static void on_settled(struct loop_timer *t)
{
	struct dns_watch *w = container_of(t, struct dns_watch, settle);

	w->changed(w);
}

static int watch_folder_of(struct dns_watch *w, const char *path)
{
	char folder[PATH_MAX];
	int len = (int)(base_name(path) - path);

	snprintf(folder, sizeof(folder), "%.*s", len ? len : 1, len ? path : ".");
	return inotify_add_watch(w->inotify.fd, folder,
				 IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE) < 0
		       ? -errno
		       : 0;
}

int dns_watch_open(struct dns_watch *w)
{
	int error;

	if (w->is_open)
		dns_watch_close(w); /* the link may lead elsewhere now */
	w->inotify = (struct loop_watch){ .events = EPOLLIN, .ready = on_events };
	w->inotify.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->inotify.fd < 0)
		return -errno;
	w->is_open = true;
	w->settle.expired = on_settled;
	if (!realpath(w->path, w->real))
		snprintf(w->real, sizeof(w->real), "%s", w->path);
	error = watch_folder_of(w, w->path);
	if (!error)
		error = watch_folder_of(w, w->real);
	if (!error)
		error = loop_watch(w->loop, &w->inotify);
	if (error)
		dns_watch_close(w);
	else
		begin_to_settle(w); /* it may have changed before the watch was there */
	return error;
}

void dns_watch_close(struct dns_watch *w)
{
	if (!w->is_open)
		return;
	loop_timer_stop(w->loop, &w->settle);
	loop_unwatch(w->loop, &w->inotify);
	close(w->inotify.fd);
	w->is_open = false;
}
