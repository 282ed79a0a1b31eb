/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segmentation: twelve bytes describe the packet after them as the kernel does, and give the MTU.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tun/segment.h"
#include "util/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	struct tun_offload off = { .gso = get_u8(&r) % 4, .needs_csum = get_u8(&r) % 2 };
	static uint8_t packet[TUN_PACKET_MAX];
	struct segments s;
	struct packet p;
	size_t mtu, n;
	bool too_big;

	off.gso_size = get_u16(&r);
	off.hdr_len = get_u16(&r);
	off.csum_start = get_u16(&r);
	off.csum_offset = get_u16(&r);
	mtu = get_u16(&r);
	if (r.left > sizeof(packet))
		return 0;
	memcpy(packet, r.at, r.left);
	p.at = packet;
	if (!tun_parse(&p, r.left, &off) || !segments_of(&s, &p, &off, mtu, &too_big))
		return 0;
	while ((n = segments_next_len(&s))) {
		uint8_t *to = malloc(n); /* of its own size, so that a step past its end shows */

		if (!to || too_big || n > mtu)
			abort();
		segments_write(&s, to);
		free(to);
	}
	return 0;
}
