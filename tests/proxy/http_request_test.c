/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests to the HTTP proxy: which are accepted, which are refused and how, and what is forwarded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/head.h"
#include "proxy/http_request.h"

static const struct proxy_login ann = { "ann", "wonder land" };

#define ANN "Proxy-Authorization: Basic YW5uOndvbmRlciBsYW5k\r\n"
#define OUR_END "Via: 1.1 sstp\r\nConnection: close\r\n\r\n"
#define H10 "a:\r\nb:\r\nc:\r\nd:\r\ne:\r\nf:\r\ng:\r\nh:\r\ni:\r\nj:\r\n"
#define H120 H10 H10 H10 H10 H10 H10 H10 H10 H10 H10 H10 H10

static const struct {
	const char *name;
	const struct proxy_login *login;
	const char *in;
	int status;         /* 0: accepted */
	const char *target; /* if accepted */
	const char *out;    /* if accepted: what the target gets; NULL: a tunnel */
	const char *left;   /* for the tunnel */
} requests[] = {
	/* ---- tunnels */
	{ "CONNECT", NULL, "CONNECT example.net:443 HTTP/1.1\r\nHost: example.net:443\r\n\r\n", 0,
	  "example.net:443", NULL, "" },
	{ "CONNECT, early data", NULL, "CONNECT example.net:443 HTTP/1.1\r\n\r\n\x16\x03\x01", 0,
	  "example.net:443", NULL, "\x16\x03\x01" },
	{ "CONNECT, HTTP/1.0", NULL, "CONNECT 10.0.0.7:22 HTTP/1.0\r\n\r\n", 0, "10.0.0.7:22", NULL,
	  "" },
	{ "CONNECT, IPv6", NULL, "CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n", 0,
	  "[2001:db8::1]:443", NULL, "" },
	{ "CONNECT, length 0", NULL, "CONNECT a:1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 0, "a:1",
	  NULL, "" },
	{ "CONNECT, lines end in LF", NULL, "CONNECT a:1 HTTP/1.1\nHost: a\n\n", 0, "a:1", NULL,
	  "" },
	{ "CONNECT, a line end before it", NULL, "\r\nCONNECT a:1 HTTP/1.1\r\n\r\n", 0, "a:1", NULL,
	  "" },
	{ "CONNECT, no port", NULL, "CONNECT example.net HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "CONNECT, port 0", NULL, "CONNECT a:0 HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "CONNECT, large port", NULL, "CONNECT a:65536 HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "CONNECT, no host", NULL, "CONNECT :443 HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "CONNECT, URL", NULL, "CONNECT http://a:1/ HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "CONNECT, user", NULL, "CONNECT u@a:1 HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "CONNECT, IPv6 bare", NULL, "CONNECT 2001:db8::1 HTTP/1.1\r\n\r\n", 400, NULL, NULL,
	  NULL },
	{ "CONNECT, name in brackets", NULL, "CONNECT [a]:1 HTTP/1.1\r\n\r\n", 400, NULL, NULL,
	  NULL },
	{ "CONNECT, body", NULL, "CONNECT a:1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 400,
	  NULL, NULL, NULL },
	{ "CONNECT, chunks", NULL, "CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
	  400, NULL, NULL, NULL },

	/* ---- forwarded */
	{ "GET", NULL,
	  "GET http://example.net/a/b?c=d HTTP/1.1\r\nHost: example.net\r\nAccept: */*\r\n"
	  "Proxy-Connection: Keep-Alive\r\n\r\n",
	  0, "example.net:80",
	  "GET /a/b?c=d HTTP/1.1\r\nHost: example.net\r\nAccept: */*\r\n" OUR_END, NULL },
	{ "no path", NULL, "GET http://example.net HTTP/1.1\r\n\r\n", 0, "example.net:80",
	  "GET / HTTP/1.1\r\nHost: example.net\r\n" OUR_END, NULL },
	{ "a query alone", NULL, "GET http://example.net?a HTTP/1.1\r\n\r\n", 0, "example.net:80",
	  "GET /?a HTTP/1.1\r\nHost: example.net\r\n" OUR_END, NULL },
	{ "port", NULL, "GET HTTP://example.net:8080/ HTTP/1.1\r\n\r\n", 0, "example.net:8080",
	  "GET / HTTP/1.1\r\nHost: example.net:8080\r\n" OUR_END, NULL },
	{ "IPv6", NULL, "GET http://[2001:db8::1]/ HTTP/1.1\r\n\r\n", 0, "[2001:db8::1]:80",
	  "GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n" OUR_END, NULL },
	{ "HTTP/1.0", NULL, "GET http://a/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 0, "a:80",
	  "GET / HTTP/1.0\r\nHost: a\r\nVia: 1.0 sstp\r\nConnection: close\r\n\r\n", NULL },
	{ "a newer HTTP/1", NULL, "GET http://a/ HTTP/1.7\r\n\r\n", 0, "a:80",
	  "GET / HTTP/1.1\r\nHost: a\r\n" OUR_END, NULL },
	{ "another Host", NULL, "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 0, "a:80",
	  "GET / HTTP/1.1\r\nHost: a\r\n" OUR_END, NULL },
	{ "OPTIONS of all", NULL, "OPTIONS http://a HTTP/1.1\r\n\r\n", 0, "a:80",
	  "OPTIONS * HTTP/1.1\r\nHost: a\r\n" OUR_END, NULL },
	{ "OPTIONS of a path", NULL, "OPTIONS http://a/ HTTP/1.1\r\n\r\n", 0, "a:80",
	  "OPTIONS / HTTP/1.1\r\nHost: a\r\n" OUR_END, NULL },
	{ "another method", NULL, "M-SEARCH http://a/ HTTP/1.1\r\n\r\n", 0, "a:80",
	  "M-SEARCH / HTTP/1.1\r\nHost: a\r\n" OUR_END, NULL },
	{ "what is for one hop", NULL,
	  "GET http://a/ HTTP/1.1\r\nConnection: close, X-Mine ,\tx-too\r\nx-MINE: 1\r\nX-Too: 2\r\n"
	  "X-Other: 3\r\nConnection: X-Third\r\nX-Third: 4\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
	  "Upgrade: h2c\r\nProxy-Connection: keep-alive\r\nProxy-Anything: 6\r\n" ANN "\r\n",
	  0, "a:80", "GET / HTTP/1.1\r\nHost: a\r\nX-Other: 3\r\n" OUR_END, NULL },
	{ "fields are written again", NULL,
	  "GET http://a/ HTTP/1.1\nX:1\nY:\t a  b \t\nZ:\r\nVia: 1.1 other\r\n\r\n", 0, "a:80",
	  "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: a  b\r\nZ: \r\nVia: 1.1 other\r\n" OUR_END,
	  NULL },
	{ "bytes above 127", NULL, "GET http://a/\xc3\xa9 HTTP/1.1\r\nX: \xe9\r\n\r\n", 0, "a:80",
	  "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n" OUR_END, NULL },
	{ "body", NULL, "POST http://a/ HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 0, "a:80",
	  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" OUR_END "hello", NULL },
	{ "body, more after it", NULL,
	  "POST http://a/ HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET http://b/ HTTP/1.1\r\n\r\n",
	  0, "a:80", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" OUR_END "hello", NULL },
	{ "no body, more after it", NULL,
	  "GET http://a/ HTTP/1.1\r\n\r\nGET http://b/ HTTP/1.1\r\n\r\n", 0, "a:80",
	  "GET / HTTP/1.1\r\nHost: a\r\n" OUR_END, NULL },
	{ "body, length named by Connection", NULL,
	  "POST http://a/ HTTP/1.1\r\nConnection: Content-Length\r\nContent-Length: 5\r\n\r\nhello",
	  0, "a:80", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" OUR_END "hello", NULL },
	{ "body, zeroes before the length", NULL,
	  "POST http://a/ HTTP/1.1\r\nContent-Length: 005\r\n\r\nhello", 0, "a:80",
	  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" OUR_END "hello", NULL },
	{ "body, expected", NULL,
	  "POST http://a/ HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", 0, "a:80",
	  "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n" OUR_END,
	  NULL },
	{ "chunks", NULL,
	  "POST http://a/ HTTP/1.1\r\ntransfer-encoding: Chunked\r\nTrailer: X\r\n\r\n"
	  "5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n",
	  0, "a:80",
	  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" OUR_END
	  "5\r\nhello\r\n0\r\n\r\n",
	  NULL },

	/* ---- malformed or ambiguous */
	{ "for a web server", NULL, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL, NULL, NULL },
	{ "for a server", NULL, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL, NULL, NULL },
	{ "https", NULL, "GET https://a/ HTTP/1.1\r\n\r\n", 501, NULL, NULL, NULL },
	{ "ftp", NULL, "GET ftp://a/ HTTP/1.1\r\n\r\n", 501, NULL, NULL, NULL },
	{ "no host", NULL, "GET http:/// HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "user in the URL", NULL, "GET http://u:p@a/ HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "fragment", NULL, "GET http://a/#b HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "blank in the URL", NULL, "GET http://a/b c HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "tab in the URL", NULL, "GET http://a/b\tc HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "CR in the URL", NULL, "GET http://a/b\rc HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "no version", NULL, "GET http://a/\r\n\r\n", 400, NULL, NULL, NULL },
	{ "HTTP/2", NULL, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, NULL, NULL, NULL },
	{ "method", NULL, "GE(T http://a/ HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL },
	{ "TLS", NULL, "\x16\x03\x01", 400, NULL, NULL, NULL },
	{ "SOCKS", NULL, "\x05\x01", 400, NULL, NULL, NULL },
	{ "two Hosts", NULL, "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, NULL,
	  NULL, NULL },
	{ "two lengths", NULL,
	  "POST http://a/ HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400,
	  NULL, NULL, NULL },
	{ "a list of lengths", NULL, "POST http://a/ HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\nhello",
	  400, NULL, NULL, NULL },
	{ "length and chunks", NULL,
	  "POST http://a/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
	  NULL, NULL, NULL },
	{ "length with a sign", NULL, "POST http://a/ HTTP/1.1\r\nContent-Length: +5\r\n\r\n", 400,
	  NULL, NULL, NULL },
	{ "length in hex", NULL, "POST http://a/ HTTP/1.1\r\nContent-Length: 0x5\r\n\r\n", 400,
	  NULL, NULL, NULL },
	{ "length empty", NULL, "POST http://a/ HTTP/1.1\r\nContent-Length:\r\n\r\n", 400, NULL,
	  NULL, NULL },
	{ "length above 64 bits", NULL,
	  "POST http://a/ HTTP/1.1\r\nContent-Length: 18446744073709551621\r\n\r\n", 400, NULL,
	  NULL, NULL },
	{ "another coding", NULL,
	  "POST http://a/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, NULL, NULL,
	  NULL },
	{ "chunks after a byte", NULL,
	  "POST http://a/ HTTP/1.1\r\nTransfer-Encoding: \x0b"
	  "chunked\r\n\r\n",
	  400, NULL, NULL, NULL },
	{ "chunks twice", NULL,
	  "POST http://a/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
	  400, NULL, NULL, NULL },
	{ "chunks, HTTP/1.0", NULL, "POST http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
	  400, NULL, NULL, NULL },
	{ "blank before a colon", NULL, "POST http://a/ HTTP/1.1\r\nContent-Length : 5\r\n\r\n",
	  400, NULL, NULL, NULL },
	{ "folded line", NULL, "GET http://a/ HTTP/1.1\r\nX: a\r\n b\r\n\r\n", 400, NULL, NULL,
	  NULL },
	{ "folded first line", NULL, "GET http://a/ HTTP/1.1\r\n X: a\r\n\r\n", 400, NULL, NULL,
	  NULL },
	{ "field without a colon", NULL, "GET http://a/ HTTP/1.1\r\nX\r\n\r\n", 400, NULL, NULL,
	  NULL },
	{ "field without a name", NULL, "GET http://a/ HTTP/1.1\r\n: x\r\n\r\n", 400, NULL, NULL,
	  NULL },
	{ "CR in a field", NULL, "GET http://a/ HTTP/1.1\r\nX: a\rContent-Length: 5\r\n\r\n", 400,
	  NULL, NULL, NULL },
	{ "hops to be counted", NULL, "TRACE http://a/ HTTP/1.1\r\nMax-Forwards: 0\r\n\r\n", 501,
	  NULL, NULL, NULL },
	{ "120 fields", NULL, "CONNECT a:1 HTTP/1.1\r\n" H120 "\r\n", 0, "a:1", NULL, "" },
	{ "130 fields", NULL, "CONNECT a:1 HTTP/1.1\r\n" H120 H10 "\r\n", 431, NULL, NULL, NULL },

	/* ---- logins */
	{ "login", &ann, "CONNECT a:1 HTTP/1.1\r\n" ANN "\r\n", 0, "a:1", NULL, "" },
	{ "login, forwarded", &ann, "GET http://a/ HTTP/1.1\r\n" ANN "\r\n", 0, "a:80",
	  "GET / HTTP/1.1\r\nHost: a\r\n" OUR_END, NULL },
	{ "login, other letters", &ann,
	  "CONNECT a:1 HTTP/1.1\r\nproxy-authorization: BASIC  YW5uOndvbmRlciBsYW5k \r\n\r\n", 0,
	  "a:1", NULL, "" },
	{ "login missing", &ann, "CONNECT a:1 HTTP/1.1\r\n\r\n", 407, NULL, NULL, NULL },
	{ "login wrong", &ann,
	  "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: Basic YW5uOndvbmRlcg==\r\n\r\n", 407, NULL,
	  NULL, NULL },
	{ "login by another scheme", &ann,
	  "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: Bearer YW5uOndvbmRlciBsYW5k\r\n\r\n", 407,
	  NULL, NULL, NULL },
	{ "login for the target", &ann,
	  "CONNECT a:1 HTTP/1.1\r\nAuthorization: Basic YW5uOndvbmRlciBsYW5k\r\n\r\n", 407, NULL,
	  NULL, NULL },
	{ "two logins", &ann, "CONNECT a:1 HTTP/1.1\r\n" ANN ANN "\r\n", 407, NULL, NULL, NULL },
	{ "login empty", &ann, "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization:\r\n\r\n", 407, NULL,
	  NULL, NULL },
};

struct talk {
	struct http_proxy h;
	uint8_t tx[REQUEST_REPLY_SIZE];
	struct reader in;
	struct writer out;
	enum proxy_request request;
};

/* `step` bytes at a time; what is left is passed again with the next bytes. */
static void have_talk(struct talk *t, const struct proxy_login *login, const char *in, size_t step)
{
	size_t len = strlen(in), from = 0;

	http_proxy_open(&t->h, login);
	t->in = reader_of(in, 0);
	t->out = writer_of(t->tx, sizeof(t->tx) - 1);
	do {
		size_t more = len - from < step ? len - from : step;

		from += more;
		t->in.left += more;
		t->request = http_proxy_input(&t->h, &t->in, &t->out);
		assert_false(t->in.bad || t->out.full);
	} while (t->request == REQUEST_INCOMPLETE && from < len);
	t->in.left += len - from;
	t->tx[t->out.len] = '\0';
}

/* A complete response: its length is correct, and it has `Connection: close`. */
static void assert_refusal(const char *text, int status, bool is_head)
{
	char start[32];
	const char *body = strstr(text, "\r\n\r\n"), *length = strstr(text, "\r\nContent-Length: ");

	snprintf(start, sizeof(start), "HTTP/1.1 %d ", status);
	assert_memory_equal(text, start, strlen(start));
	assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
	assert_int_equal(strstr(text, "\r\nProxy-Authenticate: Basic realm=") != NULL,
			 status == 407);
	assert_true(body && length);
	if (is_head)
		assert_string_equal(body + 4, "");
	else
		assert_int_equal(strtol(length + 18, NULL, 10), strlen(body + 4));
}

static void assert_forwarded(struct talk *t, const char *want)
{
	uint8_t made[HTTP_FORWARD_SIZE];
	struct writer out = writer_of(made, sizeof(made));
	struct http_body body;

	http_proxy_put_response(&t->h, STACK_OK, stack_result_text(STACK_OK), &t->out);
	assert_int_equal(t->out.len, 0); /* the target responds */
	assert_true(http_proxy_forward(&t->h, &t->in, &body, &out));
	assert_true(!t->in.left || body.state == HTTP_BODY_OVER); /* the next request's */
	made[out.len] = '\0';
	assert_string_equal((char *)made, want);
}

static void assert_tunnel(struct talk *t, const char *left)
{
	assert_int_equal(t->in.left, strlen(left));
	assert_memory_equal(t->in.at, left, strlen(left));
	http_proxy_put_response(&t->h, STACK_OK, stack_result_text(STACK_OK), &t->out);
	t->tx[t->out.len] = '\0';
	assert_string_equal((char *)t->tx, "HTTP/1.1 200 Connection established\r\n\r\n");
}

static void try_request(size_t i, size_t step)
{
	struct talk t;

	print_message("# %s, %zu bytes a time\n", requests[i].name, step);
	have_talk(&t, requests[i].login, requests[i].in, step);
	assert_int_equal(t.request, requests[i].status ? REQUEST_REFUSED : REQUEST_CONNECT);
	assert_int_equal(t.h.why != NULL, requests[i].status != 0);
	if (requests[i].status) {
		assert_refusal((char *)t.tx, requests[i].status, false);
		return;
	}
	assert_int_equal(t.out.len, 0);
	assert_string_equal(target_print(&t.h.target).text, requests[i].target);
	assert_int_equal(t.h.is_tunnel, requests[i].out == NULL);
	if (requests[i].out)
		assert_forwarded(&t, requests[i].out);
	else
		assert_tunnel(&t, requests[i].left);
}

static void requests_are_handled(void **state)
{
	static const size_t steps[] = { 1, 7, 10000 };

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		for (size_t s = 0; s < sizeof(steps) / sizeof(*steps); s++)
			try_request(i, steps[s]);
}

static void zero_bytes(void **state)
{
	static const char in[] = "GET http://a/ HTTP/1.1\r\nX: a\0b\r\n\r\n";
	uint8_t tx[REQUEST_REPLY_SIZE];
	struct reader r = reader_of(in, sizeof(in) - 1);
	struct writer w = writer_of(tx, sizeof(tx));
	struct http_proxy h;

	(void)state;
	http_proxy_open(&h, NULL);
	assert_int_equal(http_proxy_input(&h, &r, &w), REQUEST_REFUSED);
}

static void head_too_long(void **state)
{
	static char in[REQUEST_SIZE + 1] = "GET http://a/ HTTP/1.1\r\nX: ";
	struct talk t;
	size_t len = strlen(in);

	(void)state;
	memset(in + len, 'x', REQUEST_SIZE - len);
	in[REQUEST_SIZE - 1] = '\0';
	have_talk(&t, NULL, in, REQUEST_SIZE);
	assert_int_equal(t.request, REQUEST_INCOMPLETE);
	in[REQUEST_SIZE - 1] = 'x';
	have_talk(&t, NULL, in, REQUEST_SIZE);
	assert_int_equal(t.request, REQUEST_REFUSED);
	assert_refusal((char *)t.tx, 431, false);
}

/* The head that grows the most: each field gains a blank and a CR. */
static void longest_forward(void **state)
{
	static char in[REQUEST_SIZE + 1] = "GET http://a HTTP/1.1\n";
	static uint8_t made[HTTP_FORWARD_SIZE];
	struct writer out = writer_of(made, sizeof(made));
	struct http_body body;
	struct talk t;
	size_t len = strlen(in);

	(void)state;
	for (int i = 0; i < HTTP_FIELDS_MAX - 1; i++, len += 3)
		memcpy(in + len, "x:\n", 3);
	memcpy(in + len, "x:", 2);
	memset(in + len + 2, 'x', REQUEST_SIZE - len - 4);
	memcpy(in + REQUEST_SIZE - 2, "\n\n", 2);
	have_talk(&t, NULL, in, REQUEST_SIZE);
	assert_int_equal(t.request, REQUEST_CONNECT);
	assert_true(http_proxy_forward(&t.h, &t.in, &body, &out));
	assert_false(out.full);
}

static void failures(void **state)
{
	static const struct {
		enum stack_result result;
		int status;
	} cases[] = {
		{ STACK_REFUSED, 502 },    { STACK_UNREACHABLE, 502 }, { STACK_TIMED_OUT, 504 },
		{ STACK_NO_NAME, 502 },    { STACK_DOWN, 503 },        { STACK_FULL, 503 },
		{ STACK_FORBIDDEN, 403 },  { STACK_DNS_SILENT, 504 },  { STACK_DNS_REFUSED, 504 },
		{ STACK_DNS_FAILED, 504 }, { STACK_NO_ADDRESS, 502 },  { STACK_NO_DNS, 502 },
	};
	static const char *const methods[] = { "GET", "HEAD" };
	char in[64];
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t m = 0; m < 2; m++) {
			snprintf(in, sizeof(in), "%s http://a/ HTTP/1.1\r\n\r\n", methods[m]);
			have_talk(&t, NULL, in, sizeof(in));
			http_proxy_put_response(&t.h, cases[i].result,
						stack_result_text(cases[i].result), &t.out);
			assert_false(t.out.full);
			t.tx[t.out.len] = '\0';
			assert_refusal((char *)t.tx, cases[i].status, m == 1);
			if (!m)
				assert_non_null(strstr((char *)t.tx, "sstp proxy: a:80: "));
		}
}

/* With the longest name it fits too. */
static void failure_of_a_long_name(void **state)
{
	char in[TARGET_NAME_SIZE + 64], name[TARGET_NAME_SIZE];
	struct talk t;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(in, sizeof(in), "CONNECT %s:65535 HTTP/1.1\r\n\r\n", name);
	have_talk(&t, NULL, in, sizeof(in));
	assert_int_equal(t.request, REQUEST_CONNECT);
	http_proxy_put_response(&t.h, STACK_NO_NAME, stack_result_text(STACK_NO_NAME), &t.out);
	assert_false(t.out.full);
	t.tx[t.out.len] = '\0';
	assert_refusal((char *)t.tx, 502, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_handled),
		cmocka_unit_test(zero_bytes),
		cmocka_unit_test(head_too_long),
		cmocka_unit_test(longest_forward),
		cmocka_unit_test(failures),
		cmocka_unit_test(failure_of_a_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
