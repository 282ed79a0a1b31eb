/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SOCKS5: every message, whole and byte by byte, good and bad; the replies; datagrams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proxy/socks5.h"

static const struct proxy_login ann = { "ann", "wonder land" };

#define GREETING "\5\1\0"
#define GREETED "\5\0"
#define ANN_LOGIN "\5\2\0\2\1\3ann\13wonder land"
#define LOGGED_IN "\5\2\1\0"
#define TO_V4 "\1\12\0\0\7\0\120"
#define TO_NAME "\3\13example.net\1\273"
#define REFUSED_BY(reply) "\5" reply "\0\1\0\0\0\0\0\0"
/* a literal and its length, since it may have zero bytes */
#define LIT(text) text, sizeof(text) - 1

static const struct {
	const char *name;
	const struct proxy_login *login;
	const char *in;
	size_t in_len;
	enum proxy_request request;
	const char *out;
	size_t out_len;
	const char *target; /* NULL: no request */
	size_t left;
} talks[] = {
	{ "nothing", NULL, LIT(""), REQUEST_INCOMPLETE, LIT(""), NULL, 0 },
	{ "IPv4", NULL, LIT(GREETING "\5\1\0" TO_V4), REQUEST_CONNECT, LIT(GREETED), "10.0.0.7:80",
	  0 },
	{ "IPv6", NULL, LIT(GREETING "\5\1\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\120"),
	  REQUEST_CONNECT, LIT(GREETED), "[2001:db8::1]:80", 0 },
	{ "name", NULL, LIT(GREETING "\5\1\0" TO_NAME), REQUEST_CONNECT, LIT(GREETED),
	  "example.net:443", 0 },
	{ "an address as a name", NULL,
	  LIT(GREETING "\5\1\0\3\10"
		       "10.0.0.7\0\120"),
	  REQUEST_CONNECT, LIT(GREETED), "10.0.0.7:80", 0 },
	{ "an IPv6 address as a name", NULL, LIT(GREETING "\5\1\0\3\3::2\0\120"), REQUEST_CONNECT,
	  LIT(GREETED), "[::2]:80", 0 },
	{ "early data", NULL, LIT(GREETING "\5\1\0" TO_NAME "GET /"), REQUEST_CONNECT, LIT(GREETED),
	  "example.net:443", 5 },
	{ "RSV is not looked at", NULL, LIT(GREETING "\5\1\7" TO_V4), REQUEST_CONNECT, LIT(GREETED),
	  "10.0.0.7:80", 0 },
	{ "several methods", NULL, LIT("\5\3\1\2\0\5\1\0" TO_V4), REQUEST_CONNECT, LIT(GREETED),
	  "10.0.0.7:80", 0 },
	{ "associate", NULL, LIT(GREETING "\5\3\0\1\0\0\0\0\0\0"), REQUEST_ASSOCIATE, LIT(GREETED),
	  "0.0.0.0:0", 0 },
	{ "associate, from a port", NULL, LIT(GREETING "\5\3\0\1\177\0\0\1\4\0"), REQUEST_ASSOCIATE,
	  LIT(GREETED), "127.0.0.1:1024", 0 },
	{ "associate, from an empty name", NULL, LIT(GREETING "\5\3\0\3\0\0\0"), REQUEST_ASSOCIATE,
	  LIT(GREETED), ":0", 0 },

	{ "login", &ann, LIT(ANN_LOGIN "\5\1\0" TO_V4), REQUEST_CONNECT, LIT(LOGGED_IN),
	  "10.0.0.7:80", 0 },
	{ "login wrong", &ann, LIT("\5\1\2\1\3ann\6wonder"), REQUEST_REFUSED, LIT("\5\2\1\1"), NULL,
	  0 },
	{ "login of another", &ann, LIT("\5\1\2\1\3bob\13wonder land"), REQUEST_REFUSED,
	  LIT("\5\2\1\1"), NULL, 0 },
	{ "login empty", &ann, LIT("\5\1\2\1\0\0"), REQUEST_REFUSED, LIT("\5\2\1\1"), NULL, 0 },
	{ "login with bytes after it", &ann, LIT("\5\1\2\1\3ann\14wonder land!"), REQUEST_REFUSED,
	  LIT("\5\2\1\1"), NULL, 0 },
	{ "login malformed", &ann, LIT("\5\1\2\5\1\0" TO_V4), REQUEST_REFUSED, LIT("\5\2"), NULL,
	  9 },
	{ "login not offered", &ann, LIT(GREETING "\5\1\0" TO_V4), REQUEST_REFUSED, LIT("\5\xff"),
	  NULL, 10 },
	{ "only login offered", NULL, LIT("\5\1\2"), REQUEST_REFUSED, LIT("\5\xff"), NULL, 0 },
	{ "no method offered", NULL, LIT("\5\0"), REQUEST_REFUSED, LIT("\5\xff"), NULL, 0 },

	{ "SOCKS4", NULL, LIT("\4\1\0\120\12\0\0\7\0"), REQUEST_REFUSED, LIT("\0\133\0\0\0\0\0\0"),
	  NULL, 8 },
	{ "HTTP", NULL, LIT("GET / HTTP/1.1\r\n\r\n"), REQUEST_REFUSED, LIT(""), NULL, 17 },
	{ "request of another version", NULL, LIT(GREETING "\4\1\0\1"), REQUEST_REFUSED,
	  LIT(GREETED REFUSED_BY("\1")), NULL, 0 },
	{ "bind", NULL, LIT(GREETING "\5\2\0" TO_V4), REQUEST_REFUSED,
	  LIT(GREETED REFUSED_BY("\7")), NULL, 0 },
	{ "no command", NULL, LIT(GREETING "\5\xff\0" TO_NAME), REQUEST_REFUSED,
	  LIT(GREETED REFUSED_BY("\7")), NULL, 0 },
	{ "address type", NULL, LIT(GREETING "\5\1\0\2\12\0\0\7\0\120"), REQUEST_REFUSED,
	  LIT(GREETED REFUSED_BY("\10")), NULL, 6 },
	{ "no name", NULL, LIT(GREETING "\5\1\0\3\0\0\120"), REQUEST_REFUSED,
	  LIT(GREETED REFUSED_BY("\4")), NULL, 0 },
	{ "zero byte in a name", NULL, LIT(GREETING "\5\1\0\3\3a\0b\0\120"), REQUEST_REFUSED,
	  LIT(GREETED REFUSED_BY("\4")), NULL, 0 },
	{ "line end in a name", NULL, LIT(GREETING "\5\1\0\3\3a\nb\0\120"), REQUEST_REFUSED,
	  LIT(GREETED REFUSED_BY("\4")), NULL, 0 },
	{ "port 0", NULL, LIT(GREETING "\5\1\0\1\12\0\0\7\0\0"), REQUEST_REFUSED,
	  LIT(GREETED REFUSED_BY("\1")), NULL, 0 },
};

