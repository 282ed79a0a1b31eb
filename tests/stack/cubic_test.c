/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Congestion control on a simulated path: a fixed round trip, a peer that acknowledges several
 * segments at once, a bottleneck with a queue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stack/cubic.h"

enum { MSS = 1400, INITIAL = 10 * MSS, NO_LIMIT = 1 << 30, START_MS = 1000, RTT_MS = 100 };

/* A sender that always has something to send. */
static struct sender {
	struct congestion c;
	uint32_t cwnd, ssthresh, una, nxt;
	uint64_t now_ms;
} s;

static int set_up(void **state)
{
	(void)state;
	s = (struct sender){ .cwnd = INITIAL, .ssthresh = NO_LIMIT, .now_ms = START_MS };
	s.una = s.nxt = 0xffff0000; /* sequence numbers wrap soon */
	congestion_open(&s.c);
	s.nxt += s.cwnd;
	return 0;
}

static void acknowledge(uint32_t len, bool after_timeout)
{
	struct congestion_ack a = {
		.now_ms = s.now_ms,
		.cwnd = s.cwnd,
		.ssthresh = s.ssthresh,
		.mss = MSS,
		.acked = len,
		.ackno = s.una + len,
		.snd_nxt = s.nxt,
		.after_timeout = after_timeout,
	};

	s.una += len;
	s.cwnd = congestion_acked(&s.c, &a, &s.ssthresh);
	s.nxt = s.una + s.cwnd;
}

/* Acknowledges all data in flight, in that many acknowledgments, spread over `ms`. */
static void round_trip(unsigned int acks, unsigned int ms)
{
	uint32_t flight = s.nxt - s.una, each = flight / acks;

	for (unsigned int i = 0; i < acks; i++) {
		s.now_ms += ms / acks;
		acknowledge(i + 1 < acks ? each : flight - each * (acks - 1), false);
	}
}

static void lose(bool is_timeout)
{
	s.ssthresh = congestion_lost(&s.c, s.nxt - s.una, MSS, is_timeout);
	s.cwnd = is_timeout ? MSS : s.ssthresh;
	s.nxt = s.una + s.cwnd;
}

/*
 * The peer's kernel merges segments and acknowledges 64 KiB at once: slow start must not slow down.
 */
static void slow_start_doubles_however_few_the_acknowledgments(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		uint32_t before = s.cwnd;

		round_trip(i % 2 ? 1 : 3, RTT_MS);
		assert_int_equal(s.cwnd, 2 * before);
	}
	assert_int_equal(s.c.rtt_ms, RTT_MS);
}

static void a_window_that_is_not_used_does_not_grow(void **state)
{
	(void)state;
	s.cwnd = 100 * MSS;
	for (int i = 0; i < 20; i++) {
		uint32_t before = s.cwnd;

		s.nxt = s.una + 2 * MSS;
		s.now_ms += RTT_MS;
		acknowledge(2 * MSS, false);
		assert_int_equal(s.cwnd, before);
	}
	s.ssthresh = 50 * MSS;
	s.nxt = s.una + 2 * MSS;
	acknowledge(2 * MSS, false);
	assert_int_equal(s.cwnd, 100 * MSS);
}

static void after_a_timeout_one_segment_per_ack(void **state)
{
	(void)state;
	s.cwnd = 64 * MSS;
	s.nxt = s.una + s.cwnd;
	lose(true);
	assert_int_equal(s.cwnd, MSS);
	assert_int_equal(s.ssthresh, 64 * MSS * 7 / 10);
	s.nxt = s.una + 32 * MSS; /* what was sent before arrived after all */
	acknowledge(32 * MSS, true);
	assert_int_equal(s.cwnd, 2 * MSS);
}

/* RFC 9438: K = cbrt((W_max - cwnd) / C), and slowly around W_max, then faster again. */
static void cubic_returns_to_the_former_window(void **state)
{
	const uint32_t before = 1000 * MSS;
	uint64_t lost_ms;
	uint32_t half_way = 0;

	(void)state;
	s.cwnd = before;
	s.nxt = s.una + s.cwnd;
	lose(false);
	assert_int_equal(s.cwnd, before / 10 * 7);
	lost_ms = s.now_ms;
	while (s.cwnd < before / 100 * 99 && s.now_ms < lost_ms + 60000) {
		round_trip(20, RTT_MS);
		if (s.now_ms - lost_ms <= 4000)
			half_way = s.cwnd;
	}
	/* K is 9.1 s: 300 segments, over 0.4, and the cube root of that */
	assert_in_range(s.now_ms - lost_ms, 5000, 10000);
	assert_in_range(half_way, before / 100 * 85, before / 100 * 98);
	for (int i = 0; i < 100; i++)
		round_trip(20, RTT_MS);
	assert_true(s.cwnd > before + before / 10);
}

