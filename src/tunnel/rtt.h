/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The round trip to the peer, for PPP's Restart timers, out of two measurements. The socket's is
 * TCP's own, but the socket may end at a proxy or a load balancer. Between the HTTP exchange and
 * Call-Connect-Request or its Ack, SSTP itself has gone there and back; but that time includes
 * whatever the peer did before it replied. So it counts only up to where PPP's first period becomes
 * a full one of 3 s.
 */
#ifndef SSTP_TUNNEL_RTT_H
#define SSTP_TUNNEL_RTT_H

#include <stdint.h>

enum { RTT_EXCHANGE_MAX_MS = 1450 };

static inline uint32_t rtt_of(uint32_t socket_ms, uint64_t exchange_ms)
{
	uint32_t exchange =
		exchange_ms < RTT_EXCHANGE_MAX_MS ? (uint32_t)exchange_ms : RTT_EXCHANGE_MAX_MS;

	return exchange > socket_ms ? exchange : socket_ms;
}

#endif