struct talk {
	struct socks5 s;
	uint8_t tx[REQUEST_REPLY_SIZE];
	struct reader in;
	struct writer out;
	enum proxy_request request;
};

/* `step` bytes at a time; what is left is passed again, as proxy_server.c does. */
static void have_talk(struct talk *t, size_t i, size_t step)
{
	size_t from = 0;

	socks5_open(&t->s, talks[i].login);
	t->in = reader_of(talks[i].in, 0);
	t->out = writer_of(t->tx, sizeof(t->tx));
	do {
		size_t more = talks[i].in_len - from < step ? talks[i].in_len - from : step;

		from += more;
		t->in.left += more;
		t->request = socks5_input(&t->s, &t->in, &t->out);
		assert_false(t->in.bad);
	} while (t->request == REQUEST_INCOMPLETE && from < talks[i].in_len);
	t->in.left += talks[i].in_len - from;
}

static void assert_talk(const struct talk *t, size_t i)
{
	assert_int_equal(t->request, talks[i].request);
	assert_int_equal(t->out.len, talks[i].out_len);
	assert_memory_equal(t->tx, talks[i].out, talks[i].out_len);
	assert_int_equal(t->in.left, talks[i].left);
	if (talks[i].target)
		assert_string_equal(target_print(&t->s.target).text, talks[i].target);
	assert_int_equal(t->s.why != NULL, t->request == REQUEST_REFUSED);
}

static void conversations(void **state)
{
	static const size_t steps[] = { 1, 2, 3, 7, 1000 };
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof(talks) / sizeof(*talks); i++)
		for (size_t s = 0; s < sizeof(steps) / sizeof(*steps); s++) {
			print_message("# %s, %zu bytes a time\n", talks[i].name, steps[s]);
			have_talk(&t, i, steps[s]);
			assert_talk(&t, i);
		}
}

/* Cut anywhere, a request waits for the rest, and no byte of an incomplete message is consumed. */
static void waits_for_the_rest(void **state)
{
	static const char in[] = ANN_LOGIN "\5\1\0" TO_NAME;
	static const size_t ends[] = { 0, 4, 21, sizeof(in) - 1 };
	uint8_t tx[REQUEST_REPLY_SIZE];
	size_t message = 0;

	(void)state;
	for (size_t len = 0; len < sizeof(in) - 1; len++) {
		struct reader r = reader_of(in, len);
		struct writer w = writer_of(tx, sizeof(tx));
		struct socks5 s;

		if (len == ends[message + 1])
			message++;
		socks5_open(&s, &ann);
		assert_int_equal(socks5_input(&s, &r, &w), REQUEST_INCOMPLETE);
		assert_int_equal(r.left, len - ends[message]);
	}
}

/* After the request all bytes are for the target. */
static void nothing_is_consumed_after_the_request(void **state)
{
	static const char in[] = GREETING "\5\1\0" TO_NAME;
	uint8_t tx[REQUEST_REPLY_SIZE];
	struct reader r = reader_of(in, sizeof(in) - 1);
	struct writer w = writer_of(tx, sizeof(tx));
	struct socks5 s;

	(void)state;
	socks5_open(&s, NULL);
	assert_int_equal(socks5_input(&s, &r, &w), REQUEST_CONNECT);
	r = reader_of(in, sizeof(in) - 1);
	assert_int_equal(socks5_input(&s, &r, &w), REQUEST_INCOMPLETE);
	assert_int_equal(r.left, sizeof(in) - 1);
	assert_int_equal(w.len, 2);
}

