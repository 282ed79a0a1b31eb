/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files around lwIP share; only files in src/stack include this. */
#ifndef SSTP_STACK_INSIDE_H
#define SSTP_STACK_INSIDE_H

#include "stack/lwip.h"
#include "stack/stack.h"
#include "tun/merge.h"

struct stack {
	struct stack_cfg cfg;
	struct netif netif;
	bool is_up;
	bool has_ipv4; /* `own` is valid */
	struct ip_addr own;
	struct merge *in, *out; /* packets from the tunnel, packets from lwIP */
	bool is_several;        /* lwIP's current packet is several of the tunnel's */
	uint8_t *packets;       /* lwIP's packets; `out` refers to them */
	size_t packets_len;
	uint8_t *super; /* a merged packet, contiguous */
	bool is_choked; /* the tunnel has no room: segments with data wait in lwIP */
	size_t lump;    /* bytes to send before cfg.has_room is called again */
	size_t lump_len;
	bool little_took_all; /* of the last lump: the next one is for all connections in turn */
	uint64_t choked_ms;
	struct loop_timer timer;
	struct loop_task turn;
	struct conn *conns, *next_conn; /* next_conn: the first to send when there is room again */
	struct lookup *lookups;
	size_t lookup_count;
	struct names *names;   /* lookup.c's resolver; NULL: no look-up yet */
	struct ip_addr dns[8]; /* the VPN's name servers */
	size_t dns_count;
	size_t conn_count, inbound_count, datagram_count; /* inbound: accepted by a listener */
	size_t room_in, room_out; /* sums over all connections: CONN_BUDGET_IN, _OUT */
};

/* ---- stack.c */

/*
 * Call it with each call of lwIP: flushes lwIP's packets at the end of the turn and sets its timer.
 */
void stack_touch(struct stack *s);

bool stack_to_lwip(const struct ip_addr *from, ip_addr_t *to);
struct ip_addr stack_from_lwip(const ip_addr_t *from);
/* Whether we have a source address for this destination. */
bool stack_has_way_to(const struct stack *s, const struct ip_addr *to);
/*
 * STACK_OK, or why nothing can be sent there: our own address, one that no host has, or a family in
 * which we have no address.
 */
enum stack_result stack_reach(const struct stack *s, const struct ip_addr *to);

/* ---- conn.c */

/* An ICMP error arrived about an attempt to connect. */
void conn_icmp_error(struct stack *s, const struct ip_addr *peer, uint16_t peer_port,
		     uint16_t own_port, enum stack_result result);
void conn_close_all(struct stack *s);
/* Sends what waits in lwIP, first of connections with little, then of one after the other, until the tunnel has no room. */
void conn_send_waiting(struct stack *s);

/* ---- lookup.c */

void lookup_stack_is_up(struct stack *s);
void lookup_stack_is_down(struct stack *s);
/* An ICMP error about a query. */
void lookup_icmp_error(struct stack *s, const struct ip_addr *server, uint16_t server_port,
		       uint16_t own_port, enum stack_result result);
void lookup_close_sockets(struct stack *s); /* before conn_close_all */
void lookup_close_all(struct stack *s);

#endif
