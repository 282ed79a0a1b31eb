/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cutting as the kernel's software GSO cuts (net/ipv4/tcp_offload.c, udp_offload.c, af_inet.c), so
 * that nobody behind the tunnel can tell who did it: every packet gets the headers of the
 * super-packet; lengths, IP id, sequence number, flags and checksums are then its own.
 *
 * The pseudo-header's share of the checksum is taken out of the partial checksum that the kernel
 * left, not made anew: with a source route the address summed is not the one in the IP header.
 */
#include "tun/segment.h"

#include <string.h>

#include "util/checksum.h"
#include "tun/headers.h"
#include "util/bytes.h"

static size_t checksum_at(const struct segments *s)
{
	return s->ip_len + (s->proto == IPPROTO_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT);
}

/* The kernel never says otherwise; a peer behind an adopted device might. */
static bool is_partial_sum_sane(const struct segments *s)
{
	size_t at = (size_t)s->off.csum_start + s->off.csum_offset;

	if (!s->off.needs_csum)
		return true;
	return s->off.csum_start >= IPV4_HDR_LEN && at + sizeof(uint16_t) <= s->len;
}

/* The transport header must be the one that the kind of super-packet promises. */
static bool find_payload(struct segments *s, const struct headers *h)
{
	size_t udp_len = s->len - s->ip_len, tcp_len = headers_tcp_len(h, s->packet);

	if (h->is_fragment || !s->off.gso_size)
		return false;
	if (s->off.gso == TUN_GSO_UDP) {
		s->hdr_len = s->ip_len + UDP_HDR_LEN;
		return s->proto == IPPROTO_UDP && udp_len >= UDP_HDR_LEN &&
		       load_u16(s->packet + s->ip_len + UDP_LENGTH_AT) == udp_len;
	}
	s->hdr_len = s->ip_len + tcp_len;
	return tcp_len && s->is_v6 == (s->off.gso == TUN_GSO_TCP6);
}

/* False: the packets would be over the mtu and can't be made smaller. */
static bool choose_size(struct segments *s, size_t mtu)
{
	s->size = s->off.gso_size;
	if (s->off.gso != TUN_GSO_UDP && mtu > s->hdr_len && s->size > mtu - s->hdr_len)
		s->size = mtu - s->hdr_len;
	s->is_whole = s->len <= s->hdr_len + s->size;
	return s->is_whole || s->hdr_len + s->size <= mtu;
}

static bool find_pseudo(struct segments *s)
{
	size_t at = checksum_at(s);

	if (!s->off.needs_csum) {
		s->pseudo = checksum_pseudo(s->packet, s->is_v6, s->proto, 0);
		return true;
	}
	s->pseudo = (uint32_t)load_u16(s->packet + at) + (uint16_t) ~(s->len - s->ip_len);
	return s->off.csum_start == s->ip_len && s->off.csum_offset == at - s->ip_len;
}

bool segments_of(struct segments *s, const uint8_t *packet, size_t len,
		 const struct tun_offload *off, size_t mtu, bool *too_big)
{
	struct headers h;
	bool fits = true;

	if (too_big)
		*too_big = false;
	if (!headers_parse(&h, packet, len))
		return false;
	*s = (struct segments){
		.packet = packet,
		.len = h.total,
		.off = *off,
		.ip_len = h.ip_len,
		.proto = h.proto,
		.is_v6 = h.is_v6,
		.is_whole = true,
	};
	if (!is_partial_sum_sane(s))
		return false;
	if (off->gso != TUN_GSO_NONE) {
		if (h.total != len || !find_payload(s, &h) || !find_pseudo(s))
			return false;
		fits = choose_size(s, mtu);
	}
	if (s->is_whole)
		fits = s->len <= mtu;
	if (too_big)
		*too_big = !fits;
	return fits;
}

size_t segments_next_len(const struct segments *s)
{
	size_t left;

	if (s->is_over)
		return 0;
	if (s->is_whole)
		return s->len;
	left = s->len - s->hdr_len - s->done;
	return s->hdr_len + (left < s->size ? left : s->size);
}

/* As the kernel's skb_checksum_help() does: 0 becomes its twin, since for UDP it means none. */
static void write_whole(const struct segments *s, uint8_t *to)
{
	size_t start = s->off.csum_start;
	uint16_t sum;

	if (!s->off.needs_csum) {
		memcpy(to, s->packet, s->len);
		return;
	}
	memcpy(to, s->packet, start);
	sum = (uint16_t)~checksum_copy(to + start, s->packet + start, s->len - start);
	store_u16(to + start + s->off.csum_offset, sum ? sum : 0xffff);
}

static void finish_ip(const struct segments *s, uint8_t *ip, size_t len)
{
	if (s->is_v6) {
		store_u16(ip + IPV6_LENGTH_AT, (uint16_t)(len - IPV6_HDR_LEN));
		return;
	}
	store_u16(ip + IPV4_LENGTH_AT, (uint16_t)len);
	store_u16(ip + IPV4_ID_AT, (uint16_t)(load_u16(ip + IPV4_ID_AT) + s->index));
	store_u16(ip + IPV4_CHECKSUM_AT, 0);
	store_u16(ip + IPV4_CHECKSUM_AT, (uint16_t)~checksum_sum(ip, (size_t)(ip[0] & 0x0f) * 4));
}

static void finish_tcp(const struct segments *s, uint8_t *tcp, bool is_last)
{
	uint8_t drop = (uint8_t)((is_last ? 0 : TCP_FIN | TCP_PSH) | (s->done ? TCP_CWR : 0));

	store_u32(tcp + TCP_SEQ_AT, load_u32(tcp + TCP_SEQ_AT) + (uint32_t)s->done);
	tcp[TCP_FLAGS_AT] &= (uint8_t)~drop;
}

/* `sum` is the payload's. */
static void finish_checksum(const struct segments *s, uint8_t *to, size_t len, uint32_t sum)
{
	uint8_t *checksum = to + checksum_at(s);

	store_u16(checksum, 0);
	sum += s->pseudo + (uint32_t)(len - s->ip_len);
	/* headers are of even length, so the payload's sum needs no swap */
	sum += checksum_sum(to + s->ip_len, s->hdr_len - s->ip_len);
	sum = (uint16_t)~checksum_fold(sum);
	store_u16(checksum, (uint16_t)(sum || s->proto == IPPROTO_TCP ? sum : 0xffff));
}

static void write_cut(const struct segments *s, uint8_t *to, size_t len)
{
	const uint8_t *payload = s->packet + s->hdr_len + s->done;
	uint16_t sum = checksum_copy(to + s->hdr_len, payload, len - s->hdr_len);

	memcpy(to, s->packet, s->hdr_len);
	finish_ip(s, to, len);
	if (s->proto == IPPROTO_TCP)
		finish_tcp(s, to + s->ip_len, s->done + len == s->len);
	else
		store_u16(to + s->ip_len + UDP_LENGTH_AT, (uint16_t)(len - s->ip_len));
	finish_checksum(s, to, len, sum);
}

/* `len`: of the next packet. */
static void step(struct segments *s, size_t len)
{
	s->done += len - s->hdr_len;
	s->index++;
	s->is_over = s->is_whole || s->hdr_len + s->done == s->len;
}

void segments_skip(struct segments *s)
{
	step(s, segments_next_len(s));
}

void segments_write(struct segments *s, uint8_t *to)
{
	size_t len = segments_next_len(s);

	if (s->is_whole)
		write_whole(s, to);
	else
		write_cut(s, to, len);
	step(s, len);
}
