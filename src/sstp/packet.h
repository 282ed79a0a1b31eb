/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header of an SSTP packet, [MS-SSTP] 2.2.1 and 2.2.3: the only part of SSTP that the packet
 * path needs.
 */
#ifndef SSTP_SSTP_PACKET_H
#define SSTP_SSTP_PACKET_H

#include "util/bytes.h"

enum {
	SSTP_HDR_LEN = 4,       /* [MS-SSTP] 2.2.1 */
	SSTP_PACKET_MAX = 4095, /* the Length field's twelve bits */
	SSTP_PAYLOAD_MAX = SSTP_PACKET_MAX - SSTP_HDR_LEN,
	SSTP_WIRE_VERSION = 0x10,
};

/*
 * For the packet path: the length, with its header, of the data packet that starts at `at`; 0 when
 * that is not a data packet, is malformed or incomplete (then sstp_input handles it).
 */
static inline size_t sstp_data_len(const uint8_t *at, size_t left)
{
	size_t len;

	if (left < SSTP_HDR_LEN || at[0] != SSTP_WIRE_VERSION || (at[1] & 0x01))
		return 0;
	len = load_u16(at + 2) & SSTP_PACKET_MAX;
	return len > SSTP_HDR_LEN && len <= left ? len : 0;
}

/* Writes the header of a data packet in front of a payload of `len` bytes. */
static inline void sstp_put_data_header(uint8_t *at, size_t len)
{
	store_u16(at, SSTP_WIRE_VERSION << 8);
	store_u16(at + 2, (uint16_t)(SSTP_HDR_LEN + len));
}

#endif
