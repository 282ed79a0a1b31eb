/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The format of log lines, and that a peer can't forge one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/log_writer.h"

static char got_name[64], got_line[2048];
static enum log_level got_level;
static unsigned int lines;

static void keep(enum log_level level, const char *name, const char *line)
{
	got_level = level;
	snprintf(got_name, sizeof(got_name), "%s", name);
	snprintf(got_line, sizeof(got_line), "%s", line);
	lines++;
}

static int set_up(void **state)
{
	(void)state;
	lines = 0;
	log_set_level(LOG_LEVEL_INFO);
	log_set_json(false);
	log_set_timestamps(false);
	log_set_sink(keep);
	return 0;
}

static void levels(void **state)
{
	const struct log log = { .name = "session 7" };

	(void)state;
	log_info(&log, "address %s", "10.1.0.2");
	assert_string_equal(got_name, "session 7");
	assert_string_equal(got_line, "address 10.1.0.2");
	assert_int_equal(got_level, LOG_LEVEL_INFO);
	log_debug(&log, "not wanted");
	assert_int_equal(lines, 1);
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug(NULL, "wanted");
	assert_int_equal(lines, 2);
	assert_string_equal(got_name, "");
	log_set_level(LOG_LEVEL_ERROR);
	log_warn(NULL, "not wanted");
	assert_int_equal(lines, 2);
	assert_true(log_wants(LOG_LEVEL_ERROR));
	assert_false(log_wants(LOG_LEVEL_WARN));
}

static int calls;

static int count(void)
{
	return ++calls;
}

static void debug_costs_nothing(void **state)
{
	(void)state;
	calls = 0;
	log_debug(NULL, "%d", count());
	assert_int_equal(calls, 0);
}