static void a_second_loss_releases_bandwidth(void **state)
{
	(void)state;
	s.cwnd = 1000 * MSS;
	s.nxt = s.una + s.cwnd;
	lose(false);
	assert_int_equal(s.c.w_max, 1000 * MSS);
	lose(false);
	assert_int_equal(s.c.w_max, 700 * MSS * 17 / 20);
}

static void with_a_short_rtt_it_grows_as_reno_does(void **state)
{
	(void)state;
	s.cwnd = 20 * MSS;
	s.nxt = s.una + s.cwnd;
	lose(false);
	for (int i = 0; i < 100; i++)
		round_trip(4, 8);
	/* 0.53 segments a round trip; the cubic alone would add less in this time */
	assert_true(s.cwnd > 40 * MSS);
}

/* While an application pauses, or sends little, the window must not grow. */
static void idle_time_does_not_count(void **state)
{
	uint32_t before;

	(void)state;
	s.cwnd = 1000 * MSS;
	s.nxt = s.una + s.cwnd;
	lose(false);
	for (int i = 0; i < 10; i++)
		round_trip(20, RTT_MS);
	before = s.cwnd;
	for (int i = 0; i < 60; i++) { /* a keystroke a second */
		s.nxt = s.una + MSS;
		s.now_ms += 1000;
		acknowledge(MSS, false);
	}
	s.now_ms += 60 * 1000;
	s.nxt = s.una + MSS;
	acknowledge(MSS, false);
	assert_int_equal(s.cwnd, before);
	round_trip(20, RTT_MS);
	assert_true(s.cwnd < before + before / 20);
	for (int i = 0; i < 100; i++) /* then the window continues from its former size */
		round_trip(20, RTT_MS);
	assert_true(s.cwnd > 1000 * MSS);
}

/*
 * RFC 9406: as the queue of the bottleneck fills, the round trip grows, and slow start ends before
 * the queue is full.
 */
static void slow_start_ends_when_the_round_trip_grows(void **state)
{
	unsigned int rtt = RTT_MS;

	(void)state;
	for (int i = 0; i < 5; i++)
		round_trip(16, rtt);
	for (int i = 0; i < 8 && s.ssthresh == NO_LIMIT; i++) {
		rtt += 32;
		round_trip(16, rtt);
	}
	assert_true(s.ssthresh < NO_LIMIT);
	assert_true(s.cwnd < 32 * INITIAL * 8); /* eight more rounds would make it 256 */
}

static void a_short_delay_does_not_end_slow_start(void **state)
{
	uint32_t before;

	(void)state;
	for (int i = 0; i < 4; i++)
		round_trip(16, RTT_MS);
	round_trip(16, RTT_MS + 64);
	for (int i = 0; i < 3; i++)
		round_trip(16, RTT_MS);
	assert_int_equal(s.ssthresh, NO_LIMIT);
	before = s.cwnd;
	round_trip(16, RTT_MS);
	assert_int_equal(s.cwnd, 2 * before);
}

/* For any input the window is never 0 and never out of bounds. */
static void any_input_gives_a_valid_window(void **state)
{
	uint32_t dice = 1, ssthresh = NO_LIMIT;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct congestion_ack a;

		dice = dice * 1664525 + 1013904223;
		a = (struct congestion_ack){
			.now_ms = s.now_ms += dice >> 20,
			.cwnd = s.cwnd,
			.ssthresh = dice & 1 ? ssthresh : 2 * MSS,
			.mss = MSS,
			.acked = 1 + dice % (16 << 20),
			.ackno = dice * 7,
			.snd_nxt = dice * 7 + dice % (16 << 20),
		};
		s.cwnd = congestion_acked(&s.c, &a, &ssthresh);
		assert_in_range(s.cwnd, MSS, UINT32_MAX);
		if (s.cwnd > 16 << 20)
			s.cwnd = 16 << 20;
		if (dice % 50 == 7)
			assert_in_range(congestion_lost(&s.c, dice % (16 << 20), MSS, dice & 2),
					2 * MSS, 16 << 20);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(slow_start_doubles_however_few_the_acknowledgments, set_up),
		cmocka_unit_test_setup(a_window_that_is_not_used_does_not_grow, set_up),
		cmocka_unit_test_setup(after_a_timeout_one_segment_per_ack, set_up),
		cmocka_unit_test_setup(cubic_returns_to_the_former_window, set_up),
		cmocka_unit_test_setup(a_second_loss_releases_bandwidth, set_up),
		cmocka_unit_test_setup(with_a_short_rtt_it_grows_as_reno_does, set_up),
		cmocka_unit_test_setup(idle_time_does_not_count, set_up),
		cmocka_unit_test_setup(slow_start_ends_when_the_round_trip_grows, set_up),
		cmocka_unit_test_setup(a_short_delay_does_not_end_slow_start, set_up),
		cmocka_unit_test_setup(any_input_gives_a_valid_window, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
