/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GET /v1/events: the log's milestones as JSON lines, as they happen. Any thread may log: lines go
 * through one bounded buffer to the control socket's loop, which gives them to the readers. While
 * there are no readers, nothing is printed or copied. Once for each process.
 */
#ifndef SSTP_CONTROL_EVENTS_H
#define SSTP_CONTROL_EVENTS_H

#include "control/control.h"

enum {
	EVENTS_READERS_MAX = 16,
	EVENTS_BUFFER = 64 * 1024,      /* from the threads to the loop */
	EVENTS_READER_MAX = 256 * 1024, /* a reader for which more waits is cut off */
};

int events_open(struct loop *loop); /* 0 or -errno */
/* Call it before control_close: the streams end in order. */
void events_close(void);

/* A route's function. */
void events_subscribe(void *arg, struct control_conn *conn, const struct control_request *rq);

#endif
