/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP errors of one kind. */
#include "tun/icmp.h"

#include <string.h>

#include "util/checksum.h"
#include "tun/headers.h"
#include "util/bytes.h"

enum {
	ICMP4_UNREACHABLE = 3, /* RFC 792 */
	ICMP4_FRAGMENTATION_NEEDED = 4,
	ICMP6_PACKET_TOO_BIG = 2,  /* RFC 4443 section 3.2 */
	ICMP6_INFORMATIONAL = 128, /* types under this are errors */
	ICMP_HDR_LEN = 8,
	ANSWER4_MAX = 576, /* RFC 1812 section 4.3.2.3 */
	HOP_LIMIT = 64,
};

/* 0.0.0.0/8, 127/8, multicast and above: not one host's address. */
static bool is_odd4(const uint8_t *a)
{
	return a[0] == 0 || a[0] == 127 || a[0] >= 224;
}

static bool is_odd6(const uint8_t *a)
{
	static const uint8_t zero[16];

	return a[0] == 0xff || !memcmp(a, zero, sizeof(zero));
}

/* An echo or the like may be answered, an error may not. */
static bool is_icmp_error(const struct headers *h, const uint8_t *packet)
{
	uint8_t type = h->total > h->ip_len ? packet[h->ip_len] : 0;

	if (h->is_v6)
		return h->proto == IPPROTO_ICMPV6 && type < ICMP6_INFORMATIONAL;
	return h->proto == IPPROTO_ICMP && type != 0 && type != 8 && type != 13 && type != 14;
}

static bool may_answer(const struct headers *h, const uint8_t *packet)
{
	const uint8_t *addrs = packet + (h->is_v6 ? IPV6_ADDRS_AT : IPV4_ADDRS_AT);

	if (is_icmp_error(h, packet))
		return false;
	if (h->is_v6)
		return !is_odd6(addrs) && !is_odd6(addrs + 16);
	return !is_odd4(addrs) && !is_odd4(addrs + 4) &&
	       (load_u16(packet + IPV4_FRAGMENT_AT) & IPV4_DF) &&
	       !(load_u16(packet + IPV4_FRAGMENT_AT) & 0x1fff);
}

static size_t answer4(uint8_t *to, const uint8_t *packet, size_t len, size_t mtu)
{
	size_t quoted = len < ANSWER4_MAX - IPV4_HDR_LEN - ICMP_HDR_LEN
				? len
				: ANSWER4_MAX - IPV4_HDR_LEN - ICMP_HDR_LEN;
	size_t total = IPV4_HDR_LEN + ICMP_HDR_LEN + quoted;
	uint8_t *icmp = to + IPV4_HDR_LEN;

	memset(to, 0, IPV4_HDR_LEN + ICMP_HDR_LEN);
	to[0] = 0x45;
	store_u16(to + IPV4_LENGTH_AT, (uint16_t)total);
	to[IPV4_TTL_AT] = HOP_LIMIT;
	to[9] = IPPROTO_ICMP;
	memcpy(to + IPV4_ADDRS_AT, packet + IPV4_ADDRS_AT + 4, 4);
	memcpy(to + IPV4_ADDRS_AT + 4, packet + IPV4_ADDRS_AT, 4);
	store_u16(to + IPV4_CHECKSUM_AT, (uint16_t)~checksum_sum(to, IPV4_HDR_LEN));
	icmp[0] = ICMP4_UNREACHABLE;
	icmp[1] = ICMP4_FRAGMENTATION_NEEDED;
	store_u16(icmp + 6, (uint16_t)mtu);
	memcpy(icmp + ICMP_HDR_LEN, packet, quoted);
	store_u16(icmp + 2, (uint16_t)~checksum_sum(icmp, ICMP_HDR_LEN + quoted));
	return total;
}

static size_t answer6(uint8_t *to, const uint8_t *packet, size_t len, size_t mtu)
{
	size_t room = ICMP_ANSWER_MAX - IPV6_HDR_LEN - ICMP_HDR_LEN;
	size_t quoted = len < room ? len : room, icmp_len = ICMP_HDR_LEN + quoted;
	uint8_t *icmp = to + IPV6_HDR_LEN;

	memset(to, 0, IPV6_HDR_LEN + ICMP_HDR_LEN);
	to[0] = 0x60;
	store_u16(to + IPV6_LENGTH_AT, (uint16_t)icmp_len);
	to[6] = IPPROTO_ICMPV6;
	to[IPV6_HOP_LIMIT_AT] = HOP_LIMIT;
	memcpy(to + IPV6_ADDRS_AT, packet + IPV6_ADDRS_AT + 16, 16);
	memcpy(to + IPV6_ADDRS_AT + 16, packet + IPV6_ADDRS_AT, 16);
	icmp[0] = ICMP6_PACKET_TOO_BIG;
	store_u32(icmp + 4, (uint32_t)mtu);
	memcpy(icmp + ICMP_HDR_LEN, packet, quoted);
	store_u16(icmp + 2,
		  (uint16_t)~checksum_fold(checksum_pseudo(to, true, IPPROTO_ICMPV6, icmp_len) +
					   checksum_sum(icmp, icmp_len)));
	return IPV6_HDR_LEN + icmp_len;
}

size_t icmp_too_big(uint8_t to[ICMP_ANSWER_MAX], const uint8_t *packet, size_t len, size_t mtu)
{
	struct headers h;

	if (!headers_parse(&h, packet, len) || !may_answer(&h, packet))
		return 0;
	return h.is_v6 ? answer6(to, packet, h.total, mtu) : answer4(to, packet, h.total, mtu);
}
