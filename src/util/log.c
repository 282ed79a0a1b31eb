/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats log lines and limits their number. */
#include "util/log.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"
#include "util/json.h"
#include "util/log_writer.h"
#include "util/utf8.h"

enum {
	LINE_MAX_LEN = 1024,
};

static enum log_level log_level = LOG_LEVEL_INFO;
static bool log_json;
static bool log_timestamps;
static log_sink *log_custom_sink;
static _Atomic(log_tap *) log_milestones; /* the tap */

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

void log_set_tap(log_tap *tap)
{
	atomic_store(&log_milestones, tap);
}

void log_pass_milestone(const char *line, size_t len)
{
	log_tap *tap = atomic_load(&log_milestones);

	if (tap)
		tap(line, len);
}

bool log_wants(enum log_level level)
{
	return level <= log_level;
}

/*
 * Takes the first character: harmless ones unchanged, quotes and backslashes after a backslash. 0: it
 * is none of them, and nothing is taken.
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

/* ---- fork */

/*
 * A child of fork may log before it calls execve, for example when it makes namespaces: it must not
 * inherit a lock that another thread held. The C library's time functions have such locks too.
 */
static pthread_mutex_t limits_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t time_lock = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void)
{
	pthread_mutex_lock(&limits_lock);
	pthread_mutex_lock(&time_lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&time_lock);
	pthread_mutex_unlock(&limits_lock);
}

/* The tap may have a lock of its own. */
static void after_fork_in_child(void)
{
	log_set_tap(NULL);
	after_fork();
}

__attribute__((constructor)) static void set_up(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

/* ---- time */

static void stamp(char *to, size_t room)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	pthread_mutex_lock(&time_lock);
	n = strftime(to, room, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &tm));
	pthread_mutex_unlock(&time_lock);
	snprintf(to + n, room - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

void log_syslog_time(char *to, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	pthread_mutex_lock(&time_lock);
	strftime(to, size, "%b %e %T", localtime_r(&now, &tm));
	pthread_mutex_unlock(&time_lock);
}

/* ---- limits */

enum { MINUTE_MS = 60 * 1000 };

struct log_limit log_strangers = { .about = "connections that have not logged in", .max = 10 };
struct log_limit log_refusals = { .about = "refused logins", .max = 60 };

static void say_left_out(const struct log *log, const char *about, unsigned count)
{
	const struct log unlimited =
		log ? (struct log){ .session = log->session } : (struct log){ .session = 0 };

	if (count)
		log_event(&unlimited, LOG_LEVEL_WARN, "lines_left_out",
			  "{lines} more lines about {about} were skipped; --verbose shows them",
			  LOG_NUMBER("lines", count), LOG_TEXT("about", about));
}

/* Under the lock: begins a new minute when the last is over; returns how many lines that skipped. */
static unsigned turn_minute(struct log_limit *l, uint64_t now_ms)
{
	unsigned count = l->left_out;

	if (l->since_ms && now_ms - l->since_ms < MINUTE_MS)
		return 0;
	l->since_ms = now_ms;
	l->used = l->left_out = 0;
	return count;
}

bool log_limit_passes_at(struct log_limit *l, uint64_t now_ms)
{
	unsigned count;
	bool passes, is_first;

	pthread_mutex_lock(&limits_lock);
	count = turn_minute(l, now_ms);
	passes = l->used < l->max;
	if (passes)
		l->used++;
	else
		l->left_out++;
	is_first = l->left_out == 1;
	pthread_mutex_unlock(&limits_lock);
	say_left_out(NULL, l->about, count);
	if (is_first && !passes)
		log_writer_wake();
	return passes;
}

bool log_limit_passes(struct log_limit *l)
{
	return log_limit_passes_at(l, clock_now_ms());
}

void log_limit_end(struct log_limit *l, const struct log *log)
{
	say_left_out(log, l->about, l->left_out);
	l->left_out = 0;
}

/* These two limits live as long as the program: their counts are logged without waiting for a line. */
uint64_t log_tick(uint64_t now_ms)
{
	struct log_limit *const limits[] = { &log_strangers, &log_refusals };
	uint64_t due_ms = UINT64_MAX;

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct log_limit *l = limits[i];
		unsigned count = 0;

		pthread_mutex_lock(&limits_lock);
		if (l->left_out) {
			count = turn_minute(l, now_ms);
			if (!count && l->since_ms + MINUTE_MS < due_ms)
				due_ms = l->since_ms + MINUTE_MS;
		}
		pthread_mutex_unlock(&limits_lock);
		say_left_out(NULL, l->about, count);
	}
	return due_ms;
}

/* ---- lines */

struct line {
	const struct log *log;
	enum log_level level;
	const char *event; /* NULL: none */
	const char *text;
	const struct log_field *fields;
	size_t field_count;
};

/* "a, b" as an array. */
static void put_list(struct json *j, const struct log_field *f)
{
	const char *at = f->at;

	json_array(j, f->name);
	while (*at) {
		size_t len = strcspn(at, ",");

		json_bytes(j, NULL, at, len);
		at += len;
		at += strspn(at, ", ");
	}
	json_end(j);
}

static bool is_absent(const struct log_field *f)
{
	return (f->kind == LOG_KIND_TEXT || f->kind == LOG_KIND_LIST) &&
	       (!f->at || !*(const char *)f->at);
}

static void put_field(struct json *j, const struct log_field *f)
{
	if (is_absent(f))
		return;
	switch (f->kind) {
	case LOG_KIND_TEXT:
		json_string(j, f->name, f->at);
		break;
	case LOG_KIND_BYTES:
		json_bytes(j, f->name, f->at, f->len);
		break;
	case LOG_KIND_LIST:
		put_list(j, f);
		break;
	case LOG_KIND_NUMBER:
		json_number(j, f->name, f->number);
		break;
	}
}

