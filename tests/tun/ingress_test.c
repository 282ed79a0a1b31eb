/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which packets may reach a kernel: hand-made packets, and ways to hide a forbidden one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tun/ingress.h"
#include "util/bytes.h"

enum { BODY_MAX = 120, IPV6_LEN = 40 };

#define EXT8 \
	0, 0, 0, 0, 0, 0 /* the rest of an extension header of 8 bytes: two of Pad1 and so on */

struct packet6 {
	const char *name;
	uint8_t next;
	uint8_t body[BODY_MAX];
	size_t len;
	enum ingress want;
};

/* As the tunnel does: an incomplete packet is dropped. */
static enum ingress examine(uint8_t *at, size_t len)
{
	struct packet p;

	return packet_parse(&p, at, len) ? ingress_of(&p) : INGRESS_DROP;
}

static enum ingress judge6(const struct packet6 *k)
{
	size_t len = IPV6_LEN + k->len;
	uint8_t *packet = calloc(1, len); /* of its own size, so that a step past its end shows */
	enum ingress got;

	assert_non_null(packet);
	packet[0] = 0x60;
	store_u16(packet + 4, (uint16_t)k->len);
	packet[6] = k->next;
	memcpy(packet + IPV6_LEN, k->body, k->len);
	got = examine(packet, len);
	free(packet);
	return got;
}

