/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCPINFORM: both ends, and replies as other servers write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp/inform.h"

static struct ip_addr addr(const char *text)
{
	struct ip_addr a = { .family = AF_UNSPEC };

	if (!ip_parse(text, &a))
		fail_msg("not an address: %s", text);
	return a;
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	if (!ip_prefix_parse(text, &p))
		fail_msg("not a prefix: %s", text);
	return p;
}

static struct inform host;
static uint64_t now;

static void start(void)
{
	struct ip_addr own = addr("10.9.0.2");

	now = 1000;
	inform_start(&host, &own, 0x12345678, now);
}

/* The request that is due now. */
static struct bytes request(void)
{
	struct bytes packet;

	assert_int_equal(inform_next(&host, &packet), INFORM_PACKET);
	return packet;
}

static struct dhcp_info info_of(void)
{
	struct dhcp_info info = { .route_count = 3, .dns_count = 2, .domain = "corp.example" };

	info.routes[0] = prefix("10.0.0.0/8");
	info.routes[1] = prefix("192.0.2.128/25");
	info.routes[2] = prefix("198.51.100.7/32");
	info.dns[0] = addr("10.9.0.53");
	info.dns[1] = addr("10.9.0.54");
	return info;
}

/* The reply to what the host sends now. */
static size_t reply(uint8_t to[DHCP_PACKET_MAX], const struct dhcp_info *info)
{
	struct ip_addr server = addr("10.9.0.1");
	struct bytes asked = request();
	struct dhcp_message m;

	assert_true(dhcp_get(asked.at, asked.len, &m));
	assert_int_equal(m.type, DHCP_INFORM);
	assert_string_equal(ip_print(&m.from).text, "10.9.0.2");
	assert_string_equal(ip_print(&m.to).text, "255.255.255.255");
	assert_string_equal(ip_print(&m.client).text, "10.9.0.2");
	return dhcp_put_ack(to, &m, &server, info);
}

static void is_done(bool has_reply)
{
	struct bytes packet;

	assert_int_equal(inform_next(&host, &packet), INFORM_DONE);
	assert_int_equal(inform_next(&host, &packet), INFORM_NONE);
	assert_int_equal(inform_deadline(&host), UINT64_MAX);
	assert_int_equal(host.has_reply, has_reply);
}

static void assert_same(const struct dhcp_info *a, const struct dhcp_info *b)
{
	assert_int_equal(a->route_count, b->route_count);
	for (size_t i = 0; i < a->route_count; i++)
		assert_string_equal(ip_prefix_print(&a->routes[i]).text,
				    ip_prefix_print(&b->routes[i]).text);
	assert_int_equal(a->dns_count, b->dns_count);
	for (size_t i = 0; i < a->dns_count; i++)
		assert_true(ip_equal(&a->dns[i], &b->dns[i]));
	assert_string_equal(a->domain, b->domain);
}

static void both_ends(void **state)
{
	struct dhcp_info info = info_of();
	uint8_t packet[DHCP_PACKET_MAX];
	size_t len;

	(void)state;
	start();
	len = reply(packet, &info);
	assert_true(inform_input(&host, packet, len));
	is_done(true);
	assert_same(&host.info, &info);
	assert_false(inform_input(&host, packet, len)); /* a second one is ignored */
}

static void nobody_replies(void **state)
{
	static const uint64_t pauses[INFORM_TRIES] = { 2000, 4000, 8000, 16000 };

	(void)state;
	start();
	for (size_t i = 0; i < INFORM_TRIES; i++) {
		struct bytes packet;

		request();
		assert_int_equal(inform_next(&host, &packet), INFORM_NONE);
		assert_int_equal(inform_deadline(&host), now + pauses[i]);
		inform_tick(&host, now + pauses[i] - 1);
		assert_int_equal(inform_next(&host, &packet), INFORM_NONE);
		now += pauses[i];
		inform_tick(&host, now);
	}
	is_done(false);
}

static void a_reply_that_is_cut_or_changed(void **state)
{
	struct dhcp_info info = info_of();
	uint8_t packet[DHCP_PACKET_MAX], copy[DHCP_PACKET_MAX] = { 0 };
	size_t len;

	(void)state;
	start();
	len = reply(packet, &info);
	for (size_t i = 0; i < len; i++)
		assert_false(inform_input(&host, packet, i));
	memcpy(copy, packet, len);
	copy[32] ^= 1; /* the transaction */
	assert_false(inform_input(&host, copy, len));
	memcpy(copy, packet, len);
	copy[23] = 69; /* the port */
	assert_false(inform_input(&host, copy, len));
	assert_true(inform_input(&host, packet, len));
	is_done(true);
}

/* ---- replies of other servers: the options as bytes */

/* A reply with these options, and with these in the fields of the server's name and the file. */
static bool reply_with(const uint8_t *options, size_t len, const uint8_t *file, size_t file_len)
{
	static const struct dhcp_info nothing;
	uint8_t packet[DHCP_PACKET_MAX] = { 0 };
	size_t n, at = 20 + 8 + 240;

	start();
	n = reply(packet, &nothing);
	memset(packet + at, 0, n - at);
	memcpy(packet + at, options, len);
	packet[at + len] = 255;
	n = n < at + len + 1 ? at + len + 1 : n;
	if (file_len)
		memcpy(packet + 20 + 8 + 108, file, file_len);
	store_u16(packet + 2, (uint16_t)n);
	store_u16(packet + 24, (uint16_t)(n - 20));
	return inform_input(&host, packet, n);
}

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

