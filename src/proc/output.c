/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pipe for each program. It is freed when the last writer has closed it. */
#include "proc/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	READS_MAX = 16
}; /* in a turn of the loop, so that a program that never stops does not hold it */

struct output {
	struct output *next;
	struct outputs *of;
	struct loop_watch watch;
	const char *label;
	size_t len;
	char line[OUTPUT_LINE_MAX]; /* without its end so far */
};

static void put_line(struct output *p)
{
	size_t len = p->len && p->line[p->len - 1] == '\r' ? p->len - 1 : p->len;

	if (len)
		p->of->line(p->of, p->label, p->line, len);
	p->len = 0;
}

static void take(struct output *p, const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '\n' || p->len == sizeof(p->line))
			put_line(p);
		if (at[i] != '\n')
			p->line[p->len++] = at[i];
	}
}

/* Returns false at the end, and on an error. */
static bool read_some(struct output *p)
{
	char piece[4096];

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = read(p->watch.fd, piece, sizeof(piece));

		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
		take(p, piece, (size_t)n);
	}
	return true;
}

static void end(struct outputs *o, struct output *p)
{
	struct output **link = &o->first;

	put_line(p);
	while (*link != p)
		link = &(*link)->next;
	*link = p->next;
	loop_unwatch(o->loop, &p->watch);
	close(p->watch.fd);
	free(p);
}

static void on_readable(struct loop_watch *w, uint32_t events)
{
	struct output *p = container_of(w, struct output, watch);

	(void)events;
	if (!read_some(p))
		end(p->of, p);
}

int output_open(struct outputs *o, const char *label)
{
	struct output *p = calloc(1, sizeof(*p));
	int fd[2], error = -ENOMEM;

	if (!p)
		return error;
	error = pipe2(fd, O_CLOEXEC) ? -errno : 0;
	if (error)
		goto failed;
	fcntl(fd[0], F_SETFL, O_NONBLOCK); /* the program's end blocks, as programs expect */
	p->watch = (struct loop_watch){ .fd = fd[0], .events = EPOLLIN, .ready = on_readable };
	error = loop_watch(o->loop, &p->watch);
	if (error)
		goto unwatched;
	p->of = o;
	p->label = label;
	p->next = o->first;
	o->first = p;
	return fd[1];

unwatched:
	close(fd[0]);
	close(fd[1]);
failed:
	free(p);
	return error;
}

void outputs_read(struct outputs *o)
{
	struct output *next;

	for (struct output *p = o->first; p; p = next) {
		next = p->next;
		if (!read_some(p))
			end(o, p);
	}
}

void outputs_close(struct outputs *o)
{
	outputs_read(o);
	for (struct output *p = o->first, *next; p; p = next) {
		next = p->next;
		end(o, p);
	}
}
