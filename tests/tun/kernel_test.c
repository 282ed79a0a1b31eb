/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What we assume of the kernel: it cuts as we cut, takes the super-packets that we merge and cuts
 * them back into what they were, and gives us super-packets that we can cut. Skipped where the
 * kernel allows no namespace or no TUN.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tun_lab.h"
#include "tun/merge.h"
#include "tun/packet.h"
#include "tun/segment.h"

enum { PACKETS = 60 };

static struct lab lab;
static uint8_t packet[TUN_PACKET_MAX], routed[TUN_PACKET_MAX], want[TUN_PACKET_MAX];

static int set_up_plain(void **state)
{
	(void)state;
	if (lab_enter())
		lab_open(&lab, false);
	return 0;
}

static int set_up_with_offloads(void **state)
{
	(void)state;
	if (lab_enter())
		lab_open(&lab, true);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

struct kernel_case {
	const char *name;
	struct packet_desc desc;
	uint16_t size;
};

static const struct kernel_case cases[] = {
	{ "TCP over IPv4", { .len = 60000, .id = 7, .seq = 0xffff0000 }, 1360 },
	{ "TCP over IPv6", { .is_v6 = true, .len = 60000, .seq = 1 }, 1340 },
	{ "UDP over IPv4", { .is_udp = true, .len = 60000, .id = 0xfff0 }, 1300 },
	{ "UDP over IPv6", { .is_v6 = true, .is_udp = true, .len = 6000 }, 100 },
	{ "no DF", { .len = 5000, .no_df = true, .id = 99 }, 1360 },
	{ "UDP, no DF", { .is_udp = true, .len = 5000, .no_df = true, .id = 99 }, 1360 },
	{ "FIN and PSH", { .len = 5000, .flags = PACKET_FIN | PACKET_PSH }, 1360 },
	{ "CWR and ECE", { .len = 5000, .flags = PACKET_CWR | PACKET_ECE, .tos = 2 }, 1360 },
	{ "CWR over IPv6", { .is_v6 = true, .len = 5000, .flags = PACKET_CWR, .tos = 1 }, 1360 },
	{ "URG", { .len = 5000, .flags = PACKET_URG }, 1360 },
	{ "TCP options", { .len = 5000, .tcp_options_len = 40, .timestamp = 77 }, 1300 },
	{ "IPv4 options", { .len = 5000, .ip_options_len = 8 }, 1300 },
	{ "IPv4 options of UDP", { .is_udp = true, .len = 5000, .ip_options_len = 40 }, 1300 },
	{ "Hop-by-Hop options",
	  { .is_v6 = true, .len = 5000, .ext = { 0 }, .ext_count = 1 },
	  1300 },
	{ "extension headers",
	  { .is_v6 = true, .len = 5000, .ext = { 0, 60, 43 }, .ext_count = 3 },
	  1300 },
	{ "extension headers of UDP",
	  { .is_v6 = true, .is_udp = true, .len = 5000, .ext = { 60 }, .ext_count = 1 },
	  1300 },
	{ "odd sizes", { .len = 3333, .tos = 0x28, .ttl = 9 }, 111 },
	{ "a whole number of packets", { .len = 4080 }, 1360 },
	{ "one byte more", { .len = 1361 }, 1360 },
	{ "large packets", { .len = 65000 }, 8900 },
	{ "one packet", { .len = 1000, .flags = PACKET_PSH }, 1360 },
	{ "one packet of IPv6", { .is_v6 = true, .len = 1000 }, 1360 },
	{ "one packet of UDP", { .is_udp = true, .len = 1000 }, 1360 },
};

/* As the sender passes it to the kernel, which decrements the TTL. */
static struct packet_desc before(const struct packet_desc *d)
{
	struct packet_desc b = *d;

	b.ttl = (uint8_t)((d->ttl ? d->ttl : 64) + 1);
	return b;
}

static void send_super(const struct packet_desc *d, uint16_t size)
{
	struct packet_desc b = before(d);
	struct tun_offload off;
	size_t len = packet_make_super(&b, size, packet, &off);

	assert_int_equal(tun_write(lab.in, &(struct iovec){ packet, len }, 1, &off), 0);
}

static uint32_t any(uint32_t limit)
{
	return (uint32_t)rand() % limit;
}

static struct packet_desc any_desc(void)
{
	struct packet_desc d = {
		.is_v6 = any(2),
		.is_udp = any(2),
		.no_df = any(2),
		.host = 1,
		.tos = (uint8_t)any(256),
		.ttl = (uint8_t)(2 + any(250)),
		.id = (uint16_t)any(65536),
		.port = (uint16_t)any(999),
		.seq = (uint32_t)rand(),
		.ack = (uint32_t)rand(),
		.flags = (uint8_t)any(256),
		.window = (uint16_t)any(65536),
		.tcp_options_len = 4 * any(11),
		.flow_label = any(1 << 20),
		.timestamp = (uint32_t)rand(),
		.ext = { 0, 43, 60 },
		.len = 1 + any(40000),
	};

	if (d.is_v6)
		d.ext_count = any(PACKET_EXT_MAX + 1);
	else
		d.ip_options_len = 4 * any(11);
	return d;
}

/* ---- cutting */

static void assert_cut_alike(const struct packet_desc *d, uint16_t size)
{
	struct tun_offload off;
	struct segments s;
	struct packet p;
	size_t len, n;

	send_super(d, size);
	len = packet_make_super(d, size, packet, &off);
	p.at = packet;
	assert_true(tun_parse(&p, len, &off));
	assert_true(segments_of(&s, &p, &off, LAB_MTU, NULL));
	while ((n = segments_next_len(&s))) {
		segments_write(&s, want);
		assert_int_equal(lab_read(&lab, routed, sizeof(routed), &off), n);
		assert_memory_equal(routed, want, n);
	}
	assert_true(lab_is_empty(&lab));
}

static void we_cut_as_the_kernel_does(void **state)
{
	(void)state;
	if (!lab.in)
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packet_desc d = cases[i].desc;

		print_message("%s\n", cases[i].name);
		d.host = 1;
		assert_cut_alike(&d, cases[i].size);
	}
	for (int i = 0; i < 300; i++) {
		struct packet_desc d = any_desc();
		uint16_t size = (uint16_t)(d.len / 60 + 1 + any(4000));

		if (size < d.len) /* the kernel drops some that fit in one packet */
			assert_cut_alike(&d, size);
	}
}

