/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The backlog: order within a flow, turns between flows, and what is dropped when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tunnel/backlog.h"
#include "util/alloc.h"
#include "util/bytes.h"

enum { ECT_0 = 2, CE = 3, ECN = 3 }; /* RFC 3168 section 5 */
enum { MORE_FRAGMENTS = 0x2000 };    /* RFC 791; else the offset in steps of 8 bytes */

static struct backlog *b;
static unsigned dropped; /* in all */
static unsigned marked;  /* by ECN */
static uint8_t tos;      /* of the packets that are put */
static uint64_t served_ms;

static bool has_a_queue_each(void);

/* Which flows share a queue depends on the key: reopens until flows 1 and 2 don't. */
static int set_up(void **state)
{
	(void)state;
	if (backlog_open(&b))
		return -1;
	if (!has_a_queue_each()) {
		backlog_close(b);
		return set_up(state);
	}
	dropped = marked = 0;
	tos = 0;
	served_ms = 1000;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	backlog_close(b);
	return 0;
}

static void set_line(uint32_t rtt_ms, bool is_slow)
{
	backlog_set_line(b, &(struct backlog_line){ .rtt_ms = rtt_ms, .is_slow = is_slow });
}

static struct packet parsed(uint8_t *at, size_t len)
{
	struct packet p;

	assert_true(packet_parse(&p, at, len));
	return p;
}

/* A UDP packet of a flow (its source port), numbered; maybe only part of one. */
static void put_part(uint16_t fragment, uint16_t flow, uint32_t number, size_t len, uint64_t now_ms)
{
	static uint8_t p[65536];
	struct tun_offload off = { .gso_size = flow };
	struct packet packet;

	p[0] = 0x45;
	p[1] = tos;
	store_u16(p + 2, (uint16_t)len);
	store_u16(p + 6, fragment);
	p[9] = 17;
	store_u16(p + 20, flow);
	store_u32(p + 24, number);
	packet = parsed(p, len);
	dropped += backlog_put(b, &packet, &off, now_ms);
}

static void put(uint16_t flow, uint32_t number, size_t len, uint64_t now_ms)
{
	put_part(0, flow, number, len, now_ms);
}

/* The flow of the next packet, 0: none; its number in *number. */
static uint16_t get(uint32_t *number, uint64_t now_ms)
{
	struct backlog_packet p;
	unsigned more;
	bool has_one = backlog_get(b, &p, now_ms, &more);

	dropped += more;
	if (!has_one)
		return 0;
	marked += p.is_marked;
	assert_int_equal(p.is_marked, (p.p.at[1] & ECN) == CE);
	assert_int_equal(p.off.gso_size, load_u16(p.p.at + 20));
	if (number)
		*number = load_u32(p.p.at + 24);
	return p.off.gso_size;
}

static bool has_a_queue_each(void)
{
	bool yes;

	put(1, 0, 60000, 0);
	put(1, 1, 60000, 0);
	put(2, 0, 60000, 0);
	yes = get(NULL, 0) == 1 && get(NULL, 0) == 2;
	while (get(NULL, 0))
		;
	return yes;
}

static void a_flow_keeps_its_order(void **state)
{
	uint32_t n;

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		put(1, i, 1400, 0);
	assert_int_equal(backlog_bytes(b), 140000);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(get(&n, 1), 1);
		assert_int_equal(n, i);
	}
	assert_int_equal(get(&n, 1), 0);
	assert_int_equal(backlog_bytes(b), 0);
	assert_int_equal(dropped, 0);
}

/* The second fragment has payload where the first has the ports. */
static void fragments_keep_their_order(void **state)
{
	uint32_t n;

	(void)state;
	for (uint16_t i = 0; i < 1000; i += 2) {
		put_part(MORE_FRAGMENTS, 1, i, 1400, 0);
		put_part(172, (uint16_t)(i + 2), i + 1, 1400, 0);
	}
	for (uint32_t i = 0; i < 1000; i++) {
		get(&n, 1);
		assert_int_equal(n, i);
	}
}

