/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SOCKS5's UDP ASSOCIATE, RFC 1928 section 7: one UDP port on this host for one client, and one in
 * the VPN. Each of the client's datagrams has a header with its destination. Every datagram that
 * arrives at the port in the VPN is sent to the client with a header that has its source, so no
 * list of destinations is kept. Only datagrams from the client's address and port are accepted: the
 * port is the one in its request, or the source port of its first valid datagram.
 */
#ifndef SSTP_PROXY_ASSOCIATION_H
#define SSTP_PROXY_ASSOCIATION_H

#include "net/loop.h"
#include "stack/stack.h"

struct association_cfg {
	struct loop *loop;
	struct stack *stack;
	struct sockaddr_storage local;  /* our end of the client's TCP connection: bound here */
	struct sockaddr_storage client; /* the client's address of it; datagrams come from there */
	uint16_t client_port;           /* from its request; 0: not yet known */
};

struct association;

/* 0 or -errno. `at`: where the client is to send its datagrams. */
int association_open(const struct association_cfg *cfg, struct association **out,
		     struct sockaddr_storage *at);
void association_close(struct association *a); /* NULL is fine */

#endif
