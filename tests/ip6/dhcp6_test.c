/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCPv6: both ends in one process, on a clock that the test turns, with a line that loses and repeats. */
#include "ip6/dhcp6_client.h"
#include "ip6/dhcp6_server.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ip6/router.h"
#include "util/checksum.h"

enum { HOUR_MS = 3600 * 1000 };

static struct {
	struct dhcp6_client client;
	struct dhcp6_config has;
	struct dhcp6_offer offer;
	uint64_t ms;
	unsigned to_server, to_client, changes;
	unsigned lose_up, lose_down; /* so many are lost */
	bool is_doubled;             /* each packet arrives twice */
	bool is_down;
	uint8_t types[64]; /* that the client sent */
	uint64_t times[64];
	uint8_t request[DHCP6_PACKET_MAX], reply[DHCP6_PACKET_MAX];
	size_t request_len, reply_len;
	const char *domains[2];
} t;

static void offer_domain(const char *domain)
{
	t.domains[0] = domain;
	t.offer.domains = t.domains;
	t.offer.domain_count = 1;
}

static void give(const uint8_t *packet, size_t len)
{
	uint8_t *copy = malloc(len); /* exact size: ASan finds overreads */

	assert_non_null(copy);
	memcpy(copy, packet, len);
	dhcp6_client_input(&t.client, copy, len, t.ms);
	free(copy);
}

static void serve(struct bytes request)
{
	uint8_t *copy = malloc(request.len);

	assert_non_null(copy);
	memcpy(copy, request.at, request.len);
	t.reply_len = dhcp6_serve(copy, request.len, &t.offer, t.reply);
	free(copy);
	if (!t.reply_len)
		return;
	t.to_client++;
	if (t.lose_down) {
		t.lose_down--;
		return;
	}
	give(t.reply, t.reply_len);
	if (t.is_doubled)
		give(t.reply, t.reply_len);
}

static void send_up(struct bytes packet)
{
	assert_in_range(packet.len, 52, DHCP6_PACKET_MAX);
	t.types[t.to_server % 64] = packet.at[48];
	t.times[t.to_server % 64] = t.ms;
	t.to_server++;
	memcpy(t.request, packet.at, packet.len);
	t.request_len = packet.len;
	if (t.is_down)
		return;
	if (t.lose_up) {
		t.lose_up--;
		return;
	}
	serve(bytes_of(t.request, t.request_len));
}

static void drain(void)
{
	struct dhcp6_out out;

	while (dhcp6_client_next(&t.client, &out))
		if (out.type == DHCP6_OUT_PACKET)
			send_up(out.packet);
		else
			t.changes++;
	dhcp6_client_config(&t.client, t.ms, &t.has);
}

static void wait_ms(uint64_t ms)
{
	uint64_t end = t.ms + ms;

	while (dhcp6_client_deadline(&t.client) <= end) {
		if (dhcp6_client_deadline(&t.client) > t.ms)
			t.ms = dhcp6_client_deadline(&t.client);
		dhcp6_client_tick(&t.client, t.ms);
		drain();
	}
	t.ms = end;
	drain();
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	assert_true(ip_prefix_parse(text, &p));
	return p;
}

static const uint8_t host_iid[IP6_IID_LEN] = { 0x10, 0, 0, 0, 0, 0, 0, 2 };

static void start(bool wants_prefix)
{
	struct dhcp6_client_cfg cfg = { .wants_prefix = wants_prefix,
					.uuid = "0123456789abcde",
					.seed = 7 };

	dhcp6_client_init(&t.client, &cfg);
	dhcp6_client_start(&t.client, host_iid, t.ms);
	drain();
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.ms = 5000;
	t.offer = (struct dhcp6_offer){ .own_iid = { 0x10, [7] = 1 }, .uuid = "a server's uuid" };
	t.offer.servers[0] = router_addr("2001:db8::53");
	offer_domain("corp.example");
	t.offer.delegated = prefix("2001:db8:100:200::/56");
	return 0;
}

static const char *delegated(void)
{
	static struct ip_text text;

	text = ip_prefix_print(&t.has.prefix);
	return t.has.prefix.addr.family ? text.text : "none";
}

/* ---- stateless */

