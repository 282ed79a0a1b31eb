/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The router's engine, alone and with the host's engine at the other end. */
#include "ip6/advertiser.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ip6/advert.h"
#include "ip6/message.h"
#include "ip6/router.h"

enum { FIRST_MS = 100 };

static const uint8_t router_iid[IP6_IID_LEN] = { 0x10, 0, 0, 0, 0, 0, 0, 1 };
static const uint8_t host_iid[IP6_IID_LEN] = { 0x10, 0, 0, 0, 0, 0, 0, 2 };

static struct {
	struct advertiser router;
	struct advertised what;
	struct slaac host;
	struct slaac_config has;
	uint64_t ms;
	unsigned adverts, lose; /* so many advertisements are lost */
	uint64_t last_ms;
	uint8_t last[ADVERT_SIZE_MAX];
	size_t last_len;
	const char *domains[8];
	struct ip_prefix routes[ADVERT_ROUTES_MAX], withdrawn[ADVERT_ROUTES_MAX];
} t;

/* One domain more. */
static void push(const char *domain)
{
	t.domains[t.what.domain_count++] = domain;
	t.what.domains = t.domains;
}

static void push_route(const char *network)
{
	assert_true(ip_prefix_parse(network, &t.routes[t.what.route_count++]));
	t.what.routes = t.routes;
}

static void withdraw(const char *network)
{
	assert_true(ip_prefix_parse(network, &t.withdrawn[t.what.withdrawn_count++]));
	t.what.withdrawn = t.withdrawn;
}

static void send_solicits(void)
{
	struct slaac_out out;

	while (slaac_next(&t.host, &out))
		if (out.type == SLAAC_OUT_PACKET)
			advertiser_input(&t.router, out.packet.at, out.packet.len, t.ms);
}

static void send_advert(void)
{
	size_t n = advertiser_tick(&t.router, &t.what, t.ms, t.last);

	if (!n)
		return;
	t.last_len = n;
	t.last_ms = t.ms;
	t.adverts++;
	if (t.lose) {
		t.lose--;
		return;
	}
	slaac_input(&t.host, t.last, n, t.ms);
	send_solicits();
}

static uint64_t next_ms(void)
{
	uint64_t a = advertiser_deadline(&t.router), b = slaac_deadline(&t.host);

	return a < b ? a : b;
}

static void wait_ms(uint64_t ms)
{
	uint64_t end = t.ms + ms;

	while (next_ms() <= end) {
		if (next_ms() > t.ms)
			t.ms = next_ms();
		slaac_tick(&t.host, t.ms);
		send_solicits();
		send_advert();
	}
	t.ms = end;
	slaac_config(&t.host, t.ms, &t.has);
}

static int set_up(void **state)
{
	struct slaac_cfg cfg = { .log = NULL };

	(void)state;
	memset(&t, 0, sizeof(t));
	t.ms = FIRST_MS;
	memcpy(t.what.own_iid, router_iid, sizeof(router_iid));
	t.what.prefix = router_addr("2001:db8:1:7::");
	t.what.mtu = 1400;
	memcpy(cfg.own_iid, host_iid, sizeof(host_iid));
	slaac_init(&t.host, &cfg);
	advertiser_start(&t.router, t.ms);
	return 0;
}

static void start_host(void)
{
	slaac_start(&t.host, t.ms);
	send_solicits();
}

/* ---- the bytes */

static void advertises_what_it_is_given(void **state)
{
	static const uint8_t want[] = {
		0x86, 0,   0,    0,    64, 0x40, 0x07, 0x08, 0,   0,   0,    0,
		0,    0,   0,    0, /* RFC 4861 4.2 */
		3,    4,   64,   0x40, 0,  1,    0x51, 0x80, 0,   0,   0x38, 0x40,
		0,    0,   0,    0, /* 4.6.2 */
		0x20, 1,   0x0d, 0xb8, 0,  1,    0,    7,    0,   0,   0,    0,
		0,    0,   0,    0,    5,  1,    0,    0,    0,   0,   0x05, 0x78, /* 4.6.4: 1400 */
		25,   3,   0,    0,    0,  0,    0x07, 0x08, /* RFC 8106 5.1 */
		0x20, 1,   0x0d, 0xb8, 0,  0,    0,    0,    0,   0,   0,    0,
		0,    0,   0,    0x53, 31, 3,    0,    0,    0,   0,   0x07, 0x08, /* 5.2 */
		3,    'v', 'p',  'n',  7,  'e',  'x',  'a',  'm', 'p', 'l',  'e',
		0,    0,   0,    0,
	};
	struct nd_message m;

	(void)state;
	t.what.has_dhcp = true;
	t.what.servers[1] = router_addr("2001:db8::53");
	push("vpn.example");
	send_advert();
	assert_int_equal(t.last_len, 40 + sizeof(want));
	assert_true(nd_get(t.last, t.last_len, &m)); /* the checksum */
	t.last[42] = t.last[43] = 0;
	assert_memory_equal(t.last + 40, want, sizeof(want));
	assert_string_equal(ip_print(&m.from).text, "fe80::1000:0:0:1");
	assert_string_equal(ip_print(&m.to).text, "ff02::1");
}

