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
#include "tun/headers.h"
#include "tun/tun.h"
#include "util/log.h"

enum { STACK_WAIT_MS = 10 * 1000 }; /* what is new waits for the tunnel that long */

/* How an attempt came out, as far as a front end tells its client. */
enum stack_result {
	STACK_OK,
	STACK_REFUSED,     /* the far host said no */
	STACK_UNREACHABLE, /* a router did, or we have no address of that family */
	STACK_TIMED_OUT,   /* no answer */
	STACK_NO_NAME,     /* there is no such name */
	STACK_NO_ADDRESS,  /* the name has no address of a family that we have */
	STACK_DNS_SILENT,  /* the name server does not answer, ... */
	STACK_DNS_REFUSED, /* ... refuses, ... */
	STACK_DNS_FAILED,  /* ... or says that it failed */
	STACK_NO_DNS,      /* the VPN named no name server */
	STACK_DOWN,        /* the tunnel did not come up in STACK_WAIT_MS */
	STACK_FORBIDDEN, /* our own address, or one that nobody behind a VPN has: target_is_nowhere */
	STACK_FULL,      /* as much as we hold at a time, or no memory */
};

const char *stack_result_text(enum stack_result r); /* "connection refused" */

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
