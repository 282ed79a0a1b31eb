/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ring between workers: one thread puts, one takes; packets come out unchanged and in order. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/ring.h"

enum { PACKETS = 20000 };

/* Packets of every length, with super-packets; both sides generate the same ones. */
static size_t length_of(unsigned n)
{
	return n % 50 == 0 ? 65535 : 1 + (n * 7919) % 3000;
}

static void *put_all(void *ring)
{
	static uint8_t bytes[TUN_PACKET_MAX];

	for (unsigned n = 0; n < PACKETS; n++) {
		struct tun_offload off = { .gso_size = (uint16_t)n };
		struct packet p = { bytes, { .ip_len = n, .total = length_of(n) } };

		memset(bytes, (int)n, length_of(n));
		while (!ring_put(ring, &p, &off))
			sched_yield();
	}
	return NULL;
}

static void what_goes_in_comes_out(void **state)
{
	struct tun_offload off;
	struct ring *r;
	pthread_t thread;

	(void)state;
	assert_int_equal(ring_open(&r), 0);
	assert_int_equal(pthread_create(&thread, NULL, put_all, r), 0);
	for (unsigned n = 0; n < PACKETS; n++) {
		struct packet p;

		while (!ring_get(r, &p, &off))
			sched_yield();
		assert_int_equal(p.h.total, length_of(n));
		assert_int_equal(p.h.ip_len, n);
		assert_int_equal(off.gso_size, (uint16_t)n);
		assert_int_equal(p.at[0], (uint8_t)n);
		assert_int_equal(p.at[p.h.total - 1], (uint8_t)n);
		ring_done(r);
	}
	pthread_join(thread, NULL);
	assert_false(ring_get(r, &(struct packet){ 0 }, &off));
	ring_close(r);
}

static void a_full_ring_refuses(void **state)
{
	static uint8_t bytes[TUN_PACKET_MAX];
	const struct packet large = { bytes, { .total = 60000 } };
	const struct packet small = { bytes, { .total = 100 } };
	struct tun_offload off = { .gso_size = 0 };
	struct packet p;
	struct ring *r;
	unsigned count = 0;

	(void)state;
	assert_int_equal(ring_open(&r), 0);
	while (ring_put(r, &large, &off))
		count++;
	assert_in_range(count, 4, 8);
	assert_true(ring_put(r, &small, &off)); /* still fits */
	assert_true(ring_get(r, &p, &off));
	ring_done(r);
	assert_true(ring_get(r, &p, &off));
	assert_int_equal(p.h.total, 60000);
	ring_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(a_full_ring_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
