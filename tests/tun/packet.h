/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets made from a description, with checksums as the RFCs define them: a slow and obvious reference
 * for src/tun. A super-packet and the packets that it must be cut into are both made here, each from its
 * own description, so a test compares bytes.
 */
#ifndef SSTP_TESTS_TUN_PACKET_H
#define SSTP_TESTS_TUN_PACKET_H

#include <stddef.h>

#include "tun/tun.h"

enum {
	PACKET_EXT_MAX = 3,
	PACKET_FIN = 0x01,
	PACKET_SYN = 0x02,
	PACKET_RST = 0x04,
	PACKET_PSH = 0x08,
	PACKET_ACK = 0x10,
	PACKET_URG = 0x20,
	PACKET_ECE = 0x40,
	PACKET_CWR = 0x80,
};

struct packet_desc {
	bool is_v6;
	bool is_udp;
	bool no_df;
	bool no_checksum;            /* UDP over IPv4: the checksum field is 0 */
	uint8_t ext[PACKET_EXT_MAX]; /* IPv6 extension headers of 8 bytes, as many as ext_count */
	size_t ext_count;
	size_t ip_options_len; /* IPv4: that many NOPs */
	size_t tcp_options_len;
	uint8_t host; /* last byte of the source address */
	uint8_t tos;
	uint8_t ttl; /* 0: 64 */
	uint16_t id;
	uint16_t port; /* added to the source port */
	uint32_t flow_label;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags; /* PACKET_ACK is always there */
	uint16_t window;
	uint32_t timestamp; /* in the TCP options when they have room for it */
	size_t from;        /* offset of this packet's payload in the stream */
	size_t len;         /* of the payload */
};

/* Writes the packet as on the wire; returns its length. `to` has room for 65535 bytes. */
size_t packet_make(const struct packet_desc *d, uint8_t *to);
/* Puts the right checksum of TCP or UDP in, after a change. */
void packet_finish(const struct packet_desc *d, uint8_t *packet, size_t len);
/* Leaves the checksum partial, as a kernel does that hands over a super-packet. */
void packet_make_partial(const struct packet_desc *d, uint8_t *packet, size_t len,
			 struct tun_offload *off);
/* A super-packet of d->len payload bytes, to be cut into packets of `size`. */
size_t packet_make_super(const struct packet_desc *d, uint16_t size, uint8_t *to,
			 struct tun_offload *off);
/* The description of the packet that begins `done` bytes into that super-packet's payload. */
struct packet_desc packet_cut(const struct packet_desc *d, size_t done, size_t size);

size_t packet_ip_len(const struct packet_desc *d);
size_t packet_hdr_len(const struct packet_desc *d);

/* The checksum of RFC 1071, two bytes at a time. */
uint16_t packet_checksum(const uint8_t *at, size_t len, uint32_t sum);

#endif
