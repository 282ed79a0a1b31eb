/* Answers of targets: heads written anew, bodies untouched, and what is no answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proxy/http_answer.h"

#define OUR_END "Via: 1.1 sstp\r\nConnection: close\r\n\r\n"
#define BAD "HTTP/1.1 502 "

static const struct {
	const char *name;
	const char *in;
	const char *out; /* of a refusal: its start */
} answers[] = {
	{ "plain", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" OUR_END "hello" },
	{ "up to the end", "HTTP/1.0 200 OK\r\n\r\nhello\r\n\r\nHTTP/1.1 200 OK",
	  "HTTP/1.1 200 OK\r\n" OUR_END "hello\r\n\r\nHTTP/1.1 200 OK" },
	{ "chunks",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n" OUR_END
	  "5\r\nhello\r\n0\r\nX: 1\r\n\r\n" },
	{ "no reason", "HTTP/1.1 404\r\n\r\n", "HTTP/1.1 404\r\n" OUR_END },
	{ "lines end in LF", "HTTP/1.1 200 OK\nX:1\n\nhello",
	  "HTTP/1.1 200 OK\r\nX: 1\r\n" OUR_END "hello" },
	{ "what is for one hop",
	  "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\n"
	  "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX: 2\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nX: 2\r\n" OUR_END },
	{ "length named by Connection",
	  "HTTP/1.1 200 OK\r\nConnection: Content-Length\r\n"
	  "Content-Length: 1\r\n\r\nx",
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" OUR_END "x" },
	{ "length and chunks",
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" OUR_END "0\r\n\r\n" },
	{ "interim",
	  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n!",
	  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
	  "HTTP/1.1 200 OK\r\n" OUR_END "!" },

	{ "nothing", "", BAD },
	{ "cut", "HTTP/1.1 200 OK\r\nX: ", BAD },
	{ "only interim", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n" BAD },
	{ "SSH", "SSH-2.0-OpenSSH_9.2\r\n", BAD },
	{ "HTTP/2", "HTTP/2 200 OK\r\n\r\n", BAD },
	{ "no status", "HTTP/1.1 OK\r\n\r\n", BAD },
	{ "status zero", "HTTP/1.1 000 OK\r\n\r\n", BAD },
	{ "other protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes", BAD },
	{ "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
	  BAD },
	{ "folded line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", BAD },
	{ "CR in a field", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", BAD },
	{ "CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", BAD },
};

/* In pieces of `step`, through a window of `room`, to the end. */
static void pass_all(struct http_answer *a, struct bytes in, size_t step, size_t room,
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
		http_answer_pass(a, &r, &w, from == in.len);
		assert_false(w.full || r.bad);
		out->len += w.len;
		before -= r.left;
		before += w.len;
	} while (from < in.len || before);
	assert_int_equal(r.left, 0);
}

static void try_answer(size_t i, size_t step, size_t room)
{
	static struct http_answer a;
	uint8_t text[1024];
	struct writer out = writer_of(text, sizeof(text));
	const char *refusal = strstr(answers[i].out, BAD);

	print_message("# %s, %zu bytes a time, room for %zu\n", answers[i].name, step, room);
	http_answer_open(&a, false);
	pass_all(&a, bytes_text(answers[i].in), step, room, &out);
	text[out.len] = '\0';
	if (!refusal) {
		assert_string_equal((char *)text, answers[i].out);
		return;
	}
	assert_memory_equal(text, answers[i].out, strlen(answers[i].out));
	assert_non_null(strstr((char *)text, "\r\n\r\nsstp proxy: the target"));
}

static void answers_pass_as_they_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		try_answer(i, 1, 1);
		try_answer(i, 1, 100);
		try_answer(i, 1000, 7);
		try_answer(i, 1000, 500);
	}
}

static void refusal_of_head(void **state)
{
	static struct http_answer a;
	uint8_t text[1024];
	struct writer out = writer_of(text, sizeof(text));

	(void)state;
	http_answer_open(&a, true);
	pass_all(&a, bytes_text("nonsense"), 100, 500, &out);
	assert_memory_equal(text, BAD, strlen(BAD));
	assert_memory_equal(text + out.len - 4, "\r\n\r\n", 4);
}

/* A head that is as long as we hold passes, a longer one does not; neither grows out of its room. */
static void long_heads(void **state)
{
	static uint8_t in[ASKED_ROOM + 1], text[2 * ASKED_ROOM];
	static const char start[] = "HTTP/1.1 200 OK\nX:";
	static struct http_answer a;

	(void)state;
	for (size_t len = ASKED_ROOM; len <= ASKED_ROOM + 1; len++) {
		struct writer out = writer_of(text, sizeof(text));

		memset(in, 'x', len);
		memcpy(in, start, sizeof(start) - 1);
		memcpy(in + len - 2, "\n\n", 2);
		http_answer_open(&a, false);
		pass_all(&a, bytes_of(in, len), 1000, 1000, &out);
		assert_memory_equal(text + 9, len == ASKED_ROOM ? "200" : "502", 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_pass_as_they_should),
		cmocka_unit_test(refusal_of_head),
		cmocka_unit_test(long_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