/* The message comes last: if the line is too long, the message is truncated. */
static size_t print_json(const struct line *l, const char *time_text, char *to, size_t size)
{
	struct json j;
	size_t len;

	json_open(&j, to, size - 1);
	json_string(&j, "time", time_text);
	json_string(&j, "level", level_names[l->level]);
	json_string(&j, "event", l->event);
	json_string(&j, "who", l->log ? l->log->name : "");
	if (l->log && l->log->session)
		json_number(&j, "session", l->log->session);
	for (size_t i = 0; i < l->field_count; i++)
		put_field(&j, &l->fields[i]);
	json_string(&j, "message", l->text);
	len = json_close(&j);
	to[len++] = '\n';
	return len;
}

static size_t print_text(const struct line *l, const char *time_text, char *to, size_t size)
{
	const char *name = l->log ? l->log->name : "";
	bool is_info = l->level == LOG_LEVEL_INFO;
	int n = snprintf(to, size - 1, "%s%s%s%s%s%s%s", time_text, *time_text ? " " : "",
			 is_info ? "" : level_names[l->level], is_info ? "" : ": ", name,
			 *name ? ": " : "", l->text);
	size_t len = n < 0 ? 0 : (size_t)n < size - 1 ? (size_t)n : size - 2;

	to[len++] = '\n';
	return len;
}

static size_t print_line(const struct line *l, char *to, size_t size)
{
	char time_text[48] = "";

	if (log_json || log_timestamps)
		stamp(time_text, sizeof(time_text));
	return log_json ? print_json(l, time_text, to, size) : print_text(l, time_text, to, size);
}

static void finish(const struct line *l)
{
	char out[LOG_RECORD_MAX];

	if (log_custom_sink)
		log_custom_sink(l->level, l->log ? l->log->name : "", l->text);
	else
		log_writer_put(l->level, false, out, print_line(l, out, sizeof(out)));
}

static void give(log_tap *tap, const struct line *l)
{
	char time_text[48], out[LOG_RECORD_MAX];

	stamp(time_text, sizeof(time_text));
	tap(out, print_json(l, time_text, out, sizeof(out)));
}

size_t log_lost_line(char *to, size_t size, unsigned long count)
{
	const struct log_field lines = LOG_NUMBER("lines", count);
	char text[128];
	const struct line l = { NULL, LOG_LEVEL_WARN, "lines_lost", text, &lines, 1 };

	snprintf(text, sizeof(text), "%lu log line%s lost: they were not read in time", count,
		 count == 1 ? " was" : "s were");
	return print_line(&l, to, size);
}

void log_at(const struct log *log, enum log_level level, const char *format, ...)
{
	char text[LINE_MAX_LEN];
	const struct line l = { log, level, NULL, text, NULL, 0 };
	va_list args;

	if (!log_wants(level))
		return;
	if (log && log->limit && (level == LOG_LEVEL_WARN || level == LOG_LEVEL_INFO) &&
	    !log_wants(LOG_LEVEL_DEBUG) && !log_limit_passes(log->limit))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	finish(&l);
}

static const struct log_field *find_field(const struct log_field *fields, size_t count,
					  const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(fields[i].name) == len && !memcmp(fields[i].name, name, len))
			return &fields[i];
	return NULL;
}

/* As much as there is room for, without a zero byte at the end. */
static size_t copy_text(const char *text, char *to, size_t size)
{
	size_t n = strnlen(text, size - 1);

	memcpy(to, text, n);
	return n;
}

static size_t print_number(unsigned long long number, char *to, size_t size)
{
	char text[24];
	char *at = text + sizeof(text) - 1;

	*at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	return copy_text(at, to, size);
}

/* Without printf: a login's two lines have 14 fields. */
static size_t print_field(const struct log_field *f, char *to, size_t size)
{
	if (f->kind == LOG_KIND_NUMBER)
		return print_number(f->number, to, size);
	if (f->kind == LOG_KIND_BYTES)
		return copy_text(log_quote(f->at, f->len).text, to, size);
	return copy_text(f->at ? f->at : "", to, size);
}

/* Replaces the fields' names in braces by their values. */
static void fill_in(const char *text, const struct log_field *fields, size_t count, char *to,
		    size_t size)
{
	size_t n = 0;

	while (*text && n + 1 < size) {
		const char *end = *text == '{' ? strchr(text, '}') : NULL;
		const struct log_field *f =
			end ? find_field(fields, count, text + 1, (size_t)(end - text) - 1) : NULL;

		assert(!end || f); /* the text names only existing fields */
		if (f) {
			n += print_field(f, to + n, size - n);
			text = end + 1;
		} else {
			to[n++] = *text++;
		}
	}
	to[n] = '\0';
}

void log_fields(const struct log *log, enum log_level level, const char *event, const char *text,
		const struct log_field *fields, size_t count)
{
	char filled[LINE_MAX_LEN];
	const struct line l = { log, level, event, filled, fields, count };
	log_tap *tap = level <= LOG_LEVEL_INFO ? atomic_load(&log_milestones) : NULL;

	if (!log_wants(level) && !tap)
		return;
	fill_in(text, fields, count, filled, sizeof(filled));
	if (log_wants(level))
		finish(&l);
	if (tap)
		give(tap, &l);
}

void log_print(const char *format, ...)
{
	char text[LOG_RECORD_MAX];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text) - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(text) - 2)
		n = (int)sizeof(text) - 2;
	text[n++] = '\n';
	log_writer_put(LOG_LEVEL_ERROR, true, text, (size_t)n);
}

/* ---- text from peers */

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
		if (n + 9 > sizeof(q.text)) { /* an escape, the dots, the quote and the zero byte */
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
