/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cutting as the kernel's software GSO does (net/ipv4/tcp_offload.c, udp_offload.c, af_inet.c), with
 * identical results: every packet gets the headers of the super-packet, then its own lengths, IP id,
 * sequence number, flags and checksums.
 *
 * The pseudo-header's share of the checksum is taken from the partial checksum that the kernel left,
 * not computed: with a source route the address summed is not the one in the IP header.
 */
#include "tun/segment.h"

#include <string.h>

#include "util/bytes.h"
#include "util/checksum.h"

static size_t checksum_at(const struct segments *s)
{
	return s->in->h.ip_len +
	       (s->in->h.proto == IPPROTO_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT);
}

/* Always true for the kernel's packets; the other end of an adopted device might send anything. */
static bool is_partial_sum_sane(const struct segments *s)
{
	size_t at = (size_t)s->off.csum_start + s->off.csum_offset;

	if (!s->off.needs_csum)
		return true;
	return s->off.csum_start >= IPV4_HDR_LEN && at + sizeof(uint16_t) <= s->in->h.total;
}

/* The transport header must match the kind of super-packet. */
static bool find_payload(struct segments *s)
{
	size_t udp_len = s->in->h.total - s->in->h.ip_len;
	size_t tcp_len = headers_tcp_len(&s->in->h, s->in->at);

	if (s->in->h.is_fragment || !s->off.gso_size)
		return false;
	if (s->off.gso == TUN_GSO_UDP) {
		s->hdr_len = s->in->h.ip_len + UDP_HDR_LEN;
		return s->in->h.proto == IPPROTO_UDP && udp_len >= UDP_HDR_LEN &&
		       load_u16(s->in->at + s->in->h.ip_len + UDP_LENGTH_AT) == udp_len;
	}
	s->hdr_len = s->in->h.ip_len + tcp_len;
	return tcp_len && s->in->h.is_v6 == (s->off.gso == TUN_GSO_TCP6);
}

/* False: the packets would exceed the mtu and can't be made smaller. */
static bool choose_size(struct segments *s, size_t mtu)
{
	s->size = s->off.gso_size;
	if (s->off.gso != TUN_GSO_UDP && mtu > s->hdr_len && s->size > mtu - s->hdr_len)
		s->size = mtu - s->hdr_len;
	s->is_whole = s->in->h.total <= s->hdr_len + s->size;
	return s->is_whole || s->hdr_len + s->size <= mtu;
}

static bool find_pseudo(struct segments *s)
{
	size_t at = checksum_at(s);

	if (!s->off.needs_csum) {
		s->pseudo = headers_pseudo(&s->in->h, s->in->at, 0);
		return true;
	}
	s->pseudo =
		(uint32_t)load_u16(s->in->at + at) + (uint16_t) ~(s->in->h.total - s->in->h.ip_len);
	return s->off.csum_start == s->in->h.ip_len && s->off.csum_offset == at - s->in->h.ip_len;
}

/* An IPv4 router must (RFC 791 section 3.2). False: that is forbidden, or there is no room. */
static bool choose_fragments(struct segments *s, size_t mtu)
{
	size_t header = s->in->h.ip_len, units = (s->in->h.total - header) / IPV4_FRAGMENT_UNIT;
	size_t checksum_end = 0;
	uint16_t place;

	if (s->in->h.is_v6 || mtu < header + IPV4_FRAGMENT_UNIT)
		return false;
	place = load_u16(s->in->at + IPV4_FRAGMENT_AT);
	if (place & IPV4_DF || (place & IPV4_OFFSET_MASK) + units > IPV4_OFFSET_MASK)
		return false;
	s->hdr_len = header;
	s->size = (mtu - header) / IPV4_FRAGMENT_UNIT * IPV4_FRAGMENT_UNIT;
	if (s->off.needs_csum)
		checksum_end = (size_t)s->off.csum_start + s->off.csum_offset + sizeof(uint16_t);
	if (checksum_end > header + s->size)
		return false;
	s->is_whole = false;
	s->is_fragmented = true;
	return true;
}

bool segments_of(struct segments *s, const struct packet *p, const struct tun_offload *off,
		 size_t mtu, bool *too_big)
{
	bool fits = true;

	if (too_big)
		*too_big = false;
	*s = (struct segments){ .in = p, .off = *off, .is_whole = true };
	if (!is_partial_sum_sane(s))
		return false;
	if (off->gso != TUN_GSO_NONE) {
		if (!find_payload(s) || !find_pseudo(s))
			return false;
		fits = choose_size(s, mtu);
	}
	if (s->is_whole)
		fits = p->h.total <= mtu || choose_fragments(s, mtu);
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
		return s->in->h.total;
	left = s->in->h.total - s->hdr_len - s->done;
	return s->hdr_len + (left < s->size ? left : s->size);
}

/* As in the kernel's skb_checksum_help(): 0 becomes 0xffff, since for UDP 0 means no checksum. */
static void put_checksum(const struct segments *s, uint8_t *to, uint16_t sum)
{
	uint16_t checksum = (uint16_t)~sum;

	store_u16(to + s->off.csum_start + s->off.csum_offset, checksum ? checksum : 0xffff);
}

