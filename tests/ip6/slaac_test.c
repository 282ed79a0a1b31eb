/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A host on a link with a router, on a clock that the test advances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip6/message.h"
#include "ip6/router.h"

#define FOREVER UINT32_MAX

static struct {
	struct slaac host;
	struct slaac_config now;
	uint64_t ms;
	unsigned packets, changes; /* since the last check */
	uint8_t last[IP6_PACKET_MAX];
	size_t last_len;
} t;

static const uint8_t own_iid[IP6_IID_LEN] = { 0x10, 0, 0, 0, 0, 0, 0, 2 };

static void drain(void)
{
	struct slaac_out out;

	while (slaac_next(&t.host, &out)) {
		if (out.type == SLAAC_OUT_CHANGED) {
			t.changes++;
			continue;
		}
		t.packets++;
		t.last_len = out.packet.len;
		memcpy(t.last, out.packet.at, out.packet.len);
	}
	slaac_config(&t.host, t.ms, &t.now);
}

static int start(void **state)
{
	struct slaac_cfg cfg = { .log = NULL };

	(void)state;
	memset(&t, 0, sizeof(t));
	t.ms = 1000000;
	memcpy(cfg.own_iid, own_iid, sizeof(own_iid));
	slaac_init(&t.host, &cfg);
	slaac_start(&t.host, t.ms);
	drain();
	return 0;
}

/* Advances the clock, with a tick at each deadline on the way. */
static void wait_ms(uint64_t ms)
{
	uint64_t end = t.ms + ms;

	while (slaac_deadline(&t.host) <= end) {
		if (slaac_deadline(&t.host) > t.ms)
			t.ms = slaac_deadline(&t.host);
		slaac_tick(&t.host, t.ms);
		drain();
	}
	t.ms = end;
	slaac_config(&t.host, t.ms, &t.now);
}

static void give(struct bytes packet)
{
	uint8_t *copy = malloc(packet.len); /* exact size: ASan finds overreads */

	assert_non_null(copy);
	memcpy(copy, packet.at, packet.len);
	slaac_input(&t.host, copy, packet.len, t.ms);
	free(copy);
	drain();
}

static void advertise_prefix(const char *prefix, uint32_t valid_s, uint32_t preferred_s)
{
	struct router r;

	router_begin(&r, 1800, 0);
	router_prefix(&r, prefix, 64, 0x40, valid_s, preferred_s);
	give(router_end(&r));
}

static void assert_addr(const struct ip_addr *a, const char *text)
{
	assert_string_equal(ip_print(a).text, text);
}

/* ---- soliciting */

static void solicits_three_times(void **state)
{
	static const uint8_t want[] = {
		0x60, 0, 0, 0,    0, 8, 58, 255, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0,   0,
		0,    0, 2, 0xff, 2, 0, 0,  0,   0,    0,    0, 0, 0, 0, 0, 0, 0,    0, 2, 133, 0,
	};

	(void)state;
	assert_int_equal(t.packets, 1);
	assert_int_equal(t.last_len, 48);
	assert_memory_equal(t.last, want, sizeof(want));
	wait_ms(3999);
	assert_int_equal(t.packets, 1);
	wait_ms(1);
	assert_int_equal(t.packets, 2);
	wait_ms(4000);
	assert_int_equal(t.packets, 3);
	wait_ms(4000);
	assert_int_equal(t.packets, 3);
	assert_true(t.now.is_settled);
	assert_int_equal(t.changes, 1);
	assert_int_equal(t.now.addr_count, 0);
	assert_false(t.now.has_router);
	assert_true(slaac_deadline(&t.host) == UINT64_MAX);
}

/*
 * The engine settles after the time that the second solicitation may need; later addresses are used
 * too.
 */
static void without_a_router_it_settles(void **state)
{
	(void)state;
	wait_ms(4999);
	assert_false(t.now.is_settled);
	assert_int_equal(t.changes, 0);
	wait_ms(1);
	assert_true(t.now.is_settled);
	assert_int_equal(t.changes, 1);
	assert_int_equal(t.packets, 2);
	wait_ms(3000);
	assert_int_equal(t.packets, 3);
	assert_int_equal(t.changes, 1);
	wait_ms(60 * 1000);
	assert_int_equal(t.changes, 1);
	advertise_prefix("2001:db8::", 4000, 1000);
	assert_int_equal(t.changes, 2);
	assert_int_equal(t.now.addr_count, 1);
}

static void one_advertisement_is_enough(void **state)
{
	struct router r;

	(void)state;
	wait_ms(100);
	router_begin(&r, 0, 0);
	give(router_end(&r));
	assert_true(t.now.is_settled);
	assert_int_equal(t.changes, 1);
	wait_ms(100000);
	assert_int_equal(t.packets, 1);
}

static void nothing_before_the_start(void **state)
{
	struct slaac_cfg cfg = { .log = NULL };

	(void)state;
	slaac_init(&t.host, &cfg);
	assert_true(slaac_deadline(&t.host) == UINT64_MAX);
	advertise_prefix("2001:db8::", 100, 100);
	assert_int_equal(t.now.addr_count, 0);
	assert_false(t.now.is_settled);
}

