/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Merging into a fake device: which packets become one write, and that the super-packets, cut again,
 * are the packets that went in. In kernel_test.c the kernel cuts them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tun/merge.h"
#include "tun/packet.h"
#include "tun/segment.h"
#include "util/bytes.h"

enum { PACKETS = 400, ROOM = 2048, WRITES = PACKETS };

/* ---- the device: remembers what is written */

struct tun {
	bool has_offload, has_uso;
	int fails; /* this many writes */
};

struct write {
	uint8_t *at;
	size_t len;
	int count;
	size_t first; /* its packets, by their places in packets[] */
	size_t last;
	struct tun_offload off;
};

static struct tun device;
static struct merge *merge;
static struct write writes[WRITES];
static size_t n_writes;
static uint8_t packets[PACKETS][ROOM], originals[PACKETS][ROOM];
static size_t lens[PACKETS];

bool tun_has_offload(const struct tun *t)
{
	return t->has_offload;
}

bool tun_has_uso(const struct tun *t)
{
	return t->has_uso;
}

static size_t place_of(const void *at)
{
	return (size_t)((const uint8_t *)at - packets[0]) / ROOM;
}

int tun_write(struct tun *t, const struct iovec *pieces, int count, const struct tun_offload *off)
{
	struct write *w = &writes[n_writes++];

	assert_true(n_writes <= WRITES);
	assert_in_range(count, 1, 64);
	*w = (struct write){ .at = malloc(TUN_PACKET_MAX), .count = count, .off = *off };
	assert_non_null(w->at);
	w->first = place_of(pieces[0].iov_base);
	for (int i = 0; i < count; i++) {
		assert_true(w->len + pieces[i].iov_len < TUN_PACKET_MAX);
		memcpy(w->at + w->len, pieces[i].iov_base, pieces[i].iov_len);
		w->len += pieces[i].iov_len;
		w->last = place_of(pieces[i].iov_base);
	}
	return t->fails-- > 0 ? -ENOBUFS : 0;
}

static int set_up(void **state)
{
	(void)state;
	device = (struct tun){ .has_offload = true, .has_uso = true };
	return merge_open(&device, &merge);
}

static void forget_writes(void)
{
	while (n_writes)
		free(writes[--n_writes].at);
}

static int tear_down(void **state)
{
	(void)state;
	forget_writes();
	merge_close(merge);
	return 0;
}

static void add(size_t i)
{
	struct packet p;

	memcpy(originals[i], packets[i], lens[i]);
	assert_true(packet_parse(&p, packets[i], lens[i]));
	assert_int_equal(p.h.total, lens[i]);
	merge_add(merge, &p);
}

/* ---- a train of packets, one of them changed */

enum change {
	NONE,
	UPDATED, /* one byte, with the checksums updated */
	BROKEN,  /* one byte, so that the checksums are wrong */
	SHORTER,
	LONGER,
};

struct train_case {
	const char *name;
	struct packet_desc desc; /* what they are cut from */
	uint16_t size;
	const char *want; /* which packets are in each write */
	enum change change;
	size_t at, offset; /* which packet; which byte, or how many bytes more or less */
	uint8_t value;
};

#define TCP4 { .len = 500, .id = 9, .seq = 0xffffff00, .tcp_options_len = 12 }, 100
#define TCP6 { .is_v6 = true, .len = 500, .tcp_options_len = 12, .flow_label = 0x12345 }, 100
#define UDP4 { .is_udp = true, .len = 500, .id = 0xfffe }, 100
#define UDP6 { .is_v6 = true, .is_udp = true, .len = 500 }, 100

