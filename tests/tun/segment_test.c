/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cutting, compared byte by byte with packets that packet.c makes one at a time from descriptions.
 * kernel_test.c compares the same cutting with the kernel's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tun/packet.h"
#include "tun/segment.h"
#include "util/bytes.h"
#include "util/checksum.h"

enum { ROOM = 65536 };

static uint8_t packet[ROOM], got[ROOM], want[ROOM];
static struct tun_offload off;

/* Cuts a packet as one that was read from a TUN device. */
static bool cut_read(struct segments *s, uint8_t *at, size_t len, size_t mtu, bool *too_big)
{
	static struct packet p;

	p.at = at;
	return tun_parse(&p, len, &off) && segments_of(s, &p, &off, mtu, too_big);
}

struct cut_case {
	const char *name;
	struct packet_desc desc;
	uint16_t size;
	size_t mtu;
	size_t cut; /* payload bytes a packet */
};

static const struct cut_case cuts[] = {
	{ "TCP over IPv4", { .len = 5000, .id = 7, .seq = 1000 }, 1360, 1400, 1360 },
	{ "TCP over IPv6", { .is_v6 = true, .len = 5000, .seq = 1 }, 1340, 1400, 1340 },
	{ "UDP over IPv4", { .is_udp = true, .len = 5000, .id = 9 }, 1300, 1400, 1300 },
	{ "UDP over IPv6", { .is_udp = true, .is_v6 = true, .len = 999 }, 100, 1400, 100 },
	{ "a whole number of packets", { .len = 4080 }, 1360, 1400, 1360 },
	{ "one byte more", { .len = 4081 }, 1360, 1400, 1360 },
	{ "two packets", { .len = 1361 }, 1360, 1400, 1360 },
	{ "FIN and PSH", { .len = 3000, .flags = PACKET_FIN | PACKET_PSH }, 1360, 1400, 1360 },
	{ "URG and ECE", { .len = 3000, .flags = PACKET_URG | PACKET_ECE }, 1360, 1400, 1360 },
	{ "CWR", { .len = 5000, .flags = PACKET_CWR | PACKET_PSH }, 1360, 1400, 1360 },
	{ "ECN bits", { .len = 5000, .tos = 0x03 }, 1360, 1400, 1360 },
	{ "IP ids that wrap", { .len = 5000, .id = 0xfffe }, 1360, 1400, 1360 },
	{ "IP ids without DF", { .len = 5000, .id = 5, .no_df = true }, 1360, 1400, 1360 },
	{ "sequence numbers that wrap", { .len = 5000, .seq = 0xfffffe00 }, 1360, 1400, 1360 },
	{ "TCP options", { .len = 5000, .tcp_options_len = 12 }, 1348, 1400, 1348 },
	{ "all TCP options", { .len = 5000, .tcp_options_len = 40 }, 1300, 1400, 1300 },
	{ "IPv4 options", { .len = 5000, .ip_options_len = 40 }, 1300, 1400, 1300 },
	{ "IPv4 options of UDP",
	  { .is_udp = true, .len = 5000, .ip_options_len = 4 },
	  1300,
	  1400,
	  1300 },
	{ "IPv6 extension headers",
	  { .is_v6 = true, .len = 5000, .ext = { 0, 43, 60 }, .ext_count = 3 },
	  1300,
	  1400,
	  1300 },
	{ "IPv6 extension headers of UDP",
	  { .is_v6 = true, .is_udp = true, .len = 5000, .ext = { 60 }, .ext_count = 1 },
	  1300,
	  1400,
	  1300 },
	{ "the largest", { .len = 65495 }, 1360, 1400, 1360 },
	{ "odd sizes", { .len = 4444 }, 333, 1400, 333 },
	{ "single bytes", { .len = 200 }, 1, 1400, 1 },
	{ "large packets", { .len = 65000 }, 4047, 4087, 4047 },
	{ "smaller than asked: mtu", { .len = 5000 }, 1460, 1400, 1360 },
	{ "smaller than asked: IPv6",
	  { .is_v6 = true, .len = 5000, .tcp_options_len = 12 },
	  1428,
	  1280,
	  1208 },
	{ "one packet over the mtu", { .len = 1400 }, 1460, 1400, 1360 },
};