/* Before the entries expire, but not within a minute after the router's last advertisement. */
static void solicits_again(void **state)
{
	(void)state;
	advertise_prefix("2001:db8::", 4000, 1000);
	t.packets = 0;
	wait_ms(749999);
	assert_int_equal(t.packets, 0);
	wait_ms(1);
	assert_int_equal(t.packets, 1);
	wait_ms(4000);
	assert_int_equal(t.packets, 2);
	advertise_prefix("2001:db8::", 4000, 1000);
	wait_ms(749999);
	assert_int_equal(t.packets, 2);
	/* a router that is gone: until all entries have expired, not forever */
	wait_ms(10000 * 1000);
	assert_int_equal(t.now.addr_count, 0);
	t.packets = 0;
	wait_ms(10000 * 1000);
	assert_int_equal(t.packets, 0);
}

static void a_short_lifetime_does_not_cause_constant_solicitations(void **state)
{
	(void)state;
	advertise_prefix("2001:db8::", 2, 1);
	t.packets = 0;
	wait_ms(59999);
	assert_int_equal(t.packets, 0);
}

/* ---- what is learned */

static void all_options_are_used(void **state)
{
	struct router r;

	(void)state;
	router_begin(&r, 1800, 0x40);
	router_prefix(&r, "2001:db8:1:2::", 64, 0x40, 86400, 14400);
	router_mtu(&r, 1400);
	router_server(&r, "2001:db8::53", 1800);
	router_domains(&r, "\7example\3net\0\4Corp\0", 19, 1800);
	give(router_end(&r));
	assert_true(t.now.is_settled);
	assert_true(t.now.has_router);
	assert_true(t.now.has_dhcp);
	assert_int_equal(t.now.mtu, 1400);
	assert_int_equal(t.now.addr_count, 1);
	assert_addr(&t.now.addrs[0].addr, "2001:db8:1:2:1000::2");
	assert_int_equal(t.now.addrs[0].preferred_s, 14400);
	assert_int_equal(t.now.addrs[0].valid_s, 86400);
	assert_int_equal(t.now.server_count, 1);
	assert_addr(&t.now.servers[0], "2001:db8::53");
	assert_int_equal(t.now.domain_count, 2);
	assert_string_equal(t.now.domains[0], "example.net");
	assert_string_equal(t.now.domains[1], "Corp");
	wait_ms(1500);
	assert_int_equal(t.now.addrs[0].valid_s, 86399);
}

/* As accel-ppp 1.13 sends it (ipv6/nd.c): flag A without L, no MTU option, DNS after the prefix. */
static void an_advertisement_of_accel_ppp(void **state)
{
	static const uint8_t packet[] = {
		0x60, 0,    0,    0,    0,    0x48, 58,   255, 0xfe, 0x80, 0,    0,    0,    0,
		0,    0,    0,    0,    0,    0,    0,    0,   0,    1,    0xff, 2,    0,    0,
		0,    0,    0,    0,    0,    0,    0,    0,   0,    0,    0,    1,    134,  0,
		0,    0,    64,   0x40, 0x07, 0x08, 0,    0,   0,    0,    0,    0,    0,    0,
		3,    4,    64,   0x40, 0,    0x27, 0x8d, 0,   0,    9,    0x3a, 0x80, 0,    0,
		0,    0,    0xfc, 0,    0,    1,    0,    0,   0,    0,    0,    0,    0,    0,
		0,    0,    0,    0,    25,   3,    0,    0,   0,    0,    0x0b, 0xb8, 0x20, 1,
		0x48, 0x60, 0x48, 0x60, 0,    0,    0,    0,   0,    0,    0,    0,    0x88, 0x88,
	};
	uint8_t copy[sizeof(packet)];

	(void)state;
	memcpy(copy, packet, sizeof(copy));
	router_checksum(copy, sizeof(copy));
	give(bytes_of(copy, sizeof(copy)));
	assert_int_equal(t.now.addr_count, 1);
	assert_addr(&t.now.addrs[0].addr, "fc00:1::1000:0:0:2");
	assert_int_equal(t.now.addrs[0].valid_s, 2592000);
	assert_int_equal(t.now.addrs[0].preferred_s, 604800);
	assert_addr(&t.now.servers[0], "2001:4860:4860::8888");
	assert_true(t.now.has_router);
}

static void prefixes_that_make_no_address(void **state)
{
	static const struct {
		const char *prefix;
		uint8_t len, flags;
		uint32_t valid_s, preferred_s;
	} cases[] = {
		{ "2001:db8::", 64, 0x80, 100, 100 }, /* only on-link */
		{ "2001:db8::", 48, 0x40, 100, 100 },  { "2001:db8::", 128, 0x40, 100, 100 },
		{ "2001:db8::", 65, 0x40, 100, 100 },  { "2001:db8::", 63, 0x40, 100, 100 },
		{ "2001:db8::", 255, 0x40, 100, 100 }, { "2001:db8::", 0, 0x40, 100, 100 },
		{ "2001:db8::", 64, 0x40, 100, 101 },  { "fe80::", 64, 0x40, 100, 100 },
		{ "febf::", 64, 0x40, 100, 100 },      { "ff02::", 64, 0x40, 100, 100 },
		{ "::", 64, 0x40, 100, 100 },          { "::ffff:0:0", 64, 0x40, 100, 100 },
		{ "2001:db8::", 64, 0x40, 0, 0 },
	};
	struct router r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		router_begin(&r, 1800, 0);
		router_prefix(&r, cases[i].prefix, cases[i].len, cases[i].flags, cases[i].valid_s,
			      cases[i].preferred_s);
		give(router_end(&r));
		if (t.now.addr_count)
			fail_msg("case %zu gave %s", i, ip_print(&t.now.addrs[0].addr).text);
	}
}