/* Offsets are those with an IPv4 header of 20 bytes. */
static const struct train_case trains[] = {
	{ "TCP over IPv4", TCP4, "0-4", NONE, 0, 0, 0 },
	{ "TCP over IPv6", TCP6, "0-4", NONE, 0, 0, 0 },
	{ "UDP over IPv4", UDP4, "0-4", NONE, 0, 0, 0 },
	{ "UDP over IPv6", UDP6, "0-4", NONE, 0, 0, 0 },
	{ "one packet", { .len = 500 }, 500, "0", NONE, 0, 0, 0 },
	{ "a short end", { .len = 499 }, 100, "0-4", NONE, 0, 0, 0 },
	{ "PSH at the end", { .len = 500, .flags = PACKET_PSH }, 100, "0-4", NONE, 0, 0, 0 },
	{ "FIN at the end", { .len = 500, .flags = PACKET_FIN }, 100, "0-4", NONE, 0, 0, 0 },
	{ "ECE on all", { .len = 500, .flags = PACKET_ECE }, 100, "0-4", NONE, 0, 0, 0 },
	{ "CWR on the first", { .len = 500, .flags = PACKET_CWR }, 100, "0 1-4", NONE, 0, 0, 0 },
	{ "URG on all", { .len = 300, .flags = PACKET_URG }, 100, "0 1 2", NONE, 0, 0, 0 },
	{ "RST on all", { .len = 300, .flags = PACKET_RST }, 100, "0 1 2", NONE, 0, 0, 0 },
	{ "SYN with data", { .len = 300, .flags = PACKET_SYN }, 100, "0 1 2", NONE, 0, 0, 0 },
	{ "IPv4 options", { .len = 300, .ip_options_len = 4 }, 100, "0 1 2", NONE, 0, 0, 0 },
	{ "extension headers",
	  { .is_v6 = true, .len = 300, .ext = { 60 }, .ext_count = 1 },
	  100,
	  "0 1 2",
	  NONE,
	  0,
	  0,
	  0 },
	{ "fragments",
	  { .is_v6 = true, .len = 300, .ext = { 44 }, .ext_count = 1 },
	  100,
	  "0 1 2",
	  NONE,
	  0,
	  0,
	  0 },
	{ "UDP without a checksum",
	  { .is_udp = true, .len = 300, .no_checksum = true },
	  100,
	  "0 1 2",
	  NONE,
	  0,
	  0,
	  0 },
	{ "more than 64", { .len = 9000 }, 100, "0-63 64-89", NONE, 0, 0, 0 },
	{ "more than 64 KiB", { .len = 90000 }, 1460, "0-43 44-61", NONE, 0, 0, 0 },
	{ "more than 64 KiB of IPv6",
	  { .is_v6 = true, .len = 90000 },
	  1440,
	  "0-44 45-62",
	  NONE,
	  0,
	  0,
	  0 },

	{ "PSH", TCP4, "0-2 3-4", UPDATED, 2, 33, PACKET_ACK | PACKET_PSH },
	{ "PSH on the first", TCP4, "0 1-4", UPDATED, 0, 33, PACKET_ACK | PACKET_PSH },
	{ "FIN", TCP4, "0-2 3-4", UPDATED, 2, 33, PACKET_ACK | PACKET_FIN },
	{ "CWR", TCP4, "0-1 2 3-4", UPDATED, 2, 33, PACKET_ACK | PACKET_CWR },
	{ "ECE", TCP4, "0-1 2 3-4", UPDATED, 2, 33, PACKET_ACK | PACKET_ECE },
	{ "URG", TCP4, "0-1 2 3-4", UPDATED, 2, 33, PACKET_ACK | PACKET_URG },
	{ "SYN", TCP4, "0-1 2 3-4", UPDATED, 2, 33, PACKET_ACK | PACKET_SYN },
	{ "RST", TCP4, "0-1 2 3-4", UPDATED, 2, 33, PACKET_ACK | PACKET_RST },
	{ "no ACK", TCP4, "0-1 2 3-4", UPDATED, 2, 33, 0 },
	{ "AE", TCP4, "0-1 2 3-4", UPDATED, 2, 32, 0x81 },
	{ "another sequence number", TCP4, "0-1 2 3-4", UPDATED, 2, 27, 99 },
	{ "another acknowledgment", TCP4, "0-1 2 3-4", UPDATED, 2, 31, 99 },
	{ "another window", TCP4, "0-1 2 3-4", UPDATED, 2, 35, 99 },
	{ "another urgent pointer", TCP4, "0-1 2 3-4", UPDATED, 2, 39, 99 },
	{ "another option", TCP4, "0-1 2 3-4", UPDATED, 2, 47, 99 },
	{ "another TOS", TCP4, "0-1 2 3-4", UPDATED, 2, 1, 1 },
	{ "another TTL", TCP4, "0-1 2 3-4", UPDATED, 2, 8, 63 },
	{ "another id", TCP4, "0-1 2 3-4", UPDATED, 2, 5, 99 },
	{ "another DF", TCP4, "0-1 2 3-4", UPDATED, 2, 6, 0 },
	{ "the reserved bit", TCP4, "0-1 2 3-4", UPDATED, 2, 6, 0xc0 },
	{ "another port", TCP4, "0-1 2 3-4", UPDATED, 2, 21, 99 },
	{ "another address", TCP4, "0-1 2 3-4", UPDATED, 2, 15, 99 },
	{ "a fragment", TCP4, "0-1 2 3-4", UPDATED, 2, 6, 0x20 },
	{ "a later fragment", TCP4, "0-1 2 3-4", UPDATED, 2, 7, 1 },
	{ "another protocol", TCP4, "0-1 2 3-4", BROKEN, 2, 9, 1 },
	{ "a TCP header too short", TCP4, "0-1 2 3-4", BROKEN, 2, 32, 0x40 },
	{ "a TCP header too long", TCP4, "0-1 2 3-4", BROKEN, 2, 32, 0xf0 },
	{ "a wrong checksum", TCP4, "0-1 2 3-4", BROKEN, 2, 36, 99 },
	{ "a wrong payload", TCP4, "0-1 2 3-4", BROKEN, 2, 99, 99 },
	{ "a wrong first payload", TCP4, "0 1-4", BROKEN, 0, 99, 99 },
	{ "a wrong IP checksum", TCP4, "0-1 2 3-4", BROKEN, 2, 10, 99 },
	{ "a shorter one", TCP4, "0-2 3-4", SHORTER, 2, 1, 0 },
	{ "a shorter first one", TCP4, "0 1-4", SHORTER, 0, 1, 0 },
	{ "a longer one", TCP4, "0-1 2-3 4", LONGER, 2, 1, 0 },
	{ "a longer first one", TCP4, "0-1 2-4", LONGER, 0, 1, 0 },
	{ "an empty one", TCP4, "0-1 2 3-4", SHORTER, 2, 100, 0 },
	{ "an empty first one", TCP4, "0 1-4", SHORTER, 0, 100, 0 },

	{ "another traffic class", TCP6, "0-1 2 3-4", UPDATED, 2, 1, 0xf1 },
	{ "another flow label", TCP6, "0-1 2 3-4", UPDATED, 2, 3, 99 },
	{ "another hop limit", TCP6, "0-1 2 3-4", UPDATED, 2, 7, 99 },
	{ "another IPv6 address", TCP6, "0-1 2 3-4", UPDATED, 2, 23, 99 },
	{ "an unknown extension", TCP6, "0-1 2 3-4", BROKEN, 2, 6, 99 },
	{ "a wrong IPv6 checksum", TCP6, "0-1 2 3-4", BROKEN, 2, 99, 99 },

	{ "UDP, a shorter one", UDP4, "0-2 3-4", SHORTER, 2, 1, 0 },
	{ "UDP, a longer one", UDP4, "0-1 2-3 4", LONGER, 2, 1, 0 },
	{ "UDP, an empty one", UDP4, "0-1 2 3-4", SHORTER, 2, 100, 0 },
	{ "UDP, another port", UDP4, "0-1 2 3-4", UPDATED, 2, 23, 99 },
	{ "UDP, another id", UDP4, "0-1 2 3-4", UPDATED, 2, 5, 99 },
	{ "UDP, another TTL", UDP6, "0-1 2 3-4", UPDATED, 2, 7, 99 },
	{ "UDP, a wrong checksum", UDP4, "0-1 2 3-4", BROKEN, 2, 26, 99 },
	{ "UDP, a length too small", UDP4, "0-1 2 3-4", BROKEN, 2, 25, 107 },
};

