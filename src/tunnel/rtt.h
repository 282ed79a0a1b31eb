/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The round trip to the peer, for PPP's Restart timers, from two measurements. The first is TCP's, but
 * the socket may end at a proxy or a load balancer. The second is the time between the HTTP exchange and
 * Call-Connect-Request or its Ack: a round trip of SSTP itself, but it includes the peer's processing
 * time. So it counts only up to the value at which PPP's first period reaches the full 3 s.
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