static void without_a_prefix_it_is_no_router(void **state)
{
	struct advert a;

	(void)state;
	t.what.prefix.family = AF_UNSPEC;
	send_advert();
	assert_true(advert_get(t.last, t.last_len, host_iid, &a));
	assert_int_equal(a.lifetime_s, 0);
	assert_int_equal(t.last_len, 40 + 16 + 8);
}

static void a_name_that_is_none_is_left_out(void **state)
{
	static const char *const names[] = { "", ".", "a..b", ".a" };
	char long_label[70] = "", long_name[300] = "";

	(void)state;
	memset(long_label, 'a', 64);
	while (strlen(long_name) < 254)
		strcat(long_name, "a.");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) + 2; i++) {
		t.what.domain_count = 0;
		push(i < 4 ? names[i] : i == 4 ? long_label : long_name);
		t.router.next_ms = t.ms;
		send_advert();
		assert_int_equal(t.last_len, 40 + 16 + 32 + 8);
	}
}

static void the_largest_fits(void **state)
{
	char name[254] = "";

	(void)state;
	while (strlen(name) < 252)
		strcat(name, "a.");
	strcat(name, "a");
	t.what.servers[0] = t.what.servers[1] = router_addr("2001:db8::53");
	push(name);
	send_advert();
	assert_in_range(t.last_len, 350, ADVERT_SIZE_MAX);
	assert_int_equal(t.last_len % 8, 0);
}

/* Four of the longest names fit; of what does not fit the first ones are sent, whole. */
static void many_names(void **state)
{
	char name[254] = "", too_long[254] = "";

	(void)state;
	while (strlen(name) < 252)
		strcat(name, "a.");
	strcat(name, "a");
	strcpy(too_long, name + 100);
	t.what.servers[0] = t.what.servers[1] = router_addr("2001:db8::53");
	for (unsigned i = 0; i < 3; i++)
		push(name);
	push("corp.example");
	start_host();
	wait_ms(0);
	assert_int_equal(t.has.domain_count, 2);
	assert_string_equal(t.has.domains[1], "corp.example");
	t.what.domain_count = 0;
	for (unsigned i = 0; i < 4; i++)
		push(name);
	push(too_long);
	push("lab.example");
	t.router.next_ms = t.ms;
	send_advert();
	assert_in_range(t.last_len, 1184, ADVERT_SIZE_MAX);
	wait_ms(1);
	slaac_config(&t.host, t.ms + 1000, &t.has);
	assert_int_equal(t.has.domain_count, 3);
	assert_string_equal(t.has.domains[2], "lab.example");
}

/* RFC 4191 section 2.3: as long as the prefix needs. */
static void routes_as_bytes(void **state)
{
	static const uint8_t want[] = {
		24,   2, 48,   0,    0, 0, 7, 8,                            /* 1800 s */
		0x20, 1, 0x0d, 0xb8, 0, 5, 0, 0,                            /* 64 bits */
		24,   3, 65,   0,    0, 0, 7, 8,                            /* */
		0x20, 1, 0x0d, 0xb8, 0, 6, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, /* 128 */
		24,   2, 64,   0,    0, 0, 0, 0,                            /* withdrawn */
		0x20, 1, 0x0d, 0xb8, 0, 7, 0, 0,
	};

	(void)state;
	push_route("2001:db8:5::/48");
	push_route("2001:db8:6:0:8000::/65");
	withdraw("2001:db8:7::/64");
	withdraw("2001:db8:5::/48"); /* it is advertised */
	send_advert();
	assert_int_equal(t.last_len, 40 + 16 + 32 + 8 + sizeof(want));
	assert_memory_equal(t.last + 40 + 16 + 32 + 8, want, sizeof(want));
}

