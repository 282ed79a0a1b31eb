/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MSS clamping: the Maximum Segment Size option of TCP SYNs that pass through the tunnel is lowered
 * to what fits its MTU (RFC 879: MTU less 40 bytes, 60 for IPv6), and the checksum updated incrementally
 * (RFC 1624). So no path MTU discovery is needed where ICMP is filtered.
 */
#ifndef SSTP_TUN_MSS_H
#define SSTP_TUN_MSS_H

#include "tun/headers.h"

/*
 * Looks at one IP packet, or a segment cut from it, and changes it in place when it is a SYN with a larger
 * MSS. Anything but a complete TCP SYN is left unchanged, also fragments. The packet's checksum must be
 * complete: for packets from a TUN device with offloads, clamp after segments_write.
 */
void mss_clamp(const struct headers *h, uint8_t *packet, size_t mtu);

#endif