static void fix_checksums(const struct packet_desc *d, uint8_t *packet, size_t len)
{
	if (!d->is_v6) {
		store_u16(packet + 10, 0);
		store_u16(packet + 10, packet_checksum(packet, packet_ip_len(d), 0));
	}
	packet_finish(d, packet, len);
}

static void make_changed(const struct train_case *c, size_t i, struct packet_desc *d)
{
	if (c->change == SHORTER)
		d->len -= c->offset;
	if (c->change == LONGER)
		d->len += c->offset;
	lens[i] = packet_make(d, packets[i]);
	if (c->change == UPDATED || c->change == BROKEN)
		packets[i][c->offset] = c->value;
	if (c->change == UPDATED)
		fix_checksums(d, packets[i], lens[i]);
}

/* Makes the train in packets[]; a change of length shifts the later ones, as a sender would. */
static size_t make_train(const struct train_case *c)
{
	struct packet_desc rest = c->desc, d;
	size_t n = 0, slot;

	for (; rest.len; n++) {
		d = packet_cut(&rest, 0, c->size);
		slot = d.len;
		if (c->change != NONE && n == c->at)
			make_changed(c, n, &d);
		else
			lens[n] = packet_make(&d, packets[n]);
		rest.from += d.len;
		rest.seq += (uint32_t)d.len;
		rest.len -= slot;
		rest.id++;
		rest.flags &= (uint8_t)~PACKET_CWR;
	}
	return n;
}

