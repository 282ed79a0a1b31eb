/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SOCKS5's UDP ASSOCIATE, RFC 1928 section 7: a UDP port of ours on this host for one client, and
 * one in the VPN. The client's datagrams name where they go; whatever comes to the port in the VPN
 * goes to the client, with a header that names its sender, so no list of destinations is kept that
 * could grow. Only datagrams from the address and the port of the client are taken: the port is
 * the one that it told, or the one that its first good datagram came from.
 */
#ifndef SSTP_PROXY_ASSOCIATION_H
#define SSTP_PROXY_ASSOCIATION_H

#include "net/loop.h"
#include "stack/stack.h"

struct association_cfg {
	struct loop *loop;
	struct stack *stack;
	struct sockaddr_storage local;  /* of the client's TCP connection, our end: we take here */
	struct sockaddr_storage client; /* and its own end: from there */
	uint16_t client_port;           /* as it told; 0: not yet known */
};

struct association;

/* 0 or -errno. `at`: where the client is to send its datagrams. */
int association_open(const struct association_cfg *cfg, struct association **out,
		     struct sockaddr_storage *at);
void association_close(struct association *a); /* NULL is fine */

#endif