/* `size` is the gso_size; each packet must have `cut` bytes of payload. */
static void assert_cut(const struct packet_desc *d, uint16_t size, size_t mtu, size_t cut)
{
	size_t len = packet_make_super(d, size, packet, &off), done = 0, n;
	struct segments s;

	assert_true(cut_read(&s, packet, len, mtu, NULL));
	while ((n = segments_next_len(&s))) {
		struct packet_desc one = packet_cut(d, done, cut);

		assert_true(n <= mtu);
		assert_int_equal(n, packet_make(&one, want));
		got[n] = 0xaa;
		segments_write(&s, got);
		assert_memory_equal(got, want, n);
		assert_int_equal(got[n], 0xaa);
		done += one.len;
	}
	assert_int_equal(done, d->len);
}

static void super_packets_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		print_message("%s\n", cuts[i].name);
		assert_cut(&cuts[i].desc, cuts[i].size, cuts[i].mtu, cuts[i].cut);
	}
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
		.tos = (uint8_t)any(256),
		.ttl = (uint8_t)(1 + any(255)),
		.id = (uint16_t)any(65536),
		.seq = (uint32_t)rand(),
		.port = (uint16_t)any(999),
		.ack = (uint32_t)rand(),
		.flags = (uint8_t)any(256),
		.window = (uint16_t)any(65536),
		.tcp_options_len = 4 * any(11),
		.flow_label = any(1 << 20),
		.timestamp = (uint32_t)rand(),
		.len = 1 + any(40000),
	};

	if (d.is_v6)
		d.ext_count = any(PACKET_EXT_MAX + 1);
	else
		d.ip_options_len = 4 * any(11);
	memcpy(d.ext, (const uint8_t[]){ 0, 43, 60 }, sizeof(d.ext));
	return d;
}

static void random_super_packets_are_cut(void **state)
{
	(void)state;
	for (int i = 0; i < 500; i++) {
		struct packet_desc d = any_desc();
		uint16_t size = (uint16_t)(1 + any(i % 2 ? 3000 : 100));

		assert_cut(&d, size, packet_hdr_len(&d) + size, size);
	}
}

/* Segments after the skipped ones are unchanged. */
static void segments_are_skipped(void **state)
{
	struct packet_desc d = { .len = 10500, .seq = 77, .id = 5, .flags = PACKET_PSH };
	struct packet_desc third = packet_cut(&d, 2000, 1000);
	size_t len = packet_make_super(&d, 1000, packet, &off), count = 0;
	struct segments s;

	(void)state;
	assert_true(cut_read(&s, packet, len, 1400, NULL));
	segments_skip(&s);
	segments_skip(&s);
	assert_int_equal(segments_next_len(&s), packet_make(&third, want));
	segments_write(&s, got);
	assert_memory_equal(got, want, packet_make(&third, want));
	for (; segments_next_len(&s); count++)
		segments_skip(&s);
	assert_int_equal(count, 8);
}

/* ---- what is one packet */

static void assert_one(size_t len, size_t want_len)
{
	struct segments s;

	assert_true(cut_read(&s, packet, len, 1400, NULL));
	assert_int_equal(segments_next_len(&s), want_len);
	segments_write(&s, got);
	assert_memory_equal(got, want, want_len);
	assert_int_equal(segments_next_len(&s), 0);
}

static void ordinary_packets_come_out_as_they_went_in(void **state)
{
	(void)state;
	for (int i = 0; i < 500; i++) {
		struct packet_desc d = any_desc();
		size_t len;

		d.len = any(1000);
		len = packet_make(&d, want);
		memcpy(packet, want, len);
		off = (struct tun_offload){ .gso = TUN_GSO_NONE };
		assert_one(len, len);
		packet_make_partial(&d, packet, len, &off);
		assert_one(len, len);
	}
}