static void write_whole(const struct segments *s, uint8_t *to)
{
	size_t start = s->off.csum_start;

	if (!s->off.needs_csum) {
		memcpy(to, s->in->at, s->in->h.total);
		return;
	}
	memcpy(to, s->in->at, start);
	put_checksum(s, to, checksum_copy(to + start, s->in->at + start, s->in->h.total - start));
}

static void finish_ip_checksum(const struct segments *s, uint8_t *ip)
{
	store_u16(ip + IPV4_CHECKSUM_AT, 0);
	store_u16(ip + IPV4_CHECKSUM_AT, (uint16_t)~checksum_sum(ip, s->in->h.ip_len));
}

/* Of all fragments but the first. */
static void drop_options(uint8_t *ip, size_t header)
{
	size_t len;

	for (size_t at = IPV4_HDR_LEN; at < header && ip[at] != IPV4_OPTION_END; at += len) {
		len = ip[at] == IPV4_OPTION_NOP ? 1 : at + 1 < header ? ip[at + 1] : 0;
		if (!len || len > header - at)
			return;
		if (!(ip[at] & IPV4_OPTION_COPIED))
			memset(ip + at, IPV4_OPTION_NOP, len);
	}
}

/* The packet may be a fragment itself. */
static void write_fragment(const struct segments *s, uint8_t *to, size_t len)
{
	size_t start = s->off.csum_start;
	uint16_t place = load_u16(s->in->at + IPV4_FRAGMENT_AT);

	memcpy(to, s->in->at, s->hdr_len);
	memcpy(to + s->hdr_len, s->in->at + s->hdr_len + s->done, len - s->hdr_len);
	if (s->off.needs_csum && !s->done)
		put_checksum(s, to, checksum_sum(s->in->at + start, s->in->h.total - start));
	place = (uint16_t)(place + s->done / IPV4_FRAGMENT_UNIT);
	if (s->done + len < s->in->h.total)
		place |= IPV4_MF;
	store_u16(to + IPV4_LENGTH_AT, (uint16_t)len);
	store_u16(to + IPV4_FRAGMENT_AT, place);
	if (s->done)
		drop_options(to, s->hdr_len);
	finish_ip_checksum(s, to);
}

static void finish_ip(const struct segments *s, uint8_t *ip, size_t len)
{
	if (s->in->h.is_v6) {
		store_u16(ip + IPV6_LENGTH_AT, (uint16_t)(len - IPV6_HDR_LEN));
		return;
	}
	store_u16(ip + IPV4_LENGTH_AT, (uint16_t)len);
	store_u16(ip + IPV4_ID_AT, (uint16_t)(load_u16(ip + IPV4_ID_AT) + s->index));
	finish_ip_checksum(s, ip);
}

static void finish_tcp(const struct segments *s, uint8_t *tcp, bool is_last)
{
	uint8_t drop =
		(uint8_t)((is_last ? 0 : TCP_BIT_FIN | TCP_BIT_PSH) | (s->done ? TCP_BIT_CWR : 0));

	store_u32(tcp + TCP_SEQ_AT, load_u32(tcp + TCP_SEQ_AT) + (uint32_t)s->done);
	tcp[TCP_FLAGS_AT] &= (uint8_t)~drop;
}

/* `sum` is the payload's. */
static void finish_checksum(const struct segments *s, uint8_t *to, size_t len, uint32_t sum)
{
	uint8_t *checksum = to + checksum_at(s);

	store_u16(checksum, 0);
	sum += s->pseudo + (uint32_t)(len - s->in->h.ip_len);
	/* headers are of even length, so the payload's sum needs no swap */
	sum += checksum_sum(to + s->in->h.ip_len, s->hdr_len - s->in->h.ip_len);
	sum = (uint16_t)~checksum_fold(sum);
	store_u16(checksum, (uint16_t)(sum || s->in->h.proto == IPPROTO_TCP ? sum : 0xffff));
}

static void write_cut(const struct segments *s, uint8_t *to, size_t len)
{
	const uint8_t *payload = s->in->at + s->hdr_len + s->done;
	uint16_t sum = checksum_copy(to + s->hdr_len, payload, len - s->hdr_len);

	memcpy(to, s->in->at, s->hdr_len);
	finish_ip(s, to, len);
	if (s->in->h.proto == IPPROTO_TCP)
		finish_tcp(s, to + s->in->h.ip_len, s->done + len == s->in->h.total);
	else
		store_u16(to + s->in->h.ip_len + UDP_LENGTH_AT, (uint16_t)(len - s->in->h.ip_len));
	finish_checksum(s, to, len, sum);
}

/* `len`: of the next packet. */
static void step(struct segments *s, size_t len)
{
	s->done += len - s->hdr_len;
	s->index++;
	s->is_over = s->is_whole || s->hdr_len + s->done == s->in->h.total;
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
	else if (s->is_fragmented)
		write_fragment(s, to, len);
	else
		write_cut(s, to, len);
	step(s, len);
}
