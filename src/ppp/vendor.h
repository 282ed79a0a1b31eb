/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Vendor-specific options, RFC 2153 section 2.2, by which two ends of this program know each other and
 * save round trips. Other peers never see them: a server sends them only to a client that has shown
 * itself as ours (ppp_cfg.peer_is_ready), and a client never sends them by itself.
 *
 * Quick start: a server of ours requests it in LCP, and a client of ours acknowledges it. Then
 *
 * - the client's Configure-Requests of IPCP and IPV6CP follow its name and password at once; the server
 *   keeps them until it has accepted the login, as RFC 1661 section 3.5 would have it drop them;
 * - the client's IPCP request leaves out what it does not know yet. The server's own request tells it the
 *   address and the name servers, for which a Nak would take another round trip.
 */
#ifndef SSTP_PPP_VENDOR_H
#define SSTP_PPP_VENDOR_H

#include "util/bytes.h"

enum {
	PPP_OPT_VENDOR = 0,
	/* Not an assigned number: the bit for locally administered ones (0x02 of the first byte) is set. */
	VENDOR_OUI = 0x5a5353,
	VENDOR_QUICK_START = 1, /* LCP: no value */
	VENDOR_IPV4_GRANT = 2,  /* IPCP: the peer's address, two name servers (zero: none) */
};

static inline void vendor_put(struct writer *w, uint8_t kind)
{
	put_u8(w, VENDOR_OUI >> 16);
	put_u16(w, VENDOR_OUI & 0xffff);
	put_u8(w, kind);
}

/* Reads up to the kind's own value; false: another vendor's or another kind. */
static inline bool vendor_get(struct reader *r, uint8_t kind)
{
	uint32_t oui = (uint32_t)get_u8(r) << 16;

	oui |= get_u16(r);
	return get_u8(r) == kind && !r->bad && oui == VENDOR_OUI;
}

#endif
