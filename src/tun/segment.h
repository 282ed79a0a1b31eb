/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cutting super-packets: what one read of a TUN device with offloads returns is cut into packets of the
 * tunnel's MTU, each with correct lengths, IP ids, TCP sequence numbers and flags, and complete
 * checksums. Packets are written once, where the caller wants them.
 *
 *	struct segments s;
 *	if (segments_of(&s, &packet, &off, mtu, NULL))
 *		while ((n = segments_next_len(&s)))
 *			segments_write(&s, room_for(n));
 *
 * An ordinary packet comes out as it went in (with its partial checksum completed), so one loop handles
 * all. An IPv4 packet that is too large and may be fragmented comes out in fragments. Nothing is guessed: a
 * packet whose headers contradict the offload data is dropped.
 */
#ifndef SSTP_TUN_SEGMENT_H
#define SSTP_TUN_SEGMENT_H

#include "tun/headers.h"
#include "tun/tun.h"

struct segments {
	const struct packet *in; /* the caller's */
	struct tun_offload off;
	size_t hdr_len;  /* all headers */
	size_t size;     /* payload bytes of each packet but the last */
	uint32_t pseudo; /* the checksum's share of the pseudo-header, less the length */
	size_t done;     /* payload bytes written */
	uint16_t index;  /* of the next segment */
	bool is_whole;   /* one packet, not to be cut */
	bool is_fragmented;
	bool is_over;
};

/*
 * False: the packet is malformed, or too big for `mtu` and can't be cut (then *too_big is set, so that
 * the caller sends an ICMP error; NULL is fine). A TCP super-packet whose gso_size gives packets larger
 * than the mtu is cut smaller.
 */
bool segments_of(struct segments *s, const struct packet *p, const struct tun_offload *off,
		 size_t mtu, bool *too_big);
/* The length of the next packet; 0: no more. */
size_t segments_next_len(const struct segments *s);
/* Skips the next packet. */
void segments_skip(struct segments *s);
/* Writes the next packet, segments_next_len bytes. */
void segments_write(struct segments *s, uint8_t *to);

#endif