/* Flows share by bytes, whatever the size of their packets. */
static void flows_share_evenly(void **state)
{
	size_t bytes[3] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 15; i++)
		put(1, i, 60000, 0);
	for (uint32_t i = 0; i < 600; i++)
		put(2, i, 1400, 0);
	while (bytes[1] + bytes[2] < 1200000) {
		uint16_t f = get(NULL, 1);

		bytes[f] += f == 1 ? 60000 : 1400;
	}
	assert_in_range(bytes[1], 500000, 700000);
}

static void a_sparse_flow_passes_bulk(void **state)
{
	uint32_t i = 0;

	(void)state;
	for (; i < 20; i++)
		put(1, i, 60000, 0);
	assert_int_equal(get(NULL, 1), 1);
	put(2, 0, 84, 1);
	assert_int_equal(get(NULL, 1), 2);
	assert_int_equal(get(NULL, 1), 1);
	put(2, 1, 84, 1); /* again, once the old flow had its turn */
	assert_int_equal(get(NULL, 1), 2);
}

/* A flow whose next packet comes before its turn is over waits for a turn of the others: that must be short. */
static void a_turn_is_short(void **state)
{
	unsigned waited = 0;

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		put(1, i, 1400, 0);
	for (unsigned i = 0; i < 14; i++) /* it is new no more */
		assert_int_equal(get(NULL, 1), 1);
	put(2, 0, 84, 1);
	assert_int_equal(get(NULL, 1), 2);
	assert_int_equal(get(NULL, 1), 1);
	put(2, 1, 84, 1);
	while (get(NULL, 1) == 1)
		waited++;
	assert_in_range(waited, 0, 2);
}

/* How many packets of flow 2 leave before one of flow 1. */
static unsigned ahead(uint64_t now_ms)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < 20; i++)
		put(2, i, 1400, now_ms);
	while (get(NULL, now_ms) == 2)
		count++;
	return count;
}

/* What passes bulk is what a flow begins with, and not all that it sends with short pauses. */
static void a_flow_is_new_after_a_while(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		put(1, i, 1400, 1);
	for (unsigned i = 0; i < 14; i++)
		assert_int_equal(get(NULL, 1), 1);
	put(2, 0, 84, 1);
	assert_int_equal(get(NULL, 1), 2);
	for (unsigned i = 0; i < 4; i++) /* it leaves the lists */
		assert_int_equal(get(NULL, 1), 1);
	assert_in_range(ahead(2), 1, 3);
	while (get(NULL, 2))
		;
	for (uint32_t i = 0; i < 100; i++)
		put(1, i, 1400, 300);
	for (unsigned i = 0; i < 14; i++)
		assert_int_equal(get(NULL, 300), 1);
	assert_in_range(ahead(300), 10, 13);
}

static void the_fattest_pays_when_it_is_full(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		put(2, i, 200, 0);
	for (uint32_t i = 0; i < 60; i++)
		put(1, i, 60000, 0);
	assert_true(backlog_bytes(b) <= BACKLOG_MAX);
	assert_true(dropped > 20);
	for (uint16_t f; (f = get(NULL, 1));)
		seen += f == 2;
	assert_int_equal(seen, 100);
}

/* For `ms`: one packet in and one out every 2 ms, with `standing` more packets in the queue. */
static void serve(uint32_t standing, uint64_t ms)
{
	for (uint32_t i = 0; i < standing; i++)
		put(1, i, 1400, served_ms);
	for (uint64_t end = served_ms + ms; served_ms < end; served_ms += 2) {
		put(1, 0, 1400, served_ms);
		get(NULL, served_ms);
	}
}

static void a_short_queue_loses_nothing(void **state)
{
	(void)state;
	serve(1, 10000);
	assert_int_equal(dropped, 0);
}

static void a_burst_loses_nothing(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 40; i++)
		put(1, i, 1400, 0);
	for (uint64_t now = 0; get(NULL, now); now += 2)
		;
	assert_int_equal(dropped, 0);
}

/* 100 packets are 200 ms: CoDel drops more and more until they are gone. */
static void a_standing_queue_is_worked_off(void **state)
{
	(void)state;
	serve(100, 1000);
	assert_in_range(dropped, 5, 60);
	serve(0, 20000);
	assert_true(backlog_bytes(b) < 10 * 1400);
}

