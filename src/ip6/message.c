/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ip6/message.h"

#include "util/checksum.h"

enum {
	IPV6_LEN = 40, /* RFC 8200 section 3 */
	ADDRS_AT = 8,
	ADDR_LEN = 16,
	HOP_LIMIT = 255,
	CHECKSUM_AT = IPV6_LEN + 2,
	OPTION_UNIT = 8, /* RFC 4861 section 4.6 */
	OPTION_HDR_LEN = 2,
	FLAG_ROUTER = 0x80, /* section 4.4 */
	FLAG_SOLICITED = 0x40,
	FLAG_OVERRIDE = 0x20,
	RESERVED_LEN = 4,
};

static struct ip_addr get_addr(struct reader *r)
{
	struct ip_addr a = { .family = AF_INET6 };

	get_copy(r, a.bytes, ADDR_LEN);
	return a;
}

static uint16_t sum_of(const uint8_t *packet, size_t len)
{
	return checksum_fold(
		checksum_pseudo(packet + ADDRS_AT, 2 * ADDR_LEN, IPPROTO_ICMPV6, len - IPV6_LEN) +
		checksum_sum(packet + IPV6_LEN, len - IPV6_LEN));
}

bool nd_get(const uint8_t *packet, size_t len, struct nd_message *m)
{
	struct reader r = reader_of(packet, len);
	uint8_t version = get_u8(&r) >> 4, next, hop_limit, code;
	uint16_t payload_len;

	get_bytes(&r, 3);
	payload_len = get_u16(&r);
	next = get_u8(&r);
	hop_limit = get_u8(&r);
	m->from = get_addr(&r);
	m->to = get_addr(&r);
	if (r.bad || version != 6 || payload_len != r.left || next != IPPROTO_ICMPV6)
		return false;
	m->type = get_u8(&r);
	code = get_u8(&r);
	get_u16(&r);
	m->body = r;
	return !r.bad && hop_limit == HOP_LIMIT && code == 0 && sum_of(packet, len) == 0xffff;
}

bool nd_option_next(struct reader *options, struct nd_option *o)
{
	size_t len;

	if (!options->left)
		return false;
	o->type = get_u8(options);
	len = (size_t)get_u8(options) * OPTION_UNIT;
	if (len < OPTION_UNIT) { /* section 4.6: a packet with a length of 0 is dropped */
		options->bad = true;
		return false;
	}
	o->body = get_reader(options, len - OPTION_HDR_LEN);
	return !options->bad;
}

static void put_addr(struct writer *w, const struct ip_addr *a)
{
	put_bytes(w, a->bytes, ADDR_LEN);
}

void nd_begin(struct writer *w, uint8_t type, const struct ip_addr *from, const struct ip_addr *to)
{
	put_u32(w, 6u << 28);
	put_u16(w, 0); /* the length: nd_end */
	put_u8(w, IPPROTO_ICMPV6);
	put_u8(w, HOP_LIMIT);
	put_addr(w, from);
	put_addr(w, to);
	put_u8(w, type);
	put_u8(w, 0);
	put_u16(w, 0); /* the checksum: nd_end */
}

size_t nd_end(struct writer *w)
{
	put_u16_at(w, 4, (uint16_t)(w->len - IPV6_LEN));
	put_u16_at(w, CHECKSUM_AT, (uint16_t)~sum_of(w->at, w->len));
	return w->full ? 0 : w->len;
}

static bool has_sane_options(struct reader options)
{
	struct nd_option o;

	while (nd_option_next(&options, &o))
		;
	return !options.bad;
}

/*
 * A solicitation from the unspecified address is for duplicate address detection: IPV6CP prevents
 * duplicates.
 */
size_t ip6_neighbor_reply(uint8_t to[IP6_PACKET_MAX], const uint8_t *packet, size_t len,
			  const uint8_t own_iid[IP6_IID_LEN], bool is_router)
{
	struct writer w = writer_of(to, IP6_PACKET_MAX);
	struct ip_addr own = ip_link_local(own_iid), target;
	struct nd_message m;

	if (!nd_get(packet, len, &m) || m.type != ND_NEIGHBOR_SOLICITATION)
		return 0;
	get_bytes(&m.body, RESERVED_LEN);
	target = get_addr(&m.body);
	if (m.body.bad || !has_sane_options(m.body) || !ip_equal(&target, &own) ||
	    !ip_is_link_local(&m.from) || ip_equal(&m.from, &own))
		return 0;
	nd_begin(&w, ND_NEIGHBOR_ADVERTISEMENT, &own, &m.from);
	put_u32(&w, (uint32_t)(FLAG_SOLICITED | FLAG_OVERRIDE | (is_router ? FLAG_ROUTER : 0))
			    << 24);
	put_addr(&w, &own);
	return nd_end(&w);
}
