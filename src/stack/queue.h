/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A contiguous FIFO of bytes. An all-zero struct is an empty queue. */
#ifndef SSTP_STACK_QUEUE_H
#define SSTP_STACK_QUEUE_H

#include "util/bytes.h"

struct queue {
	uint8_t *at;
	size_t start, len, room;
};

bool queue_put(struct queue *q, const uint8_t *at, size_t len); /* false: no memory; unchanged */
struct bytes queue_bytes(const struct queue *q);                /* good until the next call */
void queue_drop(struct queue *q, size_t len);                   /* from the start */
void queue_free(struct queue *q);

#endif