/* The same queue of a sender that speaks ECN: it is marked as often, and loses nothing. */
static void a_flow_that_speaks_ecn_is_marked(void **state)
{
	unsigned without;

	(void)state;
	serve(100, 1000);
	without = dropped;
	tear_down(NULL);
	set_up(NULL);
	tos = ECT_0;
	serve(100, 1000);
	assert_int_equal(dropped, 0);
	assert_in_range(marked, without / 2, without * 2);
}

/* One that does not is not spared by one that does. */
static void each_flow_is_told_as_it_understands(void **state)
{
	uint64_t now = 1000;

	(void)state;
	for (uint32_t i = 0; i < 400; i++) {
		tos = ECT_0;
		put(1, i, 1400, now);
		tos = 0;
		put(2, i, 1400, now);
	}
	for (; get(NULL, now); now += 2)
		;
	assert_true(dropped >= 5);
	assert_true(marked >= 5);
}

/* There is no memory for more: a mark would not help. */
static void what_is_too_much_is_dropped(void **state)
{
	(void)state;
	tos = ECT_0;
	for (uint32_t i = 0; i < 400; i++)
		put(1, i, 60000, 0);
	assert_true(dropped > 20);
}

/* On a line with a long round trip no sender could react to a queue of 100 ms sooner. */
static void a_long_line_has_a_longer_interval(void **state)
{
	(void)state;
	set_line(1000, false);
	serve(50, 1900);
	assert_int_equal(dropped, 0);
	set_line(0, false);
	serve(0, 1000);
	assert_true(dropped > 0);
}

/* Packets that wait for a retransmission are not delayed by any flow. */
static void nothing_is_lost_while_the_line_recovers(void **state)
{
	(void)state;
	set_line(0, true);
	serve(100, 10000);
	assert_int_equal(dropped, 0);
	set_line(0, false);
	serve(0, 1000);
	assert_in_range(dropped, 5, 60);
}

/* `packets` super-packets in and out in each of `ms` milliseconds, after `standing` of them. */
static void carry(unsigned packets, unsigned standing, uint64_t ms)
{
	for (unsigned i = 0; i < standing; i++)
		put((uint16_t)(1 + i % 50), 0, 60000, 0);
	for (uint64_t now = 0; now < ms; now++) {
		for (unsigned i = 0; i < packets; i++)
			put((uint16_t)(1 + i % 50), 0, 60000, now);
		for (unsigned i = 0; i < packets; i++)
			get(NULL, now);
	}
}

/* 5 Gbit/s; 100 flows each with 60 kB on the way. */
static void a_fast_line_has_room_for_bursts(void **state)
{
	(void)state;
	carry(10, 10, 200);
	for (unsigned i = 0; i < 90; i++)
		put((uint16_t)(1 + i % 50), 0, 60000, 200);
	assert_int_equal(dropped, 0);
	assert_int_equal(backlog_bytes(b), 6000000);
}

static void a_stopped_line_costs_little(void **state)
{
	(void)state;
	carry(10, 10, 200);
	for (uint64_t now = 200; now < 2000; now++)
		put(1, 0, 60000, now);
	assert_true(backlog_bytes(b) <= BACKLOG_MIN);
}

/* Slow start has only begun, so what has left says nothing about what will: for as long as it lasts. */
static void a_line_that_starts_has_room_again(void **state)
{
	enum { SOME = 30, EACH = 60000 };

	(void)state;
	a_stopped_line_costs_little(state);
	backlog_set_line(b, &(struct backlog_line){ .is_slow = true, .is_starting = true });
	dropped = 0;
	for (uint16_t i = 0; i < SOME; i++)
		put((uint16_t)(2 + i), 0, EACH, 2000 + (uint64_t)i * BACKLOG_WAIT_MS);
	assert_int_equal(dropped, 0);
	assert_true(backlog_bytes(b) >= SOME * EACH);
	set_line(0, false);
	for (uint16_t i = 0; i < SOME; i++)
		put((uint16_t)(2 + i), 0, EACH, 4000 + (uint64_t)i * BACKLOG_WAIT_MS);
	assert_true(backlog_bytes(b) <= BACKLOG_MIN);
}

