/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client's conversation with the proxy on the way to a server, up to the point where the connection
 * leads to the server: HTTP CONNECT (RFC 9110 section 9.3.6) or SOCKS5 (RFC 1928). An engine: bytes
 * in, bytes out.
 *
 *	upstream_open
 *	repeat: send upstream_output, upstream_sent; upstream_input with what is received
 *	until step is UPSTREAM_DONE or UPSTREAM_FAILED
 *	upstream_close
 *
 * The proxy may end the connection and want the next request on another one: UPSTREAM_RECONNECT, then
 * upstream_reconnected. Nothing after the proxy's last message is consumed: that is the server's.
 */
#ifndef SSTP_UPSTREAM_UPSTREAM_H
#define SSTP_UPSTREAM_UPSTREAM_H

#include "http/body.h"
#include "upstream/challenge.h"
#include "util/ip.h"

enum upstream_protocol {
	UPSTREAM_HTTP = 1,
	UPSTREAM_SOCKS5,
};

struct upstream_cfg {
	enum upstream_protocol protocol;
	const char *name; /* of the proxy, in texts for people */
	const char *host; /* the server's name; or NULL, then ... */
	struct ip_addr addr;
	uint16_t port;
	const char *user,
		*password; /* NULL: none. They are sent only to a proxy that asks for them */
	void (*random)(void *to, size_t len);
};

enum upstream_step {
	UPSTREAM_TALK = 1,
	UPSTREAM_RECONNECT,
	UPSTREAM_DONE,
	UPSTREAM_FAILED,
};

enum upstream_failure {
	UPSTREAM_LOGIN = 1, /* it wants a login that we don't have, or refuses ours */
	UPSTREAM_REFUSED,   /* it does not allow this connection */
	UPSTREAM_TARGET,    /* it can't reach the server at this address */
	UPSTREAM_BROKEN,    /* it closed the connection, or speaks another protocol */
};

enum {
	UPSTREAM_HEAD_MAX = 16 * 1024,
	/* a CONNECT request with the longest texts of a challenge, each byte of them escaped */
	UPSTREAM_OUT_SIZE = 10 * 1024,
};

/* "vpn.example.net:443", "[2001:db8::1]:443" */
struct upstream_target {
	char text[280];
};

struct http_connect {
	struct challenges offered;
	struct challenge used; /* CHALLENGE_NONE: no credentials were sent yet */
	unsigned stale_count, interim_count;
	bool in_body;
	size_t body_len; /* so far */
	bool was_reused; /* the request is not the first on this connection */
	struct http_body body;
	size_t head_len;
	uint8_t head[UPSTREAM_HEAD_MAX];
};

enum socks5_client_state {
	SOCKS5_CLIENT_METHOD = 1,
	SOCKS5_CLIENT_LOGIN,
	SOCKS5_CLIENT_REPLY,
};

struct socks5_client {
	enum socks5_client_state state;
	size_t in_len;
	uint8_t in[4 + 1 + 255 + 2]; /* a reply with a name */
};

struct upstream {
	struct upstream_cfg cfg;
	struct upstream_target target;
	enum upstream_step step;
	enum upstream_failure failure;
	char text[512]; /* UPSTREAM_FAILED: what the proxy did */
	size_t out_len, out_sent;
	uint8_t out[UPSTREAM_OUT_SIZE];
	union {
		struct http_connect http;
		struct socks5_client socks5;
	};
};

/* The strings in `cfg` stay the caller's. */
void upstream_open(struct upstream *u, const struct upstream_cfg *cfg);
/* What to send now; empty: nothing. */
struct bytes upstream_output(const struct upstream *u);
void upstream_sent(struct upstream *u, size_t len);
/* Returns how much of `in` was used: all of it, unless the step has changed. */
size_t upstream_input(struct upstream *u, struct bytes in);
/* The proxy has closed the connection. */
void upstream_closed(struct upstream *u);
/* After UPSTREAM_RECONNECT: there is a new connection. */
void upstream_reconnected(struct upstream *u);
/* Wipes what is secret. */
void upstream_close(struct upstream *u);

/* "http", "SOCKS5": for people. */
const char *upstream_protocol_name(enum upstream_protocol protocol);

#endif
