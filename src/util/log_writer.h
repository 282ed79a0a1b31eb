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
#include <sys/types.h>

#include "util/log.h"

enum {
	LOG_RING_SIZE = 256 * 1024,
	LOG_RECORD_MAX =
		4000, /* with the newline and a prefix less than PIPE_BUF: a write to a pipe is atomic */
};

/* One line of at most LOG_RECORD_MAX bytes, with its newline; a longer one is truncated. `for_user`:
 * always to standard error. */
void log_writer_put(enum log_level level, bool for_user, const char *line, size_t len);

/* Makes the thread call log_tick soon: its due time may have changed. */
void log_writer_wake(void);

/* From now on lines go to syslog, facility daemon, at that socket (kept; NULL: /dev/log). 0, or -errno
 * when it can't be connected yet: then the connection is retried. */
int log_writer_use_syslog(const char *path);
/* If standard error is a terminal: when it hangs up, lines go to syslog; `path` as above. */
void log_writer_outlive_terminal(const char *path);

/*
 * A process in a sandbox cannot open a socket to syslog, so it passes its lines for syslog to another process. `fd` is one
 * end of a SOCK_SEQPACKET pair, each message a record; this module owns it from now on. Call it while there is one thread.
 */
void log_writer_pass_to(int fd);
void log_writer_pass_rest(void); /* before the process ends: waits as log_flush does */
/* In the other process: `pid` is the sender, which may be an attacker's, so `record` may have any bytes. */
void log_writer_pass_on(pid_t pid, char *record, size_t len);

/*
 * Waits until all lines are written, or until nothing was written for `ms`. exit() calls it with
 * LOG_FLUSH_MS.
 */
enum { LOG_FLUSH_MS = 1000 };
void log_flush(unsigned ms);

/*
 * No thread until log_writer_go_on, or until the process ends: for one that enters a sandbox, which holds only for the
 * threads that are made later. Meanwhile a line that would block waits in the ring.
 */
void log_writer_wait(void);
void log_writer_go_on(void);

/*
 * In a child of fork each line is written at once, or dropped if that would block: enough for a child
 * that soon calls execve or _exit. All locks of the log are free in it, whatever the parent's threads
 * did. A child that goes on running calls this and gets a thread.
 */
void log_writer_after_fork(void);

#endif
