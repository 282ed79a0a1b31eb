/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses and prefixes in messages between our own processes: the family (0, 4 or 6) in a byte, then the address;
 * for a prefix, its length after that. Other bytes make the reader bad.
 */
#ifndef SSTP_UTIL_IP_WIRE_H
#define SSTP_UTIL_IP_WIRE_H

#include "util/bytes.h"
#include "util/ip.h"

enum { IP_WIRE_MAX = 1 + 16, IP_WIRE_PREFIX_MAX = IP_WIRE_MAX + 1 };

void ip_wire_put(struct writer *w, const struct ip_addr *a);
struct ip_addr ip_wire_get(struct reader *r); /* AF_UNSPEC too */

void ip_wire_put_prefix(struct writer *w, const struct ip_prefix *p);
struct ip_prefix ip_wire_get_prefix(struct reader *r); /* AF_UNSPEC too; host bits may be set */

#endif
