/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A UDP port on the VPN's side: datagrams to and from anywhere. */
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

/* 0, or -ENOMEM when there is no memory, or as many as we hold are open. */
int datagram_open(struct stack *s, const struct datagram_cfg *cfg, struct datagram **out);
void datagram_close(struct datagram *d); /* NULL is fine */

/*
 * As UDP is: what can't be sent is lost. While a name is looked up a few datagrams wait for it. Nothing is
 * sent while the tunnel is down.
 */
void datagram_send(struct datagram *d, const struct target *to, const uint8_t *at, size_t len);

#endif
