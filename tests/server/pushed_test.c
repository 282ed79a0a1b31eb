/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCPINFORM: our client's engine and the server, and requests as Windows sends them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp/inform.h"
#include "server/pushed.h"

enum { OWN = 0x0a090001, CLIENT = 0x0a090002 };

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	if (!ip_prefix_parse(text, &p))
		fail_msg("not a prefix: %s", text);
	return p;
}

static struct ip_prefix global[2], of_user[2];
static const char *domains[] = { "corp.example", "example.net" };
static struct server_cfg cfg;
static struct auth_grant grant;

static int set_up(void **state)
{
	(void)state;
	global[0] = prefix("10.0.0.0/8");
	global[1] = prefix("192.0.2.128/25");
	of_user[0] = prefix("198.51.100.7/32");
	cfg = (struct server_cfg){ .push_routes = global,
				   .push_route_count = 2,
				   .push_domains = domains,
				   .push_domain_count = 2,
				   .dns = { 0x0a090035 } };
	grant = (struct auth_grant){ .push_routes = of_user, .push_route_count = 1 };
	return 0;
}

static size_t reply_to(struct bytes packet, const struct auth_grant *g,
		       uint8_t reply[DHCP_PACKET_MAX])
{
	struct ip_addr own = ip_from_v4(OWN), client = ip_from_v4(CLIENT);
	uint8_t copy[DHCP_PACKET_MAX];
	struct packet p;

	assert_true(packet.len <= sizeof(copy));
	memcpy(copy, packet.at, packet.len);
	if (!packet_parse(&p, copy, packet.len) || !pushed_is_dhcp(&p))
		return 0;
	return pushed_reply(&cfg, g, &client, &own, &p, reply);
}

/* "10.0.0.0/8 ... | 10.9.0.53 | domain" */
static const char *text_of(const struct dhcp_info *info)
{
	static char text[2000];
	size_t n = 0;

	for (size_t i = 0; i < info->route_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ",
				      ip_prefix_print(&info->routes[i]).text);
	for (size_t i = 0; i < info->dns_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "| %s ",
				      ip_print(&info->dns[i]).text);
	snprintf(text + n, sizeof(text) - n, "| %s", info->domain);
	return text;
}

/* On a turned clock: the first request is lost, the second one is answered. NULL: no reply. */
static const char *ask(const struct auth_grant *g)
{
	struct ip_addr own = ip_from_v4(CLIENT);
	uint8_t reply[DHCP_PACKET_MAX];
	uint64_t now = 1000;
	struct inform client;
	struct bytes packet;
	size_t len;

	inform_start(&client, &own, 7, now);
	assert_int_equal(inform_next(&client, &packet), INFORM_PACKET);
	now = inform_deadline(&client);
	inform_tick(&client, now);
	assert_int_equal(inform_next(&client, &packet), INFORM_PACKET);
	len = reply_to(packet, g, reply);
	if (!len)
		return NULL;
	assert_true(inform_input(&client, reply, len));
	assert_int_equal(inform_next(&client, &packet), INFORM_DONE);
	return text_of(&client.info);
}

static void our_client(void **state)
{
	(void)state;
	assert_string_equal(ask(NULL), "10.0.0.0/8 192.0.2.128/25 | 10.9.0.53 | corp.example");
	assert_string_equal(ask(&grant), "198.51.100.7/32 10.0.0.0/8 192.0.2.128/25 | 10.9.0.53 | "
					 "corp.example");
	grant.dns[0] = 0x0a0a0a0a;
	cfg.push_route_count = cfg.push_domain_count = 0;
	assert_string_equal(ask(&grant), "198.51.100.7/32 | 10.10.10.10 | ");
}

/* Where there is nothing to say but DNS, which IPCP gives, a DHCP server at the device may reply. */
static void nothing_to_push(void **state)
{
	(void)state;
	cfg.push_route_count = cfg.push_domain_count = 0;
	grant.push_route_count = 0;
	assert_null(ask(NULL));
	assert_null(ask(&grant));
	cfg.push_domain_count = 1;
	assert_string_equal(ask(NULL), "| 10.9.0.53 | corp.example");
}

