/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cutting super-packets: what one read of a TUN device with offloads brings is turned into the
 * packets that the far end may see, each with correct lengths, IP ids, TCP sequence numbers and
 * flags, and complete checksums. Packets are written where the caller wants them, once.
 *
 *	struct segments s;
 *	if (segments_of(&s, &packet, &off, mtu, NULL))
 *		while ((n = segments_next_len(&s)))
 *			segments_write(&s, room_for(n));
 *
 * An ordinary packet comes out as it went in (its partial checksum completed), so one loop serves
 * all. Nothing is ever guessed: what the headers do not bear out is dropped.
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
	size_t done;     /* payload bytes given out */
	uint16_t index;  /* of the next segment */
	bool is_whole;   /* one packet, not to be cut */
	bool is_over;
};

/*
 * False: the packet is malformed, or too big for `mtu` where it can't be cut (then *too_big is
 * set: an ICMP error is the caller's to send; NULL is fine). A super-packet whose gso_size gives
 * packets over the mtu is cut smaller for TCP.
 */
bool segments_of(struct segments *s, const struct packet *p, const struct tun_offload *off,
		 size_t mtu, bool *too_big);
/* The length of the next packet; 0: no more. */
size_t segments_next_len(const struct segments *s);
/* Leaves out the next packet. */
void segments_skip(struct segments *s);
/* Writes the next packet, segments_next_len bytes. */
void segments_write(struct segments *s, uint8_t *to);

#endif
