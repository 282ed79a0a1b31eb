/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of the files has changed is not found out from the events: after any event in one of the
 * folders all files are looked at, and compared with what they were like. At each look all is
 * watched again, since links and folders may lead elsewhere.
 */
#include "net/file_watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/hash.h"

enum { LINKS_MAX = 40 }; /* as in the kernel */

/* ---- what a file is like */

/* FNV-1a of the facts. The order of files in a folder does not matter, so their hashes are added. */
static void note(struct file_watch *w, const char *name, const struct stat *st)
{
	const uint64_t facts[] = {
		(uint64_t)st->st_dev,          (uint64_t)st->st_ino,
		(uint64_t)st->st_size,         (uint64_t)st->st_mtim.tv_sec,
		(uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ctim.tv_sec,
		(uint64_t)st->st_ctim.tv_nsec, hash_bytes(0, name, strlen(name))
	};
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		h = (h ^ facts[i]) * UINT64_C(1099511628211);
	w->looking += h;
}

static void look_into(struct file_watch *w, const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	struct stat st;

	while (dir && (e = readdir(dir)))
		if (!fstatat(dirfd(dir), e->d_name, &st, 0) && S_ISREG(st.st_mode))
			note(w, e->d_name, &st);
	if (dir)
		closedir(dir);
}

static void look_at(struct file_watch *w, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return;
	if (S_ISDIR(st.st_mode))
		look_into(w, path);
	else
		note(w, path, &st);
}

/* ---- the folders on the way */

static void watch(struct file_watch *w, const char *folder)
{
	if (w->inotify.fd >= 0 &&
	    inotify_add_watch(w->inotify.fd, *folder ? folder : ".",
			      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
				      IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0 &&
	    errno != ENOENT && errno != ENOTDIR)
		w->error = -errno;
}

struct walk {
	char at[PATH_MAX]; /* so far: a folder, which ends with a slash; empty: the current one */
	char rest[PATH_MAX];
	unsigned links;
};

/* False: too long. */
static bool put(char to[PATH_MAX], const char *a, const char *b, const char *c)
{
	return (size_t)snprintf(to, PATH_MAX, "%s%s%s", a, b, c) < PATH_MAX;
}

static bool follow(struct walk *k, const char *link, const char *after)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof(target) - 1);

	if (len < 0 || ++k->links > LINKS_MAX)
		return false;
	target[len] = '\0';
	if (*target == '/')
		k->at[0] = '\0';
	return put(rest, target, "/", after) && put(k->rest, rest, "", "");
}

/* Takes one name of the path. False: this was the last one. */
static bool step(struct file_watch *w, struct walk *k)
{
	char name[NAME_MAX + 1], here[PATH_MAX], after[PATH_MAX];
	size_t slashes = strspn(k->rest, "/"), len = strcspn(k->rest + slashes, "/");
	struct stat st;

	if (slashes && !*k->at && k->rest[0] == '/')
		strcpy(k->at, "/");
	if (len > NAME_MAX)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)len, k->rest + slashes);
	put(after, k->rest + slashes + len, "", "");
	if (!put(here, k->at, name, ""))
		return false;
	if (!*name || lstat(here, &st)) {
		watch(w, k->at);
		return false;
	}
	if (S_ISLNK(st.st_mode)) {
		watch(w, k->at);
		return follow(k, here, after);
	}
	if (!S_ISDIR(st.st_mode)) {
		watch(w, k->at);
		return false;
	}
	return put(k->at, here, "/", "") && put(k->rest, after + strspn(after, "/"), "", "");
}

void file_watch_add(struct file_watch *w, const char *path)
{
	struct walk k = { .links = 0 };

	if (put(k.rest, path, "", ""))
		while (step(w, &k))
			;
	look_at(w, path);
}

/* ---- looks */

static void on_events(struct loop_watch *lw, uint32_t events);

static void stop_watching(struct file_watch *w)
{
	if (w->inotify.fd < 0)
		return;
	loop_unwatch(w->loop, &w->inotify);
	close(w->inotify.fd);
	w->inotify.fd = -1;
}

/* Watches before it looks, so that no change is missed. */
static void look(struct file_watch *w)
{
	stop_watching(w);
	w->error = 0;
	w->looking = 0;
	w->inotify = (struct loop_watch){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
					  .events = EPOLLIN,
					  .ready = on_events };
	if (w->inotify.fd < 0)
		w->error = -errno;
	w->list(w);
	if (w->inotify.fd >= 0 && loop_watch(w->loop, &w->inotify)) {
		close(w->inotify.fd);
		w->inotify.fd = -1;
		w->error = -ENOMEM;
	}
	w->seen = w->looking;
}

static void on_events(struct loop_watch *lw, uint32_t events)
{
	struct file_watch *w = container_of(lw, struct file_watch, inotify);
	char buffer[4096];

	(void)events;
	while (read(lw->fd, buffer, sizeof(buffer)) > 0)
		;
	if (!w->settle.slot)
		loop_timer_set(w->loop, &w->settle, loop_now(w->loop) + FILE_WATCH_SETTLE_MS);
}

static void on_settled(struct loop_timer *t)
{
	struct file_watch *w = container_of(t, struct file_watch, settle);
	uint64_t before = w->seen;

	look(w);
	if (w->seen == w->known)
		return;
	if (w->seen != before) {
		loop_timer_set(w->loop, t, loop_now(w->loop) + FILE_WATCH_SETTLE_MS);
		return;
	}
	w->known = w->seen;
	w->changed(w);
}

int file_watch_open(struct file_watch *w, struct loop *loop)
{
	w->loop = loop;
	w->inotify.fd = -1;
	w->settle.expired = on_settled;
	file_watch_note(w);
	return w->error;
}

void file_watch_close(struct file_watch *w)
{
	if (!w->loop)
		return;
	loop_timer_stop(w->loop, &w->settle);
	stop_watching(w);
	w->loop = NULL;
}

void file_watch_note(struct file_watch *w)
{
	if (!w->loop)
		return;
	look(w);
	w->known = w->seen;
}