static const char *writes_in_words(void)
{
	static char words[8 * WRITES];
	size_t len = 0;

	words[0] = '\0';
	for (const struct write *w = writes; w < writes + n_writes; w++) {
		len += (size_t)sprintf(words + len, "%s%zu", len ? " " : "", w->first);
		if (w->count > 1)
			len += (size_t)sprintf(words + len, "-%zu", w->last);
	}
	return words;
}

/* Cuts a write as its receiver would and calls `packet` for each packet. */
static void cut_write(const struct write *w, void (*packet)(const uint8_t *at, size_t len))
{
	uint8_t cut[ROOM];
	struct segments s;
	struct packet p;
	size_t n;

	if (w->count == 1) {
		assert_int_equal(w->off.gso, TUN_GSO_NONE);
		assert_false(w->off.needs_csum);
		packet(w->at, w->len);
		return;
	}
	assert_true(w->off.needs_csum);
	assert_false(w->off.csum_is_good);
	assert_true(packet_parse(&p, w->at, w->len));
	assert_int_equal(p.h.total, w->len);
	assert_true(segments_of(&s, &p, &w->off, ROOM, NULL));
	assert_int_equal(w->off.hdr_len, s.hdr_len);
	for (int i = 0; i < w->count; i++) {
		n = segments_next_len(&s);
		assert_true(n);
		segments_write(&s, cut);
		packet(cut, n);
	}
	assert_false(segments_next_len(&s));
}

static size_t expected; /* the place of the packet that is to come next */

static void expect_original(const uint8_t *at, size_t len)
{
	assert_int_equal(len, lens[expected]);
	assert_memory_equal(at, originals[expected], len);
	expected++;
}

static void assert_train(const struct train_case *c)
{
	size_t n = make_train(c);

	for (size_t i = 0; i < n; i++)
		add(i);
	merge_flush(merge);
	assert_string_equal(writes_in_words(), c->want);
	for (const struct write *w = writes; w < writes + n_writes; w++) {
		expected = w->first;
		cut_write(w, expect_original);
		assert_int_equal(expected, w->last + 1);
		assert_false(w->off.csum_is_good && c->change == BROKEN && w->first == c->at);
	}
	forget_writes();
}

static void trains_are_merged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trains) / sizeof(*trains); i++) {
		print_message("%s\n", trains[i].name);
		assert_train(&trains[i]);
	}
}

/* ---- the rest of a write */

static void a_super_packet_is_as_the_kernel_makes_it(void **state)
{
	static const struct train_case cases[] = {
		{ "TCP4", TCP4, "", NONE, 0, 0, 0 },
		{ "TCP6", TCP6, "", NONE, 0, 0, 0 },
		{ "UDP4", UDP4, "", NONE, 0, 0, 0 },
		{ "UDP6", UDP6, "", NONE, 0, 0, 0 },
		{ "FIN", { .len = 450, .flags = PACKET_FIN | PACKET_PSH }, 100, "", NONE, 0, 0, 0 },
	};
	static uint8_t want[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tun_offload off;
		size_t n = make_train(&cases[i]), len;

		for (size_t k = 0; k < n; k++)
			add(k);
		merge_flush(merge);
		len = packet_make_super(&cases[i].desc, 100, want, &off);
		assert_int_equal(n_writes, 1);
		assert_int_equal(writes[0].len, len);
		assert_memory_equal(writes[0].at, want, len);
		assert_int_equal(writes[0].off.gso, off.gso);
		assert_int_equal(writes[0].off.gso_size, off.gso_size);
		assert_int_equal(writes[0].off.csum_start, off.csum_start);
		assert_int_equal(writes[0].off.csum_offset, off.csum_offset);
		forget_writes();
	}
}

static void a_single_packet_with_a_right_checksum_is_marked(void **state)
{
	const struct packet_desc d = { .len = 100 };

	(void)state;
	lens[0] = packet_make(&d, packets[0]);
	add(0);
	assert_int_equal(n_writes, 0);
	merge_flush(merge);
	assert_int_equal(n_writes, 1);
	assert_true(writes[0].off.csum_is_good);
	merge_flush(merge);
	assert_int_equal(n_writes, 1);
}