/* What leaves in two round trips may wait: 2 MB at 100 Mbit/s and 80 ms. */
static void a_long_line_has_room_for_its_round_trip(void **state)
{
	uint64_t now = 0;

	(void)state;
	set_line(80, false);
	put(1, 0, 60000, 0);
	for (; now < 2000; now++) {
		put(1, 0, 12500, now);
		get(NULL, now);
	}
	dropped = 0;
	for (uint16_t i = 0; i < 140; i++)
		put((uint16_t)(2 + i), 0, 12500, now);
	assert_int_equal(dropped, 0);
	for (uint16_t i = 0; i < 140; i++)
		put((uint16_t)(2 + i), 0, 12500, now);
	assert_true(dropped > 0);
}

/* A moment without one packet out does not mean that the line is slow. */
static void a_hiccup_loses_nothing(void **state)
{
	(void)state;
	carry(10, 10, 200);
	for (unsigned i = 0; i < 50; i++)
		put((uint16_t)(1 + i), 0, 60000, 260);
	assert_int_equal(dropped, 0);
}

/* While nothing waits, the limit does not fall. */
static void an_idle_line_stays_fast(void **state)
{
	(void)state;
	carry(10, 0, 200);
	for (unsigned i = 0; i < 100; i++)
		put((uint16_t)(1 + i % 50), 0, 60000, 60000);
	assert_int_equal(dropped, 0);
}

/* When its flow must slow down, the first segments of a super-packet are dropped one by one. */
static void it_is_idle_when_nothing_waits_for_long(void **state)
{
	struct backlog_packet p;

	(void)state;
	put_part(0, 1, 0, 100, 1000);
	assert_false(backlog_is_idle(b, 1000 + 10 * BACKLOG_IDLE_MS));
	assert_true(backlog_get(b, &p, 2000, &dropped));
	assert_false(backlog_is_idle(b, 2000 + BACKLOG_IDLE_MS - 1));
	assert_true(backlog_is_idle(b, 2000 + BACKLOG_IDLE_MS));
}

static void one_segment_at_a_time_is_lost(void **state)
{
	struct tun_offload off = { .gso = TUN_GSO_UDP, .gso_size = 1000 };
	static uint8_t p[10028] = { 0x45 };
	struct backlog_packet out;
	unsigned more, skipped = 0, seen = 0;
	struct packet packet;

	(void)state;
	store_u16(p + 2, sizeof(p));
	packet = parsed(p, sizeof(p));
	for (int i = 0; i < 20; i++)
		backlog_put(b, &packet, &off, 0);
	for (uint64_t now = 10; backlog_get(b, &out, now, &more); now += 20) {
		dropped += more;
		skipped += out.skip;
		seen++;
	}
	assert_int_equal(seen, 20);
	assert_in_range(dropped, 2, 20);
	assert_int_equal(skipped, dropped);
}

/* Puts a packet of flow 1 as a device reads it into a block. */
static uint8_t *put_in_block(uint8_t *block, uint32_t number, size_t len)
{
	struct tun_offload off = { .gso_size = 1 };
	struct packet packet;

	memset(block, 0, TUN_PACKET_MAX);
	block[0] = 0x45;
	store_u16(block + 2, (uint16_t)len);
	block[9] = 17;
	store_u16(block + 20, 1);
	store_u32(block + 24, number);
	packet = parsed(block, len);
	dropped += backlog_put_block(b, &packet, &off, 0);
	return packet.at;
}

/* Whether the next packet is still in the block, or was copied. */
static void assert_next(uint32_t number, size_t len, const uint8_t *block, bool is_block)
{
	struct backlog_packet p;
	unsigned more;

	assert_true(backlog_get(b, &p, 0, &more));
	assert_int_equal(load_u32(p.p.at + 24), number);
	assert_int_equal(p.p.h.total, len);
	assert_int_equal(p.p.at == block, is_block);
}