static void the_host_part_of_a_prefix_is_ignored(void **state)
{
	(void)state;
	advertise_prefix("2001:db8::bad:bad", 100, 100);
	assert_addr(&t.now.addrs[0].addr, "2001:db8::1000:0:0:2");
	advertise_prefix("2001:db8::", 100, 100);
	assert_int_equal(t.now.addr_count, 1);
}

static void an_mtu_under_the_minimum_is_ignored(void **state)
{
	static const uint32_t mtus[] = { 0, 1, 576, 1279 };
	struct router r;

	(void)state;
	for (size_t i = 0; i < sizeof(mtus) / sizeof(*mtus); i++) {
		router_begin(&r, 1800, 0);
		router_mtu(&r, mtus[i]);
		give(router_end(&r));
		assert_int_equal(t.now.mtu, 0);
	}
	router_begin(&r, 1800, 0);
	router_mtu(&r, 1280);
	give(router_end(&r));
	assert_int_equal(t.now.mtu, 1280);
	advertise_prefix("2001:db8::", 100, 100); /* without MTU: it stays (section 6.3.4) */
	assert_int_equal(t.now.mtu, 1280);
	router_begin(&r, 1800, 0);
	router_mtu(&r, UINT32_MAX); /* the link's owner takes the smaller one */
	give(router_end(&r));
	assert_int_equal(t.now.mtu, UINT32_MAX);
}

static void unusable_server_addresses(void **state)
{
	static const char *const servers[] = { "::", "::1", "ff02::fb", "fe80::1",
					       "::ffff:10.0.0.1" };
	struct router r;

	(void)state;
	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
		router_begin(&r, 1800, 0);
		router_server(&r, servers[i], FOREVER);
		give(router_end(&r));
		assert_int_equal(t.now.server_count, 0);
	}
}

static void malformed_names(void **state)
{
	static const struct {
		const char *wire;
		size_t len;
		size_t want;
	} cases[] = {
		{ "\0", 1, 0 },
		{ "\3net", 4, 1 }, /* the padding's first byte ends it */
		{ "\7example\3net\0", 13, 1 },
		{ "\377", 1, 0 },
		{ "\100aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0", 66, 0 },
		{ "\300\14\3net\0", 7, 0 }, /* compressed */
		{ "\7a b\nc;d\0\3net\0", 14, 1 },
		{ "\4a\0bc\0\3net\0", 11, 1 },
		{ "\7example\77ab", 11, 0 }, /* longer than the option */
	};
	struct router r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		start(NULL);
		router_begin(&r, 1800, 0);
		router_domains(&r, cases[i].wire, cases[i].len, 100);
		give(router_end(&r));
		if (t.now.domain_count != cases[i].want)
			fail_msg("case %zu: %zu names", i, t.now.domain_count);
		if (cases[i].want)
			assert_non_null(strstr(t.now.domains[0], "net"));
	}
}

static void a_name_of_full_length(void **state)
{
	uint8_t name[256];
	struct router r;

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		struct writer w = writer_of(name, sizeof(name));

		start(NULL);
		for (int i = 0; i < 4; i++) { /* 3 * 64 + 61 + 1 is 254 as text, with its NUL */
			uint8_t len = (uint8_t)(i < 3 ? 63 : 61 + extra);

			put_u8(&w, len);
			memset(put_gap(&w, len), 'a' + i, len);
		}
		put_u8(&w, 0);
		router_begin(&r, 1800, 0);
		router_domains(&r, name, w.len, 100);
		give(router_end(&r));
		assert_int_equal(t.now.domain_count, extra ? 0 : 1);
		if (!extra)
			assert_int_equal(strlen(t.now.domains[0]), IP6_DOMAIN_SIZE - 1);
	}
}

/* ---- routes (RFC 4191) */

/* "2001:db8:5::/48 2001:db8:6::/48" */
static const char *routes(void)
{
	static char text[IP6_ROUTES_MAX * 64];
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < t.now.route_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "",
				      ip_prefix_print(&t.now.routes[i]).text);
	return text;
}

static void advertise_route(uint16_t router_s, const char *prefix, uint8_t len, uint8_t flags,
			    uint32_t lifetime_s, uint8_t units)
{
	struct router r;

	router_begin(&r, router_s, 0);
	router_route(&r, prefix, len, flags, lifetime_s, units);
	give(router_end(&r));
}

enum { MEDIUM = 0, HIGH = 8, RESERVED = 16, LOW = 24 };

