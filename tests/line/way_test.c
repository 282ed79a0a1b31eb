/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line of tools/bench --lines: rate, queue, delay, loss and incidents, on a clock that the test turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../tools/line/way.h"

enum { LEN = 1250, MANY = 100000 }; /* LEN is 1 ms at 10 Mbit/s */
#define MS(n) ((uint64_t)(n)*WAY_MS)

static struct way w;

static int set_up(void **state)
{
	(void)state;
	way_init(&w, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	way_free(&w);
	return 0;
}

static void set(const char *setting, uint64_t now_ns)
{
	assert_true(way_set(&w, setting, now_ns));
}

static void put_len(uint32_t number, size_t len, uint64_t now_ns)
{
	uint8_t packet[2000] = { 0 };

	memcpy(packet, &number, sizeof(number));
	assert_true(way_put(&w, packet, len, now_ns));
}

static void put(uint32_t number, uint64_t now_ns)
{
	put_len(number, LEN, now_ns);
}

/* The number of the packet that arrives at that time and not a nanosecond sooner. */
static uint32_t arrives(uint64_t at_ns)
{
	struct way_packet *p;
	uint32_t number;

	assert_int_equal(way_deadline(&w), at_ns);
	assert_null(way_get(&w, at_ns - 1));
	p = way_get(&w, at_ns);
	assert_non_null(p);
	memcpy(&number, p->at, sizeof(number));
	free(p);
	return number;
}

/* Takes all that arrives; how many packets. */
static unsigned drain(void)
{
	struct way_packet *p;
	unsigned n = 0;

	while ((p = way_get(&w, UINT64_MAX))) {
		free(p);
		n++;
	}
	return n;
}

static void it_takes_the_link_and_the_delay(void **state)
{
	(void)state;
	set("rate=10M", 0);
	set("delay=15", 0);
	put(1, MS(100));
	put(2, MS(100));
	put(3, MS(200));
	assert_int_equal(arrives(MS(116)), 1);
	assert_int_equal(arrives(MS(117)), 2);
	assert_int_equal(arrives(MS(216)), 3);
	assert_int_equal(way_deadline(&w), UINT64_MAX);
	assert_int_equal(w.stats.bytes, 3 * LEN);
}

static void a_full_queue_drops_what_comes(void **state)
{
	(void)state;
	set("rate=10M", 0);
	set("queue=10ms", 0);
	for (uint32_t i = 0; i < 15; i++)
		put(i, MS(1));
	assert_int_equal(w.stats.full, 5);
	put(20, MS(2)); /* the first has left */
	assert_int_equal(w.stats.full, 5);
	assert_int_equal(w.stats.queued_max, 10 * LEN);
	assert_int_equal(drain(), 11);
}

static void a_queue_may_be_bytes(void **state)
{
	(void)state;
	set("rate=10M", 0);
	set("queue=3k", 0);
	for (uint32_t i = 0; i < 5; i++)
		put(i, 0);
	assert_int_equal(w.stats.full, 3);
}

static void without_settings_it_is_a_wire(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		put(i, 5);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(arrives(5), i);
}

static void losses_are_as_many_as_asked_for(void **state)
{
	(void)state;
	set("loss=1", 0);
	for (uint32_t i = 0; i < MANY; i++)
		put(i, i);
	assert_int_equal(drain() + w.stats.lost, MANY);
	assert_in_range(w.stats.lost, MANY / 100 - MANY / 500, MANY / 100 + MANY / 500);
}

/* Bursts of 5 on the average, after 1,000 packets each. */
static void bursts_are_losses_in_a_row(void **state)
{
	unsigned bursts = 0, lost = 0;
	bool before = false;

	(void)state;
	set("burst=0.1,20", 0);
	for (uint32_t i = 0; i < MANY; i++)
		put(i, i);
	for (const struct way_packet *p = w.first; p; p = p->next) {
		bursts += p->is_lost && !before;
		lost += p->is_lost;
		before = p->is_lost;
	}
	assert_in_range(bursts, 60, 140);
	assert_in_range(lost, 3 * bursts, 7 * bursts);
}

static void jitter_keeps_the_order(void **state)
{
	uint64_t last = 0, least = UINT64_MAX, most = 0;

	(void)state;
	set("delay=30", 0);
	set("jitter=20", 0);
	for (uint32_t i = 0; i < 1000; i++)
		put(i, MS(i));
	for (uint32_t i = 0; i < 1000; i++) {
		uint64_t at = way_deadline(&w), took = at - MS(i);

		assert_int_equal(arrives(at), i);
		assert_true(at >= last && took >= MS(30) && took < MS(50));
		least = took < least ? took : least;
		most = took > most ? took : most;
		last = at;
	}
	assert_true(least < MS(35) && most > MS(45));
}

static void a_small_mtu_is_a_black_hole(void **state)
{
	(void)state;
	set("mtu=1280", 0);
	put_len(1, 1280, MS(1));
	put_len(2, 1281, MS(1));
	assert_int_equal(w.stats.too_big, 1);
	assert_int_equal(arrives(MS(1)), 1);
	assert_int_equal(drain(), 0);
}

static void an_outage_makes_wait_what_has_not_left(void **state)
{
	(void)state;
	set("rate=10M", 0);
	set("delay=5", 0);
	put(1, MS(10));
	put(2, MS(10));
	set("outage=100", MS(11)); /* the first is on the wire */
	put(3, MS(20));
	assert_int_equal(arrives(MS(16)), 1);
	assert_int_equal(arrives(MS(117)), 2);
	assert_int_equal(arrives(MS(118)), 3);
}

static void a_cut_loses_what_comes(void **state)
{
	(void)state;
	set("delay=50", 0);
	put(1, MS(10));
	set("cut=100", MS(20));
	put(2, MS(30));
	put(3, MS(119));
	put(4, MS(120));
	assert_int_equal(w.stats.cut, 2);
	assert_int_equal(arrives(MS(60)), 1);
	assert_int_equal(arrives(MS(170)), 4);
}

static void what_is_no_setting_is_refused(void **state)
{
	static const char *const bad[] = { "",          "rate",     "rate=",    "rate=x",
					   "rate=-1",   "rate=1Mx", "queue=1s", "ratex=1",
					   "burst=1,x", "=1" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(way_set(&w, bad[i], 0));
	assert_true(w.cfg.rate == 0 && w.cfg.queue_bytes == 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(it_takes_the_link_and_the_delay),
		CASE(a_full_queue_drops_what_comes),
		CASE(a_queue_may_be_bytes),
		CASE(without_settings_it_is_a_wire),
		CASE(losses_are_as_many_as_asked_for),
		CASE(bursts_are_losses_in_a_row),
		CASE(jitter_keeps_the_order),
		CASE(a_small_mtu_is_a_black_hole),
		CASE(an_outage_makes_wait_what_has_not_left),
		CASE(a_cut_loses_what_comes),
		CASE(what_is_no_setting_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
