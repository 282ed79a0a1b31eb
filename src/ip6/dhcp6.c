/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ip6/dhcp6.h"

#include "util/checksum.h"

enum {
	IPV6_LEN = 40, /* RFC 8200 section 3 */
	ADDRS_AT = 8,
	ADDR_LEN = 16,
	UDP_LEN = 8, /* RFC 768 */
	UDP_LEN_AT = IPV6_LEN + 4,
	CHECKSUM_AT = IPV6_LEN + 6,
	HOP_LIMIT = 64,
	DUID_UUID = 4, /* section 11.5 */
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
		checksum_pseudo(packet + ADDRS_AT, 2 * ADDR_LEN, IPPROTO_UDP, len - IPV6_LEN) +
		checksum_sum(packet + IPV6_LEN, len - IPV6_LEN));
}

/* Both headers. On success `r` is at the message. */
static bool get_headers(struct reader *r, uint16_t port, struct dhcp6_message *m)
{
	const uint8_t *packet = r->at;
	size_t len = r->left;
	uint8_t version = get_u8(r) >> 4, next;
	uint16_t payload_len, to_port, udp_len;

	get_bytes(r, 3);
	payload_len = get_u16(r);
	next = get_u8(r);
	get_u8(r); /* Hop Limit */
	m->from = get_addr(r);
	m->to = get_addr(r);
	if (r->bad || version != 6 || payload_len != r->left || next != IPPROTO_UDP)
		return false;
	get_u16(r); /* the source port: any */
	to_port = get_u16(r);
	udp_len = get_u16(r);
	get_u16(r); /* Checksum */
	return !r->bad && to_port == port && udp_len == payload_len &&
	       sum_of(packet, len) == 0xffff;
}

bool dhcp6_get(const uint8_t *packet, size_t len, uint16_t port, struct dhcp6_message *m)
{
	struct reader r = reader_of(packet, len);
	struct dhcp6_option o;
	uint32_t head;

	if (!get_headers(&r, port, m) || !ip_is_link_local(&m->from))
		return false;
	head = get_u32(&r);
	m->type = (uint8_t)(head >> 24);
	m->transaction = head & 0xffffff;
	m->options = r;
	while (dhcp6_option_next(&r, &o))
		;
	return !r.bad;
}

bool dhcp6_option_next(struct reader *options, struct dhcp6_option *o)
{
	if (!options->left)
		return false;
	o->code = get_u16(options);
	o->body = get_reader(options, get_u16(options));
	return !options->bad;
}

bool dhcp6_option_find(struct reader options, uint16_t code, struct reader *body)
{
	struct dhcp6_option o;

	while (dhcp6_option_next(&options, &o))
		if (o.code == code) {
			*body = o.body;
			return true;
		}
	return false;
}

void dhcp6_begin(struct writer *w, const struct dhcp6_message *m, uint16_t to_port)
{
	put_u32(w, 6u << 28);
	put_u16(w, 0); /* the length: dhcp6_end */
	put_u8(w, IPPROTO_UDP);
	put_u8(w, HOP_LIMIT);
	put_bytes(w, m->from.bytes, ADDR_LEN);
	put_bytes(w, m->to.bytes, ADDR_LEN);
	put_u16(w, to_port == DHCP6_SERVER_PORT ? DHCP6_CLIENT_PORT : DHCP6_SERVER_PORT);
	put_u16(w, to_port);
	put_u16(w, 0); /* length and checksum: dhcp6_end */
	put_u16(w, 0);
	put_u32(w, (uint32_t)m->type << 24 | (m->transaction & 0xffffff));
}

size_t dhcp6_end(struct writer *w)
{
	uint16_t sum;

	if (w->full)
		return 0;
	put_u16_at(w, 4, (uint16_t)(w->len - IPV6_LEN));
	put_u16_at(w, UDP_LEN_AT, (uint16_t)(w->len - IPV6_LEN));
	sum = (uint16_t)~sum_of(w->at, w->len);
	put_u16_at(w, CHECKSUM_AT, sum ? sum : 0xffff); /* 0 would mean: none */
	return w->len;
}

size_t dhcp6_option_begin(struct writer *w, enum dhcp6_code code)
{
	put_u16(w, (uint16_t)code);
	put_u16(w, 0);
	return w->len;
}

void dhcp6_option_end(struct writer *w, size_t at)
{
	if (!w->full)
		put_u16_at(w, at - 2, (uint16_t)(w->len - at));
}

void dhcp6_put_option(struct writer *w, enum dhcp6_code code, const void *body, size_t len)
{
	size_t at = dhcp6_option_begin(w, code);

	put_bytes(w, body, len);
	dhcp6_option_end(w, at);
}

void dhcp6_put_duid(struct writer *w, enum dhcp6_code code, const uint8_t uuid[DHCP6_UUID_LEN])
{
	size_t at = dhcp6_option_begin(w, code);

	put_u16(w, DUID_UUID);
	put_bytes(w, uuid, DHCP6_UUID_LEN);
	dhcp6_option_end(w, at);
}

bool dhcp6_is_duid(struct reader body, const uint8_t uuid[DHCP6_UUID_LEN])
{
	return body.left == 2 + DHCP6_UUID_LEN && get_u16(&body) == DUID_UUID &&
	       !memcmp(body.at, uuid, DHCP6_UUID_LEN);
}
