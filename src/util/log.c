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

#include "util/utf8.h"

enum {
	LINE_MAX_LEN = 1024,
	REPLACEMENT = 0xfffd, /* Unicode's sign for what could not be read */
};

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

/*
 * Takes one character off the front, harmless ones as they are, and quotes and backslashes behind a
 * backslash. 0: this is none of them, and nothing is taken.
 */
static size_t put_harmless(char to[5], struct reader *r)
{
	struct reader rest = *r;
	const uint8_t *at = r->at;
	uint32_t code;
	size_t len, n = 0;

	if (!utf8_get(&rest, &code) || !utf8_is_harmless(code))
		return 0;
	len = r->left - rest.left;
	if (code == '"' || code == '\\')
		to[n++] = '\\';
	memcpy(to + n, at, len);
	*r = rest;
	return n + len;
}

/* A character that is not harmless, or one byte that is no UTF-8. */
static size_t put_json_escape(char to[7], struct reader *r)
{
	struct reader rest = *r;
	uint32_t code;

	if (!utf8_get(&rest, &code)) {
		rest = *r;
		get_u8(&rest);
		code = REPLACEMENT;
	}
	*r = rest;
	return (size_t)snprintf(to, 7, "\\u%04x", code <= 0xffff ? code : REPLACEMENT);
}

static void json_escape(char *to, size_t room, const char *from)
{
	struct reader r = reader_of(from, strlen(from));
	size_t n = 0;

	while (r.left && n + 7 < room) {
		size_t len = put_harmless(to + n, &r);

		n += len ? len : put_json_escape(to + n, &r);
	}
	to[n] = '\0';
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
	char out[2 * LINE_MAX_LEN + 256], time_text[48] = "", escaped[2 * LINE_MAX_LEN];
	int n;

	if (log_json || log_timestamps)
		stamp(time_text, sizeof(time_text));
	if (log_json) {
		json_escape(escaped, sizeof(escaped), line);
		n = snprintf(out, sizeof(out),
			     "{\"time\":\"%s\",\"level\":\"%s\",\"who\":\"%s\",\"message\":\"%s\"}\n",
			     time_text, level_names[level], name, escaped);
	} else {
		n = snprintf(out, sizeof(out), "%s%s%s%s%s%s%s\n", time_text,
			     *time_text ? " " : "", level == LOG_LEVEL_INFO ? "" : level_names[level],
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

static size_t put_byte_escape(char to[5], struct reader *r)
{
	return (size_t)snprintf(to, 5, "\\x%02x", get_u8(r));
}

struct log_text log_quote(const void *from, size_t len)
{
	struct reader r = reader_of(from, len);
	struct log_text q;
	size_t n = 0, taken;

	q.text[n++] = '"';
	while (r.left) {
		if (n + 9 > sizeof(q.text)) { /* an escape, the dots, the quote and the end */
			memcpy(q.text + n, "...", 3);
			n += 3;
			break;
		}
		taken = put_harmless(q.text + n, &r);
		n += taken ? taken : put_byte_escape(q.text + n, &r);
	}
	q.text[n++] = '"';
	q.text[n] = '\0';
	return q;
}