static void ipv6(void **state)
{
	static const struct packet6 cases[] = {
		{ "TCP", 6, { 0 }, 20, INGRESS_PASS },
		{ "UDP", 17, { 0 }, 8, INGRESS_PASS },
		{ "UDP, nothing of it there", 17, { 0 }, 0, INGRESS_PASS },
		{ "no next header", 59, { 0 }, 0, INGRESS_PASS },
		{ "ESP", 50, { 0 }, 16, INGRESS_PASS },
		{ "SCTP", 132, { 0 }, 12, INGRESS_PASS },
		{ "destination options, UDP", 60, { 17, 0, EXT8 }, 16, INGRESS_PASS },
		{ "hop-by-hop, TCP", 0, { 6, 0, EXT8 }, 28, INGRESS_PASS },

		{ "destination unreachable", 58, { 1 }, 8, INGRESS_PASS },
		{ "packet too big", 58, { 2 }, 8, INGRESS_PASS },
		{ "time exceeded", 58, { 3 }, 8, INGRESS_PASS },
		{ "parameter problem", 58, { 4 }, 8, INGRESS_PASS },
		{ "echo request", 58, { 128 }, 8, INGRESS_PASS },
		{ "echo reply", 58, { 129 }, 8, INGRESS_PASS },
		{ "echo request after destination options",
		  60,
		  { 58, 0, EXT8, 128 },
		  16,
		  INGRESS_PASS },
		{ "an error of no known type", 58, { 100 }, 8, INGRESS_DROP },
		{ "type 0", 58, { 0 }, 8, INGRESS_DROP },
		{ "no byte of ICMPv6", 58, { 0 }, 0, INGRESS_DROP },

		{ "Router Solicitation", 58, { 133 }, 8, INGRESS_NEIGHBOR },
		{ "Router Advertisement", 58, { 134 }, 16, INGRESS_NEIGHBOR },
		{ "Neighbor Solicitation", 58, { 135 }, 24, INGRESS_NEIGHBOR },
		{ "Neighbor Advertisement", 58, { 136 }, 24, INGRESS_NEIGHBOR },
		{ "Redirect", 58, { 137 }, 40, INGRESS_NEIGHBOR },
		{ "one byte of a Router Advertisement", 58, { 134 }, 1, INGRESS_NEIGHBOR },

		{ "multicast listener query", 58, { 130 }, 24, INGRESS_DROP },
		{ "multicast listener report 2", 58, { 143 }, 24, INGRESS_DROP },
		{ "multicast router advertisement", 58, { 151 }, 8, INGRESS_DROP },
		{ "router renumbering", 58, { 138 }, 16, INGRESS_DROP },
		{ "node information", 58, { 139 }, 16, INGRESS_DROP },
		{ "certification path", 58, { 149 }, 16, INGRESS_DROP },

		{ "RA after hop-by-hop", 0, { 58, 0, EXT8, 134 }, 24, INGRESS_DROP },
		{ "RA after destination options", 60, { 58, 0, EXT8, 134 }, 24, INGRESS_DROP },
		{ "RA after 16 bytes of them",
		  60,
		  { 58, 1, EXT8, EXT8, 0, 0, 134 },
		  32,
		  INGRESS_DROP },
		{ "RA after two of them", 60, { 60, 0, EXT8, 58, 0, EXT8, 134 }, 32, INGRESS_DROP },
		{ "RA after AH", 51, { 58, 4, [24] = 134 }, 40, INGRESS_DROP },
		{ "RA after a routing header at its end",
		  43,
		  { 58, 0, 4, 0, 0, 0, 0, 0, 134 },
		  24,
		  INGRESS_DROP },
		{ "redirect after hop-by-hop", 0, { 58, 0, EXT8, 137 }, 48, INGRESS_DROP },
		{ "NA after destination options", 60, { 58, 0, EXT8, 136 }, 32, INGRESS_DROP },
		{ "MLD after router alert", 0, { 58, 0, 5, 2, 0, 0, 1, 0, 131 }, 32, INGRESS_DROP },

		/* fragments: next, 0, offset and more-flag, identification */
		{ "RA in a whole fragment",
		  44,
		  { 58, 0, 0, 0, 0, 0, 0, 1, 134 },
		  24,
		  INGRESS_DROP },
		{ "RA in a first fragment",
		  44,
		  { 58, 0, 0, 1, 0, 0, 0, 1, 134 },
		  24,
		  INGRESS_DROP },
		{ "echo in a first fragment",
		  44,
		  { 58, 0, 0, 1, 0, 0, 0, 1, 128 },
		  24,
		  INGRESS_PASS },
		{ "UDP in a first fragment", 44, { 17, 0, 0, 1, 0, 0, 0, 1 }, 24, INGRESS_PASS },
		{ "a later fragment", 44, { 58, 0, 0, 8, 0, 0, 0, 1, 134 }, 24, INGRESS_PASS },
		{ "RA after options in a first fragment",
		  44,
		  { 60, 0, 0, 1, 0, 0, 0, 1, 58, 0, EXT8, 134 },
		  32,
		  INGRESS_DROP },
		{ "options before, RA in a fragment",
		  60,
		  { 44, 0, EXT8, 58, 0, 0, 1, 0, 0, 0, 1, 134 },
		  32,
		  INGRESS_DROP },
		{ "first fragment that ends in the options",
		  44,
		  { 60, 0, 0, 1, 0, 0, 0, 1, 58, 1, EXT8 },
		  16,
		  INGRESS_DROP },
		{ "first fragment that ends after the options",
		  44,
		  { 60, 0, 0, 1, 0, 0, 0, 1, 58, 0, EXT8 },
		  16,
		  INGRESS_DROP },
		{ "first fragment with nothing in it",
		  44,
		  { 58, 0, 0, 1, 0, 0, 0, 1 },
		  8,
		  INGRESS_DROP },
		{ "a fragment of a fragment",
		  44,
		  { 44, 0, 0, 1, 0, 0, 0, 1, 58, 0, 0, 8, 0, 0, 0, 2, 134 },
		  32,
		  INGRESS_DROP },

		{ "routing header 0", 43, { 17, 2, 0, 1, [24] = 0 }, 40, INGRESS_DROP },
		{ "segment routing", 43, { 6, 2, 4, 1, [24] = 0 }, 60, INGRESS_DROP },
		{ "mobility's routing header", 43, { 6, 2, 2, 1, [24] = 0 }, 60, INGRESS_DROP },
		{ "a routing header at its end", 43, { 17, 2, 4, 0, [24] = 0 }, 40, INGRESS_PASS },
		{ "routing header after options",
		  60,
		  { 43, 0, EXT8, 17, 0, 0, 1, 0, 0, 0, 0 },
		  24,
		  INGRESS_DROP },

		{ "hop-by-hop that is not first",
		  60,
		  { 0, 0, EXT8, 17, 0, EXT8 },
		  24,
		  INGRESS_DROP },
		{ "hop-by-hop that is cut off", 0, { 17, 1, EXT8 }, 8, INGRESS_DROP },
		{ "hop-by-hop of one byte", 0, { 58 }, 1, INGRESS_DROP },
		{ "AH of the least length", 51, { 17, 0, 0, 0, 0, 0, 0, 0 }, 16, INGRESS_PASS },
		{ "AH that is cut off", 51, { 58, 255, 0 }, 16, INGRESS_DROP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (judge6(&cases[i]) != cases[i].want)
			fail_msg("%s: %d", cases[i].name, judge6(&cases[i]));
}

static void chain_without_end(void **state)
{
	struct packet6 k = { .next = 60, .len = BODY_MAX };

	(void)state;
	for (size_t i = 0; i < BODY_MAX; i += 8)
		k.body[i] = 60;
	assert_int_equal(judge6(&k), INGRESS_DROP);
	k.body[8 * 7] = 17;
	assert_int_equal(judge6(&k), INGRESS_PASS);
}

static void ipv4(void **state)
{
	static const struct {
		const char *name;
		uint8_t proto, options[8], option_len, flags[2], type, len;
		enum ingress want;
	} cases[] = {
		{ "TCP", 6, { 0 }, 0, { 0 }, 0, 20, INGRESS_PASS },
		{ "UDP", 17, { 0 }, 0, { 0 }, 0, 8, INGRESS_PASS },
		{ "GRE", 47, { 0 }, 0, { 0 }, 0, 8, INGRESS_PASS },
		{ "echo request", 1, { 0 }, 0, { 0 }, 8, 8, INGRESS_PASS },
		{ "echo reply", 1, { 0 }, 0, { 0 }, 0, 8, INGRESS_PASS },
		{ "unreachable", 1, { 0 }, 0, { 0 }, 3, 8, INGRESS_PASS },
		{ "redirect", 1, { 0 }, 0, { 0 }, 5, 28, INGRESS_DROP },
		{ "router advertisement", 1, { 0 }, 0, { 0 }, 9, 16, INGRESS_DROP },
		{ "redirect after options", 1, { 1, 1, 1, 0 }, 4, { 0 }, 5, 28, INGRESS_DROP },
		{ "redirect in a first fragment", 1, { 0 }, 0, { 0x20, 0 }, 5, 8, INGRESS_DROP },
		{ "echo in a first fragment", 1, { 0 }, 0, { 0x20, 0 }, 8, 8, INGRESS_PASS },
		{ "a later fragment", 1, { 0 }, 0, { 0, 1 }, 5, 8, INGRESS_PASS },
		{ "no byte of ICMP", 1, { 0 }, 0, { 0 }, 0, 0, INGRESS_DROP },
		{ "record route, TCP",
		  6,
		  { 7, 7, 4, 0, 0, 0, 0, 0 },
		  8,
		  { 0 },
		  0,
		  20,
		  INGRESS_PASS },
		{ "loose source route, TCP",
		  6,
		  { 131, 7, 4, 8, 8, 8, 8, 0 },
		  8,
		  { 0 },
		  0,
		  20,
		  INGRESS_DROP },
		{ "strict source route after a NOP",
		  17,
		  { 1, 137, 7, 4, 8, 8, 8, 8 },
		  8,
		  { 0 },
		  0,
		  8,
		  INGRESS_DROP },
		{ "source route after the end",
		  17,
		  { 0, 137, 7, 4, 8, 8, 8, 8 },
		  8,
		  { 0 },
		  0,
		  8,
		  INGRESS_PASS },
		{ "an option of length 0", 17, { 7, 0, 137, 7 }, 4, { 0 }, 0, 8, INGRESS_DROP },
		{ "an option that is cut off", 17, { 7, 9, 0, 0 }, 4, { 0 }, 0, 8, INGRESS_DROP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t ip_len = 20u + cases[i].option_len, len = ip_len + cases[i].len;
		uint8_t *p = calloc(1, len);
		enum ingress got;

		assert_non_null(p);
		p[0] = (uint8_t)(0x40 | ip_len / 4);
		store_u16(p + 2, (uint16_t)len);
		memcpy(p + 6, cases[i].flags, 2);
		p[9] = cases[i].proto;
		memcpy(p + 20, cases[i].options, cases[i].option_len);
		if (cases[i].len)
			p[ip_len] = cases[i].type;
		got = examine(p, len);
		if (got != cases[i].want)
			fail_msg("%s: %d", cases[i].name, got);
		free(p);
	}
}

static void ipv4_header_that_lies(void **state)
{
	uint8_t p[20] = { 0x4f, [3] = 20, [9] = 17 };

	(void)state;
	assert_int_equal(examine(p, sizeof(p)), INGRESS_DROP); /* 60 bytes, it says */
	p[0] = 0x44;
	assert_int_equal(examine(p, sizeof(p)), INGRESS_DROP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6),
		cmocka_unit_test(chain_without_end),
		cmocka_unit_test(ipv4),
		cmocka_unit_test(ipv4_header_that_lies),
	};

	return cmocka_run_group_tests_name("tun/ingress", tests, NULL, NULL);
}
