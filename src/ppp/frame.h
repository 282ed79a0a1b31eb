/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header of a PPP frame, RFC 1661 section 2: the only part of PPP that the packet path needs.
 */
#ifndef SSTP_PPP_FRAME_H
#define SSTP_PPP_FRAME_H

#include "util/bytes.h"

/* RFC 1661 section 2; protocol numbers assigned by IANA */
enum {
	PPP_PROTO_IPV4 = 0x0021,
	PPP_PROTO_IPV6 = 0x0057,
	PPP_PROTO_IPCP = 0x8021,
	PPP_PROTO_IPV6CP = 0x8057,
	PPP_PROTO_LCP = 0xc021,
	PPP_PROTO_PAP = 0xc023,
	PPP_PROTO_SPAP = 0xc027,
	PPP_PROTO_CHAP = 0xc223,
	PPP_PROTO_EAP = 0xc227,
};

enum {
	CP_HDR_LEN = 4,         /* RFC 1661 section 5: Code, Identifier, Length */
	PPP_HDR_LEN = 4,        /* FF 03 and the protocol number: what we always send */
	PPP_MAX_MRU = 4087,     /* largest IP packet that fits an SSTP packet after PPP_HDR_LEN */
	PPP_DEFAULT_MRU = 1500, /* RFC 1661 section 6.1 */
	PPP_FRAME_MAX = 1508,   /* largest control frame that we send, with its header */
};

/*
 * Returns the protocol number of a frame and what follows it in `info`; 0 when the frame is
 * malformed. Accepts the full header and both compressed forms (RFC 1661 sections 6.5, 6.6),
 * because some peers compress although we never negotiate it.
 */
static inline uint16_t ppp_data(const uint8_t *frame, size_t len, struct bytes *info)
{
	struct reader r = reader_of(frame, len);
	uint16_t protocol;

	if (len >= 2 && frame[0] == 0xff && frame[1] == 0x03)
		get_bytes(&r, 2);
	protocol = get_u8(&r);
	if (!(protocol & 1))
		protocol = (uint16_t)(protocol << 8 | get_u8(&r));
	if (r.bad || !(protocol & 1))
		return 0;
	*info = bytes_of(r.at, r.left);
	return protocol;
}

/* Writes the header of a data frame, PPP_HDR_LEN bytes. */
static inline void ppp_put_header(uint8_t *at, uint16_t protocol)
{
	store_u16(at, 0xff03);
	store_u16(at + 2, protocol);
}

#endif
