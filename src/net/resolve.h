/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A name look-up outside the loop: getaddrinfo blocks, for half a minute or more when no name
 * server replies, so it runs in a thread. The C library decides where it looks (hosts file, resolv.conf,
 * nsswitch) and which address is best (RFC 6724, gai.conf). The result has the families in turn, so that
 * a family that doesn't work costs only one attempt (RFC 8305).
 */
#ifndef SSTP_NET_RESOLVE_H
#define SSTP_NET_RESOLVE_H

#include <sys/socket.h>

#include "net/loop.h"

enum { RESOLVE_ADDRS_MAX = 16, RESOLVE_HOST_SIZE = 256 };

struct resolve_method;

struct resolve_query {
	char host[RESOLVE_HOST_SIZE];
	uint16_t port;
	int family;                          /* AF_UNSPEC: both */
	const struct resolve_method *method; /* NULL: the C library */
};

struct resolve_answer {
	struct sockaddr_storage addrs[RESOLVE_ADDRS_MAX]; /* with the query's port */
	size_t count;                                     /* 0: failed, and text says why */
	char text[128];
};

/* Another way to look names up; it outlives its look-ups. */
struct resolve_method {
	/* As resolve_start; *out is for `cancel`, and no longer valid once `done` was called. */
	int (*start)(const struct resolve_method *m, struct loop *l, const struct resolve_query *q,
		     void (*done)(void *arg, const struct resolve_answer *answer), void *arg,
		     void **out);
	void (*cancel)(void *asked);
	const void *arg; /* its own */
};

struct resolve;

/* An address literal needs no look-up: true when `q->host` is one; then it is in `a`. */
bool resolve_literal(const struct resolve_query *q, struct resolve_answer *a);

/* `done` is called once, from the loop. 0 or -errno. */
int resolve_start(struct loop *l, const struct resolve_query *q,
		  void (*done)(void *arg, const struct resolve_answer *answer), void *arg,
		  struct resolve **out);
void resolve_cancel(struct resolve *r); /* before done was called; NULL is fine */

#endif
