/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ICMP error for a packet that exceeds the next hop's MTU: "fragmentation needed" (RFC 792, RFC 1191)
 * or "packet too big" (RFC 4443 section 3.2), with the MTU that would fit. None is sent where the rules
 * forbid it (RFC 1122 section 3.2.2, RFC 4443 section 2.4): for an ICMP error, a later fragment, an
 * IPv4 packet that may be fragmented, anything from or to more than one host.
 */
#ifndef SSTP_TUN_ICMP_H
#define SSTP_TUN_ICMP_H

#include "tun/headers.h"

enum { ICMP_ERROR_MAX = 1280 }; /* RFC 4443: no longer than IPv6's minimum MTU */

/* Writes the error, from the packet's destination to its source. Returns its length; 0: send none. */
size_t icmp_too_big(uint8_t to[ICMP_ERROR_MAX], const struct packet *p, size_t mtu);

#endif
