/*
 * The log: one line a fact, on standard error, as text or as JSON lines.
 *
 * Levels: error, somebody must act; warn, a peer misbehaves or a setting looks wrong; info, a
 * milestone of a session; debug, packets and transitions, decoded. A `struct log` names who
 * speaks ("session 7", "client") and is embedded in its owner; NULL logs without a name. Text that
 * came from a peer goes through log_quote first. Secrets never come here.
 */
#ifndef SSTP_UTIL_LOG_H
#define SSTP_UTIL_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

struct log {
	char name[32]; /* "session 7"; empty: no name */
};

/* Takes one finished line without its newline; tests install their own. NULL: standard error. */
typedef void log_sink(enum log_level level, const char *name, const char *line);

void log_set_level(enum log_level level);
void log_set_json(bool on);
void log_set_timestamps(bool on);
void log_set_sink(log_sink *sink);
bool log_wants(enum log_level level);

void log_at(const struct log *log, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(log, ...) log_at(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(log, ...) log_at(log, LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(log, ...) log_at(log, LOG_LEVEL_INFO, __VA_ARGS__)
/* debug lines are made only when wanted: their arguments cost nothing otherwise */
#define log_debug(log, ...)                                         \
	do {                                                        \
		if (log_wants(LOG_LEVEL_DEBUG))                     \
			log_at(log, LOG_LEVEL_DEBUG, __VA_ARGS__);  \
	} while (0)

/* Text for the log from bytes that a peer sent: in quotes, what is not UTF-8 or would do something to
 * the line escaped, cut to what fits. */
struct log_text {
	char text[256];
};
struct log_text log_quote(const void *from, size_t len);

#endif