static void a_super_packet_of_one_is_whole(void **state)
{
	static const struct packet_desc descs[] = {
		{ .len = 1000, .flags = PACKET_CWR | PACKET_PSH },
		{ .len = 1000, .is_udp = true, .is_v6 = true },
		{ .flags = PACKET_FIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(descs) / sizeof(*descs); i++) {
		size_t len = packet_make_super(&descs[i], 1000, packet, &off);

		packet_make(&descs[i], want);
		assert_one(len, len);
	}
}

static void other_protocols_pass(void **state)
{
	static const uint8_t opaque[][44] = {
		{ 0x45, 0, 0, 24, 0, 0, 0, 0, 64, 1 },      /* ICMP */
		{ 0x45, 0, 0, 24, 0, 0, 0x20, 0, 64, 17 },  /* a first fragment */
		{ 0x45, 0, 0, 24, 0, 0, 0, 9, 64, 6 },      /* a later one */
		{ 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6 },      /* TCP without TCP */
		{ 0x60, 0, 0, 0, 0, 4, 58, 64 },            /* ICMPv6 */
		{ 0x60, 0, 0, 0, 0, 4, 0, 64, [41] = 200 }, /* options that don't end */
		{ 0x60, 0, 0, 0, 0, 0, 44, 64 },            /* a fragment of nothing */
		{ 0x60, 0, 0, 0, 0, 1, 60, 64 },
	};
	static const size_t lens[] = { 24, 24, 24, 20, 44, 44, 40, 41 };

	(void)state;
	off = (struct tun_offload){ .gso = TUN_GSO_NONE };
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		memcpy(packet, opaque[i], sizeof(opaque[i]));
		memcpy(want, packet, lens[i]);
		assert_one(lens[i], lens[i]);
	}
}

static void bytes_after_the_packet_are_left_out(void **state)
{
	struct packet_desc d = { .len = 4 };
	size_t len = packet_make(&d, packet);

	(void)state;
	off = (struct tun_offload){ .gso = TUN_GSO_NONE };
	memcpy(want, packet, len);
	assert_one(len + 2, len);
}

/* RFC 768: the sum 0 is sent as 0xffff, since 0 means that there is no checksum. */
static void udp_checksum_is_never_zero(void **state)
{
	struct packet_desc d = { .is_udp = true, .len = 200 };
	size_t len = packet_make_super(&d, 100, packet, &off);
	struct segments s;

	(void)state;
	for (size_t i = 0; i < 2; i++) { /* changes the payload so that each packet's sum is 0 */
		struct packet_desc one = packet_cut(&d, i * 100, 100);
		size_t at = packet_hdr_len(&d) + i * 100;
		uint32_t sum;

		packet_make(&one, want);
		sum = load_u16(want + 26) + (uint32_t)load_u16(packet + at);
		store_u16(packet + at, (uint16_t)((sum & 0xffff) + (sum >> 16)));
	}
	assert_true(cut_read(&s, packet, len, 1400, NULL));
	while (segments_next_len(&s)) {
		segments_write(&s, got);
		assert_int_equal(load_u16(got + 26), 0xffff);
	}
}

/* With a source route the address summed is the last one, which only the partial sum includes. */
static void partial_sum_is_believed(void **state)
{
	struct packet_desc d = { .len = 3000 };
	size_t len = packet_make_super(&d, 1000, packet, &off);
	struct segments s;

	(void)state;
	store_u16(packet + 36, (uint16_t)(load_u16(packet + 36) + 1));
	assert_true(cut_read(&s, packet, len, 1400, NULL));
	for (size_t done = 0; segments_next_len(&s); done += 1000) {
		struct packet_desc one = packet_cut(&d, done, 1000);

		packet_make(&one, want);
		segments_write(&s, got);
		/* one more in the sum is one less in its complement */
		assert_int_equal(load_u16(got + 36), load_u16(want + 36) - 1);
	}
}

/* ---- what is refused */

struct size_case {
	const char *name;
	struct packet_desc desc;
	uint16_t size; /* 0: an ordinary packet */
	size_t mtu;
	bool fits;
};

static const struct size_case sizes[] = {
	{ "ordinary, fits", { .len = 1360 }, 0, 1400, true },
	{ "ordinary, a byte over", { .len = 1361 }, 0, 1400, false },
	{ "UDP, fits", { .is_udp = true, .len = 5000 }, 1372, 1400, true },
	{ "UDP, a byte over", { .is_udp = true, .len = 5000 }, 1373, 1400, false },
	{ "UDP, single, a byte over", { .is_udp = true, .len = 1373 }, 1373, 1400, false },
	{ "TCP can be cut smaller", { .len = 5000 }, 1461, 1400, true },
	{ "TCP, headers and a byte", { .len = 50 }, 1460, 41, true },
	{ "TCP, headers alone", { .len = 50 }, 1460, 40, false },
	{ "TCP, not even the headers", { .len = 50 }, 1460, 39, false },
	{ "TCP, no payload, over", { .len = 0 }, 1460, 39, false },
};

