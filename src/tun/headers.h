/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the headers of an IP packet say, of either family, options and extension headers walked over:
 * the one place where cutting, merging and clamping learn what a packet is.
 */
#ifndef SSTP_TUN_HEADERS_H
#define SSTP_TUN_HEADERS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IPV4_HDR_LEN = 20, /* RFC 791, without options */
	IPV4_LENGTH_AT = 2,
	IPV4_ID_AT = 4,
	IPV4_FRAGMENT_AT = 6,
	IPV4_DF = 0x4000,
	IPV4_TTL_AT = 8,
	IPV4_CHECKSUM_AT = 10,
	IPV4_ADDRS_AT = 12, /* source and destination */
	IPV4_ADDRS_LEN = 8,

	IPV6_HDR_LEN = 40, /* RFC 8200 section 3 */
	IPV6_LENGTH_AT = 4,
	IPV6_HOP_LIMIT_AT = 7,
	IPV6_ADDRS_AT = 8,
	IPV6_ADDRS_LEN = 32,

	TCP_HDR_LEN = 20, /* RFC 9293 section 3.1, without options */
	TCP_SEQ_AT = 4,
	TCP_ACK_AT = 8,
	TCP_OFFSET_AT = 12,
	TCP_FLAGS_AT = 13,
	TCP_WINDOW_AT = 14,
	TCP_CHECKSUM_AT = 16,
	TCP_URGENT_AT = 18,

	UDP_HDR_LEN = 8, /* RFC 768 */
	UDP_LENGTH_AT = 4,
	UDP_CHECKSUM_AT = 6,
};

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_URG = 0x20,
	TCP_CWR = 0x80,
};

struct headers {
	bool is_v6;
	bool is_fragment; /* of a larger packet, or marked as one */
	bool is_bare;     /* no IPv4 options, no IPv6 extension headers */
	uint8_t proto;    /* of what follows the IP headers; IPPROTO_NONE when that can't be told */
	size_t ip_len;    /* IP header with options or extension headers */
	size_t total;     /* of the whole packet, by its own word */
};

/* False: the bytes are not an IP packet that is there to its end. Bytes after its end are fine. */
bool headers_parse(struct headers *h, const uint8_t *packet, size_t len);

/* The TCP header with its options; 0 when the packet is not TCP with all of it there. */
size_t headers_tcp_len(const struct headers *h, const uint8_t *packet);

#endif
