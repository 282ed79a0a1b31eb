/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A UDP port in the VPN: datagrams to and from any address. */
#ifndef SSTP_STACK_DATAGRAM_H
#define SSTP_STACK_DATAGRAM_H

#include "stack/stack.h"
#include "stack/target.h"

struct datagram;

enum { DATAGRAM_PORTS_MAX = 256 };

struct datagram_cfg {
	void (*received)(void *arg, const struct ip_addr *from, uint16_t port, const uint8_t *at,
			 size_t len);
	void *arg;
};

/* 0, or -ENOMEM if there is no memory or if DATAGRAM_PORTS_MAX are open. */
int datagram_open(struct stack *s, const struct datagram_cfg *cfg, struct datagram **out);
void datagram_close(struct datagram *d); /* NULL is fine */

/*
 * Drops what can't be sent, as UDP may. A few datagrams wait while their name is looked up. Nothing
 * is sent while the tunnel is down.
 */
void datagram_send(struct datagram *d, const struct target *to, const uint8_t *at, size_t len);

#endif
