/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses of targets: heads are rewritten, bodies pass unchanged, malformed ones are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proxy/http_response.h"

#define VIA "Via: 1.1 sstp\r\n"
#define KEPT VIA "\r\n"
#define CLOSED VIA "Connection: close\r\n\r\n"
#define BAD "HTTP/1.1 502 "

static const struct {
	const char *name;
	const char *in;
	const char *out; /* of our error response: its start */
	bool is_over;    /* before the connection's end */
	bool is_kept;
} responses[] = {
	{ "plain", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" KEPT "hello", true, true },
	{ "more than it says",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" KEPT "hello", true, true },
	{ "less than it says", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
	  "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n" KEPT "hello", false, true },
	{ "nothing in it", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx",
	  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" KEPT, true, true },
	{ "an old server with a length", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" KEPT "hello", true, true },
	{ "no content", "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
	  "HTTP/1.1 204 No Content\r\n" KEPT, true, true },
	{ "not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
	  "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n" KEPT, true, true },
	{ "up to the end", "HTTP/1.0 200 OK\r\n\r\nhello\r\n\r\nHTTP/1.1 200 OK",
	  "HTTP/1.1 200 OK\r\n" CLOSED "hello\r\n\r\nHTTP/1.1 200 OK", false, false },
	{ "chunks",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n" KEPT
	  "5\r\nhello\r\n0\r\nX: 1\r\n\r\n",
	  true, true },
	{ "more than the last chunk",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0005;a=b\r\nhello\r\n0\r\n\r\nHTTP/1.1 200",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" KEPT "0005;a=b\r\nhello\r\n0\r\n\r\n",
	  true, true },
	{ "chunks that are none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" KEPT "5\nhello\n", false, false },
	{ "chunks of an old server",
	  "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" CLOSED "0\r\n\r\nx", false, false },
	{ "another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\nx",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n" CLOSED "0\r\n\r\nx", false,
	  false },
	{ "no reason", "HTTP/1.1 404\r\n\r\n", "HTTP/1.1 404\r\n" CLOSED, false, false },
	{ "lines end in LF", "HTTP/1.1 200 OK\nX:1\n\nhello",
	  "HTTP/1.1 200 OK\r\nX: 1\r\n" CLOSED "hello", false, false },
	{ "what is for one hop",
	  "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\n"
	  "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX: 2\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nX: 2\r\n" CLOSED, false, false },
	{ "length named by Connection",
	  "HTTP/1.1 200 OK\r\nConnection: Content-Length\r\n"
	  "Content-Length: 1\r\n\r\nx",
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" KEPT "x", true, true },
	{ "length and chunks",
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" CLOSED "0\r\n\r\n", true, false },
	{ "interim",
	  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!",
	  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" KEPT "!",
	  true, true },

	{ "nothing", "", BAD, true, false },
	{ "cut", "HTTP/1.1 200 OK\r\nX: ", BAD, true, false },
	{ "only interim", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n" BAD,
	  true, false },
	{ "SSH", "SSH-2.0-OpenSSH_9.2\r\n", BAD, true, false },
	{ "HTTP/2", "HTTP/2 200 OK\r\n\r\n", BAD, true, false },
	{ "no status", "HTTP/1.1 OK\r\n\r\n", BAD, true, false },
	{ "status zero", "HTTP/1.1 000 OK\r\n\r\n", BAD, true, false },
	{ "other protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes", BAD,
	  true, false },
	{ "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", BAD,
	  true, false },
	{ "a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx", BAD, true,
	  false },
	{ "a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx", BAD, true,
	  false },
	{ "too long a length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx",
	  BAD, true, false },
	{ "folded line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", BAD, true, false },
	{ "CR in a field", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", BAD, true, false },
	{ "CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", BAD, true, false },
};

/* Passes all of it, in pieces of `step`, with `room` for output. */
static void pass_all(struct http_response *a, struct bytes in, size_t step, size_t room,
		     struct writer *out)
{
	struct reader r = reader_of(in.at, 0);
	size_t from = 0, before;

	do {
		size_t more = in.len - from < step ? in.len - from : step;
		struct writer w = writer_of(out->at + out->len, room);

		from += more;
		r.left += more;
		before = r.left;
		http_response_pass(a, &r, &w, from == in.len);
		assert_false(w.full || r.bad);
		out->len += w.len;
		before -= r.left;
		before += w.len;
	} while (from < in.len || before);
	assert_int_equal(r.left, 0);
}

static void try_response(size_t i, size_t step, size_t room)
{
	static struct http_response a;
	uint8_t text[1024];
	struct writer out = writer_of(text, sizeof(text));
	const char *refusal = strstr(responses[i].out, BAD);

	print_message("# %s, %zu bytes a time, room for %zu\n", responses[i].name, step, room);
	http_response_open(&a, false, true);
	pass_all(&a, bytes_text(responses[i].in), step, room, &out);
	text[out.len] = '\0';
	assert_int_equal(http_response_is_over(&a), responses[i].is_over);
	assert_int_equal(a.may_keep, responses[i].is_kept);
	if (!refusal) {
		assert_string_equal((char *)text, responses[i].out);
		return;
	}
	assert_memory_equal(text, responses[i].out, strlen(responses[i].out));
	assert_non_null(strstr((char *)text, "\r\n\r\nsstp proxy: the target"));
}

static void responses_are_rewritten(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(responses) / sizeof(*responses); i++) {
		try_response(i, 1, 1);
		try_response(i, 1, 100);
		try_response(i, 1000, 7);
		try_response(i, 1000, 500);
	}
}

static void refusal_of_head(void **state)
{
	static struct http_response a;
	uint8_t text[1024];
	struct writer out = writer_of(text, sizeof(text));

	(void)state;
	http_response_open(&a, true, true);
	pass_all(&a, bytes_text("nonsense"), 100, 500, &out);
	assert_memory_equal(text, BAD, strlen(BAD));
	assert_memory_equal(text + out.len - 4, "\r\n\r\n", 4);
}

/* A head of the maximum length passes, a longer one is refused; neither overflows the buffer. */
static void long_heads(void **state)
{
	static uint8_t in[REQUEST_SIZE + 1], text[2 * REQUEST_SIZE];
	static const char start[] = "HTTP/1.1 200 OK\nX:";
	static struct http_response a;

	(void)state;
	for (size_t len = REQUEST_SIZE; len <= REQUEST_SIZE + 1; len++) {
		struct writer out = writer_of(text, sizeof(text));

		memset(in, 'x', len);
		memcpy(in, start, sizeof(start) - 1);
		memcpy(in + len - 2, "\n\n", 2);
		http_response_open(&a, false, false);
		pass_all(&a, bytes_of(in, len), 1000, 1000, &out);
		assert_memory_equal(text + 9, len == REQUEST_SIZE ? "200" : "502", 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responses_are_rewritten),
		cmocka_unit_test(refusal_of_head),
		cmocka_unit_test(long_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
