/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Request bodies: framed again, cut anywhere, with little room; and malformed framing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/body.h"

static const struct {
	const char *name;
	const char *in;
	const char *out; /* NULL: malformed */
	bool is_over;
} chunked[] = {
	{ "one", "5\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", true },
	{ "none", "0\r\n\r\n", "0\r\n\r\n", true },
	{ "two", "1\r\na\r\nB\r\nhello world\r\n0\r\n\r\n",
	  "1\r\na\r\nb\r\nhello world\r\n0\r\n\r\n", true },
	{ "zeroes in front", "0005\r\nhello\r\n000\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", true },
	{ "extensions", "5;a=b\r\nhello\r\n0 ; c=\"d;e\"\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n",
	  true },
	{ "trailers", "0\r\nX: 1\r\nContent-Length: 7\r\n\r\n", "0\r\n\r\n", true },
	{ "more after it", "0\r\n\r\nGET http://b/ HTTP/1.1\r\n\r\n", "0\r\n\r\n", true },
	{ "data like framing", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
	  true },
	{ "cut in the data", "5\r\nhel", "5\r\nhel", false },
	{ "cut in the size", "12", "", false },
	{ "cut at the end", "0\r\n\r", "0\r\n", false },
	{ "no size", "\r\nhello\r\n", NULL, false },
	{ "only an extension", ";a\r\n", NULL, false },
	{ "no digit", "g\r\n", NULL, false },
	{ "a sign", "-1\r\n", NULL, false },
	{ "0x", "0x5\r\nhello\r\n", NULL, false },
	{ "too large a size", "123456789abcdef01\r\n", NULL, false },
	{ "LF alone after the size", "5\nhello\r\n0\r\n\r\n", NULL, false },
	{ "CR alone after the size", "5\rhello", NULL, false },
	{ "LF in an extension", "5;a\nb\r\nhello\r\n", NULL, false },
	{ "CR in an extension", "5;a\rb\r\nhello\r\n", NULL, false },
	{ "data longer than said", "5\r\nhello!\r\n0\r\n\r\n", NULL, false },
	{ "LF alone after the data", "5\r\nhello\n0\r\n\r\n", NULL, false },
	{ "LF alone at the end", "0\r\n\n", NULL, false },
	{ "LF in a trailer", "0\r\nX: 1\nY: 2\r\n\r\n", NULL, false },
	{ "CR alone at the end", "0\r\n\rx", NULL, false },
};

enum { ROOM_LEAST = 20 };

struct sink {
	uint8_t at[512];
	size_t len;
	size_t left; /* of the input */
};

/* Passes all of `in`, in pieces of `step`, with `room` for output. False: malformed. */
static bool pass_all(struct http_body *b, const char *in, size_t step, size_t room, struct sink *s)
{
	size_t len = strlen(in), from = 0;
	struct reader r = reader_of(in, 0);

	s->len = 0;
	while (from < len || r.left) {
		struct writer w = writer_of(s->at + s->len, room);
		size_t more = len - from < step ? len - from : step, before;

		from += more;
		r.left += more;
		before = r.left;
		if (!http_body_pass(b, &r, &w))
			return false;
		assert_false(w.full || r.bad);
		s->len += w.len;
		if (b->state == HTTP_BODY_OVER) /* what follows is left */
			break;
		assert_true(r.left < before); /* it makes progress */
	}
	s->left = strlen(in) - (size_t)(r.at - (const uint8_t *)in);
	s->at[s->len] = '\0';
	return true;
}

static void try_chunked(size_t i, size_t step, size_t room)
{
	struct http_body b;
	struct sink s;
	bool is_good;

	print_message("# %s, %zu bytes a time, room for %zu\n", chunked[i].name, step, room);
	http_body_open_chunked(&b);
	is_good = pass_all(&b, chunked[i].in, step, room, &s);
	assert_int_equal(is_good, chunked[i].out != NULL);
	if (!is_good)
		return;
	assert_string_equal((char *)s.at, chunked[i].out);
	assert_int_equal(b.state == HTTP_BODY_OVER, chunked[i].is_over);
}

static void chunks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(chunked) / sizeof(*chunked); i++) {
		try_chunked(i, 1, ROOM_LEAST);
		try_chunked(i, 1000, ROOM_LEAST);
		try_chunked(i, 3, 100);
		try_chunked(i, 1000, 256);
	}
}

static void counted(void **state)
{
	struct http_body b;
	struct sink s;

	(void)state;
	http_body_open(&b, 5);
	assert_true(pass_all(&b, "helloGET / HTTP/1.1\r\n\r\n", 2, ROOM_LEAST, &s));
	assert_string_equal((char *)s.at, "hello");
	assert_int_equal(s.left, strlen("GET / HTTP/1.1\r\n\r\n"));
	assert_int_equal(b.state, HTTP_BODY_OVER);
	http_body_open(&b, 7);
	assert_true(pass_all(&b, "hello", 100, ROOM_LEAST, &s));
	assert_int_equal(b.state, HTTP_BODY_DATA);
	http_body_open(&b, 0);
	assert_true(pass_all(&b, "GET / HTTP/1.1\r\n\r\n", 100, ROOM_LEAST, &s));
	assert_string_equal((char *)s.at, "");
}

/* Dropped bytes are limited too: a line of extensions, and all trailers. */
static void endless_lines(void **state)
{
	static const char *const starts[] = { "5;", "0\r\nX: ", "0" };
	static const char *const repeated[] = { "x", "x\r\nX: ", "0" };
	struct http_body b;
	uint8_t out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		struct reader r = reader_of(starts[i], strlen(starts[i]));
		struct writer w = writer_of(out, sizeof(out));
		size_t passed = 0;

		http_body_open_chunked(&b);
		assert_true(http_body_pass(&b, &r, &w));
		do {
			r = reader_of(repeated[i], strlen(repeated[i]));
			passed += r.left;
		} while (http_body_pass(&b, &r, &w) && passed < 2 * (size_t)HTTP_CHUNK_LINE_MAX);
		assert_in_range(passed, HTTP_CHUNK_LINE_MAX - 10, HTTP_CHUNK_LINE_MAX + 10);
	}
}

/* The limit is per line: many chunks pass. */
static void many_chunks(void **state)
{
	static const char chunk[] = "1\r\nx\r\n";
	struct http_body b;
	uint8_t out[64];

	(void)state;
	http_body_open_chunked(&b);
	for (int i = 0; i < 3 * HTTP_CHUNK_LINE_MAX; i++) {
		struct reader r = reader_of(chunk, sizeof(chunk) - 1);
		struct writer w = writer_of(out, sizeof(out));

		assert_true(http_body_pass(&b, &r, &w));
		assert_int_equal(w.len, sizeof(chunk) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks),
		cmocka_unit_test(counted),
		cmocka_unit_test(endless_lines),
		cmocka_unit_test(many_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