static void routes_are_learned(void **state)
{
	struct router r;

	(void)state;
	router_begin(&r, 0, 0);
	router_route(&r, "2001:db8:5::", 48, MEDIUM, 1800, 2);
	router_route(&r, "2001:db8:6::77", 128, HIGH, FOREVER, 3);
	router_route(&r, "2001:db8:7::77", 32, LOW, 100, 3); /* host bits, and more than needed */
	router_route(&r, "64:ff9b::", 96, MEDIUM, 1800, 3);
	router_route(&r, "2001:db8:5::", 48, HIGH, 1800, 2); /* again */
	give(router_end(&r));
	assert_string_equal(routes(), "2001:db8:5::/48 2001:db8:6::77/128 2001:db8::/32 "
				      "64:ff9b::/96");
	assert_false(t.now.has_router);
	assert_int_equal(t.changes, 1);
}

static void routes_that_can_not_be(void **state)
{
	static const struct {
		const char *prefix;
		uint8_t len, flags, units;
	} cases[] = {
		{ "2001:db8::", 48, RESERVED, 2 },
		{ "2001:db8::", 48, MEDIUM, 1 }, /* no prefix */
		{ "2001:db8::", 64, MEDIUM, 1 },
		{ "2001:db8::", 65, MEDIUM, 2 }, /* half of one */
		{ "2001:db8::", 128, MEDIUM, 2 },
		{ "2001:db8::", 129, MEDIUM, 3 },
		{ "2001:db8::", 255, MEDIUM, 3 },
		{ "2001:db8::", 255, MEDIUM, 32 },
		{ "2001:db8::", 64, MEDIUM, 4 }, /* longer than a prefix */
		{ "fe80::", 64, MEDIUM, 2 },
		{ "fe80::", 10, MEDIUM, 2 },
		{ "fe00::", 8, MEDIUM, 2 },
		{ "ff02::", 16, MEDIUM, 2 },
		{ "ff00::", 8, MEDIUM, 2 },
		{ "8000::", 1, MEDIUM, 2 }, /* half of ::/0 */
		{ "::", 1, MEDIUM, 2 },
		{ "::1", 128, MEDIUM, 3 },
		{ "::", 96, MEDIUM, 3 },
		{ "::ffff:10.0.0.0", 104, MEDIUM, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		start(NULL);
		advertise_route(1800, cases[i].prefix, cases[i].len, cases[i].flags, 1800,
				cases[i].units);
		if (t.now.route_count || !t.now.has_router)
			fail_msg("case %zu gave %s", i, routes());
	}
}

/* A route to ::/0 is what the header says of the router, and overrides it (RFC 4191 section 3.1). */
static void the_route_to_everything(void **state)
{
	static const struct {
		uint16_t router_s;
		uint8_t flags;
		uint32_t route_s;
		uint8_t units;
		bool has_router;
	} cases[] = {
		{ 0, MEDIUM, 100, 1, true },  { 0, HIGH, 100, 3, true },
		{ 1800, LOW, 0, 1, false },   { 1800, RESERVED, 0, 1, true },
		{ 0, MEDIUM, 100, 4, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		start(NULL);
		advertise_route(cases[i].router_s, "::", 0, cases[i].flags, cases[i].route_s,
				cases[i].units);
		assert_int_equal(t.now.route_count, 0);
		if (t.now.has_router != cases[i].has_router)
			fail_msg("case %zu: %d", i, t.now.has_router);
	}
	start(NULL);
	for (int i = 0; i < 5; i++) { /* a repetition is no news */
		advertise_route(0, "::", 0, MEDIUM, 100, 1);
		wait_ms(20 * 1000);
		assert_true(t.now.has_router);
		assert_int_equal(t.changes, 1);
	}
	wait_ms(100 * 1000);
	assert_false(t.now.has_router);
	assert_int_equal(t.changes, 2);
}

static void routes_end(void **state)
{
	(void)state;
	advertise_route(0, "2001:db8:5::", 48, MEDIUM, 100, 2);
	wait_ms(60 * 1000);
	advertise_route(0, "2001:db8:5::", 48, LOW, 100, 2);
	advertise_route(0, "2001:db8:6::", 48, MEDIUM, 5, 2);
	assert_int_equal(t.changes, 2);
	wait_ms(5000 - 1);
	assert_string_equal(routes(), "2001:db8:5::/48 2001:db8:6::/48");
	wait_ms(1);
	assert_string_equal(routes(), "2001:db8:5::/48");
	assert_int_equal(t.changes, 3);
	wait_ms(95 * 1000 - 1);
	assert_string_equal(routes(), "2001:db8:5::/48");
	wait_ms(1);
	assert_string_equal(routes(), "");
	assert_int_equal(t.changes, 4);
	advertise_route(0, "2001:db8:5::", 48, MEDIUM, FOREVER, 2);
	wait_ms(1000ull * 3600 * 24 * 365);
	assert_string_equal(routes(), "2001:db8:5::/48");
	advertise_route(0, "2001:db8:5::", 48, MEDIUM, 0, 2); /* withdrawn */
	assert_string_equal(routes(), "");
	advertise_route(0, "2001:db8:5::", 48, MEDIUM, 0, 2); /* there is none */
	wait_ms(2000);
	assert_int_equal(t.changes, 6);
}

/* One that two routers have stays until both have withdrawn it. */
static void a_route_of_two_routers(void **state)
{
	static const uint32_t lifetimes[] = { 1800, 1800, 0, 0 };

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		struct router r;
		struct bytes b;

		router_begin(&r, 0, 0);
		router_route(&r, "2001:db8:5::", 48, MEDIUM, lifetimes[i], 2);
		b = router_end(&r);
		r.packet[23] = i % 2 ? 9 : 1; /* fe80::9, fe80::1 */
		router_checksum(r.packet, b.len);
		give(b);
		assert_string_equal(routes(), i < 3 ? "2001:db8:5::/48" : "");
	}
}

/* The first ones are kept, and what is withdrawn makes room. */
static void a_thousand_routes(void **state)
{
	char text[64];
	struct router r;

	(void)state;
	router_begin(&r, 1800, 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "2001:db8:%x::", i + 1);
		router_route(&r, text, 48, MEDIUM, 1800, 2);
	}
	router_server(&r, "2001:db8::53", 1800);
	give(router_end(&r));
	assert_int_equal(t.now.route_count, IP6_ROUTES_MAX);
	assert_string_equal(ip_prefix_print(&t.now.routes[IP6_ROUTES_MAX - 1]).text,
			    "2001:db8:20::/48");
	assert_int_equal(t.now.server_count, 1);
	router_begin(&r, 1800, 0);
	router_route(&r, "2001:db8:77::", 48, MEDIUM, 1800, 2);
	router_route(&r, "2001:db8:3::", 48, MEDIUM, 0, 2);
	give(router_end(&r));
	assert_int_equal(t.now.route_count, IP6_ROUTES_MAX);
	assert_string_equal(ip_prefix_print(&t.now.routes[2]).text, "2001:db8:77::/48");
}

