/*
 * Log lines to standard error. A line is put together in a buffer and leaves in one write, so that
 * lines of several threads do not mix.
 */
#include "util/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 1024 };

static enum log_level log_level = LOG_LEVEL_INFO;
static bool log_json;
static bool log_timestamps;
static log_sink *log_custom_sink;

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void log_set_level(enum log_level level)
{
	log_level = level;
}

void log_set_json(bool on)
{
	log_json = on;
}

void log_set_timestamps(bool on)
{
	log_timestamps = on;
}

void log_set_sink(log_sink *sink)
{
	log_custom_sink = sink;
}

bool log_wants(enum log_level level)
{
	return level <= log_level;
}

/* Escapes for a JSON string: quotes, backslashes and control characters. */
static size_t json_escape(char *to, size_t room, const char *from)
{
	size_t n = 0;

	for (; *from && n + 7 < room; from++) {
		unsigned char c = (unsigned char)*from;

		if (c == '"' || c == '\\') {
			to[n++] = '\\';
			to[n++] = (char)c;
		} else if (c < 0x20) {
			n += (size_t)snprintf(to + n, room - n, "\\u%04x", c);
		} else {
			to[n++] = (char)c;
		}
	}
	to[n] = '\0';
	return n;
}

static void stamp(char *to, size_t room)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(to, room, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to + n, room - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

static void to_stderr(enum log_level level, const char *name, const char *line)
{
	char out[2 * LINE_MAX_LEN + 256], time_text[48], escaped[2 * LINE_MAX_LEN];
	int n;

	stamp(time_text, sizeof(time_text));
	if (log_json) {
		json_escape(escaped, sizeof(escaped), line);
		n = snprintf(out, sizeof(out),
			     "{\"time\":\"%s\",\"level\":\"%s\",\"who\":\"%s\",\"message\":\"%s\"}\n",
			     time_text, level_names[level], name, escaped);
	} else {
		n = snprintf(out, sizeof(out), "%s%s%s%s%s%s%s\n", log_timestamps ? time_text : "",
			     log_timestamps ? " " : "", level == LOG_LEVEL_INFO ? "" : level_names[level],
			     level == LOG_LEVEL_INFO ? "" : ": ", name, *name ? ": " : "", line);
	}
	if (n > 0 && write(STDERR_FILENO, out, strnlen(out, sizeof(out))) < 0)
		return; /* nobody reads our log; there is no better place to say so */
}

void log_at(const struct log *log, enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_LEN];
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	(log_custom_sink ? log_custom_sink : to_stderr)(level, log ? log->name : "", line);
}

struct log_text log_quote(const void *from, size_t len)
{
	const uint8_t *p = from;
	struct log_text q;
	size_t n = 0;

	q.text[n++] = '"';
	for (size_t i = 0; i < len; i++) {
		if (n + 9 > sizeof(q.text)) { /* an escape, the dots, the quote and the end */
			memcpy(q.text + n, "...", 3);
			n += 3;
			break;
		}
		if (p[i] == '"' || p[i] == '\\') {
			q.text[n++] = '\\';
			q.text[n++] = (char)p[i];
		} else if (p[i] < 0x20 || p[i] > 0x7e) {
			n += (size_t)snprintf(q.text + n, sizeof(q.text) - n, "\\x%02x", p[i]);
		} else {
			q.text[n++] = (char)p[i];
		}
	}
	q.text[n++] = '"';
	q.text[n] = '\0';
	return q;
}
