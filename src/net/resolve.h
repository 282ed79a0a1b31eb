/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A name look-up beside the loop: getaddrinfo blocks, for half a minute and more when no name
 * server answers, so it runs in a thread. What it asks and how (hosts file, resolv.conf,
 * nsswitch) and which address is best (RFC 6724, gai.conf) is the C library's business. The answer
 * has the families in turn, so that one that doesn't work costs a dialler one attempt (RFC 8305).
 */
#ifndef SSTP_NET_RESOLVE_H
#define SSTP_NET_RESOLVE_H

#include <sys/socket.h>

#include "net/loop.h"

enum { RESOLVE_ADDRS_MAX = 16, RESOLVE_HOST_ROOM = 256 };

struct resolve_query {
	char host[RESOLVE_HOST_ROOM];
	uint16_t port;
	int family; /* AF_UNSPEC: both */
};

struct resolve_answer {
	struct sockaddr_storage addrs[RESOLVE_ADDRS_MAX]; /* with the query's port */
	size_t count;                                     /* 0: failed, and text says why */
	char text[128];
};

struct resolve;

/* An address written out needs no look-up: true when `q->host` is one and `a` has it. */
bool resolve_literal(const struct resolve_query *q, struct resolve_answer *a);

/* `done` is called once, from the loop. 0 or -errno. */
int resolve_start(struct loop *l, const struct resolve_query *q,
		  void (*done)(void *arg, const struct resolve_answer *answer), void *arg,
		  struct resolve **out);
void resolve_cancel(struct resolve *r); /* before done was called; NULL is fine */

#endif
