/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files around lwIP share; nobody else includes this. */
#ifndef SSTP_STACK_INSIDE_H
#define SSTP_STACK_INSIDE_H

#include "stack/lwip.h"
#include "stack/stack.h"
#include "tun/merge.h"

struct stack {
	struct stack_cfg cfg;
	struct netif netif;
	bool is_up;
	bool has_ipv4; /* an address of ours: `own` */
	struct ip_addr own;
	struct merge *in, *out; /* packets of the tunnel, packets of ours */
	uint8_t *packets;       /* of ours, where `out` refers to them */
	size_t packets_len;
	uint8_t *super; /* one that was merged, in one piece */
	bool is_choked; /* the tunnel has no room: segments with data stay in lwIP */
	size_t lump;    /* so much leaves at a time, then the tunnel is asked again */
	size_t lump_len;
	uint64_t choked_ms;
	struct loop_timer timer;
	struct loop_task turn;
	struct conn *conns, *next_conn; /* next_conn: whose turn it is when there is room again */
	struct lookup *lookups;
	size_t lookup_count;
	struct names *names;   /* lookup.c's resolver; NULL: nobody has asked yet */
	struct ip_addr dns[8]; /* the VPN's name servers */
	size_t dns_count;
	size_t conn_count, inbound_count, datagram_count; /* afar: conns that a listener took */
	size_t room_in, room_out; /* of all connections, out of CONN_BUDGET */
};

/* lwIP was called, or is about to be: its packets leave at the end of the turn, its timers run. */
void stack_touch(struct stack *s);

bool stack_to_lwip(const struct ip_addr *from, ip_addr_t *to);
struct ip_addr stack_from_lwip(const ip_addr_t *from);
/* We have an address that can talk to this one. */
bool stack_has_way_to(const struct stack *s, const struct ip_addr *to);
/* STACK_OK, or why nothing can be sent there: it is ours, or nobody's, or of a family without an address. */
enum stack_result stack_reach(const struct stack *s, const struct ip_addr *to);

/* conn.c: an ICMP error says that this connection can't be made. */
void conn_icmp_error(struct stack *s, const struct ip_addr *peer, uint16_t peer_port,
		     uint16_t own_port, enum stack_result result);
void conn_close_all(struct stack *s);
/* Sends what waits in lwIP, a connection after the other, until the stack is choked. */
void conn_send_waiting(struct stack *s);

/* lookup.c */
void lookup_stack_is_up(struct stack *s);
void lookup_stack_is_down(struct stack *s);
/* An ICMP error about a query. */
void lookup_icmp_error(struct stack *s, const struct ip_addr *server, uint16_t server_port,
		       uint16_t own_port, enum stack_result result);
void lookup_close_sockets(struct stack *s); /* before conn_close_all */
void lookup_close_all(struct stack *s);

#endif