/* RFC 6864: with DF the ids mean nothing, and some systems send the same id always. */
static void fixed_ids_are_merged(void **state)
{
	static const struct {
		uint16_t ids[4];
		bool no_df;
		const char *want;
	} cases[] = {
		{ { 0, 0, 0, 0 }, false, "0-3" },    { { 7, 7, 7, 7 }, false, "0-3" },
		{ { 7, 7, 7, 8 }, false, "0-2 3" },  { { 7, 8, 8, 9 }, false, "0-1 2-3" },
		{ { 0, 0, 0, 0 }, true, "0 1 2 3" }, { { 0xffff, 0, 1, 2 }, true, "0-3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packet_desc all = { .len = 400, .no_df = cases[i].no_df };

		for (size_t k = 0; k < 4; k++) {
			struct packet_desc d = packet_cut(&all, k * 100, 100);

			d.id = cases[i].ids[k];
			lens[k] = packet_make(&d, packets[k]);
			add(k);
		}
		merge_flush(merge);
		assert_string_equal(writes_in_words(), cases[i].want);
		forget_writes();
	}
}

/* ---- several flows */

/* `count` packets of 100 bytes of each of `flows` flows, in turn. */
static void add_interleaved(size_t flows, size_t count, struct packet_desc d)
{
	for (size_t i = 0; i < flows * count; i++) {
		struct packet_desc one;

		d.len = count * 100;
		d.port = (uint16_t)(i % flows);
		one = packet_cut(&d, i / flows * 100, 100);
		lens[i] = packet_make(&one, packets[i]);
		add(i);
	}
}

static void flows_are_merged_side_by_side(void **state)
{
	(void)state;
	add_interleaved(32, 4, (struct packet_desc){ 0 });
	assert_int_equal(n_writes, 0);
	merge_flush(merge);
	assert_int_equal(n_writes, 32);
	for (size_t i = 0; i < 32; i++) { /* in the order of their first packets */
		assert_int_equal(writes[i].first, i);
		assert_int_equal(writes[i].last, i + 3 * 32);
	}
}

static void one_flow_too_many_pushes_out_the_oldest(void **state)
{
	(void)state;
	add_interleaved(33, 1, (struct packet_desc){ .is_v6 = true });
	assert_string_equal(writes_in_words(), "0");
	merge_flush(merge);
	assert_int_equal(n_writes, 33);
}

static void one_flow_done_leaves_the_others(void **state)
{
	const struct packet_desc push = {
		.port = 1, .seq = 100, .id = 1, .from = 100, .len = 100, .flags = PACKET_PSH
	};

	(void)state;
	add_interleaved(3, 1, (struct packet_desc){ 0 });
	lens[3] = packet_make(&push, packets[3]);
	add(3);
	assert_string_equal(writes_in_words(), "1-3");
	merge_flush(merge);
	assert_string_equal(writes_in_words(), "1-3 0 2");
}

/* A fragment or an ICMP message may belong to any flow between its hosts, but to no other. */
static void a_fragment_overtakes_nothing_of_its_hosts(void **state)
{
	struct packet_desc d = { .len = 100, .is_v6 = true };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		d.port = (uint16_t)i;
		d.host = i == 1 ? 9 : 0;
		lens[i] = packet_make(&d, packets[i]);
		add(i);
	}
	d.ext[0] = IPPROTO_FRAGMENT;
	d.ext_count = 1;
	d.host = 0;
	lens[4] = packet_make(&d, packets[4]);
	add(4);
	assert_string_equal(writes_in_words(), "0 2 3 4");
	merge_flush(merge);
	assert_string_equal(writes_in_words(), "0 2 3 4 1");
}

/* ---- devices that can do less */

/* Merging asks the device for its offloads when it is opened. */
static void reopen(void)
{
	merge_close(merge);
	assert_int_equal(merge_open(&device, &merge), 0);
}

static void without_offloads_each_packet_goes_at_once(void **state)
{
	(void)state;
	device.has_offload = device.has_uso = false;
	reopen();
	add_interleaved(1, 3, (struct packet_desc){ 0 });
	assert_string_equal(writes_in_words(), "0 1 2");
	assert_false(writes[0].off.csum_is_good);
}

static void without_uso_only_tcp_is_merged(void **state)
{
	(void)state;
	device.has_uso = false;
	reopen();
	add_interleaved(1, 3, (struct packet_desc){ .is_udp = true });
	assert_string_equal(writes_in_words(), "0 1 2");
	forget_writes();
	add_interleaved(1, 3, (struct packet_desc){ 0 });
	merge_flush(merge);
	assert_string_equal(writes_in_words(), "0-2");
}

