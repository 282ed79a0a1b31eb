/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The send buffer of a tunnel's socket on a long fat line. It holds all that is in flight, and the kernel lets
 * it grow up to net.ipv4.tcp_wmem's third number, 4 MiB by default, which is 180 Mbit/s at 150 ms: many
 * connections share a line, but all that is inside a tunnel shares one socket. A process with CAP_NET_ADMIN
 * may exceed that limit (SO_SNDBUFFORCE), and does when a quarter of the buffer is in flight, so one or two round
 * trips of slow start before it is full: the flows inside would take the stop for congestion. It also does
 * where the kernel reports that the buffer is what limits the sender (sndbuf_limited of TCP_INFO). Others
 * stay at the limit: SO_SNDBUF would obey net.core.wmem_max, which is lower still.
 *
 * The receive buffer cannot be helped in this way: its largest window is agreed on when the connection begins.
 */
#ifndef SSTP_TUNNEL_SNDBUF_H
#define SSTP_TUNNEL_SNDBUF_H

#include <stdbool.h>
#include <stdint.h>

#include "net/sockopt.h"

enum {
	/* Below it the kernel is still growing the buffer; it stops to do so once we have set a size. */
	SNDBUF_MIN = 2 * 1024 * 1024,
	/* 1 Gbit/s at 200 ms, with the kernel's overhead for each packet */
	SNDBUF_MAX = 2 * SOCKOPT_SNDBUF_MAX,
	SNDBUF_SHARE = 4,        /* of the buffer, which is in flight */
	SNDBUF_LIMITED_MS = 100, /* it was the limit for that long since it last grew */
};

/* Embedded in its tunnel; zeroes are the beginning. */
struct sndbuf {
	uint32_t counted_ms; /* of the kernel's sndbuf_limited */
	bool is_refused;     /* no CAP_NET_ADMIN: it is not tried again */
};

/* From the kernel (TCP_INFO). */
struct sndbuf_facts {
	uint32_t limited_ms; /* the buffer was the limit, since the beginning; wraps */
	uint32_t in_flight;  /* bytes sent and not acknowledged */
};

/* The size to request, as SO_SNDBUF shows sizes, or 0: it stays. `size` is the present size. */
uint32_t sndbuf_grown(struct sndbuf *s, const struct sndbuf_facts *f, uint32_t size);
/* Lets the socket's buffer grow if that is what limits it, or will soon. */
void sndbuf_look(struct sndbuf *s, int fd, const struct sndbuf_facts *f);

#endif
