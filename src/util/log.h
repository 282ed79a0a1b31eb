/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log: one line per fact, on standard error or in syslog, as text or as JSON lines.
 *
 * Levels: error, the administrator must act; warn, a peer misbehaves or a setting looks wrong; info, a
 * milestone of a session; debug, packets and transitions, decoded. A `struct log` has the name of its
 * owner ("session 7", "client") and is embedded in it; NULL logs without a name. Text that
 * came from a peer goes through log_quote first, or is a LOG_BYTES. Secrets are never logged.
 *
 * No function blocks, whatever standard error is (log_writer.h).
 */
#ifndef SSTP_UTIL_LOG_H
#define SSTP_UTIL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/*
 * Limits the lines per minute about one kind of event that peers can cause. Lines beyond it are
 * logged at debug and counted: when the minute is over, a line says how many were skipped.
 */
struct log_limit {
	const char *about; /* "connections that have not logged in" */
	unsigned max;      /* lines per minute */
	/* private */
	uint64_t since_ms;
	unsigned used, left_out;
};

/* All connections that have not logged in, together. */
extern struct log_limit log_strangers;
/* Refused logins and bans, together. */
extern struct log_limit log_refusals;

enum { LOG_PEER_MAX = 20 }; /* a limit for one peer that has logged in */

struct log {
	char name[32];           /* "session 7"; empty: no name */
	uint64_t session;        /* its number; 0: none */
	struct log_limit *limit; /* of log_info and log_warn; NULL: none */
};

/* Receives one finished line without its newline; tests install their own. NULL: standard error. */
typedef void log_sink(enum log_level level, const char *name, const char *line);

void log_set_level(enum log_level level);
void log_set_json(bool on);
void log_set_timestamps(bool on);
void log_set_sink(log_sink *sink);
bool log_wants(enum log_level level);

/* True: one more line may be logged. Any thread may call it. */
bool log_limit_passes(struct log_limit *limit);
/* For tests: the same at the given time. */
bool log_limit_passes_at(struct log_limit *limit, uint64_t now_ms);
/* Call it before the limit is freed: logs how many lines were skipped. */
void log_limit_end(struct log_limit *limit, const struct log *log);

void log_at(const struct log *log, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(log, ...) log_at(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(log, ...) log_at(log, LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(log, ...) log_at(log, LOG_LEVEL_INFO, __VA_ARGS__)
/* the arguments of debug lines are evaluated only when the level is enabled */
#define log_debug(log, ...)                                        \
	do {                                                       \
		if (log_wants(LOG_LEVEL_DEBUG))                    \
			log_at(log, LOG_LEVEL_DEBUG, __VA_ARGS__); \
	} while (0)

/*
 * A milestone: an event with a name and fields. The text refers to fields in braces
 * ("up, user {user}"); JSON has all fields as members, and the text as its message. The names are a
 * stable interface: sstp(8), LOG, lists them. No limit applies here.
 */
struct log_field {
	const char *name;
	enum log_field_kind {
		LOG_KIND_TEXT,  /* our own text; NULL or empty: JSON has no such member */
		LOG_KIND_BYTES, /* from a peer: quoted in the text */
		LOG_KIND_LIST,  /* our own items separated by ", "; in JSON an array */
		LOG_KIND_NUMBER,
	} kind;
	const void *at;
	size_t len;
	uint64_t number;
};

#define LOG_TEXT(name, text) ((struct log_field){ name, LOG_KIND_TEXT, text, 0, 0 })
#define LOG_BYTES(name, at, len) ((struct log_field){ name, LOG_KIND_BYTES, at, len, 0 })
#define LOG_LIST(name, text) ((struct log_field){ name, LOG_KIND_LIST, text, 0, 0 })
#define LOG_NUMBER(name, value) ((struct log_field){ name, LOG_KIND_NUMBER, NULL, 0, value })

void log_fields(const struct log *log, enum log_level level, const char *event, const char *text,
		const struct log_field *fields, size_t count);

#define log_event(log, level, event, text, ...)                                        \
	log_fields(log, level, event, text, (const struct log_field[]){ __VA_ARGS__ }, \
		   sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))

/*
 * Receives each milestone of level info and above as a JSON line with its newline, whatever is
 * logged; from any thread. It must not block and must not log. NULL: nobody.
 */
typedef void log_tap(const char *line, size_t len);
void log_set_tap(log_tap *tap);
/* Gives the tap a line that another process of ours has made. */
void log_pass_milestone(const char *line, size_t len);

/* Prints a line without log format, for errors in the command line. */
void log_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text for the log from bytes that a peer sent: in quotes, truncated if necessary; bytes that are not
 * UTF-8 or would affect the line are escaped. */
struct log_text {
	char text[256];
};
struct log_text log_quote(const void *from, size_t len);

/* ---- for log_writer.c */

/* Formats the line that `count` lines were lost; returns its length. */
size_t log_lost_line(char *to, size_t size, unsigned long count);
/*
 * Called from the thread, about when it is due, and after log_writer_wake. Returns when it is due
 * next, in milliseconds of CLOCK_MONOTONIC; UINT64_MAX: never. It may log.
 */
uint64_t log_tick(uint64_t now_ms);
/* "Nov 29 13:22:05", local time. */
void log_syslog_time(char *to, size_t size);

#endif