/* All of the longest, with two servers; domains and what is withdrawn have what room is left. */
static void as_many_routes_as_can_be(void **state)
{
	char text[64];

	(void)state;
	t.what.servers[0] = t.what.servers[1] = router_addr("2001:db8::53");
	push("corp.example");
	for (unsigned i = 0; i < ADVERT_ROUTES_MAX; i++) {
		snprintf(text, sizeof(text), "2001:db8:5::%x", i + 1);
		push_route(text);
		snprintf(text, sizeof(text), "2001:db8:6::%x", i + 1);
		withdraw(text);
	}
	start_host();
	wait_ms(0);
	assert_in_range(t.last_len, 1280 - 23, ADVERT_SIZE_MAX);
	assert_int_equal(t.has.route_count, ADVERT_ROUTES_MAX);
	assert_int_equal(t.has.server_count, 1);
	assert_int_equal(t.has.domain_count, 1);
}

/* ---- when */

static void three_soon_then_rarely(void **state)
{
	(void)state;
	wait_ms(0);
	assert_int_equal(t.adverts, 1);
	wait_ms(16000);
	assert_int_equal(t.adverts, 2);
	for (unsigned i = 3; i < 200; i++) {
		uint64_t before = t.last_ms;

		wait_ms(advertiser_deadline(&t.router) - t.ms);
		assert_int_equal(t.adverts, i);
		if (i > 3)
			assert_in_range(t.last_ms - before, 200000, 600000);
	}
}

static void intervals_of_sessions_differ(void **state)
{
	uint64_t first;

	(void)state;
	t.router.count = 3;
	send_advert();
	first = advertiser_deadline(&t.router);
	t.what.prefix = router_addr("2001:db8:1:8::");
	t.router.count = 3;
	t.router.next_ms = t.ms;
	send_advert();
	assert_int_not_equal(advertiser_deadline(&t.router), first);
}

static void give(const char *from, const void *body, size_t len)
{
	static const struct ip_addr all_routers = { AF_INET6, { 0xff, 2, [15] = 2 } };
	struct ip_addr source = router_addr(from);
	uint8_t packet[100], *copy;
	struct writer w = writer_of(packet, sizeof(packet));
	size_t n;

	nd_begin(&w, ND_ROUTER_SOLICITATION, &source, &all_routers);
	put_bytes(&w, body, len);
	n = nd_end(&w);
	copy = malloc(n); /* exact size: ASan finds overreads */
	assert_non_null(copy);
	memcpy(copy, packet, n);
	advertiser_input(&t.router, copy, n, t.ms);
	free(copy);
}

static void answers_a_solicitation_at_most_once_per_second(void **state)
{
	(void)state;
	wait_ms(5000);
	assert_int_equal(t.adverts, 1);
	for (int i = 0; i < 50; i++)
		give("fe80::2", "\0\0\0\0", 4);
	wait_ms(0);
	assert_int_equal(t.adverts, 2);
	wait_ms(300);
	for (int i = 0; i < 50; i++)
		give("::", "\0\0\0\0", 4);
	wait_ms(699);
	assert_int_equal(t.adverts, 2);
	wait_ms(1);
	assert_int_equal(t.adverts, 3);
}

static void ignores_what_is_no_solicitation(void **state)
{
	uint8_t noise[64];

	(void)state;
	wait_ms(5000);
	give("fe80::2", "\0\0\0", 3);                    /* cut off */
	give("fe80::2", "\0\0\0\0\1\0\0\0\0\0\0\0", 12); /* an option of length 0 */
	give("fe80::2", "\0\0\0\0\1\2\0\0\0\0\0\0", 12); /* an option that is cut off */
	memset(noise, 0x60, sizeof(noise));
	for (size_t len = 0; len <= sizeof(noise); len++)
		advertiser_input(&t.router, noise, len, t.ms);
	wait_ms(2000);
	assert_int_equal(t.adverts, 1);
	give("fe80::2", "\0\0\0\0\1\1\2\2\2\2\2\2", 12); /* with a link-layer address: valid */
	wait_ms(0);
	assert_int_equal(t.adverts, 2);
}

/* ---- with a host */

static void a_host_configures_itself(void **state)
{
	(void)state;
	t.what.servers[0] = router_addr("2001:db8::53");
	push("corp.example");
	start_host();
	wait_ms(0);
	assert_true(t.has.is_settled);
	assert_true(t.has.has_router);
	assert_int_equal(t.has.addr_count, 1);
	assert_string_equal(ip_print(&t.has.addrs[0].addr).text, "2001:db8:1:7:1000::2");
	assert_int_equal(t.has.addrs[0].preferred_s, 14400);
	assert_int_equal(t.has.mtu, 1400);
	assert_int_equal(t.has.server_count, 1);
	assert_string_equal(t.has.domains[0], "corp.example");
}

