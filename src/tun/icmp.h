/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer to a packet that is too big for the way ahead: "fragmentation needed" (RFC 792, RFC 1191)
 * or "packet too big" (RFC 4443 section 3.2), with the MTU that would fit. Nothing is answered where
 * the rules forbid it (RFC 1122 section 3.2.2, RFC 4443 section 2.4): to an ICMP error, a later
 * fragment, an IPv4 packet that may be fragmented, anything from or to more than one host.
 */
#ifndef SSTP_TUN_ICMP_H
#define SSTP_TUN_ICMP_H

#include "tun/headers.h"

enum { ICMP_ERROR_MAX = 1280 }; /* RFC 4443: no longer than IPv6's least MTU */

/* Writes the answer, from the packet's destination to its source. Its length; 0: none is to be sent. */
size_t icmp_too_big(uint8_t to[ICMP_ERROR_MAX], const struct packet *p, size_t mtu);

#endif