static void information(void **state)
{
	(void)state;
	start(false);
	assert_int_equal(t.to_server, 1);
	assert_int_equal(t.types[0], DHCP6_INFORMATION_REQUEST);
	assert_int_equal(t.changes, 1);
	assert_int_equal(t.has.server_count, 1);
	assert_string_equal(ip_print(&t.has.servers[0]).text, "2001:db8::53");
	assert_string_equal(t.has.domains[0], "corp.example");
	assert_string_equal(delegated(), "none");
	wait_ms(24 * HOUR_MS - 1);
	assert_int_equal(t.to_server, 1);
	offer_domain("other.example");
	wait_ms(1);
	assert_int_equal(t.to_server, 2); /* the refresh time */
	assert_int_equal(t.changes, 2);
	assert_string_equal(t.has.domains[0], "other.example");
}

static void the_request_is_as_it_should_be(void **state)
{
	static const uint8_t want[] = {
		11,  0xff, 0xff, 0xff, /* any transaction */
		0,   1,    0,    18,   0,   4,   '0', '1', '2', '3', '4', '5', '6',
		'7', '8',                                                         /* DUID-UUID */
		'9', 'a',  'b',  'c',  'd', 'e', 0,   0,   8,   0,   2,   0,   0, /* elapsed time */
		0,   6,    0,    6,    0,   23,  0,   24,  0,   32,               /* ORO */
	};

	(void)state;
	start(false);
	assert_int_equal(t.request_len, 48 + sizeof(want));
	memset(t.request + 49, 0xff, 3);
	assert_memory_equal(t.request + 48, want, sizeof(want));
	assert_memory_equal(t.request + 8,
			    "\xfe\x80\0\0\0\0\0\0\x10\0\0\0\0\0\0\2"
			    "\xff\2\0\0\0\0\0\0\0\0\0\0\0\1\0\2\2\x22\2\x23",
			    36);
}

static void repeats_less_and_less_often(void **state)
{
	(void)state;
	t.is_down = true;
	start(false);
	wait_ms(24 * HOUR_MS);
	for (unsigned i = 1; i < t.to_server && i < 64; i++) {
		uint64_t pause = t.times[i] - t.times[i - 1], want = 1000ull << (i - 1);

		if (want > HOUR_MS)
			want = HOUR_MS;
		assert_in_range(pause, want * 6 / 10, want * 17 / 10);
	}
	assert_in_range(t.to_server, 20, 40);
	t.is_down = false;
	wait_ms(2 * HOUR_MS);
	assert_int_equal(t.has.server_count, 1);
}

/* ---- a delegated prefix */

static void a_prefix_in_one_exchange(void **state)
{
	(void)state;
	start(true);
	assert_int_equal(t.to_server, 1); /* rapid commit */
	assert_int_equal(t.types[0], DHCP6_SOLICIT);
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
	assert_int_equal(t.has.valid_s, 86400);
	assert_int_equal(t.has.server_count, 1);
	assert_int_equal(t.changes, 1);
}

/* Makes an Advertise of a Reply: a server without rapid commit. */
static void without_rapid_commit(void)
{
	struct reader r = reader_of(t.request + 52, t.request_len - 52);
	uint8_t *at = t.request + 52;
	struct dhcp6_option o;

	/* an option code that nobody knows in place of rapid commit */
	while (dhcp6_option_next(&r, &o)) {
		if (o.code == DHCP6_OPT_RAPID_COMMIT)
			at[1] = 250;
		at = t.request + (r.at - t.request);
	}
	store_u16(t.request + 46, 0);
	store_u16(t.request + 46,
		  (uint16_t)~checksum_fold(
			  checksum_pseudo(t.request + 8, 32, 17, t.request_len - 40) +
			  checksum_sum(t.request + 40, t.request_len - 40)));
}

static void a_prefix_in_two_exchanges(void **state)
{
	(void)state;
	t.is_down = true;
	start(true);
	t.is_down = false;
	without_rapid_commit();
	serve(bytes_of(t.request, t.request_len));
	assert_int_equal(t.reply[48], DHCP6_ADVERTISE);
	drain();
	assert_int_equal(t.types[1], DHCP6_REQUEST);
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
}

static void it_is_renewed(void **state)
{
	(void)state;
	start(true);
	wait_ms(7200 * 1000 - 1);
	assert_int_equal(t.to_server, 1);
	wait_ms(1);
	assert_int_equal(t.types[1], DHCP6_RENEW);
	assert_int_equal(t.to_server, 2);
	for (int i = 0; i < 100; i++)
		wait_ms(HOUR_MS);
	assert_int_equal(t.changes, 1);
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
}

static void it_is_rebound_then_lost(void **state)
{
	(void)state;
	start(true);
	t.is_down = true;
	wait_ms(11520 * 1000 + 1);
	assert_int_equal(t.types[(t.to_server - 1) % 64], DHCP6_REBIND);
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
	wait_ms(86400 * 1000);
	assert_string_equal(delegated(), "none");
	assert_int_equal(t.changes, 2);
	assert_int_equal(t.types[(t.to_server - 1) % 64], DHCP6_SOLICIT);
	t.is_down = false;
	wait_ms(2 * HOUR_MS);
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
}

