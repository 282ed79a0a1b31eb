/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "Destination unreachable" (RFC 792, RFC 4443 section 3.1) with the start of the packet that
 * caused it. RFC 1122 section 4.2.3.9: it must not abort an established connection; it only ends
 * attempts to connect.
 */
#include "stack/icmp_error.h"

#include <string.h>

#include "util/bytes.h"

enum {
	ICMP_HDR_LEN = 8,
	ICMP4_UNREACHABLE = 3,
	ICMP4_PORT = 3,
	ICMP4_TOO_BIG = 4,
	ICMP6_UNREACHABLE = 1,
	ICMP6_PORT = 4,
	PORTS_LEN = 4,
};

static bool classify(struct icmp_error *e, bool is_v6, uint8_t type, uint8_t code)
{
	e->result = code == (is_v6 ? ICMP6_PORT : ICMP4_PORT) ? STACK_REFUSED : STACK_UNREACHABLE;
	if (is_v6)
		return type == ICMP6_UNREACHABLE;
	return type == ICMP4_UNREACHABLE && code != ICMP4_TOO_BIG;
}

/* Only the start of the segment is quoted, so its length fields are ignored. */
static bool parse_segment(struct icmp_error *e, bool is_v6, struct reader *r)
{
	struct reader head = *r;
	uint8_t first = get_u8(&head);
	size_t ip_len = is_v6 ? IPV6_HDR_LEN : (size_t)(first & 15) * 4;
	size_t addr_len = is_v6 ? IPV6_ADDR_LEN : IPV4_ADDR_LEN;
	size_t to_at = (is_v6 ? IPV6_ADDRS_AT : IPV4_ADDRS_AT) + addr_len;
	const uint8_t *ip = get_bytes(r, ip_len), *ports = get_bytes(r, PORTS_LEN);
	uint8_t proto = ip && ip_len >= IPV4_HDR_LEN ? ip[is_v6 ? IPV6_NEXT_AT : IPV4_PROTO_AT] : 0;

	if (!ports || first >> 4 != (is_v6 ? 6 : 4) ||
	    (proto != IPPROTO_TCP && proto != IPPROTO_UDP))
		return false;
	e->is_udp = proto == IPPROTO_UDP;
	e->to = (struct ip_addr){ .family = is_v6 ? AF_INET6 : AF_INET };
	memcpy(e->to.bytes, ip + to_at, addr_len);
	e->from_port = load_u16(ports);
	e->to_port = load_u16(ports + 2);
	return true;
}

bool icmp_error_parse(struct icmp_error *e, const struct packet *p)
{
	struct reader r;
	uint8_t type, code;

	if (p->h.is_fragment || p->h.proto != (p->h.is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return false;
	r = reader_of(p->at + p->h.ip_len, p->h.total - p->h.ip_len);
	type = get_u8(&r);
	code = get_u8(&r);
	get_bytes(&r, ICMP_HDR_LEN - 2);
	return classify(e, p->h.is_v6, type, code) && parse_segment(e, p->h.is_v6, &r);
}
