/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing the headers of good packets, of inconsistent ones and of truncated ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tun/headers.h"

enum { ROOM = 80 };

struct good {
	const char *name;
	uint8_t bytes[ROOM];
	size_t len;
	struct headers want;
};

#define V6 .is_v6 = true
#define FRAGMENT .is_fragment = true
#define BARE .is_bare = true
#define TCP .proto = IPPROTO_TCP
#define UDP .proto = IPPROTO_UDP
#define NONE .proto = IPPROTO_NONE

static const struct good goods[] = {
	{ "TCP", { 0x45, [3] = 40, [9] = 6 }, 40, { BARE, TCP, .ip_len = 20, .total = 40 } },
	{ "bytes after its end",
	  { 0x45, [3] = 28, [9] = 17 },
	  40,
	  { BARE, UDP, .ip_len = 20, .total = 28 } },
	{ "a header alone",
	  { 0x45, [3] = 20, [9] = 6 },
	  20,
	  { BARE, TCP, .ip_len = 20, .total = 20 } },
	{ "options", { 0x4f, [3] = 68, [9] = 17 }, 68, { UDP, .ip_len = 60, .total = 68 } },
	{ "more fragments",
	  { 0x45, [3] = 40, [6] = 0x20, [9] = 17 },
	  40,
	  { BARE, FRAGMENT, UDP, .ip_len = 20, .total = 40 } },
	{ "a later fragment",
	  { 0x45, [3] = 40, [7] = 1, [9] = 17 },
	  40,
	  { BARE, FRAGMENT, UDP, .ip_len = 20, .total = 40 } },
	{ "don't fragment",
	  { 0x45, [3] = 40, [6] = 0x40, [9] = 6 },
	  40,
	  { BARE, TCP, .ip_len = 20, .total = 40 } },

	{ "IPv6, UDP", { 0x60, [5] = 8, 17 }, 48, { V6, BARE, UDP, .ip_len = 40, .total = 48 } },
	{ "IPv6, bytes after its end",
	  { 0x60, [5] = 8, 17 },
	  60,
	  { V6, BARE, UDP, .ip_len = 40, .total = 48 } },
	{ "IPv6, no payload", { 0x60, [6] = 6 }, 40, { V6, BARE, TCP, .ip_len = 40, .total = 40 } },
	{ "hop-by-hop, routing, destination options",
	  { 0x60, [5] = 32, [40] = 43, [48] = 60, [56] = 6 },
	  72,
	  { V6, TCP, .ip_len = 64, .total = 72 } },
	{ "an extension of 16 bytes",
	  { 0x60, [5] = 24, 60, [40] = 17, 1 },
	  64,
	  { V6, UDP, .ip_len = 56, .total = 64 } },
	{ "an extension that is cut off",
	  { 0x60, [5] = 8, 60, [40] = 17, 1 },
	  48,
	  { V6, NONE, .ip_len = 48, .total = 48 } },
	{ "an extension of which one byte is there",
	  { 0x60, [5] = 1, 60, [40] = 17 },
	  41,
	  { V6, NONE, .ip_len = 41, .total = 41 } },
	{ "IPv6, a fragment",
	  { 0x60, [5] = 16, 44, [40] = 17 },
	  56,
	  { V6, FRAGMENT, UDP, .ip_len = 48, .total = 56 } },
	{ "an extension in a fragment is not looked into",
	  { 0x60, [5] = 16, 44, [40] = 60, [48] = 17 },
	  56,
	  { V6, FRAGMENT, .proto = IPPROTO_DSTOPTS, .ip_len = 48, .total = 56 } },
	{ "ESP",
	  { 0x60, [5] = 8, 50 },
	  48,
	  { V6, BARE, .proto = IPPROTO_ESP, .ip_len = 40, .total = 48 } },
};

/* On the heap at its own size, so that the sanitizer sees a look past the end. */
static bool parse(const uint8_t *bytes, size_t len, struct packet *p)
{
	uint8_t *at = malloc(len ? len : 1);
	bool is_good;

	assert_non_null(at);
	memcpy(at, bytes, len);
	is_good = packet_parse(p, at, len);
	assert_ptr_equal(p->at, at);
	free(at);
	return is_good;
}

static void good_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		const struct good *g = &goods[i];
		struct packet p;

		print_message("%s\n", g->name);
		assert_true(parse(g->bytes, g->len, &p));
		assert_int_equal(p.h.is_v6, g->want.is_v6);
		assert_int_equal(p.h.is_fragment, g->want.is_fragment);
		assert_int_equal(p.h.is_bare, g->want.is_bare);
		assert_int_equal(p.h.proto, g->want.proto);
		assert_int_equal(p.h.total, g->want.total);
		assert_int_equal(p.h.ip_len, g->want.ip_len);
	}
}

static void cut_off_packets(void **state)
{
	struct packet p;

	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++)
		for (size_t len = 0; len < goods[i].want.total; len++)
			assert_false(parse(goods[i].bytes, len, &p));
}

static void lies(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[ROOM];
	} cases[] = {
		{ "IPv0", { 0x05, [3] = 40 } },
		{ "IPv5", { 0x55, [3] = 40 } },
		{ "a header of four words", { 0x44, [3] = 40 } },
		{ "a header of none", { 0x40, [3] = 40 } },
		{ "a header past the packet's end", { 0x46, [3] = 20 } },
		{ "shorter than its header", { 0x45, [3] = 19 } },
		{ "no length", { 0x45 } },
		{ "longer than what is there", { 0x45, [3] = ROOM + 1 } },
		{ "much longer", { 0x45, [2] = 0xff } },
		{ "IPv6, longer than what is there", { 0x60, [5] = ROOM - 40 + 1 } },
		{ "IPv6, much longer", { 0x60, [4] = 0xff } },
	};
	struct packet p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].name);
		assert_false(parse(cases[i].bytes, ROOM, &p));
	}
}

static void addresses(void **state)
{
	uint8_t v4[20] = { 0x45, [3] = 20, [12] = 10, 1, 2, 3, 192, 0, 2, 1 };
	uint8_t v6[40] = { 0x60, [8] = 0xfe, 0x80, [23] = 1, 0x20, 0x01, [39] = 2 };
	struct ip_addr from, to;
	struct packet p;

	(void)state;
	assert_true(packet_parse(&p, v4, sizeof(v4)));
	from = packet_src(&p);
	to = packet_dst(&p);
	assert_string_equal(ip_print(&from).text, "10.1.2.3");
	assert_string_equal(ip_print(&to).text, "192.0.2.1");
	assert_true(packet_parse(&p, v6, sizeof(v6)));
	from = packet_src(&p);
	to = packet_dst(&p);
	assert_string_equal(ip_print(&from).text, "fe80::1");
	assert_string_equal(ip_print(&to).text, "2001::2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_packets),
		cmocka_unit_test(cut_off_packets),
		cmocka_unit_test(lies),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests_name("tun/headers", tests, NULL, NULL);
}
