/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ICMP error for a packet that is too big. */
#include "tun/icmp.h"

#include <string.h>

#include "util/bytes.h"
#include "util/checksum.h"

enum {
	ICMP4_UNREACHABLE = 3, /* RFC 792 */
	ICMP4_FRAGMENTATION_NEEDED = 4,
	ICMP6_PACKET_TOO_BIG = 2,  /* RFC 4443 section 3.2 */
	ICMP6_INFORMATIONAL = 128, /* types under this are errors */
	ICMP4_ECHO_REPLY = 0,
	ICMP4_ECHO_REQUEST = 8,
	ICMP4_TIMESTAMP = 13,
	ICMP4_TIMESTAMP_REPLY = 14,
	ICMP_HDR_LEN = 8,
	ERROR4_MAX = 576, /* RFC 1812 section 4.3.2.3 */
	HOP_LIMIT = 64,
};

/* 0.0.0.0/8, 127/8, multicast and above: not the address of a single host. */
static bool is_odd4(const uint8_t *a)
{
	return a[0] == 0 || a[0] == 127 || a[0] >= 224;
}

static bool is_odd6(const uint8_t *a)
{
	static const uint8_t zero[16];

	return a[0] == 0xff || !memcmp(a, zero, sizeof(zero));
}

/* No error is sent for an ICMP error; for an echo, for example, it may be. */
static bool is_icmp_error(const struct packet *p)
{
	uint8_t type = p->h.total > p->h.ip_len ? p->at[p->h.ip_len] : 0;

	if (p->h.is_v6)
		return p->h.proto == IPPROTO_ICMPV6 && type < ICMP6_INFORMATIONAL;
	return p->h.proto == IPPROTO_ICMP && type != ICMP4_ECHO_REPLY &&
	       type != ICMP4_ECHO_REQUEST && type != ICMP4_TIMESTAMP &&
	       type != ICMP4_TIMESTAMP_REPLY;
}

static bool may_send_error(const struct packet *p)
{
	const uint8_t *addrs = headers_addrs(&p->h, p->at);
	uint16_t fragment;

	if (is_icmp_error(p))
		return false;
	if (p->h.is_v6)
		return !is_odd6(addrs) && !is_odd6(addrs + IPV6_ADDR_LEN);
	fragment = load_u16(p->at + IPV4_FRAGMENT_AT);
	return !is_odd4(addrs) && !is_odd4(addrs + IPV4_ADDR_LEN) && fragment & IPV4_DF &&
	       !(fragment & IPV4_OFFSET_MASK);
}

/* From the destination of `packet` to its source. */
static void put_addrs(uint8_t *to, const uint8_t *packet, size_t at, size_t addr_len)
{
	memcpy(to + at, packet + at + addr_len, addr_len);
	memcpy(to + at + addr_len, packet + at, addr_len);
}

static size_t put_error4(uint8_t *to, const uint8_t *packet, size_t len, size_t mtu)
{
	size_t quoted = len < ERROR4_MAX - IPV4_HDR_LEN - ICMP_HDR_LEN
				? len
				: ERROR4_MAX - IPV4_HDR_LEN - ICMP_HDR_LEN;
	size_t total = IPV4_HDR_LEN + ICMP_HDR_LEN + quoted;
	uint8_t *icmp = to + IPV4_HDR_LEN;

	memset(to, 0, IPV4_HDR_LEN + ICMP_HDR_LEN);
	to[0] = IPV4_VERSION_IHL;
	store_u16(to + IPV4_LENGTH_AT, (uint16_t)total);
	to[IPV4_TTL_AT] = HOP_LIMIT;
	to[IPV4_PROTO_AT] = IPPROTO_ICMP;
	put_addrs(to, packet, IPV4_ADDRS_AT, IPV4_ADDR_LEN);
	store_u16(to + IPV4_CHECKSUM_AT, (uint16_t)~checksum_sum(to, IPV4_HDR_LEN));
	icmp[0] = ICMP4_UNREACHABLE;
	icmp[1] = ICMP4_FRAGMENTATION_NEEDED;
	store_u16(icmp + 6, (uint16_t)mtu);
	memcpy(icmp + ICMP_HDR_LEN, packet, quoted);
	store_u16(icmp + 2, (uint16_t)~checksum_sum(icmp, ICMP_HDR_LEN + quoted));
	return total;
}

static size_t put_error6(uint8_t *to, const uint8_t *packet, size_t len, size_t mtu)
{
	size_t room = ICMP_ERROR_MAX - IPV6_HDR_LEN - ICMP_HDR_LEN;
	size_t quoted = len < room ? len : room, icmp_len = ICMP_HDR_LEN + quoted;
	uint8_t *icmp = to + IPV6_HDR_LEN;

	memset(to, 0, IPV6_HDR_LEN + ICMP_HDR_LEN);
	to[0] = IPV6_VERSION;
	store_u16(to + IPV6_LENGTH_AT, (uint16_t)icmp_len);
	to[IPV6_NEXT_AT] = IPPROTO_ICMPV6;
	to[IPV6_HOP_LIMIT_AT] = HOP_LIMIT;
	put_addrs(to, packet, IPV6_ADDRS_AT, IPV6_ADDR_LEN);
	icmp[0] = ICMP6_PACKET_TOO_BIG;
	store_u32(icmp + 4, (uint32_t)mtu);
	memcpy(icmp + ICMP_HDR_LEN, packet, quoted);
	store_u16(icmp + 2,
		  (uint16_t)~checksum_fold(checksum_pseudo(to + IPV6_ADDRS_AT, IPV6_ADDRS_LEN,
							   IPPROTO_ICMPV6, icmp_len) +
					   checksum_sum(icmp, icmp_len)));
	return IPV6_HDR_LEN + icmp_len;
}

size_t icmp_too_big(uint8_t to[ICMP_ERROR_MAX], const struct packet *p, size_t mtu)
{
	if (!may_send_error(p))
		return 0;
	return p->h.is_v6 ? put_error6(to, p->at, p->h.total, mtu)
			  : put_error4(to, p->at, p->h.total, mtu);
}