static void what_is_done_is_counted(void **state)
{
	const struct merge_stats *stats = merge_stats(merge);

	(void)state;
	device.fails = 1;
	add_interleaved(2, 3, (struct packet_desc){ 0 });
	merge_flush(merge);
	assert_int_equal(stats->packets, 6);
	assert_int_equal(stats->writes, 2);
	assert_int_equal(stats->lost, 3); /* the packets of one write */
}

/* ---- random traffic: all packets of a flow come out, in order */

enum { RANDOM_FLOWS = 6 };

static size_t flow_of[PACKETS]; /* by packet */

static uint32_t any(uint32_t limit)
{
	return (uint32_t)rand() % limit;
}

static void make_random(struct packet_desc *flow, size_t i)
{
	struct packet_desc d = *flow;
	uint32_t trouble = any(60);

	d.len = any(20) ? 100 : any(150);
	d.flags = any(10) ? 0 : PACKET_PSH;
	if (trouble < 8)
		d.flags = (uint8_t)(1 << trouble);
	if (trouble == 8)
		d.window++;
	if (trouble == 9)
		d.tos++;
	if (trouble == 10)
		d.ext_count = 1;
	if (trouble == 11)
		d.ip_options_len = 4;
	lens[i] = packet_make(&d, packets[i]);
	if (trouble == 12)
		packets[i][lens[i] - 1]++;
	flow->seq += (uint32_t)d.len;
	flow->from += d.len;
	flow->id++;
}

static void expect_next_of_its_flow(const uint8_t *at, size_t len)
{
	size_t i;

	for (i = 0; i < PACKETS; i++)
		if (lens[i] == len && !memcmp(originals[i], at, len))
			break;
	assert_in_range(i, 0, PACKETS - 1);
	lens[i] = 0; /* seen */
	for (size_t k = 0; k < i; k++)
		assert_false(lens[k] && flow_of[k] == flow_of[i]); /* overtaken */
	expected++;
}

static void random_traffic_is_kept(void **state)
{
	struct packet_desc flows[RANDOM_FLOWS];

	(void)state;
	for (int round = 0; round < 20; round++) {
		expected = 0;
		for (size_t f = 0; f < RANDOM_FLOWS; f++)
			flows[f] = (struct packet_desc){
				.is_v6 = f % 2, .is_udp = f > 3, .port = (uint16_t)f, .ext = { 60 }
			};
		for (size_t i = 0; i < PACKETS; i++) {
			flow_of[i] = any(RANDOM_FLOWS);
			make_random(&flows[flow_of[i]], i);
			add(i);
		}
		merge_flush(merge);
		assert_true(n_writes < PACKETS);
		for (size_t i = 0; i < n_writes; i++)
			cut_write(&writes[i], expect_next_of_its_flow);
		assert_int_equal(expected, PACKETS);
		forget_writes();
	}
}

/* Bytes changed at random: nothing is read past the end of a packet. */
static void random_lies_do_no_harm(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct packet_desc d = {
			.is_v6 = any(2), .is_udp = any(2), .len = any(50), .ext = { 0, 60, 44 }
		};
		struct packet p;
		uint8_t *packet;
		size_t len;

		d.ext_count = any(4);
		len = packet_make(&d, packets[0]);
		for (uint32_t n = any(3); n; n--)
			packets[0][any((uint32_t)packet_hdr_len(&d))] = (uint8_t)any(256);
		len = any(2) ? len : 1 + any((uint32_t)len);
		packet = malloc(len);
		assert_non_null(packet);
		memcpy(packet, packets[0], len);
		if (packet_parse(&p, packet, len))
			merge_add(merge, &p);
		merge_flush(merge);
		free(packet);
		forget_writes();
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(trains_are_merged),
		CASE(a_super_packet_is_as_the_kernel_makes_it),
		CASE(a_single_packet_with_a_right_checksum_is_marked),
		CASE(fixed_ids_are_merged),
		CASE(flows_are_merged_side_by_side),
		CASE(one_flow_too_many_pushes_out_the_oldest),
		CASE(one_flow_done_leaves_the_others),
		CASE(a_fragment_overtakes_nothing_of_its_hosts),
		CASE(without_offloads_each_packet_goes_at_once),
		CASE(without_uso_only_tcp_is_merged),
		CASE(what_is_done_is_counted),
		CASE(random_traffic_is_kept),
		CASE(random_lies_do_no_harm),
	};

	return cmocka_run_group_tests_name("tun/merge", tests, NULL, NULL);
}
