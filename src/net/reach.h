/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reaching a server: a connection to it, directly (dial.h) or through a proxy. With a proxy the
 * addresses that are dialed, their limits and before_connect are the proxy's, and result.peer is too. The
 * server's name is looked up here only if the proxy does not do that; then its addresses are tried one
 * after the other.
 */
#ifndef SSTP_NET_REACH_H
#define SSTP_NET_REACH_H

#include "net/dial.h"
#include "upstream/upstream.h"

/* What lies between a connection and its user: TLS to the proxy. */
struct reach_cover {
	void (*close)(struct reach_cover *c); /* at once, with what can be sent; frees */
	/* Why it has ended the connection; NULL: it has not. */
	const char *(*failure)(const struct reach_cover *c);
	int fd;    /* of the connection itself, for facts about it; -1: closed */
	void *arg; /* its own */
};

struct reach_proxy {
	enum upstream_protocol protocol;
	bool looks_up; /* the proxy looks up the server's name */
	const char *host;
	uint16_t port;
	const char *name;            /* in texts for people, without a login */
	const char *user, *password; /* NULL: none */
	/*
	 * NULL: none. Takes over `fd`, a connection to the proxy; *inner is for the conversation. 0 or -errno.
	 */
	int (*cover)(const struct reach_proxy *p, struct loop *l, int fd, int *inner,
		     struct reach_cover **out);
	void *cover_arg;
};

enum reach_status {
	REACH_CONNECTED,
	REACH_NO_ADDRESS,  /* the look-up of the server's name failed */
	REACH_NO_ANSWER,   /* no proxy: no address of the server answers */
	REACH_PROXY,       /* the proxy can't be reached, or does not connect us to the server */
	REACH_PROXY_LOGIN, /* the proxy wants a login, or refuses ours */
};

struct reach_addrs {
	struct sockaddr_storage at[DIAL_ADDRS_MAX];
	size_t count;
};

struct reach_result {
	enum reach_status status;
	int fd;                       /* REACH_CONNECTED: the receiver owns it; else -1 */
	struct sockaddr_storage peer; /* of the socket: the server, or the proxy */
	/* REACH_CONNECTED: the receiver owns it too, and closes it after `fd`; NULL: none */
	struct reach_cover *cover;
	char text[512]; /* failed: why */
	int error;      /* REACH_NO_ANSWER: of the last address that was tried */
	/* when a name server's reply on the server's name was there; 0: none was asked, or no news */
	uint64_t looked_up_ms;
	/* What look-ups found, for the next call: of those that are dialed; of the server with a proxy. */
	struct reach_addrs addrs, server;
};

struct reach_cfg {
	/*
	 * host, port, addrs: of the server. fallback, before_connect: of what is dialed, so the proxy's if
	 * there is one. before_connect gets the `arg` below. done is not used.
	 */
	struct dial_cfg dial;
	const struct reach_proxy *proxy; /* NULL: none; the caller's, as long as this lasts */
	/* With a proxy: addresses of the server to use when the look-up of its name fails. */
	const struct reach_addrs *server;
	/* Called once, from the loop, never from inside reach_start. */
	void (*done)(void *arg, const struct reach_result *result);
	void *arg;
};

struct reach;

int reach_start(struct loop *l, const struct reach_cfg *cfg, struct reach **out); /* 0 or -errno */
void reach_cancel(struct reach *r); /* before done was called; NULL is fine */

#endif
