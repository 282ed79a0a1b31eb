/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A user-space TCP/IP stack, lwIP, which gets the tunnel's packets. On top of it are conn.h (TCP),
 * datagram.h (UDP) and lookup.h (names, resolved by the VPN's own servers); all of it runs in one
 * loop and calls back from there.
 *
 * lwIP keeps its state in globals, so there is one stack per process. Hosts in the VPN can reach
 * only the ports that conn_listen opened.
 */
#ifndef SSTP_STACK_STACK_H
#define SSTP_STACK_STACK_H

#include "dns/dns_names.h"
#include "ip6/link_addrs.h"
#include "net/loop.h"
#include "stack/connect_result.h"
#include "tun/headers.h"
#include "tun/tun.h"
#include "util/log.h"

enum { STACK_WAIT_MS = 10 * 1000 }; /* new connections wait that long for the tunnel */

struct stack;

struct stack_cfg {
	/*
	 * With domains: names in none of them, nor in a search domain, are looked up on this host.
	 * The lists are the caller's.
	 */
	struct dns_names names;
	struct loop *loop;
	const struct log *log;
	/* A packet for the tunnel, good until this returns. */
	void (*send)(void *arg, const struct packet *p, const struct tun_offload *off);
	/*
	 * Whether the tunnel can send more at once. If false, stack_has_room follows. NULL: always
	 * true.
	 */
	bool (*has_room)(void *arg);
	void *arg;
};

int stack_open(const struct stack_cfg *cfg, struct stack **out); /* 0 or -errno */
/* Close everything that uses it first. NULL is fine. */
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
