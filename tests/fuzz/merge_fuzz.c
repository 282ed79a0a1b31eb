/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Merging: a list of packets, each after a length of two bytes. The top bit of the length requests
 * right checksums, without which nothing is merged. The output, cut again, must equal the input.
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/checksum.h"
#include "tun/headers.h"
#include "tun/merge.h"
#include "tun/segment.h"
#include "util/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { PACKETS = 200, MEND = 0x8000, WITHOUT_USO = 0x80 };

struct tun {
	bool has_uso;
};

static struct given {
	uint8_t *given, *copy;
	size_t len;
	bool is_out;
} packets[PACKETS];

static size_t n_packets;

bool tun_has_offload(const struct tun *t)
{
	(void)t;
	return true;
}

bool tun_has_uso(const struct tun *t)
{
	return t->has_uso;
}

/* The offset of the checksum of TCP or UDP; 0: not found. */
static size_t checksum_at(const uint8_t *at, size_t len)
{
	struct headers h;

	if (!headers_parse(&h, at, len) || h.total != len || h.is_fragment)
		return 0;
	if (headers_tcp_len(&h, at))
		return h.ip_len + TCP_CHECKSUM_AT;
	if (h.proto == IPPROTO_UDP && len - h.ip_len >= UDP_HDR_LEN)
		return h.ip_len + UDP_CHECKSUM_AT;
	return 0;
}

/* The id may have been fixed and counts up now; a checksum of 0xffff may have become 0. */
static void blank(uint8_t *at, size_t len)
{
	size_t checksum = checksum_at(at, len);

	if (at[0] >> 4 == 4 && len >= IPV4_HDR_LEN) {
		store_u16(at + IPV4_ID_AT, 0);
		store_u16(at + IPV4_CHECKSUM_AT, 0);
	}
	if (checksum)
		store_u16(at + checksum, 0);
}

static bool is_same(const uint8_t *out, const struct given *p, bool is_merged)
{
	static uint8_t a[TUN_PACKET_MAX], b[TUN_PACKET_MAX];

	memcpy(a, out, p->len);
	memcpy(b, p->copy, p->len);
	if (is_merged) {
		blank(a, p->len);
		blank(b, p->len);
	}
	return !memcmp(a, b, p->len);
}

static void tick_off(const uint8_t *out, size_t len, bool is_merged)
{
	for (struct given *p = packets; p < packets + n_packets; p++) {
		if (!p->is_out && p->len == len && is_same(out, p, is_merged)) {
			p->is_out = true;
			return;
		}
	}
	abort();
}

int tun_write(struct tun *t, const struct iovec *pieces, int count, const struct tun_offload *off)
{
	static uint8_t whole[TUN_PACKET_MAX], one[TUN_PACKET_MAX];
	struct segments s;
	struct packet p;
	size_t len = 0, n;

	(void)t;
	for (int i = 0; i < count; i++) {
		if (pieces[i].iov_len > sizeof(whole) - len)
			abort();
		memcpy(whole + len, pieces[i].iov_base, pieces[i].iov_len);
		len += pieces[i].iov_len;
	}
	if (count == 1) {
		tick_off(whole, len, false);
		return 0;
	}
	if (!packet_parse(&p, whole, len) || p.h.total != len ||
	    !segments_of(&s, &p, off, TUN_PACKET_MAX, NULL))
		abort();
	while ((n = segments_next_len(&s))) {
		segments_write(&s, one);
		tick_off(one, n, true);
	}
	return 0;
}

static void mend(uint8_t *at, size_t len)
{
	size_t checksum = checksum_at(at, len);
	struct headers h;

	if (!checksum)
		return;
	headers_parse(&h, at, len);
	store_u16(at + checksum, 0);
	store_u16(at + checksum,
		  (uint16_t)~checksum_fold(headers_pseudo(&h, at, len - h.ip_len) +
					   checksum_sum(at + h.ip_len, len - h.ip_len)));
	if (h.is_v6)
		return;
	store_u16(at + IPV4_CHECKSUM_AT, 0);
	store_u16(at + IPV4_CHECKSUM_AT, (uint16_t)~checksum_sum(at, h.ip_len));
}

static void add(struct merge *m, const uint8_t *at, size_t len, bool is_mended)
{
	struct given *p = &packets[n_packets++];
	struct packet parsed;

	*p = (struct given){ malloc(len), malloc(len), len, false };
	if (!p->given || !p->copy)
		abort();
	memcpy(p->given, at, len);
	if (is_mended)
		mend(p->given, len);
	if (!packet_parse(&parsed, p->given, len) || parsed.h.total != len) {
		free(p->given);
		free(p->copy);
		n_packets--;
		return;
	}
	memcpy(p->copy, p->given, len);
	merge_add(m, &parsed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	struct tun t = { .has_uso = !(get_u8(&r) & WITHOUT_USO) };
	struct merge *m;

	if (merge_open(&t, &m))
		abort();
	while (r.left && n_packets < PACKETS) {
		uint16_t head = get_u16(&r);
		size_t n = head % MEND;
		const uint8_t *at = get_bytes(&r, n);

		if (at && n)
			add(m, at, n, head & MEND);
	}
	merge_flush(m);
	merge_close(m);
	while (n_packets) {
		struct given *p = &packets[--n_packets];

		if (!p->is_out)
			abort();
		free(p->given);
		free(p->copy);
	}
	return 0;
}
