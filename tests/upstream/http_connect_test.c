/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CONNECT with scripted proxies: each script in pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "upstream/talk.h"

#define ANN .user = "ann", .password = "wonder land"
#define BASIC "Proxy-Authorization: Basic YW5uOndvbmRlciBsYW5k\r\n"
#define OK "HTTP/1.1 200 Connection established\r\n\r\n"
#define WANTS(fields) "HTTP/1.1 407 Proxy Authentication Required\r\n" fields
#define WANTS_BASIC "Proxy-Authenticate: Basic realm=\"land\"\r\n"
#define WANTS_DIGEST(more) \
	"Proxy-Authenticate: Digest realm=\"land\", nonce=\"n\", qop=\"auth\"" more "\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"
#define FIRST                                                                   \
	"CONNECT vpn.example.net:443 HTTP/1.1\r\nHost: vpn.example.net:443\r\n" \
	"SSTPVERSION: 1.0\r\nUser-Agent: sstp\r\nProxy-Connection: keep-alive\r\n\r\n"
#define IS_DONE .end = UPSTREAM_DONE
#define FAILS(why) .end = UPSTREAM_FAILED, .failure = why, .text

static const struct upstream_cfg by_name = {
	.protocol = UPSTREAM_HTTP, .name = "http://p:3128", .host = "vpn.example.net", .port = 443
};

static void zeroes(void *to, size_t len)
{
	memset(to, 0, len);
}

