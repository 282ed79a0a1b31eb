/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parsed headers of an IPv4 or IPv6 packet, with options and extension headers skipped. They are
 * parsed once, where the packet enters (from a peer, from a TUN device, from lwIP), and a struct packet
 * carries the result to all users: filtering, clamping, cutting, merging, routing.
 */
#ifndef SSTP_TUN_HEADERS_H
#define SSTP_TUN_HEADERS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/ip.h"

enum {
	IPV4_HDR_LEN = 20, /* RFC 791, without options */
	IPV4_VERSION_IHL = 0x45,
	IPV4_TOS_AT = 1,
	IPV4_LENGTH_AT = 2,
	IPV4_ID_AT = 4,
	IPV4_FRAGMENT_AT = 6,
	IPV4_DF = 0x4000,
	IPV4_MF = 0x2000,
	IPV4_OFFSET_MASK = 0x1fff,
	IPV4_FRAGMENT_UNIT = 8, /* of the offset; all but the last fragment have a multiple of it */
	IPV4_OPTION_END = 0,
	IPV4_OPTION_NOP = 1,
	IPV4_OPTION_COPIED = 0x80, /* the option is in all fragments, RFC 791 section 3.1 */
	IPV4_TTL_AT = 8,
	IPV4_PROTO_AT = 9,
	IPV4_CHECKSUM_AT = 10,
	IPV4_ADDRS_AT = 12, /* source and destination */
	IPV4_ADDR_LEN = 4,
	IPV4_ADDRS_LEN = 2 * IPV4_ADDR_LEN,

	IPV6_HDR_LEN = 40, /* RFC 8200 section 3 */
	IPV6_VERSION = 0x60,
	IPV6_LENGTH_AT = 4,
	IPV6_NEXT_AT = 6,
	IPV6_HOP_LIMIT_AT = 7,
	IPV6_ADDRS_AT = 8,
	IPV6_ADDR_LEN = 16,
	IPV6_ADDRS_LEN = 2 * IPV6_ADDR_LEN,
	IPV6_FRAGMENT_LEN = 8, /* section 4.5: the fragment header */

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

/* <linux/tcp.h> and lwIP use the names without a suffix. */
enum {
	TCP_BIT_FIN = 0x01,
	TCP_BIT_SYN = 0x02,
	TCP_BIT_RST = 0x04,
	TCP_BIT_PSH = 0x08,
	TCP_BIT_ACK = 0x10,
	TCP_BIT_URG = 0x20,
	TCP_BIT_CWR = 0x80,
};

struct headers {
	bool is_v6;
	bool is_fragment; /* of a larger packet, or marked as one */
	bool is_bare;     /* no IPv4 options, no IPv6 extension headers */
	uint8_t proto;    /* of what follows the IP headers; IPPROTO_NONE if that is unknown */
	size_t ip_len;    /* IP header with options or extension headers */
	size_t total;     /* of the whole packet, by its length field */
};

struct packet {
	uint8_t *at;
	struct headers h; /* the packet is h.total bytes long */
};

/* False: the bytes are not a complete IP packet. Bytes after its end are fine. */
bool headers_parse(struct headers *h, const uint8_t *packet, size_t len);
/* The same of a packet's first `len` bytes, as an ICMP error quotes them; then h->total is `len`. */
bool headers_parse_cut(struct headers *h, const uint8_t *packet, size_t len);
bool packet_parse(struct packet *p, uint8_t *at, size_t len);

struct ip_addr packet_src(const struct packet *p);
struct ip_addr packet_dst(const struct packet *p);

/* Source and destination as they are in the header, one after the other. */
static inline const uint8_t *headers_addrs(const struct headers *h, const uint8_t *packet)
{
	return packet + (h->is_v6 ? IPV6_ADDRS_AT : IPV4_ADDRS_AT);
}

static inline size_t headers_addrs_len(const struct headers *h)
{
	return h->is_v6 ? IPV6_ADDRS_LEN : IPV4_ADDRS_LEN;
}

/* The checksum's share of the pseudo-header, with `len` as the length (util/checksum.h). */
uint32_t headers_pseudo(const struct headers *h, const uint8_t *packet, size_t len);

/* The length of the TCP header with its options; 0 when it is not TCP or the header is incomplete. */
size_t headers_tcp_len(const struct headers *h, const uint8_t *packet);

#endif
