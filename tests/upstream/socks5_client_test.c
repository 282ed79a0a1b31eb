/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's side of SOCKS5 with scripted proxies, RFC 1928 and RFC 1929. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "upstream/talk.h"

#define ANN .user = "ann", .password = "wonder land"
#define GREETING LIT("\5\1\0")
#define LOGIN_GREETING LIT("\5\2\0\2")
#define LOGIN LIT("\1\3ann\13wonder land")
#define TO_NAME LIT("\5\1\0\3\17vpn.example.net\1\273")
#define TO_V4 LIT("\5\1\0\1\300\0\2\7\1\273")
#define TO_V6 LIT("\5\1\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7\1\273")
#define DONE "\5\0\0\1\12\0\0\1\4\0"
#define FAILED(code) "\5" code "\0\1\0\0\0\0\0\0"
#define IS_DONE .end = UPSTREAM_DONE
#define FAILS(why) .end = UPSTREAM_FAILED, .failure = why, .text

static const struct upstream_cfg by_name = { .protocol = UPSTREAM_SOCKS5,
					     .name = "socks5h://p:1080",
					     .host = "vpn.example.net",
					     .port = 443 };

static const struct script scripts[] = {
	{ "no login", .rounds = { { GREETING, LIT("\5\0") }, { TO_NAME, LIT(DONE) } }, IS_DONE },
	{ "a login", ANN,
	  .rounds = { { LOGIN_GREETING, LIT("\5\2") },
		      { LOGIN, LIT("\1\0") },
		      { TO_NAME, LIT(DONE) } },
	  IS_DONE },
	{ "a login is not wanted", ANN,
	  .rounds = { { LOGIN_GREETING, LIT("\5\0") }, { TO_NAME, LIT(DONE) } }, IS_DONE },
	{ "an IPv6 address in the reply",
	  .rounds = { { GREETING, LIT("\5\0") },
		      { TO_NAME, LIT("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") } },
	  IS_DONE },
	{ "a name in the reply",
	  .rounds = { { GREETING, LIT("\5\0") }, { TO_NAME, LIT("\5\0\0\3\3abc\0\120") } },
	  IS_DONE },
	{ "an empty name in the reply",
	  .rounds = { { GREETING, LIT("\5\0") }, { TO_NAME, LIT("\5\0\0\3\0\0\120") } }, IS_DONE },
	{ "RSV and the login's version are not looked at", ANN,
	  .rounds = { { LOGIN_GREETING, LIT("\5\2") },
		      { LOGIN, LIT("\5\0") },
		      { TO_NAME, LIT("\5\0\7\1\12\0\0\1\4\0") } },
	  IS_DONE },

	{ "a login is wanted", .rounds = { { GREETING, LIT("\5\377") } },
	  FAILS(UPSTREAM_LOGIN) = "the proxy socks5h://p:1080 wants a login" },
	{ "neither is accepted", ANN, .rounds = { { LOGIN_GREETING, LIT("\5\377") } },
	  FAILS(UPSTREAM_LOGIN) = "sstp has no other method" },
	{ "a login that is refused", ANN,
	  .rounds = { { LOGIN_GREETING, LIT("\5\2") }, { LOGIN, LIT("\1\1") } },
	  FAILS(UPSTREAM_LOGIN) = "does not accept the user name or the password" },
	{ "closed after the login", ANN,
	  .rounds = { { LOGIN_GREETING, LIT("\5\2") }, { LOGIN, LIT(""), .closes = true } },
	  FAILS(UPSTREAM_LOGIN) = "probably does not accept them" },
	{ "a method that was not offered", .rounds = { { GREETING, LIT("\5\2") } },
	  FAILS(UPSTREAM_BROKEN) = "chose the authentication method 2" },
	{ "GSSAPI", ANN, .rounds = { { LOGIN_GREETING, LIT("\5\1") } },
	  FAILS(UPSTREAM_BROKEN) = "chose the authentication method 1" },

#define REPLY(code) .rounds = { { GREETING, LIT("\5\0") }, { TO_NAME, LIT(FAILED(code)) } }
	{ "1", REPLY("\1"), FAILS(UPSTREAM_TARGET) = "vpn.example.net:443: general failure" },
	{ "2", REPLY("\2"),
	  FAILS(UPSTREAM_REFUSED) = "does not allow connections to vpn.example.net:443" },
	{ "3", REPLY("\3"), FAILS(UPSTREAM_TARGET) = ": network unreachable" },
	{ "4", REPLY("\4"), FAILS(UPSTREAM_TARGET) = ": host unreachable, or its name is unknown" },
	{ "5", REPLY("\5"), FAILS(UPSTREAM_TARGET) = ": connection refused" },
	{ "6", REPLY("\6"), FAILS(UPSTREAM_TARGET) = ": no answer (TTL expired)" },
	{ "7", REPLY("\7"), FAILS(UPSTREAM_BROKEN) = "does not support CONNECT" },
	{ "8", REPLY("\10"), FAILS(UPSTREAM_TARGET) = ": it does not take this type of address" },
	{ "9", REPLY("\11"), FAILS(UPSTREAM_TARGET) = ": unknown reply code 9" },
	{ "255", REPLY("\377"), FAILS(UPSTREAM_TARGET) = ": unknown reply code 255" },
	{ "a failure of two bytes",
	  .rounds = { { GREETING, LIT("\5\0") }, { TO_NAME, LIT("\5\5"), .closes = true } },
	  FAILS(UPSTREAM_TARGET) = ": connection refused" },
	{ "a failure with no known address type",
	  .rounds = { { GREETING, LIT("\5\0") }, { TO_NAME, LIT("\5\3\0\0") } },
	  FAILS(UPSTREAM_TARGET) = ": network unreachable" },
	{ "success with no known address type",
	  .rounds = { { GREETING, LIT("\5\0") }, { TO_NAME, LIT("\5\0\0\2\0\0\0\0\0\0") } },
	  FAILS(UPSTREAM_BROKEN) = "malformed", .left = 6 },

	{ "closed at once", .rounds = { { GREETING, LIT(""), .closes = true } },
	  FAILS(UPSTREAM_BROKEN) = "closed the connection without a reply" },
	{ "closed in the reply",
	  .rounds = { { GREETING, LIT("\5\0") }, { TO_NAME, LIT("\5\0\0\1\12"), .closes = true } },
	  FAILS(UPSTREAM_BROKEN) = "closed the connection without a reply" },
	{ "SOCKS4", .rounds = { { GREETING, LIT("\0\133") } },
	  FAILS(UPSTREAM_BROKEN) = "does not speak SOCKS5" },
	{ "HTTP", .rounds = { { GREETING, LIT("HTTP/1.1 400 Bad Request\r\n\r\n") } },
	  FAILS(UPSTREAM_BROKEN) = "an HTTP proxy (http://)", .left = 26 },
	{ "another version in the reply",
	  .rounds = { { GREETING, LIT("\5\0") }, { TO_NAME, LIT("\4\0") } },
	  FAILS(UPSTREAM_BROKEN) = "does not speak SOCKS5" },
};

