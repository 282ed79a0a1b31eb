/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TCP/IP stack of our own in place of the kernel's: lwIP, fed with the tunnel's packets. What is
 * built on it is conn.h (TCP), datagram.h (UDP) and lookup.h (names, by the VPN's own servers); all
 * of it is driven by one loop and calls back from there.
 *
 * lwIP keeps its state in globals, so there is one stack a process. Nobody on the VPN's side can
 * reach anything here but what conn_listen opened.
 */
#ifndef SSTP_STACK_STACK_H
#define SSTP_STACK_STACK_H

#include "ip6/link_addrs.h"
#include "net/loop.h"
#include "stack/result.h"
#include "tun/headers.h"
#include "tun/tun.h"
#include "util/log.h"

enum { STACK_WAIT_MS = 10 * 1000 }; /* what is new waits for the tunnel that long */

struct stack;

struct stack_cfg {
	struct loop *loop;
	const struct log *log;
	/* A packet for the tunnel, good until this returns. */
	void (*send)(void *arg, const struct packet *p, const struct tun_offload *off);
	/* The tunnel takes more without letting it wait. False: stack_has_room follows. NULL: always. */
	bool (*has_room)(void *arg);
	void *arg;
};

int stack_open(const struct stack_cfg *cfg, struct stack **out); /* 0 or -errno */
/* After all that was built on it is closed. NULL is fine. */
void stack_close(struct stack *s);

/* Packets may pass. Connections from an address that is not ours any more are reset. */
void stack_up(struct stack *s, const struct link_addrs *link);
void stack_down(struct stack *s);

/* cfg.has_room may be true again. */
void stack_has_room(struct stack *s);

/* From the tunnel: good until stack_flush, which ends each batch. */
void stack_input(struct stack *s, const struct packet *p);
void stack_flush(struct stack *s);

#endif