static void too_big_is_reported(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct size_case *c = &sizes[i];
		size_t len = packet_make_super(&c->desc, c->size, packet, &off);
		struct segments s;
		bool too_big = c->fits;

		print_message("%s\n", c->name);
		if (!c->size)
			off.gso = TUN_GSO_NONE;
		assert_int_equal(cut_read(&s, packet, len, c->mtu, &too_big), c->fits);
		assert_int_equal(too_big, !c->fits);
	}
}

/* Without DF: in fragments, of which the packet can be made again, with its checksum. */
static void assert_fragments(const struct packet_desc *d, bool is_partial, uint16_t place,
			     size_t mtu)
{
	size_t len = packet_make(d, want), done = 0, n;
	size_t header = IPV4_HDR_LEN + d->ip_options_len;
	struct segments s;
	bool too_big = true;

	off = (struct tun_offload){ 0 };
	if (is_partial)
		packet_make_super(d, 1, packet, &off);
	else
		memcpy(packet, want, len);
	off.gso = TUN_GSO_NONE;
	store_u16(packet + IPV4_FRAGMENT_AT, place);
	assert_true(cut_read(&s, packet, len, mtu, &too_big));
	assert_false(too_big);
	while ((n = segments_next_len(&s))) {
		bool is_last = header + done + (n - header) == len;

		assert_true(n <= mtu);
		got[n] = 0xaa;
		segments_write(&s, got);
		assert_int_equal(got[n], 0xaa);
		assert_int_equal(load_u16(got + IPV4_LENGTH_AT), n);
		assert_int_equal(load_u16(got + IPV4_ID_AT), d->id);
		assert_int_equal(load_u16(got + IPV4_FRAGMENT_AT),
				 (place + done / 8) | (is_last ? 0 : IPV4_MF));
		assert_int_equal(checksum_sum(got, header), 0xffff);
		assert_memory_equal(got + header, want + header + done, n - header);
		assert_true(is_last || (n + 8 > mtu && (n - header) % 8 == 0));
		done += n - header;
	}
	assert_int_equal(header + done, len);
}

/* What the first and the second fragment have of the options. */
static void assert_options(const uint8_t options[8], const uint8_t second[8])
{
	static const struct packet_desc d = {
		.is_udp = true, .len = 2000, .ip_options_len = 8, .no_df = true
	};
	size_t len = packet_make(&d, packet);
	struct segments s;
	bool too_big;

	off = (struct tun_offload){ 0 };
	memcpy(packet + IPV4_HDR_LEN, options, 8);
	assert_true(cut_read(&s, packet, len, 1280, &too_big));
	segments_write(&s, got);
	assert_memory_equal(got + IPV4_HDR_LEN, options, 8);
	segments_write(&s, got);
	assert_memory_equal(got + IPV4_HDR_LEN, second, 8);
	assert_int_equal(checksum_sum(got, IPV4_HDR_LEN + 8), 0xffff);
}

static void only_copied_options_are_in_all_fragments(void **state)
{
	(void)state;
	/* Record Route, Router Alert; a length past the end, and of nothing */
	assert_options((const uint8_t[8]){ 7, 3, 4, 0x94, 4, 0, 0, 0 },
		       (const uint8_t[8]){ 1, 1, 1, 0x94, 4, 0, 0, 0 });
	assert_options((const uint8_t[8]){ 1, 0x94, 4, 0, 0, 7, 3, 4 },
		       (const uint8_t[8]){ 1, 0x94, 4, 0, 0, 1, 1, 1 });
	assert_options((const uint8_t[8]){ 7, 3, 4, 1, 1, 1, 7, 3 },
		       (const uint8_t[8]){ 1, 1, 1, 1, 1, 1, 7, 3 });
	assert_options((const uint8_t[8]){ 7, 0, 4, 1, 1, 1, 1, 7 },
		       (const uint8_t[8]){ 7, 0, 4, 1, 1, 1, 1, 7 });
	assert_options((const uint8_t[8]){ 0x94, 4, 0, 0, 1, 1, 1, 7 },
		       (const uint8_t[8]){ 0x94, 4, 0, 0, 1, 1, 1, 7 });
}

