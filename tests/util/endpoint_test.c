/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts and ports as people write them, in each of the two forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/endpoint.h"

static const struct {
	const char *text;
	const char *host; /* NULL: refused */
	uint16_t port;    /* 7: none is given */
	const char *why;  /* a part of it */
} servers[] = {
	{ "vpn", "vpn", 7, NULL },
	{ "vpn:443", "vpn", 443, NULL },
	{ "vpn:1", "vpn", 1, NULL },
	{ "vpn:65535", "vpn", 65535, NULL },
	{ "vpn:0443", "vpn", 443, NULL },
	{ "1.2.3.4:443", "1.2.3.4", 443, NULL },
	{ "443", "443", 7, NULL },
	{ "::1", "::1", 7, NULL },
	{ "::1:443", "::1:443", 7, NULL }, /* an address too */
	{ "2001:db8::1", "2001:db8::1", 7, NULL },
	{ "[2001:db8::1]", "2001:db8::1", 7, NULL },
	{ "[2001:db8::1]:443", "2001:db8::1", 443, NULL },
	{ "fe80::1%lo", "fe80::1%lo", 7, NULL },
	{ "[fe80::1%lo]:443", "fe80::1%lo", 443, NULL },
	{ "[fe80::1%25lo]:443", "fe80::1%lo", 443, NULL },
	{ "[fe80::1%25]:443", "fe80::1%25", 443, NULL }, /* by its number */
	{ "[fe80::1%251]:443", "fe80::1%251", 443, NULL },
	{ "fe80::1%25lo", "fe80::1%25lo", 7, NULL }, /* not as in a URL */
	{ "", NULL, 0, "no host" },
	{ ":443", NULL, 0, "no host" },
	{ "[]:443", NULL, 0, "no host" },
	{ "[]", NULL, 0, "no host" },
	{ "vpn:", NULL, 0, "no port" },
	{ "[::1]:", NULL, 0, "no port" },
	{ "vpn:0", NULL, 0, "1 to 65535" },
	{ "vpn:65536", NULL, 0, "1 to 65535" },
	{ "vpn:4294967739", NULL, 0, "1 to 65535" },
	{ "vpn:18446744073709552059", NULL, 0, "1 to 65535" },
	{ "vpn:-1", NULL, 0, "1 to 65535" },
	{ "vpn:+443", NULL, 0, "1 to 65535" },
	{ "vpn:0x1bb", NULL, 0, "1 to 65535" },
	{ "vpn:4x", NULL, 0, "1 to 65535" },
	{ "vpn:https", NULL, 0, "1 to 65535" },
	{ "vpn: 443", NULL, 0, "blank" },
	{ "vpn 443", NULL, 0, "blank" },
	{ "vpn\t", NULL, 0, "blank" },
	{ "[::1]443", NULL, 0, "colon and a port" },
	{ "[::1", NULL, 0, "brackets are not closed" },
	{ "[vpn]:443", NULL, 0, "IPv6 address" },
	{ "[1.2.3.4]:443", NULL, 0, "IPv6 address" },
	{ "[::1%]:443", NULL, 0, "IPv6 address" },
	{ "vpn:443:443", NULL, 0, "several colons" },
	{ "1.2.3.4:443:5", NULL, 0, "several colons" },
	{ "vpn::", NULL, 0, "several colons" },
	{ "a-host-name-that-is-longer-than-the-room", NULL, 0, "too long" },
};

static void splits(void **state)
{
	char host[32];

	(void)state;
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		uint16_t port = 7;
		const char *why = endpoint_split(servers[i].text, host, sizeof(host), &port);

		print_message("# %s: %s\n", servers[i].text, why ? why : "good");
		assert_int_equal(!why, servers[i].host != NULL);
		if (why) {
			assert_non_null(strstr(why, servers[i].why));
			continue;
		}
		assert_string_equal(host, servers[i].host);
		assert_int_equal(port, servers[i].port);
	}
}

enum { ALL = 1, LOCALHOST = 2 };

