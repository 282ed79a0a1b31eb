/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The helper notices changes of files (net/file_watch.h) for a process that may not look at them, and sends an
 * event. Only paths are watched that the other process may look at (proc/helper_files.h).
 */
#ifndef SSTP_PROC_HELPER_WATCH_H
#define SSTP_PROC_HELPER_WATCH_H

#include "net/file_watch.h"
#include "proc/helper_files.h"

enum { HELPER_FILES_CHANGED = HELPER_OP(HELPER_WATCH, 1) }; /* the event */

/* ---- the service */

struct helper_watch {
	struct helper_files *files;
	/* private */
	struct helper_process *process;
	struct file_watch watch;
	struct helper_path_list *now, *next; /* what is watched, and the list that is being sent */
};

/* w->files is set, the rest zero; `w` is the service's state. */
struct helper_service helper_watch_service(struct helper_watch *w);

/* ---- the process that asks */

/* The paths to be watched from now on. */
struct helper_watch_list {
	struct helper *helper;
	int error; /* the first */
	/* private */
	struct writer part;
	uint8_t room[HELPER_PAYLOAD_MAX];
};

void helper_watch_begin(struct helper_watch_list *l, struct helper *h);
void helper_watch_add(struct helper_watch_list *l, const char *path);
/*
 * What the files are like now is no change. 0, or -errno: changes, or some of them, are not noticed.
 */
int helper_watch_end(struct helper_watch_list *l);

#endif
