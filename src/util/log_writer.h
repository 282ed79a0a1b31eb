/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where finished log lines go: standard error or syslog. A caller never waits: lines are put into a
 * ring of LOG_RING_SIZE bytes, and a thread writes them. When the ring is full, lines are dropped and
 * counted; the count becomes a line as soon as there is room.
 */
#ifndef SSTP_UTIL_LOG_WRITER_H
#define SSTP_UTIL_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/log.h"

enum {
	LOG_RING_SIZE = 256 * 1024,
	LOG_RECORD_MAX =
		4000, /* with the newline and a prefix under PIPE_BUF: a pipe takes it whole */
};

/* log.c has these three. The line that says that `count` lines were lost; gives its length. */
size_t log_lost_line(char *to, size_t size, unsigned long count);
/*
 * Called from the thread, about when it is due, and after log_writer_wake. Gives when it is due
 * next, in milliseconds of CLOCK_MONOTONIC; UINT64_MAX: never. It may log.
 */
uint64_t log_tick(uint64_t now_ms);
/* "Nov 29 13:22:05", local time. */
void log_syslog_time(char *to, size_t size);

/* One line of at most LOG_RECORD_MAX bytes, with its newline; a longer one is cut. `for_user`: to
 * standard error in any case. */
void log_writer_put(enum log_level level, bool for_user, const char *line, size_t len);

/* Has log_tick called soon: when it is due may have changed. */
void log_writer_wake(void);

/* From now on lines go to syslog, facility daemon, at that socket (kept; NULL: /dev/log). 0, or -errno
 * when nobody listens there yet: then the connection is tried again and again. */
int log_writer_use_syslog(const char *path);
/* When the terminal that standard error is hangs up, lines go to syslog from then on; `path` as above. */
void log_writer_outlive_terminal(const char *path);

/*
 * Waits until all lines are written, or until nothing was written for `ms`. The end of the program
 * does so, with LOG_FLUSH_MS.
 */
enum { LOG_FLUSH_MS = 1000 };
void log_flush(unsigned ms);

/*
 * In a child of fork each line is written at once, or dropped when there is no room: a child that
 * soon calls execve or _exit needs nothing more. All locks of the log are free in it, whatever other
 * threads of its parent did. One that is to stay calls this and gets a thread.
 */
void log_writer_after_fork(void);

#endif