static void replies(void **state)
{
	static const struct {
		enum stack_result result;
		const char *own;
		const char *want;
		size_t want_len;
	} cases[] = {
		{ STACK_OK, NULL, LIT("\5\0\0\1\0\0\0\0\4\0") },
		{ STACK_OK, "10.9.0.2", LIT("\5\0\0\1\12\11\0\2\4\0") },
		{ STACK_OK, "2001:db8::1",
		  LIT("\5\0\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\4\0") },
		{ STACK_REFUSED, "10.9.0.2", LIT(REFUSED_BY("\5")) },
		{ STACK_UNREACHABLE, NULL, LIT(REFUSED_BY("\4")) },
		{ STACK_TIMED_OUT, NULL, LIT(REFUSED_BY("\6")) },
		{ STACK_NO_NAME, NULL, LIT(REFUSED_BY("\4")) },
		{ STACK_DOWN, NULL, LIT(REFUSED_BY("\3")) },
		{ STACK_FORBIDDEN, NULL, LIT(REFUSED_BY("\2")) },
		{ STACK_FULL, NULL, LIT(REFUSED_BY("\1")) },
	};
	uint8_t tx[REQUEST_REPLY_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct writer w = writer_of(tx, sizeof(tx));
		struct ip_addr own = { .family = AF_UNSPEC };

		if (cases[i].own)
			assert_true(ip_parse(cases[i].own, &own));
		socks5_put_reply(cases[i].result, &own, 1024, &w);
		assert_int_equal(w.len, cases[i].want_len);
		assert_memory_equal(tx, cases[i].want, w.len);
	}
}

static void datagrams(void **state)
{
	static const struct {
		const char *name, *in;
		size_t in_len;
		const char *to, *payload; /* NULL: dropped */
	} cases[] = {
		{ "IPv4", LIT("\0\0\0\1\12\0\0\7\0\65hello"), "10.0.0.7:53", "hello" },
		{ "IPv6", LIT("\0\0\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\65x"),
		  "[2001:db8::1]:53", "x" },
		{ "name", LIT("\0\0\0\3\3a.b\0\65x"), "a.b:53", "x" },
		{ "empty", LIT("\0\0\0\1\12\0\0\7\0\65"), "10.0.0.7:53", "" },
		{ "fragment", LIT("\0\0\1\1\12\0\0\7\0\65x"), NULL, NULL },
		{ "last fragment", LIT("\0\0\x81\1\12\0\0\7\0\65x"), NULL, NULL },
		{ "address type", LIT("\0\0\0\2\12\0\0\7\0\65x"), NULL, NULL },
		{ "port 0", LIT("\0\0\0\1\12\0\0\7\0\0x"), NULL, NULL },
		{ "no name", LIT("\0\0\0\3\0\0\65x"), NULL, NULL },
		{ "name cut", LIT("\0\0\0\3\11example"), NULL, NULL },
		{ "port cut", LIT("\0\0\0\1\12\0\0\7\0"), NULL, NULL },
		{ "header cut", LIT("\0\0\0"), NULL, NULL },
		{ "nothing", LIT(""), NULL, NULL },
	};
	struct target to;
	struct bytes payload;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool passes =
			socks5_datagram(bytes_of(cases[i].in, cases[i].in_len), &to, &payload);

		print_message("# %s\n", cases[i].name);
		assert_int_equal(passes, cases[i].to != NULL);
		if (!passes)
			continue;
		assert_string_equal(target_print(&to).text, cases[i].to);
		assert_int_equal(payload.len, strlen(cases[i].payload));
		assert_memory_equal(payload.at, cases[i].payload, strlen(cases[i].payload));
	}
}

/* The header that we write is one that we can parse. */
static void datagram_headers(void **state)
{
	static const char *const froms[] = { "10.0.0.7", "2001:db8::1" };
	uint8_t tx[SOCKS5_DATAGRAM_HEADER_MAX];
	struct target to;
	struct bytes payload;
	struct ip_addr from;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct writer w = writer_of(tx, sizeof(tx));

		assert_true(ip_parse(froms[i], &from));
		socks5_put_datagram_header(&from, 53, &w);
		assert_false(w.full);
		assert_true(socks5_datagram(bytes_of(tx, w.len), &to, &payload));
		assert_string_equal(target_host(&to).text, froms[i]);
		assert_int_equal(to.port, 53);
		assert_int_equal(payload.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
		cmocka_unit_test(waits_for_the_rest),
		cmocka_unit_test(nothing_is_consumed_after_the_request),
		cmocka_unit_test(replies),
		cmocka_unit_test(datagrams),
		cmocka_unit_test(datagram_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