/* ---- a router that repeats itself */

static void advertise_all(const char *server, uint16_t router_s, uint32_t mtu, uint32_t valid_s)
{
	struct router r;

	router_begin(&r, router_s, 0);
	router_prefix(&r, "2001:db8::", 64, 0x40, valid_s, valid_s / 2);
	router_mtu(&r, mtu);
	router_server(&r, server, 1200);
	router_domains(&r, "\3net\0", 5, 1200);
	give(router_end(&r));
}

static void a_repeated_advertisement_is_no_change(void **state)
{
	(void)state;
	advertise_all("2001:db8::53", 1800, 1400, 4000);
	assert_int_equal(t.changes, 1);
	for (int i = 0; i < 9; i++) { /* until half of the preferred lifetime is over */
		wait_ms(100 * 1000);
		advertise_all("2001:db8::53", 1800, 1400, 4000);
		assert_int_equal(t.changes, 1);
	}
	assert_int_equal(t.now.addrs[0].valid_s, 4000);
	wait_ms(200 * 1000);
	advertise_all("2001:db8::53", 1800, 1400, 4000);
	assert_int_equal(t.changes, 2);
	advertise_all("2001:db8::53", 1800, 1400, 4000);
	wait_ms(10 * 1000);
	assert_int_equal(t.changes, 2);
}

/*
 * A longer lifetime is reported before the former one ends, even if no router advertises any more.
 */
static void a_longer_lifetime_is_reported_before_the_former_ends(void **state)
{
	(void)state;
	advertise_all("2001:db8::53", 1800, 1400, 4000);
	wait_ms(900 * 1000);
	advertise_all("2001:db8::53", 1800, 1400, 4000);
	assert_int_equal(t.changes, 1);
	wait_ms(1095 * 1000 - 1); /* 5 s before the preferred lifetime of the first ends */
	assert_int_equal(t.changes, 1);
	wait_ms(1);
	assert_int_equal(t.changes, 2);
	assert_int_equal(t.now.addrs[0].preferred_s, 905);
	assert_int_equal(t.now.addrs[0].valid_s, 2905);
}

/* Nothing is reported while each advertisement comes before the former lifetimes end. */
static void short_lifetimes_renewed_in_time(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct router r;

		router_begin(&r, 12, 0);
		router_prefix(&r, "2001:db8::", 64, 0x40, 7200, 3600);
		router_mtu(&r, 1340);
		router_server(&r, "2001:db8::53", 8);
		give(router_end(&r));
		assert_int_equal(t.now.server_count, 1);
		assert_int_equal(t.changes, 1);
		wait_ms(4000);
	}
	wait_ms(4000);
	assert_int_equal(t.now.server_count, 0);
	assert_int_equal(t.changes, 2);
}

