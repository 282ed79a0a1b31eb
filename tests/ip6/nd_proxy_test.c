/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Neighbor Discovery for the addresses of others: what is answered and how, and what is dropped. */
#include "ip6/nd_proxy.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ip6/router.h"

static const uint8_t link_addr[ND_LINK_ADDR_LEN] = { 2, 0, 0, 0, 0, 7 };

static struct {
	uint8_t packet[256];
	size_t len;
} t;

/* A message to `to` with this target and the option. */
static void make(uint8_t type, const char *from, const char *to, const char *target, uint32_t flags,
		 const void *option, size_t option_len)
{
	struct writer w = writer_of(t.packet, sizeof(t.packet));
	struct ip_addr source = router_addr(from), group = router_addr(to);
	struct ip_addr a = router_addr(target);

	nd_begin(&w, type, &source, &group);
	put_u32(&w, flags);
	put_bytes(&w, a.bytes, 16);
	put_bytes(&w, option, option_len);
	t.len = nd_end(&w);
	assert_int_not_equal(t.len, 0);
}

static struct nd_proxy_packet get(void)
{
	struct nd_proxy_packet p;
	uint8_t *copy = malloc(t.len); /* exact size: ASan finds overreads */

	assert_non_null(copy);
	memcpy(copy, t.packet, t.len);
	nd_proxy_get(copy, t.len, &p);
	free(copy);
	return p;
}

static void a_solicitation_is_answered_to_its_sender(void **state)
{
	static const uint8_t want[] = { 136,  0, 0, 0, 0x40, 0, 0, 0, 0x20, 1, 0x0d,
					0xb8, 0, 5, 0, 0,    0, 0, 0, 0,    0, 0,
					0,    9, 2, 1, 2,    0, 0, 0, 0,    7 };
	static const uint8_t source[] = { 1, 1, 2, 0, 0, 0, 0, 9 };
	uint8_t reply[ND_PROXY_PACKET_MAX];
	struct nd_proxy_packet p;
	struct nd_message m;

	(void)state;
	make(135, "2001:db8:5::2", "ff02::1:ff00:9", "2001:db8:5::9", 0, source, sizeof(source));
	p = get();
	assert_int_equal(p.type, ND_PROXY_SOLICITS);
	assert_int_equal(nd_proxy_reply(&p, link_addr, reply), 40 + sizeof(want));
	assert_true(nd_get(reply, sizeof(reply), &m));
	assert_string_equal(ip_print(&m.from).text, "2001:db8:5::9");
	assert_string_equal(ip_print(&m.to).text, "2001:db8:5::2");
	reply[42] = reply[43] = 0;
	assert_memory_equal(reply + 40, want, sizeof(want));
}

static void duplicate_address_detection_is_answered_to_all(void **state)
{
	uint8_t reply[ND_PROXY_PACKET_MAX];
	struct nd_proxy_packet p;
	struct nd_message m;

	(void)state;
	make(135, "::", "ff02::1:ff00:9", "2001:db8:5::9", 0, "", 0);
	p = get();
	assert_int_equal(p.type, ND_PROXY_DETECTS);
	assert_int_not_equal(nd_proxy_reply(&p, link_addr, reply), 0);
	assert_true(nd_get(reply, sizeof(reply), &m));
	assert_string_equal(ip_print(&m.to).text, "ff02::1");
	assert_int_equal(reply[44], 0); /* not Solicited */
}

/* What one end sends is understood by the other. */
static void a_probe_is_detection(void **state)
{
	struct ip_addr a = router_addr("2001:db8:5::1234:5678");
	struct nd_proxy_packet p;

	(void)state;
	t.len = nd_proxy_probe(&a, t.packet);
	p = get();
	assert_int_equal(p.type, ND_PROXY_DETECTS);
	assert_true(ip_equal(&p.target, &a));
	t.len = nd_proxy_reply(&p, link_addr, t.packet);
	p = get();
	assert_int_equal(p.type, ND_PROXY_HAS);
	assert_true(ip_equal(&p.target, &a));
}

static void invalid_ones_are_ignored(void **state)
{
	static const uint8_t source[] = { 1, 1, 2, 0, 0, 0, 0, 9 }, zero[8] = { 1 },
			     too_long[] = { 1, 2, 0, 0, 0, 0, 0, 0 };
	static const struct {
		const char *what;
		uint8_t type;
		const char *from, *to, *target;
		uint32_t flags;
		const uint8_t *option;
	} cases[] = {
		{ "a multicast target", 135, "fe80::2", "ff02::1", "ff02::1", 0, NULL },
		{ "a multicast source", 135, "ff02::2", "ff02::1:ff00:9", "2001:db8:5::9", 0,
		  NULL },
		{ "detection to one host", 135, "::", "2001:db8:5::9", "2001:db8:5::9", 0, NULL },
		{ "detection to another group", 135, "::", "ff02::1:ff00:8", "2001:db8:5::9", 0,
		  NULL },
		{ "detection with a source", 135, "::", "ff02::1:ff00:9", "2001:db8:5::9", 0,
		  source },
		{ "an option of length 0", 135, "fe80::2", "ff02::1:ff00:9", "2001:db8:5::9", 0,
		  zero },
		{ "an option too long", 135, "fe80::2", "ff02::1:ff00:9", "2001:db8:5::9", 0,
		  too_long },
		{ "solicited, to all", 136, "fe80::2", "ff02::1", "2001:db8:5::9", 0x40000000,
		  NULL },
		{ "a redirect", 137, "fe80::2", "fe80::3", "2001:db8:5::9", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		make(cases[i].type, cases[i].from, cases[i].to, cases[i].target, cases[i].flags,
		     cases[i].option ? cases[i].option : source, cases[i].option ? 8 : 0);
		if (get().type != ND_PROXY_OTHER)
			fail_msg("%s is taken", cases[i].what);
	}
	make(135, "fe80::2", "ff02::1:ff00:9", "2001:db8:5::9", 0, source, 8);
	for (; t.len; t.len--) {
		struct nd_proxy_packet p = get();

		if (t.len < 72 && p.type != ND_PROXY_OTHER)
			fail_msg("%zu bytes are taken", t.len);
	}
	make(135, "fe80::2", "ff02::1:ff00:9", "2001:db8:5::9", 0, source, 8);
	t.packet[7] = 254; /* from another link */
	assert_int_equal(get().type, ND_PROXY_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_solicitation_is_answered_to_its_sender),
		cmocka_unit_test(duplicate_address_detection_is_answered_to_all),
		cmocka_unit_test(a_probe_is_detection),
		cmocka_unit_test(invalid_ones_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
