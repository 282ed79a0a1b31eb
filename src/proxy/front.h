/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A local port where programs of this host ask for connections through the VPN, in SOCKS5 or as
 * HTTP clients ask a proxy. Each client is heard by an engine (socks5.h, http.h) until it has said
 * what it wants, and becomes a relay (relay.h) or an association (association.h).
 *
 * Clients that have not asked yet are FRONT_CLIENTS_MAX at most, and each has FRONT_ASKING_MS to
 * ask: one more drives out the one that has been asking for longest. How many wait for what they
 * asked for is conn.h's and datagram.h's to bound.
 */
#ifndef SSTP_PROXY_FRONT_H
#define SSTP_PROXY_FRONT_H

#include "proxy/listener.h"
#include "proxy/login.h"
#include "stack/relay.h"
#include "stack/target.h"

enum {
	FRONT_CLIENTS_MAX = 512,
	FRONT_ASKING_MS = 30 * 1000,
	FRONT_LEAVING_MS = 2 * 1000, /* for a refused client to read why */
	FRONT_QUIET_MS = 1000,       /* after a refusal was logged */
};

enum front_protocol {
	FRONT_SOCKS5,
	FRONT_HTTP,
};

struct front_cfg {
	enum front_protocol protocol;
	const char *text; /* "[ADDR:]PORT", as the user wrote it; "0": any that is free */
	struct listener_at at;
	const struct proxy_login *login; /* NULL: anybody may */
};

/* `text` is kept. False: it is no such place. */
const char *front_parse(struct front_cfg *f, enum front_protocol protocol, const char *text);

struct front;

/* 0 or -errno, logged with the option. `cfg` is kept by the caller. */
int front_open(struct stack *s, struct relays *relays, const struct log *log,
	       const struct front_cfg *cfg, struct front **out);
void front_close(struct front *f); /* before the stack; NULL is fine */

/* For the environment of programs: "socks5h://127.0.0.1:1080", with the login if there is one. */
struct front_url {
	char text[2048];
};
struct front_url front_url(const struct front *f);

#endif
