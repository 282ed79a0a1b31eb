/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The send buffer of a tunnel's socket on a long fat line. It holds all that is in flight, and the kernel lets
 * it grow up to net.ipv4.tcp_wmem's third number, 4 MiB by default, which is 180 Mbit/s at 150 ms: many
 * connections share a line, but all that is inside a tunnel shares one socket. Where the kernel reports
 * that the buffer is what limits the sender (sndbuf_limited of TCP_INFO), a process with CAP_NET_ADMIN
 * may exceed that limit (SO_SNDBUFFORCE). Others stay at it: SO_SNDBUF would obey net.core.wmem_max, which
 * is lower still.
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
	SNDBUF_LIMITED_MS = 100, /* it was the limit for that long since it last grew */
};

/* Embedded in its tunnel; zeroes are the beginning. */
struct sndbuf {
	uint32_t counted_ms; /* of the kernel's sndbuf_limited */
	bool is_refused;     /* no CAP_NET_ADMIN: it is not tried again */
};

/*
 * The size to request, as SO_SNDBUF shows sizes, or 0: it stays. `limited_us` is TCP_INFO's sndbuf_limited,
 * `size` the present size.
 */
uint32_t sndbuf_grown(struct sndbuf *s, uint64_t limited_us, uint32_t size);
/* Lets the socket's buffer grow if that is what limits it. */
void sndbuf_look(struct sndbuf *s, int fd, uint64_t limited_us);

#endif
