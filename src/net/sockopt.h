/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options of sockets that need a capability, CAP_NET_ADMIN. A process that has given its capabilities up
 * asks another one, which is passed the socket: `sockopt_use_helper`. All return 0 or -errno.
 */
#ifndef SSTP_NET_SOCKOPT_H
#define SSTP_NET_SOCKOPT_H

#include <stdbool.h>
#include <stdint.h>

enum sockopt {
	SOCKOPT_MARK,       /* SO_MARK: `number` */
	SOCKOPT_CONGESTION, /* TCP_CONGESTION: `name`; some controls need no capability */
	SOCKOPT_SNDBUF,     /* SO_SNDBUFFORCE: `number` */
};

struct sockopt_value {
	enum sockopt option;
	uint32_t number;
	const char *name;
};

enum { SOCKOPT_SNDBUF_MAX = 32 << 20 }; /* a helper sets no more; the kernel doubles it */

int sockopt_mark(int fd, uint32_t mark);
int sockopt_congestion(int fd, const char *name);
int sockopt_sndbuf(int fd, uint32_t bytes); /* the kernel doubles them */

/* For a helper that is given a descriptor: it is a socket of IPv4 or IPv6. */
bool sockopt_is_of_ip(int fd);
/* Sets it in this process, without asking another one. */
int sockopt_set(int fd, const struct sockopt_value *v);

/* Asked, from any thread, for what the kernel refuses to this process. Set it before there are threads. */
typedef int sockopt_helper(void *arg, int fd, const struct sockopt_value *v);
void sockopt_use_helper(sockopt_helper *helper, void *arg); /* NULL: none */

#endif
