/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tun/mss.h"

#include "util/bytes.h"

/* RFC 9293 section 3.2 */
enum {
	TCP_OPT_END = 0,
	TCP_OPT_NOP = 1,
	TCP_OPT_MSS = 2,
	TCP_OPT_MSS_LEN = 4,
};

/* Offset of the MSS option's value in the TCP header; 0: there is none. */
static size_t find_mss(const uint8_t *tcp, size_t tcp_len)
{
	struct reader r = reader_of(tcp + TCP_HDR_LEN, tcp_len - TCP_HDR_LEN);

	while (r.left) {
		uint8_t kind = get_u8(&r), len;

		if (kind == TCP_OPT_END)
			return 0;
		if (kind == TCP_OPT_NOP)
			continue;
		len = get_u8(&r);
		if (len < 2) /* Length counts kind and itself */
			return 0;
		if (kind == TCP_OPT_MSS && len == TCP_OPT_MSS_LEN && r.left >= 2)
			return tcp_len - r.left;
		get_bytes(&r, len - 2u);
	}
	return 0;
}

static uint16_t swapped(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

/* RFC 1624 equation 3. A value at an odd offset straddles two of the sum's words, as if swapped. */
static void store_and_adjust_checksum(uint8_t *tcp, size_t at, uint16_t value)
{
	uint16_t old = load_u16(tcp + at);
	uint16_t from = at % 2 ? swapped(old) : old, to = at % 2 ? swapped(value) : value;
	uint32_t sum = (uint16_t)~load_u16(tcp + TCP_CHECKSUM_AT);

	sum += (uint32_t)(uint16_t)~from + to;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	store_u16(tcp + TCP_CHECKSUM_AT, (uint16_t)~sum);
	store_u16(tcp + at, value);
}

void mss_clamp(const struct headers *h, uint8_t *packet, size_t mtu)
{
	size_t tcp_len = headers_tcp_len(h, packet), at;
	size_t fixed = (h->is_v6 ? IPV6_HDR_LEN : IPV4_HDR_LEN) + TCP_HDR_LEN;
	uint8_t *tcp = packet + h->ip_len;

	if (!tcp_len || !(tcp[TCP_FLAGS_AT] & TCP_BIT_SYN) || mtu <= fixed)
		return;
	at = find_mss(tcp, tcp_len);
	if (at && load_u16(tcp + at) > mtu - fixed)
		store_and_adjust_checksum(tcp, at, (uint16_t)(mtu - fixed));
}