static void a_host_has_the_routes(void **state)
{
	(void)state;
	push_route("2001:db8:5::/48");
	push_route("2001:db8:6::7/128");
	start_host();
	wait_ms(0);
	assert_true(t.has.has_router);
	assert_int_equal(t.has.route_count, 2);
	assert_string_equal(ip_prefix_print(&t.has.routes[0]).text, "2001:db8:5::/48");
	assert_string_equal(ip_prefix_print(&t.has.routes[1]).text, "2001:db8:6::7/128");
	/* one is exchanged for another */
	wait_ms(40 * 1000);
	withdraw("2001:db8:5::/48");
	assert_true(ip_prefix_parse("2001:db8:8::/48", &t.routes[0]));
	assert_int_equal(t.adverts, 3);
	advertiser_changed(&t.router, t.ms);
	wait_ms(0);
	assert_int_equal(t.adverts, 4);
	assert_int_equal(t.has.route_count, 2);
	assert_string_equal(ip_prefix_print(&t.has.routes[0]).text, "2001:db8:8::/48");
	advertiser_changed(&t.router, t.ms); /* at most once per second */
	wait_ms(999);
	assert_int_equal(t.adverts, 4);
	wait_ms(1);
	assert_int_equal(t.adverts, 5);
}

/* A withdrawal that is lost: the host forgets the route when its lifetime is over. */
static void a_route_that_is_advertised_no_more(void **state)
{
	(void)state;
	push_route("2001:db8:5::/48");
	start_host();
	wait_ms(100 * 1000);
	t.what.route_count = 0;
	wait_ms(1700 * 1000);
	assert_int_equal(t.has.route_count, 1);
	wait_ms(100 * 1000);
	assert_int_equal(t.has.route_count, 0);
	assert_true(t.has.has_router);
}

static void nothing_expires_in_a_week(void **state)
{
	(void)state;
	push_route("2001:db8:5::/48");
	t.what.servers[0] = router_addr("2001:db8::53");
	start_host();
	for (int hour = 0; hour < 7 * 24; hour++) {
		wait_ms(3600 * 1000);
		assert_true(t.has.has_router);
		assert_int_equal(t.has.addr_count, 1);
		assert_true(t.has.addrs[0].preferred_s > 0);
		assert_int_equal(t.has.server_count, 1);
		assert_int_equal(t.has.route_count, 1);
	}
}

static void lost_advertisements_come_again(void **state)
{
	(void)state;
	t.lose = 2;
	start_host();
	wait_ms(0);
	assert_false(t.has.has_router);
	wait_ms(9000); /* the host solicits three times, 4 s apart */
	assert_true(t.has.has_router);
	assert_int_equal(t.has.addr_count, 1);
}

static void a_host_that_starts_late_need_not_wait(void **state)
{
	(void)state;
	wait_ms(100 * 1000);
	start_host();
	wait_ms(0);
	assert_int_equal(t.has.addr_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(advertises_what_it_is_given, set_up),
		cmocka_unit_test_setup(without_a_prefix_it_is_no_router, set_up),
		cmocka_unit_test_setup(a_name_that_is_none_is_left_out, set_up),
		cmocka_unit_test_setup(the_largest_fits, set_up),
		cmocka_unit_test_setup(many_names, set_up),
		cmocka_unit_test_setup(routes_as_bytes, set_up),
		cmocka_unit_test_setup(as_many_routes_as_can_be, set_up),
		cmocka_unit_test_setup(a_host_has_the_routes, set_up),
		cmocka_unit_test_setup(a_route_that_is_advertised_no_more, set_up),
		cmocka_unit_test_setup(three_soon_then_rarely, set_up),
		cmocka_unit_test_setup(intervals_of_sessions_differ, set_up),
		cmocka_unit_test_setup(answers_a_solicitation_at_most_once_per_second, set_up),
		cmocka_unit_test_setup(ignores_what_is_no_solicitation, set_up),
		cmocka_unit_test_setup(a_host_configures_itself, set_up),
		cmocka_unit_test_setup(nothing_expires_in_a_week, set_up),
		cmocka_unit_test_setup(lost_advertisements_come_again, set_up),
		cmocka_unit_test_setup(a_host_that_starts_late_need_not_wait, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