static void what_may_be_fragmented_is(void **state)
{
	static const struct packet_desc udp = {
		.is_udp = true, .len = 1373, .id = 7, .no_df = true
	};
	static const struct packet_desc tcp = { .len = 1361, .id = 0xffff, .no_df = true };
	static const struct packet_desc options = {
		.is_udp = true, .len = 4000, .ip_options_len = 8, .no_df = true
	};
	struct packet_desc many = { .is_udp = true, .len = 2000, .no_df = true };
	struct segments s;
	size_t len;
	bool too_big = false;

	(void)state;
	assert_fragments(&udp, false, 0, 1400);
	assert_fragments(&udp, true, 0, 1400);
	assert_fragments(&udp, true, 0, 576);
	assert_fragments(&tcp, true, 0, 1400);
	assert_fragments(&options, false, 0, 1280);
	assert_fragments(&udp, false, IPV4_MF | 185, 1280); /* a fragment itself */
	assert_fragments(&udp, false, 185, 1280);
	for (many.len = 530; many.len < 600; many.len++)
		assert_fragments(&many, true, 0, 128);

	/* offsets that do not exist, and a checksum that would be in the second one */
	len = packet_make(&udp, packet);
	store_u16(packet + IPV4_FRAGMENT_AT, IPV4_OFFSET_MASK - 100);
	off = (struct tun_offload){ 0 };
	assert_false(cut_read(&s, packet, len, 1280, &too_big));
	assert_true(too_big);
	len = packet_make_super(&tcp, 1, packet, &off);
	off.gso = TUN_GSO_NONE;
	assert_false(cut_read(&s, packet, len, 28, &too_big));
	assert_true(too_big);
}

/* One inconsistency in a good super-packet of 3000 bytes in packets of 1000. */
struct lie {
	const char *name;
	struct packet_desc desc;
	int at; /* byte of the packet, or -1 */
	uint8_t value;
	struct tun_offload off; /* members that are not zero replace the right ones */
	size_t less;            /* bytes that are missing */
};

static const struct lie lies[] = {
	{ "no IP version", { 0 }, 0, 0x05, { .gso = TUN_GSO_NONE }, 0 },
	{ "IPv6 said of IPv4", { 0 }, 0, 0x65, { .gso = TUN_GSO_NONE }, 0 },
	{ "IP header too short", { 0 }, 0, 0x44, { .gso = TUN_GSO_NONE }, 0 },
	{ "IP header past the TCP header", { 0 }, 0, 0x4f, { .gso = TUN_GSO_NONE }, 0 },
	{ "IP length too large", { 0 }, 2, 0xff, { .gso = TUN_GSO_NONE }, 0 },
	{ "IP length too small", { 0 }, 2, 0x01, { .gso = TUN_GSO_NONE }, 0 },
	{ "IP length under its header", { 0 }, 2, 0x00, { .gso = TUN_GSO_NONE }, 0 },
	{ "IPv6 length too large", { .is_v6 = true }, 4, 0xff, { .gso = TUN_GSO_NONE }, 0 },
	{ "IPv6 length of a jumbogram", { .is_v6 = true }, 4, 0, { .gso = TUN_GSO_NONE }, 0 },
	{ "last byte missing", { 0 }, -1, 0, { .gso = TUN_GSO_NONE }, 1 },
	{ "headers alone there", { 0 }, -1, 0, { .gso = TUN_GSO_NONE }, 3000 },
	{ "TCP header cut", { 0 }, -1, 0, { .gso = TUN_GSO_NONE }, 3001 },
	{ "IPv6 header cut", { .is_v6 = true }, -1, 0, { .gso = TUN_GSO_NONE }, 3021 },
	{ "a fragment", { 0 }, 6, 0x20, { .gso = TUN_GSO_NONE }, 0 },
	{ "an IPv6 fragment",
	  { .is_v6 = true, .ext = { 44 }, .ext_count = 1 },
	  -1,
	  0,
	  { .gso = TUN_GSO_NONE },
	  0 },
	{ "after AH",
	  { .is_v6 = true, .ext = { 51 }, .ext_count = 1 },
	  -1,
	  0,
	  { .gso = TUN_GSO_NONE },
	  0 },
	{ "neither TCP nor UDP", { 0 }, 9, 1, { .gso = TUN_GSO_NONE }, 0 },
	{ "UDP said of TCP", { 0 }, -1, 0, { .gso = TUN_GSO_UDP }, 0 },
	{ "TCP said of UDP", { .is_udp = true }, -1, 0, { .gso = TUN_GSO_TCP4 }, 0 },
	{ "TCP6 said of TCP4", { 0 }, -1, 0, { .gso = TUN_GSO_TCP6 }, 0 },
	{ "TCP4 said of TCP6", { .is_v6 = true }, -1, 0, { .gso = TUN_GSO_TCP4 }, 0 },
	{ "TCP header too short", { 0 }, 32, 0x40, { .gso = TUN_GSO_NONE }, 0 },
	{ "UDP length too large", { .is_udp = true }, 24, 0xff, { .gso = TUN_GSO_NONE }, 0 },
	{ "UDP length too small", { .is_udp = true }, 25, 0x00, { .gso = TUN_GSO_NONE }, 0 },
	{ "checksum elsewhere", { 0 }, -1, 0, { .csum_offset = 6 }, 0 },
	{ "checksum from elsewhere", { 0 }, -1, 0, { .csum_start = 24 }, 0 },
	{ "checksum past the end", { 0 }, -1, 0, { .csum_start = 3030 }, 0 },
	{ "checksum far past the end",
	  { 0 },
	  -1,
	  0,
	  { .csum_start = 65535, .csum_offset = 65535 },
	  0 },
};