static void how_many_routes_fit(void **state)
{
	static struct ip_prefix many[28];
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < 28; i++)
		many[i] = (struct ip_prefix){ ip_from_v4(0xcb007100 + (uint32_t)i), 32 };
	/* nine bytes each: 28 of them are 252 */
	cfg.push_routes = many;
	cfg.push_route_count = 28;
	assert_true(pushed_fits(&cfg, NULL));
	grant.push_route_count = 0;
	assert_true(pushed_fits(&cfg, &grant));
	grant.push_route_count = 1;
	assert_false(pushed_fits(&cfg, &grant));
	for (const char *c = ask(&grant); *c; c++)
		count += *c == '/';
	assert_int_equal(count, 28);
}

/* ---- IPv6, for Router Advertisements */

/* "2001:db8:5::/48 2001:db8:6::/48" */
static const char *list_of(const struct ip_prefix *routes, size_t count)
{
	static char text[2000];
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "",
				      ip_prefix_print(&routes[i]).text);
	return text;
}

/* Each family goes its own way. */
static void both_families(void **state)
{
	struct ip_prefix mixed[] = { prefix("2001:db8:5::/48"), prefix("10.0.0.0/8"),
				     prefix("2001:db8:6::/48"), prefix("2001:db8:5::/48") };
	struct ip_prefix own[] = { prefix("2001:db8:6::/48"), prefix("2001:db8:7::/48"),
				   prefix("198.51.100.7/32") };
	struct ip_prefix to[ADVERT_ROUTES_MAX];

	(void)state;
	cfg.push_routes = mixed;
	cfg.push_route_count = 4;
	grant = (struct auth_grant){ .push_routes = own, .push_route_count = 3 };
	assert_string_equal(ask(&grant), "198.51.100.7/32 10.0.0.0/8 | 10.9.0.53 | corp.example");
	assert_string_equal(list_of(to, pushed_routes6(&cfg, &grant, to)),
			    "2001:db8:6::/48 2001:db8:7::/48 2001:db8:5::/48");
	assert_string_equal(list_of(to, pushed_routes6(&cfg, NULL, to)),
			    "2001:db8:5::/48 2001:db8:6::/48");
	assert_true(pushed_fits(&cfg, &grant));
}

static void how_many_ipv6_routes_fit(void **state)
{
	struct ip_prefix many[ADVERT_ROUTES_MAX], own = prefix("2001:db8:6::/48");
	struct ip_prefix to[ADVERT_ROUTES_MAX];

	(void)state;
	for (size_t i = 0; i < ADVERT_ROUTES_MAX; i++) {
		many[i] = prefix("2001:db8:5::/128");
		many[i].addr.bytes[15] = (uint8_t)i;
	}
	cfg.push_routes = many;
	cfg.push_route_count = ADVERT_ROUTES_MAX;
	assert_true(pushed_fits(&cfg, NULL));
	grant = (struct auth_grant){ .push_routes = &own, .push_route_count = 1 };
	assert_false(pushed_fits(&cfg, &grant));
	assert_int_equal(pushed_routes6(&cfg, &grant, to), ADVERT_ROUTES_MAX);
	assert_string_equal(ip_prefix_print(&to[0]).text, "2001:db8:6::/48");
	own = many[3];
	assert_true(pushed_fits(&cfg, &grant)); /* the same twice */
}

/* They are withdrawn for as long as a client may have them: the lifetime of an advertisement. */
static void networks_that_are_pushed_no_more(void **state)
{
	struct ip_prefix a[] = { prefix("2001:db8:5::/48"), prefix("10.0.0.0/8"),
				 prefix("2001:db8:6::/48") };
	struct ip_prefix b[] = { prefix("2001:db8:6::/48"), prefix("10.1.0.0/16") };
	struct ip_prefix c[] = { prefix("2001:db8:5::/48") };
	struct server_cfg first = { .push_routes = a, .push_route_count = 3 };
	struct server_cfg second = { .push_routes = b, .push_route_count = 2 };
	struct server_cfg third = { .push_routes = c, .push_route_count = 1 };
	struct pushed_former f = { .count = 0 };
	uint64_t now = 5000;

	(void)state;
	assert_true(pushed_change(&f, &first, &second, now));
	assert_string_equal(list_of(f.at, f.count), "2001:db8:5::/48");
	assert_true(f.until_ms == now + 1800000);
	b[1] = prefix("10.2.0.0/16");
	assert_false(pushed_change(&f, &second, &second, now));
	now += 1000;
	cfg.push_route_count = 0; /* all of them are gone, the first one before */
	assert_true(pushed_change(&f, &second, &cfg, now));
	assert_string_equal(list_of(f.at, f.count), "2001:db8:6::/48 2001:db8:5::/48");
	now += 1000; /* one is back */
	assert_true(pushed_change(&f, &cfg, &third, now));
	assert_string_equal(list_of(f.at, f.count), "2001:db8:6::/48");
	now = f.until_ms; /* no client has the others any more */
	assert_true(pushed_change(&f, &third, &cfg, now));
	assert_string_equal(list_of(f.at, f.count), "2001:db8:5::/48");
}

