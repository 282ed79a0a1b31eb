/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tun/headers.h"

#include <string.h>

#include "util/bytes.h"
#include "util/checksum.h"

enum {
	IPV4_FRAGMENT_MASK = 0x3fff, /* more fragments, offset */
};

/* With `may_be_cut` the packet may be longer than `len` bytes, and counts as that long. */
static bool parse_v4(struct headers *h, const uint8_t *packet, size_t len, bool may_be_cut)
{
	if (len < IPV4_HDR_LEN)
		return false;
	h->is_v6 = false;
	h->ip_len = (size_t)(packet[0] & 0x0f) * 4;
	h->is_bare = h->ip_len == IPV4_HDR_LEN;
	h->total = load_u16(packet + IPV4_LENGTH_AT);
	h->is_fragment = load_u16(packet + IPV4_FRAGMENT_AT) & IPV4_FRAGMENT_MASK;
	h->proto = packet[IPV4_PROTO_AT];
	if (may_be_cut && h->total > len)
		h->total = len;
	return h->ip_len >= IPV4_HDR_LEN && h->total >= h->ip_len && h->total <= len;
}

/*
 * Skips one extension header; false at the first header that is not one, or where walking on makes no
 * sense: after a fragment header comes a part of something, after ESP only ciphertext, and what follows
 * AH must not be changed in transit.
 */
static bool skip_extension(struct headers *h, struct reader *r)
{
	struct reader peek = *r;
	uint8_t next = get_u8(&peek);
	size_t len = get_u8(&peek);

	switch (h->proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		len = (len + 1) * 8;
		break;
	case IPPROTO_FRAGMENT:
		len = IPV6_FRAGMENT_LEN;
		h->is_fragment = true;
		break;
	default:
		return false;
	}
	get_bytes(r, len);
	h->proto = r->bad ? IPPROTO_NONE : next;
	return !r->bad && !h->is_fragment;
}

static bool parse_v6(struct headers *h, const uint8_t *packet, size_t len, bool may_be_cut)
{
	struct reader r;

	if (len < IPV6_HDR_LEN)
		return false;
	h->is_v6 = true;
	h->is_fragment = false;
	h->total = IPV6_HDR_LEN + (size_t)load_u16(packet + IPV6_LENGTH_AT);
	h->proto = packet[IPV6_NEXT_AT];
	if (may_be_cut && h->total > len)
		h->total = len;
	if (h->total > len)
		return false;
	r = reader_of(packet + IPV6_HDR_LEN, h->total - IPV6_HDR_LEN);
	while (skip_extension(h, &r))
		;
	h->ip_len = h->total - r.left;
	h->is_bare = h->ip_len == IPV6_HDR_LEN;
	return true;
}

static inline bool parse(struct headers *h, const uint8_t *packet, size_t len, bool may_be_cut)
{
	switch (len ? packet[0] >> 4 : 0) {
	case 4:
		return parse_v4(h, packet, len, may_be_cut);
	case 6:
		return parse_v6(h, packet, len, may_be_cut);
	default:
		return false;
	}
}

bool headers_parse(struct headers *h, const uint8_t *packet, size_t len)
{
	return parse(h, packet, len, false);
}

bool headers_parse_cut(struct headers *h, const uint8_t *packet, size_t len)
{
	return parse(h, packet, len, true);
}

bool packet_parse(struct packet *p, uint8_t *at, size_t len)
{
	p->at = at;
	return headers_parse(&p->h, at, len);
}

static struct ip_addr addr_of(const struct headers *h, const uint8_t *at)
{
	struct ip_addr a = { .family = h->is_v6 ? AF_INET6 : AF_INET };

	if (h->is_v6)
		memcpy(a.bytes, at, IPV6_ADDR_LEN);
	else
		memcpy(a.bytes, at, IPV4_ADDR_LEN);
	return a;
}

struct ip_addr packet_src(const struct packet *p)
{
	return addr_of(&p->h, headers_addrs(&p->h, p->at));
}

struct ip_addr packet_dst(const struct packet *p)
{
	return addr_of(&p->h, headers_addrs(&p->h, p->at) + headers_addrs_len(&p->h) / 2);
}

uint32_t headers_pseudo(const struct headers *h, const uint8_t *packet, size_t len)
{
	return checksum_pseudo(headers_addrs(h, packet), headers_addrs_len(h), h->proto, len);
}

size_t headers_tcp_len(const struct headers *h, const uint8_t *packet)
{
	size_t room = h->total - h->ip_len, len;

	if (h->proto != IPPROTO_TCP || h->is_fragment || room < TCP_HDR_LEN)
		return 0;
	len = (size_t)(packet[h->ip_len + TCP_OFFSET_AT] >> 4) * 4;
	return len < TCP_HDR_LEN || len > room ? 0 : len;
}
