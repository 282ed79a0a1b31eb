/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lock is held only to copy a line or to take all of them. */
#include "control/events.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/status.h"
#include "util/log.h"

struct reader_of_events {
	struct control_waiter waiter;
	struct control_conn *conn;
	struct reader_of_events *next;
};

static struct {
	pthread_mutex_t lock;
	struct loop *loop; /* NULL: not open */
	struct loop_task task;
	bool is_posted; /* the task, which takes itself off its list without the lock */
	char *lines;    /* EVENTS_BUFFER bytes */
	size_t len;
	unsigned lost; /* lines that found the buffer full */
	/* of the loop's thread alone: */
	char *taken; /* the other buffer */
	struct reader_of_events *first;
	size_t count;
} events = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- from any thread */

static void take_line(const char *line, size_t len)
{
	pthread_mutex_lock(&events.lock);
	if (events.loop) {
		if (events.len + len > EVENTS_BUFFER) {
			events.lost++;
		} else {
			memcpy(events.lines + events.len, line, len);
			events.len += len;
		}
		if (!events.is_posted)
			loop_async_post(events.loop, &events.task);
		events.is_posted = true;
	}
	pthread_mutex_unlock(&events.lock);
}

/* ---- in the loop */

/* A line of our own, about the stream. */
static size_t own_line(char *to, size_t size, const char *event, unsigned lines,
		       const char *message)
{
	struct json j;
	size_t len;

	json_open(&j, to, size - 1);
	json_string(&j, "event", event);
	if (lines)
		json_number(&j, "lines", lines);
	json_string(&j, "message", message);
	len = json_close(&j);
	to[len++] = '\n';
	return len;
}

static void remove_reader(struct reader_of_events *r)
{
	struct reader_of_events **at = &events.first;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	events.count--;
	if (!events.first)
		log_set_tap(NULL);
	free(r);
}

static void gone(struct control_waiter *w)
{
	remove_reader(container_of(w, struct reader_of_events, waiter));
}

static void end_reader(struct reader_of_events *r, const char *event, const char *message)
{
	char line[256];

	control_put(r->conn, line, own_line(line, sizeof(line), event, 0, message));
	control_end(r->conn);
	remove_reader(r);
}

static void give_to(struct reader_of_events *r, const char *lines, size_t len)
{
	if (control_waiting(r->conn) + len > EVENTS_READER_MAX || !control_put(r->conn, lines, len))
		end_reader(r, "cut", "this reader was too slow: events were lost, subscribe again");
}

static void give_to_all(const char *lines, size_t len)
{
	struct reader_of_events *r, *next;

	for (r = events.first; r; r = next) {
		next = r->next;
		give_to(r, lines, len);
	}
}

static void give(struct loop_task *task)
{
	char line[256], *lines;
	unsigned lost;
	size_t len;

	(void)task;
	pthread_mutex_lock(&events.lock);
	lines = events.lines;
	len = events.len;
	lost = events.lost;
	events.lines = events.taken;
	events.len = events.lost = 0;
	events.is_posted = false;
	pthread_mutex_unlock(&events.lock);
	events.taken = lines;
	if (len)
		give_to_all(lines, len);
	if (lost)
		give_to_all(line, own_line(line, sizeof(line), "lines_lost", lost,
					   "events came faster than they could be sent"));
}

void events_subscribe(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	struct reader_of_events *r;
	char line[256];
	size_t len;

	(void)arg;
	(void)rq;
	if (events.count >= EVENTS_READERS_MAX) {
		control_fail(conn, HTTP_SERVICE_UNAVAILABLE, "%d programs read events already",
			     EVENTS_READERS_MAX);
		return;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		control_fail(conn, HTTP_INTERNAL_SERVER_ERROR, "out of memory");
		return;
	}
	*r = (struct reader_of_events){ .waiter = { .gone = gone }, .conn = conn };
	r->next = events.first;
	events.first = r;
	events.count++;
	log_set_tap(take_line);
	len = own_line(line, sizeof(line), "subscribed", 0, "events follow");
	control_stream(conn, &r->waiter, "application/x-ndjson", line, len);
}

/* ---- start and end */

int events_open(struct loop *loop)
{
	int error = loop_async_open(loop);

	if (error)
		return error;
	events.lines = malloc(EVENTS_BUFFER);
	events.taken = malloc(EVENTS_BUFFER);
	events.task.run = give;
	pthread_mutex_lock(&events.lock);
	events.loop = events.lines && events.taken ? loop : NULL;
	pthread_mutex_unlock(&events.lock);
	if (events.loop)
		return 0;
	events_close();
	return -ENOMEM;
}

void events_close(void)
{
	struct loop *loop = events.loop;

	log_set_tap(NULL);
	pthread_mutex_lock(&events.lock);
	events.loop = NULL;
	pthread_mutex_unlock(&events.lock);
	if (loop) {
		loop_async_unpost(loop, &events.task);
		give(NULL);
	}
	while (events.first)
		end_reader(events.first, "end", "this sstp ends");
	free(events.lines);
	free(events.taken);
	events.lines = events.taken = NULL;
	events.len = events.lost = 0;
}