/* ---- requests as Windows sends them */

#define WINDOWS_OPTIONS                                                                          \
	53, 1, 8, 61, 7, 1, 0x02, 0x53, 10, 9, 0, 2, 12, 4, 'W', 'I', 'N', '1', 60, 8, 'M', 'S', \
		'F', 'T', ' ', '5', '.', '0', 55, 13, 1, 15, 3, 6, 44, 46, 47, 31, 33, 121, 249, \
		252, 43

static const uint8_t windows[] = { WINDOWS_OPTIONS, 255 };
/* with the class of users that RRAS's own DHCP server knows, and padding */
static const uint8_t with_class[] = { WINDOWS_OPTIONS,
				      77,
				      15,
				      14,
				      'R',
				      'R',
				      'A',
				      'S',
				      '.',
				      'M',
				      'i',
				      'c',
				      'r',
				      'o',
				      's',
				      'o',
				      'f',
				      't',
				      0,
				      0,
				      0,
				      255,
				      0,
				      0,
				      0 };
static const uint8_t discover[] = { 53, 1, 1, 255 };
static const uint8_t no_type[] = { 55, 1, 6, 255 };

struct request {
	const char *what;
	const uint8_t *options;
	size_t options_len;
	uint32_t from, to, ciaddr;
	uint16_t from_port, to_port, flags;
	uint8_t htype, hlen;
	bool is_answered;
};

static struct bytes write_request(const struct request *q, uint8_t at[DHCP_PACKET_MAX])
{
	struct writer w = writer_of(at, DHCP_PACKET_MAX);

	memset(at, 0, DHCP_PACKET_MAX);
	put_u8(&w, 0x45);
	put_gap(&w, 7);
	put_u8(&w, 128);
	put_u8(&w, IPPROTO_UDP);
	put_u16(&w, 0); /* the checksum: the host's kernel would look at it, the tunnel does not */
	put_u32(&w, q->from);
	put_u32(&w, q->to);
	put_u16(&w, q->from_port);
	put_u16(&w, q->to_port);
	put_gap(&w, 2);
	put_u16(&w, 0);
	put_u8(&w, 1);
	put_u8(&w, q->htype);
	put_u8(&w, q->hlen);
	put_u8(&w, 0);
	put_u32(&w, 0xcafe0001);
	put_u16(&w, 0);
	put_u16(&w, q->flags);
	put_u32(&w, q->ciaddr);
	put_gap(&w, 12);
	for (uint8_t i = 0; i < 16; i++)
		put_u8(&w, i < q->hlen ? (uint8_t)(0xa0 + i) : 0);
	put_gap(&w, 64 + 128);
	put_u32(&w, 0x63825363);
	put_bytes(&w, q->options, q->options_len);
	put_u16_at(&w, 2, (uint16_t)w.len);
	put_u16_at(&w, 24, (uint16_t)(w.len - 20));
	return bytes_of(at, w.len);
}

#define OPTIONS(o) (o), sizeof(o)

