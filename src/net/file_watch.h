/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notices when files change, whatever way: written in place, renamed over, or reached by a symbolic
 * link, of the file or of a folder on the way, that leads elsewhere now (certbot's live/, the
 * volumes of Kubernetes). The folders are watched by inotify(7), and of each path every folder that
 * has a symbolic link on the way. A network file system does not report what other hosts write.
 *
 * Programs write and rename in several steps, and a certificate and its key one after the other: a
 * change is reported when two looks, FILE_WATCH_SETTLE_MS apart, have found the same.
 */
#ifndef SSTP_NET_FILE_WATCH_H
#define SSTP_NET_FILE_WATCH_H

#include "net/loop.h"

enum { FILE_WATCH_SETTLE_MS = 300 };

/* Embedded in its owner's struct; zero-initialized: not open. */
struct file_watch {
	/* Calls file_watch_add for each file and folder, at each look. */
	void (*list)(struct file_watch *w);
	void (*changed)(struct file_watch *w);
	/* private */
	struct loop *loop;
	struct loop_watch inotify;
	struct loop_timer settle;
	uint64_t known, seen, looking; /* what the files were like */
	int error;                     /* of this look */
};

/* Set `list` and `changed` before. 0, or -errno: changes, or some of them, are not noticed. */
int file_watch_open(struct file_watch *w, struct loop *loop);
void file_watch_close(struct file_watch *w); /* not open is fine */
/* Before the owner reads the files by itself: what they are like now is no change. */
void file_watch_note(struct file_watch *w);

/* Of a folder the files in it are watched too, but no folders in it. */
void file_watch_add(struct file_watch *w, const char *path);

#endif