/* On the heap at its own size, so that the sanitizer sees a look past the end. */
static bool is_taken(size_t len)
{
	uint8_t *copy = malloc(len);
	struct segments s;
	bool too_big = false, taken;

	assert_non_null(copy);
	memcpy(copy, packet, len);
	taken = cut_read(&s, copy, len, 1400, &too_big);
	assert_true(!taken || !too_big);
	while (taken && segments_next_len(&s))
		segments_write(&s, got);
	free(copy);
	return taken;
}

static void lies_are_dropped(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		const struct lie *lie = &lies[i];
		struct packet_desc d = lie->desc;
		size_t len;

		print_message("%s\n", lie->name);
		d.len = 3000;
		len = packet_make_super(&d, 1000, packet, &off);
		if (lie->at >= 0)
			packet[lie->at] = lie->value;
		if (lie->off.gso != TUN_GSO_NONE)
			off.gso = lie->off.gso;
		if (lie->off.csum_start)
			off.csum_start = lie->off.csum_start;
		if (lie->off.csum_offset)
			off.csum_offset = lie->off.csum_offset;
		assert_false(is_taken(len - lie->less));
	}
	off.gso_size = 0;
	assert_false(is_taken(packet_make(&cuts[0].desc, packet)));
	off.gso = TUN_GSO_NONE;
	assert_false(cut_read(&(struct segments){ 0 }, packet, 0, 1400, NULL));
}

/* With an ordinary packet they may be padding. */
static void a_super_packet_is_as_long_as_it_says(void **state)
{
	struct packet_desc d = { .len = 3000 };
	size_t len = packet_make_super(&d, 1000, packet, &off);
	struct segments s;

	(void)state;
	assert_true(cut_read(&s, packet, len, 1400, NULL));
	assert_false(cut_read(&s, packet, len + 1, 1400, NULL));
	assert_false(cut_read(&s, packet, len - 1, 1400, NULL));
}

/* Bytes changed at random: nothing is read or written past the end of a buffer. */
static void random_lies_do_no_harm(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct packet_desc d = any_desc();
		size_t len;

		d.len = 1 + any(300);
		len = packet_make_super(&d, (uint16_t)(1 + any(200)), packet, &off);
		for (uint32_t n = any(4); n; n--)
			packet[any((uint32_t)packet_hdr_len(&d))] = (uint8_t)any(256);
		if (any(4) == 0)
			off.csum_start = (uint16_t)any(400);
		if (any(4) == 0)
			off.gso = any(4);
		is_taken(any(4) ? len : 1 + any((uint32_t)len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(super_packets_are_cut),
		cmocka_unit_test(random_super_packets_are_cut),
		cmocka_unit_test(ordinary_packets_come_out_as_they_went_in),
		cmocka_unit_test(segments_are_skipped),
		cmocka_unit_test(a_super_packet_of_one_is_whole),
		cmocka_unit_test(other_protocols_pass),
		cmocka_unit_test(bytes_after_the_packet_are_left_out),
		cmocka_unit_test(udp_checksum_is_never_zero),
		cmocka_unit_test(partial_sum_is_believed),
		cmocka_unit_test(too_big_is_reported),
		cmocka_unit_test(what_may_be_fragmented_is),
		cmocka_unit_test(only_copied_options_are_in_all_fragments),
		cmocka_unit_test(lies_are_dropped),
		cmocka_unit_test(a_super_packet_is_as_long_as_it_says),
		cmocka_unit_test(random_lies_do_no_harm),
	};

	return cmocka_run_group_tests_name("tun/segment", tests, NULL, NULL);
}