/* "10.0.0.0/8 ... | 10.9.0.53 | domain" */
static const char *learned(void)
{
	static char text[600];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < host.info.route_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ",
				      ip_prefix_print(&host.info.routes[i]).text);
	for (size_t i = 0; i < host.info.dns_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ",
				      ip_print(&host.info.dns[i]).text);
	snprintf(text + n, sizeof(text) - n, "%s", host.info.domain);
	return text;
}

static void options(void **state)
{
	(void)state;
	/* the example of RFC 3442, with host bits set in one */
	assert_true(reply_with(BYTES(53, 1, 5, 121, 15, 16, 10, 17, 1, 2, 3, 4, 24, 10, 27, 129, 1,
				     2, 3, 4),
			       NULL, 0));
	assert_string_equal(learned(), "10.17.0.0/16 10.27.129.0/24 ");
	/* both numbers: each network once */
	assert_true(reply_with(BYTES(249, 6, 8, 10, 1, 2, 3, 4, 53, 1, 5, 121, 14, 8, 10, 1, 2, 3,
				     4, 20, 172, 16, 255, 1, 2, 3, 4),
			       NULL, 0));
	assert_string_equal(learned(), "10.0.0.0/8 172.16.240.0/20 ");
	/* cut in the middle of a route, RFC 3396 */
	assert_true(reply_with(BYTES(53, 1, 5, 121, 3, 16, 10, 17, 0, 0, 6, 4, 10, 9, 0, 53, 121, 4,
				     1, 2, 3, 4),
			       NULL, 0));
	assert_string_equal(learned(), "10.17.0.0/16 10.9.0.53 ");
	/* a default route, loopback, multicast, and zero: the user's, or of no use */
	assert_true(reply_with(BYTES(53, 1, 5, 121, 26, 0, 1, 2, 3, 4, 8, 127, 1, 2, 3, 4, 4, 224,
				     1, 2, 3, 4, 8, 0, 1, 2, 3, 4, 1, 128),
			       NULL, 0));
	assert_string_equal(learned(), "");
	/* what is malformed in a list ends it */
	assert_true(reply_with(BYTES(53, 1, 5, 121, 8, 8, 10, 1, 2, 3, 4, 33, 1), NULL, 0));
	assert_string_equal(learned(), "10.0.0.0/8 ");
	/* the domain, with a NUL; and names that would be dangerous in a file */
	assert_true(reply_with(BYTES(53, 1, 5, 15, 5, 'a', '.', 'b', '.', 0), NULL, 0));
	assert_string_equal(learned(), "a.b");
	assert_true(reply_with(BYTES(53, 1, 5, 15, 3, 'a', '\n', 'b'), NULL, 0));
	assert_string_equal(learned(), "");
	assert_true(reply_with(BYTES(53, 1, 5, 15, 2, '.', 'b'), NULL, 0));
	assert_string_equal(learned(), "");
	/* in the field of the file */
	assert_true(reply_with(BYTES(52, 1, 1, 53, 1, 5), BYTES(15, 3, 'x', '.', 'y', 255)));
	assert_string_equal(learned(), "x.y");
	assert_true(reply_with(BYTES(53, 1, 5), BYTES(15, 3, 'x', '.', 'y', 255)));
	assert_string_equal(learned(), "");
	/* not an ACK, no type, an option that is too long */
	assert_false(reply_with(BYTES(53, 1, 6), NULL, 0));
	assert_false(reply_with(BYTES(15, 1, 'x'), NULL, 0));
	assert_true(reply_with(BYTES(53, 1, 5, 6, 200, 10, 9, 0, 53), NULL, 0));
	/* name servers: no address of everybody's */
	assert_true(reply_with(
		BYTES(53, 1, 5, 6, 13, 0, 0, 0, 0, 255, 255, 255, 255, 10, 9, 0, 53, 1), NULL, 0));
	assert_string_equal(learned(), "10.9.0.53 ");
}

/* More than fits into an option is left out, and more than is kept is ignored. */
static void many_routes(void **state)
{
	struct dhcp_info info = { .route_count = DHCP_ROUTES_MAX };
	uint8_t packet[DHCP_PACKET_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < DHCP_ROUTES_MAX; i++) {
		info.routes[i] = prefix("10.0.0.0/24");
		info.routes[i].addr.bytes[2] = (uint8_t)i;
	}
	start();
	len = reply(packet, &info);
	assert_true(inform_input(&host, packet, len));
	assert_int_equal(host.info.route_count, 255 / 8);
	is_done(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends),
		cmocka_unit_test(nobody_replies),
		cmocka_unit_test(a_reply_that_is_cut_or_changed),
		cmocka_unit_test(options),
		cmocka_unit_test(many_routes),
	};

	return cmocka_run_group_tests_name("dhcp", tests, NULL, NULL);
}