static void a_difference_is_a_change(void **state)
{
	static const struct {
		const char *name, *server;
		uint16_t router_s;
		uint32_t mtu, valid_s;
	} cases[] = {
		{ "another server", "2001:db8::54", 1800, 1400, 4000 },
		{ "no router any more", "2001:db8::53", 0, 1400, 4000 },
		{ "another MTU", "2001:db8::53", 1800, 1300, 4000 },
		{ "a shorter life", "2001:db8::53", 1800, 1400, 3000 },
		{ "a far longer life", "2001:db8::53", 1800, 1400, 9000 },
		{ "a life without end", "2001:db8::53", 1800, 1400, FOREVER },
		{ "no preferred life", "2001:db8::53", 1800, 1400, 1 },
		{ "no life", "2001:db8::53", 1800, 1400, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		start(NULL);
		advertise_all("2001:db8::53", 1800, 1400, 4000);
		wait_ms(10 * 1000);
		assert_int_equal(t.changes, 1);
		advertise_all(cases[i].server, cases[i].router_s, cases[i].mtu, cases[i].valid_s);
		if (t.changes != 2)
			fail_msg("%s: %u", cases[i].name, t.changes);
	}
}

/* ---- lifetimes */

static void lifetimes_end(void **state)
{
	struct router r;

	(void)state;
	router_begin(&r, 40, 0);
	router_prefix(&r, "2001:db8::", 64, 0x40, 30, 10);
	router_server(&r, "2001:db8::53", 20);
	router_domains(&r, "\3net\0", 5, 25);
	give(router_end(&r));
	t.changes = 0;
	wait_ms(9999);
	assert_int_equal(t.now.addrs[0].preferred_s, 1);
	assert_int_equal(t.changes, 0);
	wait_ms(1);
	assert_int_equal(t.now.addrs[0].preferred_s, 0);
	assert_int_equal(t.now.addrs[0].valid_s, 20);
	assert_int_equal(t.changes, 1);
	wait_ms(10000);
	assert_int_equal(t.now.server_count, 0);
	assert_int_equal(t.changes, 2);
	wait_ms(5000);
	assert_int_equal(t.now.domain_count, 0);
	assert_int_equal(t.changes, 3);
	wait_ms(5000);
	assert_int_equal(t.now.addr_count, 0);
	assert_true(t.now.has_router);
	assert_int_equal(t.changes, 4);
	wait_ms(10000);
	assert_false(t.now.has_router);
	assert_int_equal(t.changes, 5);
	assert_true(t.now.is_settled);
}

static void lifetimes_are_used_as_sent(void **state)
{
	(void)state;
	advertise_prefix("2001:db8::", FOREVER, FOREVER);
	wait_ms(1000ull * 3600 * 24 * 365);
	assert_int_equal(t.now.addrs[0].valid_s, FOREVER);
	assert_int_equal(t.now.addrs[0].preferred_s, FOREVER);
	advertise_prefix("2001:db8::", 10, 0); /* no two-hour rule: the sender is authenticated */
	assert_int_equal(t.now.addrs[0].valid_s, 10);
	assert_int_equal(t.now.addrs[0].preferred_s, 0);
	advertise_prefix("2001:db8::", 50, 50);
	wait_ms(20000);
	assert_int_equal(t.now.addrs[0].preferred_s, 30);
	advertise_prefix("2001:db8::", FOREVER - 1, FOREVER - 1);
	assert_int_equal(t.now.addrs[0].valid_s, FOREVER - 1);
}

static void a_lifetime_of_zero_withdraws(void **state)
{
	struct router r;

	(void)state;
	all_options_are_used(NULL);
	router_begin(&r, 0, 0);
	router_prefix(&r, "2001:db8:1:2::", 64, 0x40, 0, 0);
	router_server(&r, "2001:db8::53", 0);
	router_domains(&r, "\7EXAMPLE\3net\0\4corp\0", 19, 0);
	give(router_end(&r));
	assert_false(t.now.has_router);
	assert_false(t.now.has_dhcp);
	assert_int_equal(t.now.addr_count, 0);
	assert_int_equal(t.now.server_count, 0);
	assert_int_equal(t.now.domain_count, 0);
}

static void of_two_routers_one_is_enough(void **state)
{
	struct router r;
	struct bytes b;

	(void)state;
	router_begin(&r, 1800, 0);
	give(router_end(&r));
	router_begin(&r, 0, 0);
	b = router_end(&r);
	r.packet[23] = 9; /* fe80::9 */
	router_checksum(r.packet, b.len);
	give(b);
	assert_true(t.now.has_router);
}

/* ---- bounds */

static void entries_are_limited(void **state)
{
	char text[64], name[] = "\3neX";
	struct router r;

	(void)state;
	for (int i = 0; i < 9; i++) {
		router_begin(&r, 1800, 0);
		snprintf(text, sizeof(text), "2001:db8:0:%d::", i + 1);
		router_prefix(&r, text, 64, 0x40, FOREVER, FOREVER);
		snprintf(text, sizeof(text), "2001:db8::53:%d", i + 1);
		router_server(&r, text, FOREVER);
		name[3] = (char)('a' + i);
		router_domains(&r, name, sizeof(name), FOREVER);
		router_end(&r);
		r.packet[23] = (uint8_t)(i + 1);
		give(router_end(&r));
	}
	assert_int_equal(t.now.addr_count, IP6_ADDRS_MAX);
	assert_int_equal(t.now.server_count, IP6_SERVERS_MAX);
	assert_int_equal(t.now.domain_count, IP6_DOMAINS_MAX);
	assert_addr(&t.now.servers[0], "2001:db8::53:1");
	/* one expires, another gets its entry */
	router_begin(&r, 1800, 0);
	router_server(&r, "2001:db8::53:2", 0);
	router_server(&r, "2001:db8::53:9", 10);
	give(router_end(&r));
	assert_int_equal(t.now.server_count, IP6_SERVERS_MAX);
	assert_addr(&t.now.servers[1], "2001:db8::53:9");
}

static void reports_once_a_second(void **state)
{
	(void)state;
	t.changes = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		advertise_prefix("2001:db8::", 1000 + i, 1000);
		wait_ms(10);
	}
	assert_in_range(t.changes, 2, 11);
	t.changes = 0;
	wait_ms(1000);
	assert_in_range(t.changes, 0, 1); /* and the last of it */
	assert_int_equal(t.now.addrs[0].valid_s, 1998);
}

