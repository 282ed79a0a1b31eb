/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MSS clamping: what is lowered, what is left unchanged, and that the checksum stays right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tun/mss.h"
#include "tun/packet.h"
#include "util/bytes.h"

enum { OPTIONS_MAX = 12, MTU = 1400 };

struct mss_case {
	const char *name;
	struct packet_desc desc;
	uint8_t options[OPTIONS_MAX]; /* as many as desc.tcp_options_len */
	size_t mtu;
	size_t at; /* offset of the MSS in the options */
	uint16_t want;
};

#define SYN .flags = PACKET_SYN

static const struct mss_case cases[] = {
	{ "larger", { SYN, .tcp_options_len = 4 }, { 2, 4, 0x05, 0xb4 }, MTU, 2, 1360 },
	{ "larger, of SYN-ACK and IPv6",
	  { .is_v6 = true, SYN, .tcp_options_len = 4 },
	  { 2, 4, 0x05, 0xa0 },
	  MTU,
	  2,
	  1340 },
	{ "fits", { SYN, .tcp_options_len = 4 }, { 2, 4, 0x05, 0x50 }, MTU, 2, 1360 },
	{ "smaller", { SYN, .tcp_options_len = 4 }, { 2, 4, 0x02, 0x18 }, MTU, 2, 536 },
	{ "at an odd place",
	  { SYN, .tcp_options_len = 8 },
	  { 1, 2, 4, 0x05, 0xb4, 1, 1, 0 },
	  MTU,
	  3,
	  1360 },
	{ "after others",
	  { SYN, .tcp_options_len = 12 },
	  { 4, 2, 3, 3, 7, 1, 2, 4, 0xff, 0xff, 0, 0 },
	  MTU,
	  8,
	  1360 },
	{ "at the largest", { SYN, .tcp_options_len = 4 }, { 2, 4, 0xff, 0xff }, 65535, 2, 65495 },
	{ "with data",
	  { SYN, .tcp_options_len = 4, .len = 99 },
	  { 2, 4, 0x05, 0xb4 },
	  MTU,
	  2,
	  1360 },
	{ "after IPv4 options",
	  { SYN, .tcp_options_len = 4, .ip_options_len = 8 },
	  { 2, 4, 0x05, 0xb4 },
	  MTU,
	  2,
	  1360 },
	{ "after extension headers",
	  { .is_v6 = true, SYN, .tcp_options_len = 4, .ext = { 0, 60, 43 }, .ext_count = 3 },
	  { 2, 4, 0x05, 0xb4 },
	  MTU,
	  2,
	  1340 },
	{ "no SYN", { .tcp_options_len = 4 }, { 2, 4, 0x05, 0xb4 }, MTU, 2, 1460 },
	{ "in a fragment",
	  { .is_v6 = true, SYN, .tcp_options_len = 4, .ext = { 44 }, .ext_count = 1 },
	  { 2, 4, 0x05, 0xb4 },
	  MTU,
	  2,
	  1460 },
	{ "mtu too small for any",
	  { SYN, .tcp_options_len = 4 },
	  { 2, 4, 0x05, 0xb4 },
	  40,
	  2,
	  1460 },
	{ "after the end of options",
	  { SYN, .tcp_options_len = 8 },
	  { 1, 0, 2, 4, 0x05, 0xb4, 0, 0 },
	  MTU,
	  4,
	  1460 },
	{ "after a length of zero",
	  { SYN, .tcp_options_len = 8 },
	  { 3, 0, 2, 4, 0x05, 0xb4, 0, 0 },
	  MTU,
	  4,
	  1460 },
	{ "after a length past the end",
	  { SYN, .tcp_options_len = 8 },
	  { 3, 9, 2, 4, 0x05, 0xb4, 0, 0 },
	  MTU,
	  4,
	  1460 },
	{ "of the wrong length",
	  { SYN, .tcp_options_len = 4 },
	  { 2, 3, 0x05, 0xb4 },
	  MTU,
	  2,
	  1460 },
	{ "cut off by the end", { SYN, .tcp_options_len = 4 }, { 1, 2, 4, 0x05 }, MTU, 3, 0x0500 },
	{ "none", { SYN, .tcp_options_len = 4 }, { 1, 1, 1, 1 }, MTU, 2, 0x0101 },
};

static size_t make(const struct mss_case *c, uint8_t *packet)
{
	size_t len = packet_make(&c->desc, packet);
	uint8_t *tcp = packet + packet_ip_len(&c->desc);

	memcpy(tcp + 20, c->options, c->desc.tcp_options_len);
	packet_finish(&c->desc, packet, len);
	return len;
}

static void clamp(uint8_t *at, size_t len, size_t mtu)
{
	struct packet p;

	if (packet_parse(&p, at, len))
		mss_clamp(&p.h, at, mtu);
}

static void each_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct mss_case *c = &cases[i];
		uint8_t packet[512], want[512];
		size_t len = make(c, packet);
		size_t at = packet_hdr_len(&c->desc) - c->desc.tcp_options_len + c->at;

		print_message("%s\n", c->name);
		memcpy(want, packet, len);
		if (at + 2 <= len)
			store_u16(want + at, c->want);
		packet_finish(&c->desc, want, len);
		clamp(packet, len, c->mtu);
		assert_memory_equal(packet, want, len);
	}
}

/* On the heap at their own size, so that the sanitizer sees a look past the end. */
static void what_is_not_whole_is_left_alone(void **state)
{
	uint8_t packet[512];
	size_t len = make(&cases[0], packet);

	(void)state;
	for (size_t cut = 1; cut < len; cut++) {
		uint8_t *part = malloc(cut);

		assert_non_null(part);
		memcpy(part, packet, cut);
		clamp(part, cut, MTU);
		assert_memory_equal(part, packet, cut);
		store_u16(packet + 2,
			  (uint16_t)(cut < 20 ? 20 : cut)); /* in its length field too */
		memcpy(part, packet, cut);
		clamp(part, cut, MTU);
		assert_memory_equal(part, packet, cut);
		store_u16(packet + 2, (uint16_t)len);
		free(part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case),
		cmocka_unit_test(what_is_not_whole_is_left_alone),
	};

	return cmocka_run_group_tests_name("tun/mss", tests, NULL, NULL);
}