/* ---- reading */

/* Routed to a device with offloads, a super-packet comes out whole, and we cut it. */
static void assert_read_and_cut(const struct packet_desc *d, uint16_t size)
{
	struct tun_offload off;
	struct segments s;
	struct packet p;
	size_t len, n;

	send_super(d, size);
	for (size_t done = 0; done < d->len;) {
		len = lab_read(&lab, routed, sizeof(routed), &off);
		p.at = routed;
		assert_true(tun_parse(&p, len, &off));
		assert_true(segments_of(&s, &p, &off, LAB_MTU, NULL));
		for (; (n = segments_next_len(&s)); done += n - packet_hdr_len(d)) {
			struct packet_desc one = packet_cut(d, done, size);

			assert_int_equal(packet_make(&one, want), n);
			segments_write(&s, packet);
			assert_memory_equal(packet, want, n);
		}
	}
	assert_true(lab_is_empty(&lab));
}

static void we_cut_what_the_kernel_gives(void **state)
{
	struct packet_desc d = { .host = 1, .len = 60000, .id = 3 };
	struct tun_offload off;

	(void)state;
	if (!lab.in)
		skip();
	send_super(&d, 1360);
	assert_int_equal(lab_read(&lab, routed, sizeof(routed), &off), packet_hdr_len(&d) + d.len);
	assert_int_equal(off.gso, TUN_GSO_TCP4);
	assert_int_equal(off.gso_size, 1360);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		d = cases[i].desc;
		d.host = 1;
		print_message("%s\n", cases[i].name);
		assert_read_and_cut(&d, cases[i].size);
	}
}

/* ---- merging */

static uint8_t packets[PACKETS][2048];

/* Now and then makes a packet that may not be merged. */
static void whim(struct packet_desc *d)
{
	switch (any(12)) {
	case 0:
		d->len = any(100);
		break;
	case 1:
		d->window++;
		break;
	case 2:
		d->timestamp++;
		break;
	case 3:
		d->tos++;
		break;
	case 4:
		d->flags ^= (uint8_t)(1 << any(8));
		break;
	case 5:
		d->id = (uint16_t)(d->id + 100); /* two alike would be merged as fixed */
		break;
	case 6:
		d->flow_label++;
		break;
	case 7:
		d->ip_options_len = 4;
		d->ext_count = 1;
		break;
	default:
		break;
	}
}

/* A damaged payload must stay detectable: its checksum must not be recomputed. */
static void damage(uint8_t *at, size_t len)
{
	at[len - 1] ^= 0x55;
}

static void send_train(struct merge *m, struct packet_desc *train, size_t count, size_t damaged)
{
	for (size_t i = 0; i < count; i++) {
		struct packet_desc b = before(&train[i]);
		struct packet p;
		size_t len = packet_make(&b, packets[i]);

		if (i == damaged && b.len)
			damage(packets[i], len);
		assert_true(packet_parse(&p, packets[i], len));
		merge_add(m, &p);
	}
	merge_flush(m);
}

static void assert_train_comes_through(struct merge *m, struct packet_desc d, bool has_whims)
{
	struct packet_desc train[PACKETS];
	size_t damaged = has_whims ? any(2 * PACKETS) : PACKETS;
	struct tun_offload off;

	for (size_t i = 0; i < PACKETS; i++) {
		train[i] = d;
		if (has_whims && any(4) == 0)
			whim(&train[i]);
		d.seq += (uint32_t)train[i].len;
		d.from += train[i].len;
		d.id++;
	}
	send_train(m, train, PACKETS, damaged);
	for (size_t i = 0; i < PACKETS; i++) {
		size_t len = packet_make(&train[i], want);

		if (i == damaged && train[i].len)
			damage(want, len);
		assert_int_equal(lab_read(&lab, routed, sizeof(routed), &off), len);
		assert_memory_equal(routed, want, len);
	}
	assert_true(lab_is_empty(&lab));
}

static void the_kernel_cuts_what_we_merge(void **state)
{
	struct merge *m;
	uint64_t writes;

	(void)state;
	if (!lab.in)
		skip();
	assert_int_equal(merge_open(lab.in, &m), 0);
	for (int i = 0; i < 200; i++) {
		struct packet_desc d = any_desc();

		d.is_udp = d.is_udp && tun_has_uso(lab.in);
		d.len = 1 + any(1000);
		d.flags = 0;
		d.ip_options_len = d.ext_count = 0;
		writes = merge_stats(m)->writes;
		assert_train_comes_through(m, d, i % 2);
		if (i % 2 == 0)
			assert_int_equal(merge_stats(m)->writes, writes + 1);
	}
	assert_int_equal(merge_stats(m)->lost, 0);
	merge_close(m);
}

#define CASE(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(we_cut_as_the_kernel_does, set_up_plain),
		CASE(we_cut_what_the_kernel_gives, set_up_with_offloads),
		CASE(the_kernel_cuts_what_we_merge, set_up_plain),
	};

	return cmocka_run_group_tests_name("tun/kernel", tests, NULL, NULL);
}