static const struct script scripts[] = {
	{ "no login", .rounds = { { LIT(FIRST), LIT(OK) } }, IS_DONE },
	{ "a login is not sent before it is wanted", ANN, .rounds = { { LIT(FIRST), LIT(OK) } },
	  IS_DONE },
	{ "HTTP/1.0", .rounds = { { NULL, 0, LIT("HTTP/1.0 200 OK\r\n\r\n") } }, IS_DONE },
	{ "no reason phrase", .rounds = { { NULL, 0, LIT("HTTP/1.1 200\r\n\r\n") } }, IS_DONE },
	{ "LF alone", .rounds = { { NULL, 0, LIT("HTTP/1.1 200 OK\nVia: x\n\n") } }, IS_DONE },
	{ "a length is ignored",
	  .rounds = { { NULL, 0, LIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") } },
	  IS_DONE, .left = 5 },
	{ "a transfer coding is ignored",
	  .rounds = { { NULL, 0,
			LIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") } },
	  IS_DONE, .left = 5 },
	{ "any 2xx", .rounds = { { NULL, 0, LIT("HTTP/1.1 299 Fine\r\n\r\n") } }, IS_DONE },
	{ "fields that are malformed do not matter in a 200",
	  .rounds = { { NULL, 0, LIT("HTTP/1.1 200 OK\r\n bad\r\n: x\r\n\r\n") } }, IS_DONE },
	{ "interim responses",
	  .rounds = { { NULL, 0,
			LIT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
			    "Link: </a>\r\n\r\n" OK) } },
	  IS_DONE },
#define INTERIM "HTTP/1.1 102 Processing\r\n\r\n"
#define INTERIM4 INTERIM INTERIM INTERIM INTERIM
	{ "interim responses without an end",
	  .rounds = { { NULL, 0, LIT(INTERIM4 INTERIM4 INTERIM4 INTERIM4 INTERIM OK) } },
	  FAILS(UPSTREAM_BROKEN) = "one interim response after another", .left = sizeof(OK) - 1 },

	{ "Basic", ANN,
	  .rounds = { { LIT(FIRST), LIT(WANTS(WANTS_BASIC EMPTY)) }, { LIT(BASIC), LIT(OK) } },
	  IS_DONE },
	{ "a body is skipped", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC "Content-Length: 12\r\n\r\n<html></html")) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE },
	{ "a chunked body is skipped", ANN,
	  .rounds = { { NULL, 0,
			LIT(WANTS(WANTS_BASIC "Transfer-Encoding: chunked\r\n\r\n"
					      "3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n")) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE },
	{ "a malformed chunk", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC "Transfer-Encoding: chunked\r\n\r\nx")) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE, .reconnects = 1 },
	{ "a body without a length", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC "\r\n")) }, { LIT(BASIC), LIT(OK) } },
	  IS_DONE, .reconnects = 1 },
	{ "a body that is too long to be skipped", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC "Content-Length: 65537\r\n\r\n")) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE, .reconnects = 1 },
	{ "two lengths", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC "Content-Length: 0\r\n" EMPTY)) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE, .reconnects = 1 },
	{ "Connection: close", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC "Connection: Close\r\n" EMPTY)) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE, .reconnects = 1 },
	{ "Proxy-Connection: close", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC "Proxy-Connection: close\r\n" EMPTY)) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE, .reconnects = 1 },
	{ "HTTP/1.0 closes", ANN,
	  .rounds = { { NULL, 0, LIT("HTTP/1.0 407 x\r\n" WANTS_BASIC EMPTY) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE, .reconnects = 1 },
	{ "HTTP/1.0 with keep-alive", ANN,
	  .rounds = { { NULL, 0,
			LIT("HTTP/1.0 407 x\r\nConnection: keep-alive\r\n" WANTS_BASIC EMPTY) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE },
	{ "closed in the body", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC "Content-Length: 9\r\n\r\nabc")),
			.closes = true },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE, .reconnects = 1 },
	{ "closed although it was to be kept", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC EMPTY)), .closes = true },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE, .reconnects = 1 },
	{ "closed again and again", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC EMPTY)), .closes = true },
		      { LIT(BASIC), LIT(""), .closes = true } },
	  FAILS(UPSTREAM_BROKEN) = "closed the connection without a response", .reconnects = 1 },

	{ "Digest", ANN,
	  .rounds = { { LIT(FIRST), LIT(WANTS(WANTS_BASIC WANTS_DIGEST("") EMPTY)) },
		      { LIT("Proxy-Authorization: Digest username=\"ann\", realm=\"land\", "
			    "nonce=\"n\", uri=\"vpn.example.net:443\", "
			    "response=\"3774615933c5afabebffaf2c474aa49a\", algorithm=MD5, "
			    "cnonce=\"00000000000000000000000000000000\", qop=auth, "
			    "nc=00000001\r\n"),
			LIT(OK) } },
	  IS_DONE },
	{ "Digest with SHA-256", ANN,
	  .rounds = { { LIT(FIRST), LIT(WANTS(WANTS_DIGEST("") WANTS_DIGEST(
					    ", algorithm=SHA-256, opaque=\"o\"") EMPTY)) },
		      { LIT("algorithm=SHA-256, "), LIT(OK) } },
	  IS_DONE },
	{ "a nonce that is too old", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_DIGEST("") EMPTY)) },
		      { LIT("nonce=\"n\""), LIT(WANTS("Proxy-Authenticate: Digest realm=\"land\", "
						      "nonce=\"m\", stale=true\r\n" EMPTY)) },
		      { LIT("nonce=\"m\""), LIT(OK) } },
	  IS_DONE },
	{ "a nonce that is always too old", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_DIGEST("") EMPTY)) },
		      { NULL, 0, LIT(WANTS(WANTS_DIGEST(", stale=true") EMPTY)) },
		      { NULL, 0, LIT(WANTS(WANTS_DIGEST(", stale=true") EMPTY)) },
		      { NULL, 0, LIT(WANTS(WANTS_DIGEST(", stale=true") EMPTY)) } },
	  FAILS(UPSTREAM_LOGIN) = "does not accept the user name or the password (Digest)" },
	{ "Basic is not tried after Digest", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_DIGEST("") WANTS_BASIC EMPTY)) },
		      { NULL, 0, LIT(WANTS(WANTS_DIGEST("") WANTS_BASIC EMPTY)) } },
	  FAILS(UPSTREAM_LOGIN) = "does not accept the user name or the password (Digest)" },
	{ "a wrong password", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC EMPTY)) },
		      { NULL, 0, LIT(WANTS(WANTS_BASIC EMPTY)) } },
	  FAILS(UPSTREAM_LOGIN) = "does not accept the user name or the password (Basic)" },
	{ "no login", .rounds = { { NULL, 0, LIT(WANTS(WANTS_DIGEST("") WANTS_BASIC EMPTY)) } },
	  FAILS(UPSTREAM_LOGIN) = "the proxy http://p:3128 wants a login (Digest, Basic): " },
	{ "NTLM and Negotiate", ANN,
	  .rounds = { { NULL, 0,
			LIT(WANTS("Proxy-Authenticate: Negotiate\r\n"
				  "Proxy-Authenticate: NTLM\r\n" EMPTY)) } },
	  FAILS(UPSTREAM_LOGIN) = "Negotiate, NTLM, which sstp does not support: run cntlm or px" },
	{ "NTLM without a login of ours",
	  .rounds = { { NULL, 0, LIT(WANTS("Proxy-Authenticate: NTLM\r\n" EMPTY)) } },
	  FAILS(UPSTREAM_LOGIN) = "wants a login with NTLM, which sstp does not support" },
	{ "NTLM and Basic", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS("Proxy-Authenticate: NTLM\r\n" WANTS_BASIC EMPTY)) },
		      { LIT(BASIC), LIT(OK) } },
	  IS_DONE },
	{ "Bearer", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS("Proxy-Authenticate: Bearer\r\n" EMPTY)) } },
	  FAILS(UPSTREAM_LOGIN) = "wants a login with Bearer, which sstp does not support in" },
	{ "no challenge", ANN, .rounds = { { NULL, 0, LIT(WANTS(EMPTY)) } },
	  FAILS(UPSTREAM_LOGIN) = "names no way to log in" },
	{ "a colon in the user name", .user = "a:b", .password = "c",
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC EMPTY)) } },
	  FAILS(UPSTREAM_LOGIN) = "no colon" },
	{ "fields that are malformed in a 407", ANN,
	  .rounds = { { NULL, 0, LIT(WANTS(WANTS_BASIC " folded\r\n\r\n")) } },
	  FAILS(UPSTREAM_BROKEN) = "malformed" },

	{ "403", .rounds = { { NULL, 0, LIT("HTTP/1.1 403 Forb\33idden\r\n\r\nx") } },
	  FAILS(UPSTREAM_REFUSED) =
		  "refuses to connect to vpn.example.net:443: \"403 Forb\\x1bidden\"",
	  .left = 1 },
	{ "400", .rounds = { { NULL, 0, LIT("HTTP/1.1 400 Bad Request\r\n\r\n") } },
	  FAILS(UPSTREAM_REFUSED) = "\"400 Bad Request\"" },
	{ "302",
	  .rounds = { { NULL, 0, LIT("HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n") } },
	  FAILS(UPSTREAM_REFUSED) = "\"302 Found\", Location \"http://login/\"" },
	{ "502", .rounds = { { NULL, 0, LIT("HTTP/1.1 502 Bad Gateway\r\n\r\n") } },
	  FAILS(UPSTREAM_TARGET) = "cannot reach vpn.example.net:443: \"502 Bad Gateway\"" },
	{ "500, as squid sends when name servers do not answer",
	  .rounds = { { NULL, 0, LIT("HTTP/1.1 500 No\r\n\r\n") } },
	  FAILS(UPSTREAM_TARGET) = "cannot reach" },
	{ "501", .rounds = { { NULL, 0, LIT("HTTP/1.1 501 No\r\n\r\n") } },
	  FAILS(UPSTREAM_REFUSED) = "refuses to connect" },
	{ "503", .rounds = { { NULL, 0, LIT("HTTP/1.1 503 No\r\n\r\n") } },
	  FAILS(UPSTREAM_TARGET) = "cannot reach" },
	{ "504", .rounds = { { NULL, 0, LIT("HTTP/1.1 504 No\r\n\r\n") } },
	  FAILS(UPSTREAM_TARGET) = "cannot reach" },

	{ "closed at once", .rounds = { { NULL, 0, LIT(""), .closes = true } },
	  FAILS(UPSTREAM_BROKEN) = "closed the connection without a response" },
	{ "closed in the head",
	  .rounds = { { NULL, 0, LIT("HTTP/1.1 200 OK\r\n"), .closes = true } },
	  FAILS(UPSTREAM_BROKEN) = "in the middle of its response" },
	{ "a TLS alert", .rounds = { { NULL, 0, LIT("\25\3\3\0\2\2\50") } },
	  FAILS(UPSTREAM_BROKEN) = "speaks TLS", .left = 6 },
	{ "not HTTP", .rounds = { { NULL, 0, LIT("H2") } },
	  FAILS(UPSTREAM_BROKEN) = "does not answer in HTTP: \"H2\"" },
	{ "no status", .rounds = { { NULL, 0, LIT("HTTP/1.1 abc\r\n\r\n") } },
	  FAILS(UPSTREAM_BROKEN) = "does not answer in HTTP: \"HTTP/1.1 abc" },
};

