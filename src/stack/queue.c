/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory doubles as needed, and is freed when the queue is empty. The free space before the
 * bytes is reused by moving them to the start.
 */
#include "stack/queue.h"

#include "util/alloc.h"

enum { ROOM_FIRST = 4096 };

static bool make_room(struct queue *q, size_t len)
{
	size_t room = q->room ? q->room : ROOM_FIRST;
	uint8_t *at;

	if (len > SIZE_MAX / 4 - q->len)
		return false;
	while (room < q->len + len)
		room *= 2;
	at = alloc_get(room);
	if (!at)
		return false;
	if (q->len)
		memcpy(at, q->at + q->start, q->len);
	alloc_put(q->at);
	*q = (struct queue){ at, 0, q->len, room };
	return true;
}

bool queue_put(struct queue *q, const uint8_t *at, size_t len)
{
	if (!len)
		return true;
	if (q->start && q->start + q->len + len > q->room && q->len <= q->start) {
		memcpy(q->at, q->at + q->start, q->len);
		q->start = 0;
	}
	if (q->start + q->len + len > q->room && !make_room(q, len))
		return false;
	memcpy(q->at + q->start + q->len, at, len);
	q->len += len;
	return true;
}

struct bytes queue_bytes(const struct queue *q)
{
	return bytes_of(q->len ? q->at + q->start : NULL, q->len);
}

void queue_drop(struct queue *q, size_t len)
{
	q->start += len;
	q->len -= len;
	if (!q->len)
		queue_free(q);
}

void queue_free(struct queue *q)
{
	alloc_put(q->at);
	*q = (struct queue){ .at = NULL };
}