static void a_server_without_one(void **state)
{
	(void)state;
	t.offer.delegated.addr.family = AF_UNSPEC;
	start(true);
	assert_string_equal(delegated(), "none");
	assert_int_equal(t.has.server_count, 1); /* what it has is taken */
	wait_ms(60 * 1000);
	assert_in_range(t.to_server, 5, 9); /* it asks again, more and more rarely */
	t.offer.delegated = prefix("2001:db8:100:300::/56");
	wait_ms(2 * HOUR_MS);
	assert_string_equal(delegated(), "2001:db8:100:300::/56");
}

/* It would make a part of the internet unreachable for this host. */
static void too_large_a_prefix(void **state)
{
	(void)state;
	t.offer.delegated = prefix("2001::/16");
	start(true);
	assert_string_equal(delegated(), "none");
	t.offer.delegated = prefix("2001:db8::/31");
	wait_ms(2 * HOUR_MS);
	assert_string_equal(delegated(), "none");
	t.offer.delegated = prefix("2001:db8::/32");
	wait_ms(2 * HOUR_MS);
	assert_string_equal(delegated(), "2001:db8::/32");
}

static void another_prefix_in_its_place(void **state)
{
	(void)state;
	start(true);
	t.offer.delegated = prefix("2001:db8:100:300::/56");
	wait_ms(7200 * 1000);
	assert_string_equal(delegated(), "2001:db8:100:300::/56");
	assert_int_equal(t.changes, 2);
	t.offer.delegated.addr.family = AF_UNSPEC;
	wait_ms(7200 * 1000);
	assert_string_equal(delegated(), "none");
}

static void after_a_reconnect_the_same(void **state)
{
	(void)state;
	start(true);
	dhcp6_client_stop(&t.client);
	wait_ms(10 * 1000);
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
	dhcp6_client_start(&t.client, (const uint8_t *)"\x10\0\0\0\0\0\0\3", t.ms);
	drain();
	assert_int_equal(t.to_server, 2);
	assert_int_equal(t.changes, 1);
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
	dhcp6_client_stop(&t.client);
	wait_ms(24 * HOUR_MS); /* nor does it last longer than the server said */
	assert_string_equal(delegated(), "none");
}

static void it_is_released(void **state)
{
	uint8_t packet[DHCP6_PACKET_MAX];
	struct dhcp6_message m;
	struct reader status;
	size_t len;

	(void)state;
	start(true);
	len = dhcp6_client_release(&t.client, t.ms, packet);
	assert_true(len);
	assert_int_equal(packet[48], DHCP6_RELEASE);
	t.reply_len = dhcp6_serve(packet, len, &t.offer, t.reply);
	assert_true(dhcp6_get(t.reply, t.reply_len, DHCP6_CLIENT_PORT, &m));
	assert_true(dhcp6_option_find(m.options, DHCP6_OPT_STATUS, &status));
	assert_int_equal(get_u16(&status), DHCP6_SUCCESS);
	drain();
	assert_string_equal(delegated(), "none");
	assert_int_equal(dhcp6_client_release(&t.client, t.ms, packet), 0);
}

static void packets_are_lost_and_doubled(void **state)
{
	(void)state;
	for (unsigned up = 0; up < 4; up++)
		for (unsigned down = 0; down < 4; down++) {
			set_up(NULL);
			t.is_doubled = true;
			t.lose_up = up;
			t.lose_down = down;
			start(true);
			wait_ms(200 * 1000);
			assert_string_equal(delegated(), "2001:db8:100:200::/56");
			assert_int_equal(t.changes, 1);
		}
}

/* ---- hostile and broken packets */

static void every_cut_is_ignored(void **state)
{
	uint8_t request[DHCP6_PACKET_MAX], reply[DHCP6_PACKET_MAX], to[DHCP6_PACKET_MAX];
	size_t request_len, reply_len;

	(void)state;
	t.lose_down = 1;
	start(true);
	request_len = t.request_len;
	reply_len = t.reply_len;
	memcpy(request, t.request, request_len);
	memcpy(reply, t.reply, reply_len);
	for (size_t len = 0; len < reply_len; len++) {
		uint8_t *cut = malloc(len + 1);

		assert_non_null(cut);
		memcpy(cut, reply, len);
		if (len >= 48) { /* with headers that fit, too */
			cut[4] = cut[44] = (uint8_t)((len - 40) >> 8);
			cut[5] = cut[45] = (uint8_t)(len - 40);
		}
		dhcp6_client_input(&t.client, cut, len, t.ms);
		dhcp6_serve(cut, len, &t.offer, to);
		free(cut);
	}
	drain();
	assert_string_equal(delegated(), "none");
	for (size_t len = 0; len < request_len; len++)
		assert_int_equal(dhcp6_serve(request, len, &t.offer, to), 0);
	give(reply, reply_len);
	drain();
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
}