/* All comes and goes with each advertisement: what is kept stays bounded, and so do the reports. */
static void flapping_lifetimes(void **state)
{
	char prefix[40], name[8];
	struct router r;

	(void)state;
	t.changes = t.packets = 0;
	for (unsigned i = 0; i < 2000; i++) {
		uint32_t lifetime = i % 2 ? 0 : FOREVER;

		snprintf(prefix, sizeof(prefix), "2001:db8:%x::", i % 6);
		snprintf(name, sizeof(name), "%c%c", 1, 'a' + (int)(i % 6));
		router_begin(&r, i % 2 ? 0 : 1800, i % 2 ? 0x40 : 0);
		router_prefix(&r, prefix, 64, 0x40, lifetime, lifetime);
		router_server(&r, "2001:db8::53", lifetime);
		router_domains(&r, name, 3, lifetime);
		router_mtu(&r, i % 2 ? 1280 : 9000);
		give(router_end(&r));
		wait_ms(5);
		assert_in_range(t.now.addr_count, 0, IP6_ADDRS_MAX);
	}
	assert_in_range(t.changes, 2, 11);
	assert_in_range(t.packets, 0, 3); /* it solicits no more for that */
}

/* ---- invalid messages (RFC 4861 section 6.1.2), each a modified valid one */

static void hostile(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
		bool is_summed; /* the checksum is corrected */
	} cases[] = {
		{ "hop limit 254", 7, 254, true },
		{ "hop limit 0", 7, 0, true },
		{ "from a global address", 8, 0x20, true },
		{ "from a group", 8, 0xff, true },
		{ "from fec0::", 9, 0xc0, true },
		{ "to all routers", 39, 2, true },
		{ "to somebody else", 24, 0xfe, true },
		{ "code 1", 41, 1, true },
		{ "a wrong checksum", 60, 0x12, false },
		{ "no checksum", 42, 0, false },
		{ "a Router Solicitation", 40, 133, true },
		{ "a Redirect", 40, 137, true },
		{ "next header 59", 6, 59, true },
		{ "version 4", 0, 0x40, true },
		{ "an option of length 0", 57, 0, true },
		{ "an option longer than the packet", 57, 200, true },
		{ "an option that ends in the middle of the next", 57, 3, true },
		{ "the last option of length 0", 89, 0, true },
		{ "IPv6's length too small", 5, 40, true },
		{ "IPv6's length too large", 5, 200, true },
	};
	struct router r;
	struct bytes b;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		router_begin(&r, 1800, 0);
		router_prefix(&r, "2001:db8::", 64, 0x40, 100, 100);
		router_server(&r, "2001:db8::53", 100);
		b = router_end(&r);
		if (r.packet[cases[i].at] == cases[i].value)
			fail_msg("%s: the packet is that already", cases[i].name);
		r.packet[cases[i].at] = cases[i].value;
		if (cases[i].is_summed)
			router_checksum(r.packet, b.len);
		give(b);
		if (t.now.is_settled || t.now.addr_count || t.now.server_count)
			fail_msg("%s: it was taken", cases[i].name);
	}
	r.packet[5] = (uint8_t)(b.len - 40);
	router_checksum(r.packet, b.len);
	give(b);
	assert_int_equal(t.now.addr_count, 1); /* the same packet, corrected */
}

/* Cut anywhere, it is dropped, or it is valid with fewer options. */
static void cut_at_every_byte(void **state)
{
	struct router r;
	struct bytes b;

	(void)state;
	router_begin(&r, 1800, 0);
	router_prefix(&r, "2001:db8::", 64, 0x40, 100, 100);
	router_route(&r, "2001:db8:5::", 48, 0, 100, 2);
	router_server(&r, "2001:db8::53", 100);
	b = router_end(&r);
	for (size_t len = 0; len < b.len; len++) {
		bool is_whole = len == 56 || len == 88 || len == 104;
		uint8_t copy[ROUTER_SIZE];

		start(NULL);
		memcpy(copy, b.at, len);
		if (len >= 44) {
			store_u16(copy + 4, (uint16_t)(len - 40));
			router_checksum(copy, len);
		}
		give(bytes_of(copy, len));
		if (t.now.is_settled != is_whole)
			fail_msg("%zu bytes: %d", len, t.now.is_settled);
	}
}