static void talks(void **state)
{
	(void)state;
	play(scripts, sizeof(scripts) / sizeof(*scripts), &by_name);
}

/* What follows the reply is the server's, in whatever pieces it arrives. */
static void nothing_more_is_taken(void **state)
{
	static const uint8_t reply[] = DONE "hello";
	struct upstream *u = test_malloc(sizeof(*u));

	(void)state;
	upstream_open(u, &by_name);
	upstream_input(u, bytes_of("\5\0", 2));
	assert_int_equal(upstream_input(u, bytes_of(reply, sizeof(reply) - 1)), 10);
	assert_int_equal(u->step, UPSTREAM_DONE);
	assert_int_equal(upstream_input(u, bytes_of(reply + 10, 5)), 0);
	upstream_closed(u);
	assert_int_equal(u->step, UPSTREAM_DONE);
	test_free(u);
}

static void addresses(void **state)
{
	static const struct script v4 = {
		"IPv4", .rounds = { { GREETING, LIT("\5\0") }, { TO_V4, LIT(DONE) } }, IS_DONE
	};
	static const struct script v6 = {
		"IPv6", .rounds = { { GREETING, LIT("\5\0") }, { TO_V6, LIT(FAILED("\5")) } },
		FAILS(UPSTREAM_TARGET) = "cannot reach [2001:db8::7]:443: connection refused"
	};
	struct upstream_cfg cfg = by_name;

	(void)state;
	cfg.host = NULL;
	assert_true(ip_parse("192.0.2.7", &cfg.addr));
	play(&v4, 1, &cfg);
	assert_true(ip_parse("2001:db8::7", &cfg.addr));
	play(&v6, 1, &cfg);
}

/* One-byte lengths: the longest login and name, and those that are too long. */
static void lengths(void **state)
{
	static char long_text[300];
	struct upstream *u = test_malloc(sizeof(*u));
	struct upstream_cfg cfg = by_name;

	(void)state;
	memset(long_text, 'x', 255);
	cfg.host = cfg.user = cfg.password = long_text;
	upstream_open(u, &cfg);
	upstream_input(u, bytes_of("\5\2", 2));
	assert_int_equal(upstream_output(u).len, 1 + 1 + 255 + 1 + 255);
	upstream_input(u, bytes_of("\1\0", 2));
	assert_int_equal(upstream_output(u).len, 4 + 1 + 255 + 2);

	long_text[255] = 'x';
	cfg.host = cfg.user = "a";
	upstream_open(u, &cfg);
	assert_int_equal(u->step, UPSTREAM_FAILED);
	assert_int_equal(u->failure, UPSTREAM_LOGIN);
	cfg.password = "";
	upstream_open(u, &cfg);
	assert_int_equal(u->failure, UPSTREAM_LOGIN);
	cfg.user = NULL;
	cfg.host = long_text;
	upstream_open(u, &cfg);
	assert_int_equal(u->failure, UPSTREAM_BROKEN);
	test_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(talks),
		cmocka_unit_test(nothing_more_is_taken),
		cmocka_unit_test(addresses),
		cmocka_unit_test(lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