static void a_large_packet_stays_in_its_block(void **state)
{
	uint8_t *first = alloc_get(TUN_PACKET_MAX), *second, *third;

	(void)state;
	second = put_in_block(first, 1, TUN_PACKET_MAX - 1);
	assert_ptr_not_equal(first, second);
	assert_ptr_equal(put_in_block(second, 2, 1400), second);
	third = put_in_block(second, 3, TUN_PACKET_MAX / 2);
	assert_ptr_not_equal(third, second);
	assert_int_equal(backlog_bytes(b), TUN_PACKET_MAX - 1 + 1400 + TUN_PACKET_MAX / 2);
	assert_next(1, TUN_PACKET_MAX - 1, first, true);
	assert_next(2, 1400, second, false);
	assert_next(3, TUN_PACKET_MAX / 2, second, true);
	assert_int_equal(get(NULL, 0), 0);
	assert_int_equal(dropped, 0);
	alloc_put(third);
}

/* Half a block is counted as a whole one, which it costs. Some are left for tear_down. */
static void blocks_are_bounded_too(void **state)
{
	uint8_t *block = alloc_get(TUN_PACKET_MAX);
	unsigned put_in = 2 * BACKLOG_MAX / TUN_PACKET_MAX, got = 0;

	(void)state;
	for (unsigned i = 0; i < put_in; i++)
		block = put_in_block(block, i, TUN_PACKET_MAX / 2);
	assert_true(backlog_bytes(b) * 2 <= BACKLOG_MAX);
	assert_true(dropped >= put_in / 2);
	while (dropped + got < put_in - 5)
		got += get(NULL, 0) == 1;
	assert_int_equal(backlog_bytes(b), 5 * TUN_PACKET_MAX / 2);
	alloc_put(block);
}

/* Whatever follows the IP header: on the heap at its own size, so that a look past its end shows. */
static void any_packet_may_be_put(void **state)
{
	struct tun_offload off = { .gso_size = 0 };
	uint32_t n = 0;

	(void)state;
	for (size_t len = 1; len < 64; len++) {
		uint8_t *p = malloc(len);
		struct packet packet;

		assert_non_null(p);
		for (unsigned first = 0; first < 256; first++) {
			memset(p, (int)len, len);
			p[0] = (uint8_t)first;
			if (len > 3)
				store_u16(p + 2, (uint16_t)len);
			if (len > 5)
				store_u16(p + 4, 0);
			if (!packet_parse(&packet, p, len))
				continue;
			backlog_put(b, &packet, &off, 0);
			n++;
		}
		free(p);
	}
	assert_in_range(n, 500, 20000);
	for (struct backlog_packet out; backlog_get(b, &out, 0, &dropped); n--)
		;
	assert_int_equal(n, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_flow_keeps_its_order),
		CASE(fragments_keep_their_order),
		CASE(flows_share_evenly),
		CASE(a_sparse_flow_passes_bulk),
		CASE(a_turn_is_short),
		CASE(a_flow_is_new_after_a_while),
		CASE(the_fattest_pays_when_it_is_full),
		CASE(a_short_queue_loses_nothing),
		CASE(a_burst_loses_nothing),
		CASE(a_standing_queue_is_worked_off),
		CASE(a_flow_that_speaks_ecn_is_marked),
		CASE(each_flow_is_told_as_it_understands),
		CASE(what_is_too_much_is_dropped),
		CASE(a_long_line_has_a_longer_interval),
		CASE(nothing_is_lost_while_the_line_recovers),
		CASE(a_long_line_has_room_for_its_round_trip),
		CASE(a_fast_line_has_room_for_bursts),
		CASE(a_stopped_line_costs_little),
		CASE(a_line_that_starts_has_room_again),
		CASE(a_hiccup_loses_nothing),
		CASE(an_idle_line_stays_fast),
		CASE(it_is_idle_when_nothing_waits_for_long),
		CASE(one_segment_at_a_time_is_lost),
		CASE(a_large_packet_stays_in_its_block),
		CASE(blocks_are_bounded_too),
		CASE(any_packet_may_be_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
