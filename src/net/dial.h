/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dialing: connects a TCP socket to a host name and port. The name is looked up in a thread of its own
 * (resolve.h), then all addresses are tried, the families in turn, a new attempt every 250 ms while
 * earlier ones are still running (Happy Eyeballs, RFC 8305). The first that connects wins. The
 * socket is non-blocking, close-on-exec, with TCP_NODELAY.
 */
#ifndef SSTP_NET_DIAL_H
#define SSTP_NET_DIAL_H

#include <sys/socket.h>

#include "net/loop.h"
#include "util/ip.h"

enum { DIAL_ADDRS_MAX = 16 };

struct dial_result;
struct resolve_method;

struct dial_cfg {
	const char *host; /* a name or an address of either family */
	uint16_t port;
	int family;                          /* AF_UNSPEC: both */
	uint32_t timeout_ms;                 /* for the whole dial, including the look-up */
	uint32_t lookup_ms;                  /* the look-up alone, before `fallback` is used */
	uint32_t mark;                       /* SO_MARK, 0: none */
	const struct resolve_method *lookup; /* of the name; NULL: the C library's */
	uint16_t
		path_mtu; /* limits packets in both directions (TCP_MAXSEG); 0: the system's default */
	const char *
		congestion; /* of the socket (net/congestion.h); the caller's, as long as the dial lasts */
	/* Addresses to use in place of a look-up; NULL: none. The caller's, as long as the dial lasts. */
	const struct sockaddr_storage *addrs;
	size_t addr_count;
	/* Addresses to use when the look-up fails or takes too long (those of an earlier call). */
	const struct sockaddr_storage *fallback;
	size_t fallback_count;
	/*
	 * Called before each connect: the client adds its host route here. 0, or -errno when that
	 * address is unreachable. Must not call dial_cancel. May be NULL.
	 */
	int (*before_connect)(void *arg, const struct sockaddr_storage *to);
	/* Called once, from the loop, never from inside dial_start. */
	void (*done)(void *arg, const struct dial_result *result);
	void *arg;
};

enum dial_status {
	DIAL_CONNECTED,
	DIAL_NO_ADDRESS, /* the look-up failed */
	DIAL_NO_ANSWER,  /* every address failed, or time ran out */
};

struct dial_result {
	enum dial_status status;
	int fd; /* DIAL_CONNECTED: the receiver owns it; else -1 */
	struct sockaddr_storage peer;
	char text[256]; /* failed: the reason per address */
	int error;      /* DIAL_NO_ANSWER: of the last address that was tried */
	/* when a name server's reply was there; 0: none was asked, or the addresses are `fallback` */
	uint64_t looked_up_ms;
	/* result of the look-up, or `fallback` if that was used: `fallback` for the next call */
	struct sockaddr_storage addrs[DIAL_ADDRS_MAX];
	size_t addr_count;
};

struct dial;

int dial_start(struct loop *l, const struct dial_cfg *cfg, struct dial **out); /* 0 or -errno */
void dial_cancel(struct dial *d); /* before done was called; NULL is fine */

#endif