static const struct {
	const char *text;
	const char *addr; /* NULL: none */
	int kind;
	int port;        /* -1: refused */
	const char *why; /* a part of it */
} listeners[] = {
	{ "443", NULL, 0, 443, NULL },
	{ ":443", NULL, ALL, 443, NULL },
	{ "*:443", NULL, ALL, 443, NULL },
	{ "*", NULL, ALL, 0, NULL },
	{ "localhost:443", NULL, LOCALHOST, 443, NULL },
	{ "localhost", NULL, LOCALHOST, 0, NULL },
	{ "192.0.2.1", "192.0.2.1", 0, 0, NULL },
	{ "192.0.2.1:4443", "192.0.2.1", 0, 4443, NULL },
	{ "0.0.0.0:443", "0.0.0.0", 0, 443, NULL },
	{ "::", "::", 0, 0, NULL },
	{ "::1", "::1", 0, 0, NULL },
	{ "[::]:443", "::", 0, 443, NULL },
	{ "[::1]:443", "::1", 0, 443, NULL },
	{ "[::1]", "::1", 0, 0, NULL },
	{ "", NULL, 0, -1, "empty" },
	{ ":", NULL, 0, -1, "no port" },
	{ "*:", NULL, 0, -1, "no port" },
	{ "0", NULL, 0, -1, "1 to 65535" },
	{ "*:0", NULL, 0, -1, "1 to 65535" },
	{ "65536", NULL, 0, -1, "1 to 65535" },
	{ "*:65536", NULL, 0, -1, "1 to 65535" },
	{ "99999999999999999999", NULL, 0, -1, "1 to 65535" },
	{ "*:+443", NULL, 0, -1, "1 to 65535" },
	{ "*:0x1bb", NULL, 0, -1, "1 to 65535" },
	{ "0x1bb", NULL, 0, -1, "not a name" },
	{ "+443", NULL, 0, -1, "not a name" },
	{ "-1", NULL, 0, -1, "not a name" },
	{ "vpn.example.net", NULL, 0, -1, "not a name" },
	{ "vpn.example.net:443", NULL, 0, -1, "not a name" },
	{ "192.0.2:443", NULL, 0, -1, "not a name" },
	{ "192.0.2.256", NULL, 0, -1, "not a name" },
	{ "* :443", NULL, 0, -1, "blank" },
	{ "192.0.2.1 443", NULL, 0, -1, "blank" },
	{ "[*]:443", NULL, 0, -1, "IPv6 address" },
	{ "[192.0.2.1]:443", NULL, 0, -1, "IPv6 address" },
	{ "[::1:443", NULL, 0, -1, "not closed" },
	{ "*:443:443", NULL, 0, -1, "several colons" },
	{ "[fe80::1%no-such-if]:443", NULL, 0, -1, "no interface" },
};

static void listens(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		struct endpoint e;
		const char *why = endpoint_listen(listeners[i].text, ENDPOINT_ADDR_ALONE, &e);

		print_message("# %s: %s\n", listeners[i].text, why ? why : "good");
		assert_int_equal(!why, listeners[i].port >= 0);
		if (why) {
			assert_non_null(strstr(why, listeners[i].why));
			continue;
		}
		assert_int_equal(e.is_all, listeners[i].kind == ALL);
		assert_int_equal(e.is_localhost, listeners[i].kind == LOCALHOST);
		assert_int_equal(e.addr.family != AF_UNSPEC, listeners[i].addr != NULL);
		if (listeners[i].addr)
			assert_string_equal(ip_print(&e.addr).text, listeners[i].addr);
		assert_int_equal(e.port, listeners[i].port);
	}
}

static void a_zone_is_an_interface(void **state)
{
	struct endpoint e;

	(void)state;
	assert_null(endpoint_listen("[::1%lo]:443", 0, &e));
	assert_int_equal(e.scope, 1);
	assert_string_equal(ip_print(&e.addr).text, "::1");
}

static void what_a_caller_allows(void **state)
{
	struct endpoint e;

	(void)state;
	assert_string_equal(endpoint_listen("10.0.0.1", 0, &e), "there is no port");
	assert_string_equal(endpoint_listen("*", ENDPOINT_PORT_0, &e), "there is no port");
	assert_null(endpoint_listen("127.0.0.1:0", ENDPOINT_PORT_0, &e));
	assert_null(endpoint_listen("0", ENDPOINT_PORT_0, &e));
	assert_int_equal(e.port, 0);
	assert_non_null(endpoint_listen("*:00x", ENDPOINT_PORT_0, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits),
		cmocka_unit_test(listens),
		cmocka_unit_test(a_zone_is_an_interface),
		cmocka_unit_test(what_a_caller_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