static void requests(void **state)
{
	static const struct request cases[] = {
		{ "Windows", OPTIONS(windows), CLIENT, UINT32_MAX, CLIENT, 68, 67, 0, 1, 6, true },
		{ "for all to hear", OPTIONS(windows), CLIENT, UINT32_MAX, CLIENT, 68, 67, 0x8000,
		  1, 6, true },
		{ "an address of 16 bytes", OPTIONS(with_class), CLIENT, UINT32_MAX, CLIENT, 68, 67,
		  0, 8, 16, true },
		{ "to the server alone", OPTIONS(windows), CLIENT, OWN, CLIENT, 68, 67, 0, 1, 6,
		  true },
		{ "without ciaddr", OPTIONS(windows), CLIENT, UINT32_MAX, 0, 68, 67, 0, 1, 6,
		  true },
		{ "to another server", OPTIONS(windows), CLIENT, 0x0a0a0a0a, CLIENT, 68, 67, 0, 1,
		  6, false },
		{ "another's address", OPTIONS(windows), CLIENT, UINT32_MAX, CLIENT + 1, 68, 67, 0,
		  1, 6, false },
		{ "from another", OPTIONS(windows), CLIENT + 1, UINT32_MAX, CLIENT + 1, 68, 67, 0,
		  1, 6, false },
		{ "another port", OPTIONS(windows), CLIENT, UINT32_MAX, CLIENT, 68, 69, 0, 1, 6,
		  false },
		{ "DHCPDISCOVER", OPTIONS(discover), CLIENT, UINT32_MAX, 0, 68, 67, 0, 1, 6,
		  false },
		{ "BOOTP", OPTIONS(no_type), CLIENT, UINT32_MAX, CLIENT, 68, 67, 0, 1, 6, false },
	};
	uint8_t packet[DHCP_PACKET_MAX], reply[DHCP_PACKET_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct request *q = &cases[i];
		struct bytes b = write_request(q, packet);
		size_t len = reply_to(b, &grant, reply);

		if ((len != 0) != q->is_answered)
			fail_msg("%s: %zu bytes", q->what, len);
		if (!len)
			continue;
		assert_int_equal(load_u32(reply + 12), OWN);
		assert_int_equal(load_u32(reply + 16), CLIENT);
		assert_int_equal(load_u16(reply + 22), 68);
		assert_memory_equal(reply + 28, ((uint8_t[]){ 2, q->htype, q->hlen }), 3);
		assert_int_equal(load_u32(reply + 32), 0xcafe0001);
		assert_int_equal(load_u32(reply + 40), CLIENT);
		assert_memory_equal(reply + 56, packet + 56, 16);
	}
}

/* The options of a reply, byte for byte: RFC 2132, RFC 3442. */
static void reply_bytes(void **state)
{
	static const struct request q = {
		"", OPTIONS(windows), CLIENT, UINT32_MAX, CLIENT, 68, 67, 0, 1, 6, true
	};
	static const uint8_t expected[] = {
		53,  1,  5,   54,  4,   10,  9,   0,   1, /* the type, the server */
		121, 24, 32,  198, 51,  100, 7,   10,  9,   0,   1,   8,   10,  10,  9,
		0,   1,  25,  192, 0,   2,   128, 10,  9,   0,   1, /* routes */
		249, 24, 32,  198, 51,  100, 7,   10,  9,   0,   1,   8,   10,  10,  9,
		0,   1,  25,  192, 0,   2,   128, 10,  9,   0,   1, /* the same */
		6,   4,  10,  9,   0,   53,                         /* DNS */
		15,  12, 'c', 'o', 'r', 'p', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', 255,
	};
	uint8_t packet[DHCP_PACKET_MAX], reply[DHCP_PACKET_MAX];
	struct bytes b = write_request(&q, packet);
	size_t len = reply_to(b, &grant, reply);

	(void)state;
	assert_true(len >= 268 + sizeof(expected));
	assert_memory_equal(reply + 268, expected, sizeof(expected));
}

static void fragments_and_cuts(void **state)
{
	static const struct request q = {
		"", OPTIONS(windows), CLIENT, UINT32_MAX, CLIENT, 68, 67, 0, 1, 6, true
	};
	uint8_t packet[DHCP_PACKET_MAX], reply[DHCP_PACKET_MAX];
	struct bytes b = write_request(&q, packet);

	(void)state;
	store_u16(packet + 6, 0x2000);
	assert_int_equal(reply_to(b, &grant, reply), 0);
	store_u16(packet + 6, 0);
	for (uint16_t len = 20; len < 268; len++) { /* up to the magic cookie */
		store_u16(packet + 2, len);
		assert_int_equal(reply_to(bytes_of(packet, len), &grant, reply), 0);
	}
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(our_client),
		CASE(nothing_to_push),
		CASE(how_many_routes_fit),
		CASE(both_families),
		CASE(how_many_ipv6_routes_fit),
		CASE(networks_that_are_pushed_no_more),
		CASE(requests),
		CASE(reply_bytes),
		CASE(fragments_and_cuts),
	};

	return cmocka_run_group_tests_name("server/pushed", tests, NULL, NULL);
}