static void talks(void **state)
{
	(void)state;
	play(scripts, sizeof(scripts) / sizeof(*scripts), &by_name);
}

static void addresses(void **state)
{
	static const struct script v6 = { "IPv6",
					  .rounds = { { LIT("CONNECT [2001:db8::7]:444 HTTP/1.1\r\n"
							    "Host: [2001:db8::7]:444\r\n"),
							LIT(OK) } },
					  IS_DONE };
	struct upstream_cfg cfg = by_name;

	(void)state;
	cfg.host = NULL;
	cfg.port = 444;
	assert_true(ip_parse("2001:db8::7", &cfg.addr));
	play(&v6, 1, &cfg);
	cfg.host = "2001:db8::7";
	play(&v6, 1, &cfg);
}

/* A head that fills the room is taken, one byte more is too much. */
static void huge_heads(void **state)
{
	struct upstream *u = test_malloc(sizeof(*u));
	uint8_t *head = test_malloc(UPSTREAM_HEAD_MAX + 1);
	static const char start[] = "HTTP/1.1 200 OK\r\nX: ";

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		size_t len = UPSTREAM_HEAD_MAX + more;

		memset(head, 'x', len);
		memcpy(head, start, sizeof(start) - 1);
		memcpy(head + len - 4, "\r\n\r\n", 4);
		upstream_open(u, &by_name);
		assert_int_equal(upstream_input(u, bytes_of(head, len)), UPSTREAM_HEAD_MAX);
		assert_int_equal(u->step, more ? UPSTREAM_FAILED : UPSTREAM_DONE);
	}
	assert_non_null(strstr(u->text, "more than 16384 bytes"));
	test_free(head);
	test_free(u);
}