/* ---- neighbors */

static struct bytes solicitation(uint8_t packet[72], const char *from, const char *target)
{
	struct writer w = writer_of(packet, 72);
	struct ip_addr a = router_addr(from), b = router_addr("fe80::1000:0:0:2"),
		       c = router_addr(target);

	put_u32(&w, 6u << 28);
	put_u16(&w, 32);
	put_u16(&w, 58 << 8 | 255);
	put_bytes(&w, a.bytes, 16);
	put_bytes(&w, b.bytes, 16);
	put_u32(&w, 135u << 24);
	put_u32(&w, 0);
	put_bytes(&w, c.bytes, 16);
	put_u32(&w, 0x01010000); /* Source Link-Layer Address */
	put_u32(&w, 0);
	router_checksum(packet, w.len);
	return bytes_of(packet, w.len);
}

static void neighbor_solicitations_are_answered(void **state)
{
	uint8_t packet[72], reply[IP6_PACKET_MAX];
	struct bytes b = solicitation(packet, "fe80::1", "fe80::1000:0:0:2");

	(void)state;
	assert_int_equal(ip6_neighbor_reply(reply, b.at, b.len, own_iid, false), 64);
	assert_memory_equal(reply + 8, packet + 24, 16);
	assert_memory_equal(reply + 24, packet + 8, 16);
	assert_memory_equal(reply + 48, packet + 48, 16);
	assert_int_equal(reply[7], 255);
	assert_int_equal(reply[40], 136);
	assert_int_equal(load_u32(reply + 44), 0x60000000);
	router_checksum(packet, b.len);
	assert_int_equal(ip6_neighbor_reply(reply, b.at, b.len, own_iid, true), 64);
	assert_int_equal(load_u32(reply + 44), 0xe0000000);
}

static void ignored_neighbor_solicitations(void **state)
{
	uint8_t packet[72], reply[IP6_PACKET_MAX];
	struct bytes b = solicitation(packet, "fe80::1", "fe80::3");

	(void)state;
	assert_int_equal(ip6_neighbor_reply(reply, b.at, b.len, own_iid, true), 0);
	b = solicitation(packet, "::", "fe80::1000:0:0:2"); /* duplicate address detection */
	assert_int_equal(ip6_neighbor_reply(reply, b.at, b.len, own_iid, true), 0);
	b = solicitation(packet, "2001:db8::1", "fe80::1000:0:0:2");
	assert_int_equal(ip6_neighbor_reply(reply, b.at, b.len, own_iid, true), 0);
	b = solicitation(packet, "fe80::1000:0:0:2", "fe80::1000:0:0:2");
	assert_int_equal(ip6_neighbor_reply(reply, b.at, b.len, own_iid, true), 0);
	b = solicitation(packet, "fe80::1", "fe80::1000:0:0:2");
	packet[65] = 0; /* the option's length */
	router_checksum(packet, b.len);
	assert_int_equal(ip6_neighbor_reply(reply, b.at, b.len, own_iid, true), 0);
	for (size_t len = 0; len < 64; len++) {
		b = solicitation(packet, "fe80::1", "fe80::1000:0:0:2");
		if (len >= 44) {
			store_u16(packet + 4, (uint16_t)(len - 40));
			router_checksum(packet, len);
		}
		assert_int_equal(ip6_neighbor_reply(reply, b.at, len, own_iid, true), 0);
	}
}

#define TEST(f) cmocka_unit_test_setup(f, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(solicits_three_times),
		TEST(without_a_router_it_settles),
		TEST(a_repeated_advertisement_is_no_change),
		TEST(a_longer_lifetime_is_reported_before_the_former_ends),
		TEST(short_lifetimes_renewed_in_time),
		TEST(a_difference_is_a_change),
		TEST(one_advertisement_is_enough),
		TEST(nothing_before_the_start),
		TEST(solicits_again),
		TEST(a_short_lifetime_does_not_cause_constant_solicitations),
		TEST(all_options_are_used),
		TEST(an_advertisement_of_accel_ppp),
		TEST(prefixes_that_make_no_address),
		TEST(the_host_part_of_a_prefix_is_ignored),
		TEST(an_mtu_under_the_minimum_is_ignored),
		TEST(unusable_server_addresses),
		TEST(malformed_names),
		TEST(a_name_of_full_length),
		TEST(lifetimes_end),
		TEST(routes_are_learned),
		TEST(routes_that_can_not_be),
		TEST(the_route_to_everything),
		TEST(routes_end),
		TEST(a_route_of_two_routers),
		TEST(a_thousand_routes),
		TEST(lifetimes_are_used_as_sent),
		TEST(a_lifetime_of_zero_withdraws),
		TEST(of_two_routers_one_is_enough),
		TEST(entries_are_limited),
		TEST(reports_once_a_second),
		TEST(flapping_lifetimes),
		TEST(hostile),
		TEST(cut_at_every_byte),
		TEST(neighbor_solicitations_are_answered),
		TEST(ignored_neighbor_solicitations),
	};

	return cmocka_run_group_tests_name("ip6/slaac", tests, NULL, NULL);
}