static void bits_that_flip_change_nothing(void **state)
{
	uint8_t reply[DHCP6_PACKET_MAX];
	size_t len;

	(void)state;
	t.lose_down = 1;
	start(true);
	len = t.reply_len;
	memcpy(reply, t.reply, len);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		/* not in what no one reads: traffic class, flow label, hop limit */
		if (bit / 8 < 4 || bit / 8 == 7)
			continue;
		reply[bit / 8] ^= (uint8_t)(1 << bit % 8);
		give(reply, len);
		drain();
		assert_string_equal(delegated(), "none"); /* the checksum */
		reply[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void prefixes_that_can_not_be(void **state)
{
	static const char *const wrong[] = { "fe80::/56",     "ff02::/56",       "::/56",
					     "2001:db8::/65", "2001:db8::1/128", "2000::/15",
					     "::ffff:0:0/96" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		set_up(NULL);
		t.offer.delegated = prefix(wrong[i]);
		start(true);
		assert_string_equal(delegated(), "none");
	}
}

static void replace(uint8_t *packet, size_t len, uint32_t was, uint32_t is)
{
	uint8_t bytes[4], *at;

	store_u32(bytes, was);
	at = memmem(packet, len, bytes, sizeof(bytes));
	assert_non_null(at);
	store_u32(at, is);
}

/* Lifetimes by which each reply would be renewed at once. */
static void a_lease_of_no_time_is_not_renewed_at_once(void **state)
{
	enum { UDP_AT = 40, CHECKSUM_AT = 46, ADDRS_AT = 8 };
	uint8_t reply[DHCP6_PACKET_MAX];
	size_t len, udp_len;

	(void)state;
	t.lose_down = 1;
	start(true);
	len = t.reply_len;
	udp_len = len - UDP_AT;
	memcpy(reply, t.reply, len);
	replace(reply, len, 7200, 0);  /* T1 */
	replace(reply, len, 11520, 0); /* T2 */
	replace(reply, len, 14400, 0); /* preferred */
	store_u16(reply + CHECKSUM_AT, 0);
	store_u16(reply + CHECKSUM_AT,
		  (uint16_t)~checksum_fold(
			  checksum_pseudo(reply + ADDRS_AT, 32, IPPROTO_UDP, udp_len) +
			  checksum_sum(reply + UDP_AT, udp_len)));
	give(reply, len);
	drain();
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
	assert_int_equal(t.to_server, 1);
	assert_true(dhcp6_client_deadline(&t.client) >= t.ms + 10 * 1000);
}

static void replies_for_others_are_ignored(void **state)
{
	struct dhcp6_client_cfg other = { .wants_prefix = true,
					  .uuid = "someone else's",
					  .seed = 7 };
	uint8_t reply[DHCP6_PACKET_MAX];
	size_t len;

	(void)state;
	t.lose_down = 1;
	start(true);
	len = t.reply_len;
	memcpy(reply, t.reply, len);
	t.is_down = true;
	dhcp6_client_init(&t.client, &other); /* the same seed: the same transaction */
	dhcp6_client_start(&t.client, host_iid, t.ms);
	assert_false(dhcp6_client_input(&t.client, reply, len, t.ms));
	drain();
	assert_string_equal(delegated(), "none");
	start(true);
	wait_ms(0);
	give(reply, len);
	drain();
	assert_string_equal(delegated(), "2001:db8:100:200::/56");
}

/* ---- what the server refuses */

static size_t ask(enum dhcp6_type type, const void *options, size_t len)
{
	uint8_t packet[DHCP6_PACKET_MAX];
	struct writer w = writer_of(packet, sizeof(packet));
	struct dhcp6_message m = { .from = router_addr("fe80::2"),
				   .to = router_addr("ff02::1:2"),
				   .type = (uint8_t)type,
				   .transaction = 5 };

	dhcp6_begin(&w, &m, DHCP6_SERVER_PORT);
	put_bytes(&w, options, len);
	return dhcp6_serve(packet, dhcp6_end(&w), &t.offer, t.reply);
}

static void which_requests_are_answered(void **state)
{
	static const char id[] = "\0\1\0\3\0\3\1", other[] = "\0\2\0\3\0\3\1";

	(void)state;
	assert_int_equal(ask(DHCP6_SOLICIT, "", 0), 0); /* no client identifier */
	assert_true(ask(DHCP6_SOLICIT, id, 7));
	assert_int_equal(t.reply[48], DHCP6_ADVERTISE);
	assert_int_equal(ask(DHCP6_SOLICIT, "\0\1\0\3\0\3\1\0\2\0\3\0\3\1", 14), 0);
	assert_int_equal(ask(DHCP6_REQUEST, id, 7), 0); /* no server identifier */
	assert_int_equal(ask(DHCP6_RENEW, "\0\1\0\3\0\3\1\0\2\0\3\0\3\1", 14), 0); /* another's */
	assert_true(ask(DHCP6_INFORMATION_REQUEST, "",
			0)); /* section 18.2.6: it may leave its own out */
	assert_int_equal(ask(DHCP6_INFORMATION_REQUEST, other, 7), 0);
	assert_int_equal(ask(DHCP6_INFORMATION_REQUEST, "\0\x19\0\x0c\0\0\0\1\0\0\0\0\0\0\0\0", 16),
			 0);
	assert_int_equal(ask(DHCP6_CONFIRM, id, 7), 0);
	assert_int_equal(ask(DHCP6_REPLY, id, 7), 0);
	assert_int_equal(ask(0, id, 7), 0);
	assert_int_equal(ask(12, id, 7), 0); /* Relay-forward */
}

static void addresses_are_not_assigned(void **state)
{
	struct dhcp6_message m;
	struct reader ia, status;

	(void)state;
	assert_true(ask(DHCP6_SOLICIT, "\0\1\0\3\0\3\1\0\3\0\x0c\0\0\0\7\0\0\0\0\0\0\0\0", 23));
	assert_true(dhcp6_get(t.reply, (size_t)t.reply[5] + 40, DHCP6_CLIENT_PORT, &m));
	assert_true(dhcp6_option_find(m.options, DHCP6_OPT_IA_NA, &ia));
	assert_int_equal(get_u32(&ia), 7);
	get_bytes(&ia, 8);
	assert_true(dhcp6_option_find(ia, DHCP6_OPT_STATUS, &status));
	assert_int_equal(get_u16(&status), DHCP6_NO_ADDRS_AVAIL);
}

static void a_flood_of_identity_associations(void **state)
{
	uint8_t options[700];
	struct writer w = writer_of(options, sizeof(options));
	size_t len;

	(void)state;
	put_bytes(&w, "\0\1\0\3\0\3\1", 7);
	for (uint32_t i = 0; i < 40; i++) {
		put_bytes(&w, "\0\x19\0\x0c", 4);
		put_u32(&w, i);
		put_bytes(&w, "\0\0\0\0\0\0\0", 8);
	}
	len = ask(DHCP6_SOLICIT, options, w.len);
	assert_in_range(len, 100, DHCP6_PACKET_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(information, set_up),
		cmocka_unit_test_setup(the_request_is_as_it_should_be, set_up),
		cmocka_unit_test_setup(repeats_less_and_less_often, set_up),
		cmocka_unit_test_setup(a_prefix_in_one_exchange, set_up),
		cmocka_unit_test_setup(a_prefix_in_two_exchanges, set_up),
		cmocka_unit_test_setup(it_is_renewed, set_up),
		cmocka_unit_test_setup(it_is_rebound_then_lost, set_up),
		cmocka_unit_test_setup(a_server_without_one, set_up),
		cmocka_unit_test_setup(too_large_a_prefix, set_up),
		cmocka_unit_test_setup(another_prefix_in_its_place, set_up),
		cmocka_unit_test_setup(after_a_reconnect_the_same, set_up),
		cmocka_unit_test_setup(it_is_released, set_up),
		cmocka_unit_test_setup(packets_are_lost_and_doubled, set_up),
		cmocka_unit_test_setup(every_cut_is_ignored, set_up),
		cmocka_unit_test_setup(bits_that_flip_change_nothing, set_up),
		cmocka_unit_test_setup(prefixes_that_can_not_be, set_up),
		cmocka_unit_test_setup(a_lease_of_no_time_is_not_renewed_at_once, set_up),
		cmocka_unit_test_setup(replies_for_others_are_ignored, set_up),
		cmocka_unit_test_setup(which_requests_are_answered, set_up),
		cmocka_unit_test_setup(addresses_are_not_assigned, set_up),
		cmocka_unit_test_setup(a_flood_of_identity_associations, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
