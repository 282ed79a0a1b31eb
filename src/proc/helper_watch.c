/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list is sent in pieces of paths that each end with a zero byte. */
#include "proc/helper_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum {
	OP_ADD = HELPER_OP(HELPER_WATCH, 2),
	OP_WATCH = HELPER_OP(HELPER_WATCH, 3),
	LISTED_MAX = 16 * 1024,
};

struct helper_path_list {
	struct helper_path_list *next;
	size_t count; /* of this one and those after it */
	char path[];
};

/* ---- the service */

static void free_list(struct helper_path_list *l)
{
	while (l) {
		struct helper_path_list *next = l->next;

		free(l);
		l = next;
	}
}

static int add_one(struct helper_watch *w, const char *path, size_t len)
{
	struct helper_path_list *l;
	size_t count = w->next ? w->next->count : 0;

	if (!len || len >= PATH_MAX || count == LISTED_MAX)
		return -EINVAL;
	if (!helper_files_permits_look(w->files, path))
		return -EACCES;
	l = malloc(sizeof(*l) + len + 1);
	if (!l)
		return -ENOMEM;
	l->next = w->next;
	l->count = count + 1;
	memcpy(l->path, path, len + 1);
	w->next = l;
	return 0;
}

static int add(void *state, struct helper_call *c)
{
	int error = 0;

	while (!error && c->in.left) {
		const uint8_t *end = memchr(c->in.at, '\0', c->in.left);
		size_t len = end ? (size_t)(end - c->in.at) : 0;

		error = end ? add_one(state, (const char *)c->in.at, len) : -EBADMSG;
		get_bytes(&c->in, len + 1);
	}
	return error;
}

static void list(struct file_watch *fw)
{
	struct helper_watch *w = container_of(fw, struct helper_watch, watch);

	for (const struct helper_path_list *l = w->now; l; l = l->next)
		file_watch_add(fw, l->path);
}

static void changed(struct file_watch *fw)
{
	struct helper_watch *w = container_of(fw, struct helper_watch, watch);

	helper_send_event(w->process, HELPER_FILES_CHANGED, bytes_of(NULL, 0));
}

static int watch(void *state, struct helper_call *c)
{
	struct helper_watch *w = state;

	(void)c;
	free_list(w->now);
	w->now = w->next;
	w->next = NULL;
	if (!w->watch.loop)
		return file_watch_open(&w->watch, helper_loop(w->process));
	file_watch_note(&w->watch);
	return 0;
}

static int begin(void *state, struct helper_process *p)
{
	struct helper_watch *w = state;

	w->process = p;
	w->watch.list = list;
	w->watch.changed = changed;
	return 0;
}

static void end(void *state)
{
	struct helper_watch *w = state;

	file_watch_close(&w->watch);
	free_list(w->now);
	free_list(w->next);
}

static const struct helper_op ops[] = {
	{ .code = OP_ADD, .handle = add },
	{ .code = OP_WATCH, .handle = watch },
};

struct helper_service helper_watch_service(struct helper_watch *w)
{
	return (struct helper_service){ .number = HELPER_WATCH,
					.ops = ops,
					.op_count = sizeof(ops) / sizeof(*ops),
					.state = w,
					.begin = begin,
					.end = end };
}

/* ---- the process that asks */

void helper_watch_begin(struct helper_watch_list *l, struct helper *h)
{
	l->helper = h;
	l->error = 0;
	l->part = writer_of(l->room, sizeof(l->room));
}

static void send_part(struct helper_watch_list *l)
{
	struct helper_question q = { .op = OP_ADD, .in = bytes_of(l->room, l->part.len) };
	int error = l->part.len ? helper_ask(l->helper, &q) : 0;

	l->part = writer_of(l->room, sizeof(l->room));
	if (!l->error)
		l->error = error;
}

void helper_watch_add(struct helper_watch_list *l, const char *path)
{
	size_t len = strlen(path) + 1;

	if (len > l->part.room - l->part.len)
		send_part(l);
	put_bytes(&l->part, path, len);
}

int helper_watch_end(struct helper_watch_list *l)
{
	struct helper_question q = { .op = OP_WATCH };
	int error;

	send_part(l);
	error = helper_ask(l->helper, &q);
	return l->error ? l->error : error;
}