static void long_lines_are_cut(void **state)
{
	char text[4000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info(NULL, "%s", text);
	assert_in_range(strlen(got_line), 500, 1023);
}

static void quoting(void **state)
{
	static const struct {
		const char *from;
		size_t len;
		const char *want;
	} cases[] = {
		{ "", 0, "\"\"" },
		{ NULL, 0, "\"\"" },
		{ "ann", 3, "\"ann\"" },
		{ "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
		{ "a\nb", 3, "\"a\\x0ab\"" },
		{ "a\0b", 3, "\"a\\x00b\"" },
		{ "\x1b[2J\x7f", 5, "\"\\x1b[2J\\x7f\"" },
		{ "J\xc3\xb6rg \xe6\x9d\x8e \xf0\x9f\x98\x80", 14,
		  "\"J\xc3\xb6rg \xe6\x9d\x8e \xf0\x9f\x98\x80\"" },
		{ "\xc3", 1,
		  "\"\\xc3\"" }, /* not UTF-8: truncated, a continuation byte, too long, a surrogate */
		{ "\xe2\x82z", 3, "\"\\xe2\\x82z\"" },
		{ "\xc0\xaf", 2, "\"\\xc0\\xaf\"" },
		{ "\xed\xa0\x80", 3, "\"\\xed\\xa0\\x80\"" },
		{ "\xff\xfe", 2, "\"\\xff\\xfe\"" },
		{ "\xc2\x9b"
		  "2J",
		  4, "\"\\xc2\\x9b2J\"" }, /* C1: a terminal's CSI */
		{ "a\xe2\x80\xae"
		  "b",
		  5,
		  "\"a\\xe2\\x80\\xae"
		  "b\"" }, /* U+202E reverses what follows */
		{ "a\xe2\x80\xa8"
		  "b",
		  5,
		  "\"a\\xe2\\x80\\xa8"
		  "b\"" }, /* U+2028 ends a line */
		{ "\xef\xbb\xbf", 3, "\"\\xef\\xbb\\xbf\"" },
		{ "\xf3\xa0\x81\x81", 4, "\"\\xf3\\xa0\\x81\\x81\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(log_quote(cases[i].from, cases[i].len).text, cases[i].want);
}

/* Wherever the first escape is, truncated text ends with dots and a quote and fits. */
static void long_text_is_cut(void **state)
{
	static const char *const fillings[] = { "\n\n", "\xc3\xb6" };
	char from[400];

	(void)state;
	for (size_t plain = 0; plain < 600; plain++) {
		struct log_text q;
		size_t len;

		for (size_t i = 0; i < sizeof(from); i++)
			from[i] = i < plain / 2 ? 'x' : fillings[plain % 2][(i - plain / 2) % 2];
		q = log_quote(from, sizeof(from));
		len = strnlen(q.text, sizeof(q.text));
		assert_in_range(len, sizeof(q.text) - 8, sizeof(q.text) - 1);
		assert_string_equal(q.text + len - 4, "...\"");
	}
}

/* Returns what is written to descriptor 2. */
static const char *catch (void (*say)(void *arg), void *arg)
{
	static char out[4096];
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_set_sink(NULL);
	say(arg);
	log_flush(60 * 1000);
	dup2(saved, STDERR_FILENO);
	n = read(ends[0], out, sizeof(out) - 1);
	assert_true(n > 0);
	out[n] = '\0';
	close(saved);
	close(ends[0]);
	close(ends[1]);
	return out;
}

struct said {
	enum log_level level;
	const struct log *log;
	const char *line;
	size_t len;
};

static void say_line(void *arg)
{
	const struct said *s = arg;

	log_at(s->log, s->level, "%s", s->line);
}

static const char *to_stderr(enum log_level level, const struct log *log, const char *line)
{
	return catch (say_line, &(struct said){ level, log, line, 0 });
}

static void say_event(void *arg)
{
	const struct said *s = arg;

	log_event(s->log, LOG_LEVEL_INFO, "login", "up {user}", LOG_BYTES("user", s->line, s->len),
		  LOG_LIST("dns", "10.0.0.1, 10.0.0.2"));
}

static const char *event_to_stderr(const struct log *log, const char *user, size_t len)
{
	return catch (say_event, &(struct said){ LOG_LEVEL_INFO, log, user, len });
}

static void as_text(void **state)
{
	const struct log log = { .name = "client" };

	(void)state;
	assert_string_equal(to_stderr(LOG_LEVEL_INFO, &log, "up"), "client: up\n");
	assert_string_equal(to_stderr(LOG_LEVEL_WARN, &log, "odd"), "warn: client: odd\n");
	assert_string_equal(to_stderr(LOG_LEVEL_ERROR, NULL, "bad"), "error: bad\n");
	log_set_timestamps(true);
	assert_int_equal(strlen(to_stderr(LOG_LEVEL_INFO, NULL, "up")),
			 strlen("2026-01-01T00:00:00.000Z up\n"));
}

static void as_json(void **state)
{
	const struct log log = { .name = "session 1" };
	const char *out;

	(void)state;
	log_set_json(true);
	out = to_stderr(LOG_LEVEL_WARN, &log, "user \"a\\b\"\x01");
	assert_memory_equal(out, "{\"time\":\"20", 11);
	assert_non_null(strstr(out, "\"level\":\"warn\",\"who\":\"session 1\",\"message\":"
				    "\"user \\\"a\\\\b\\\"\\u0001\"}\n"));
	out = to_stderr(LOG_LEVEL_INFO, &log,
			"\xc3\xb6 \xc2\x9b \xe2\x80\xae \xff \xf3\xa0\x81\x81");
	assert_non_null(strstr(out, "\"\xc3\xb6 \\u009b \\u202e \\ufffd \\ufffd\"}\n"));
}

/* ---- milestones */

static void milestones(void **state)
{
	static const char user[] = "a\"\xff\n";
	const struct log log = { .name = "session 7", .session = 7 };
	const char *out;

	(void)state;
	log_event(&log, LOG_LEVEL_INFO, "login", "up, user {user}, {bytes} bytes from {peer}{note}",
		  LOG_BYTES("user", user, sizeof(user) - 1), LOG_NUMBER("bytes", 12),
		  LOG_TEXT("peer", "192.0.2.1"), LOG_TEXT("note", ""),
		  LOG_LIST("dns", "10.0.0.1, 10.0.0.2"), LOG_LIST("none", ""));
	assert_string_equal(got_line, "up, user \"a\\\"\\xff\\x0a\", 12 bytes from 192.0.2.1");
	assert_string_equal(got_name, "session 7");
	log_set_json(true);
	out = event_to_stderr(&log, user, sizeof(user) - 1);
	assert_non_null(strstr(out, "\"level\":\"info\",\"event\":\"login\",\"who\":\"session 7\","
				    "\"session\":7,\"user\":\"a\\\"\\ufffd\\u000a\","
				    "\"dns\":[\"10.0.0.1\",\"10.0.0.2\"],\"message\":\"up "));
}

/* The message is truncated before a field is. */
static void long_facts(void **state)
{
	char user[3000];
	const struct log log = { .name = "x" };
	const char *out;

	(void)state;
	memset(user, '\n', sizeof(user));
	log_set_json(true);
	out = event_to_stderr(&log, user, sizeof(user));
	assert_in_range(strlen(out), 3000, LOG_RECORD_MAX);
	assert_string_equal(out + strlen(out) - 3, "\"}\n");
}

/* ---- limits */

static void lines_per_minute_are_limited(void **state)
{
	struct log_limit limit = { .about = "things", .max = 3 };

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(log_limit_passes_at(&limit, 1000), i < 3);
	assert_int_equal(lines, 0);
	assert_false(log_limit_passes_at(&limit, 60 * 1000));
	assert_int_equal(lines, 0);
	assert_true(log_limit_passes_at(&limit, 61 * 1000));
	assert_int_equal(lines, 1);
	assert_string_equal(got_line,
			    "8 more lines about things were skipped; --verbose shows them");
	assert_true(log_limit_passes_at(&limit, 200 * 1000));
	assert_int_equal(lines, 1);
	limit.left_out = 2;
	log_limit_end(&limit, NULL);
	log_limit_end(&limit, NULL);
	assert_int_equal(lines, 2);
}

/* Errors and milestones pass; with --verbose all lines do. */
static void limited_lines(void **state)
{
	struct log_limit limit = { .about = "things", .max = 0 };
	const struct log log = { .name = "x", .limit = &limit };

	(void)state;
	log_warn(&log, "no");
	log_info(&log, "no");
	assert_int_equal(lines, 0);
	log_error(&log, "yes");
	log_event(&log, LOG_LEVEL_INFO, "end", "yes", LOG_NUMBER("n", 1));
	assert_int_equal(lines, 2);
	log_set_level(LOG_LEVEL_DEBUG);
	log_warn(&log, "yes");
	assert_int_equal(lines, 3);
}

/*
 * The count of skipped lines is logged without waiting for another line. The minute begins now: the writer's thread, which
 * the test before has woken, looks at it too.
 */
static void the_count_comes(void **state)
{
	const uint64_t now = clock_now_ms();
	uint64_t due;

	(void)state;
	log_strangers.since_ms = now;
	log_strangers.left_out = 4;
	due = log_tick(now + 1000);
	assert_true(due == now + 60000);
	assert_int_equal(lines, 0);
	due = log_tick(now + 60000);
	assert_true(due == UINT64_MAX);
	assert_string_equal(got_line, "4 more lines about connections that have not logged in were "
				      "skipped; --verbose shows them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(levels, set_up),
		cmocka_unit_test_setup(debug_costs_nothing, set_up),
		cmocka_unit_test_setup(long_lines_are_cut, set_up),
		cmocka_unit_test_setup(quoting, set_up),
		cmocka_unit_test_setup(long_text_is_cut, set_up),
		cmocka_unit_test_setup(as_text, set_up),
		cmocka_unit_test_setup(as_json, set_up),
		cmocka_unit_test_setup(milestones, set_up),
		cmocka_unit_test_setup(long_facts, set_up),
		cmocka_unit_test_setup(lines_per_minute_are_limited, set_up),
		cmocka_unit_test_setup(limited_lines, set_up),
		cmocka_unit_test_setup(the_count_comes, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