/* A chunked body without an end: the rest is not waited for. */
static void huge_bodies(void **state)
{
	static const char start[] =
		WANTS(WANTS_BASIC "Transfer-Encoding: chunked\r\n\r\nfffff\r\n");
	struct upstream *u = test_malloc(sizeof(*u));
	struct upstream_cfg cfg = by_name;
	uint8_t block[1024] = { 0 };
	size_t blocks = 0;

	(void)state;
	cfg.user = "ann";
	cfg.password = "x";
	upstream_open(u, &cfg);
	upstream_input(u, bytes_of(start, sizeof(start) - 1));
	while (u->step == UPSTREAM_TALK && blocks < 1000) {
		upstream_input(u, bytes_of(block, sizeof(block)));
		blocks++;
	}
	assert_int_equal(u->step, UPSTREAM_RECONNECT);
	assert_true(blocks <= 65);
	test_free(u);
}

/* The longest texts of a challenge, each byte escaped, and the longest name and login fit. */
static void longest_request(void **state)
{
	struct upstream *u = test_malloc(sizeof(*u));
	char *head = test_malloc(UPSTREAM_HEAD_MAX), long_name[256], long_user[256];
	struct upstream_cfg cfg = by_name;
	static char quotes[2 * CHALLENGE_TEXT_MAX + 1];
	int len;

	(void)state;
	for (size_t i = 0; i < sizeof(quotes) - 1; i++)
		quotes[i] = i % 2 ? '"' : '\\';
	memset(long_name, 'n', 255);
	memset(long_user, '"', 255);
	long_name[255] = long_user[255] = '\0';
	len = snprintf(head, UPSTREAM_HEAD_MAX,
		       WANTS("Proxy-Authenticate: Digest realm=\"%s\", nonce=\"%s\", "
			     "opaque=\"%s\", algorithm=SHA-256-sess, qop=auth-int\r\n" EMPTY),
		       quotes, quotes, quotes);
	cfg.host = long_name;
	cfg.user = cfg.password = long_user;
	cfg.random = zeroes;
	upstream_open(u, &cfg);
	upstream_input(u, bytes_of(head, (size_t)len));
	assert_int_equal(u->step, UPSTREAM_TALK);
	assert_true(upstream_output(u).len > 3 * 2 * CHALLENGE_TEXT_MAX);
	test_free(head);
	test_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(talks),           cmocka_unit_test(addresses),
		cmocka_unit_test(huge_heads),      cmocka_unit_test(huge_bodies),
		cmocka_unit_test(longest_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
