/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A SOCKS5 or HTTP proxy server on a local port, where local programs request connections through
 * the VPN. An engine (socks5.h, http_request.h) reads a client's request; then the client becomes a relay
 * (relay.h) or an association (association.h).
 *
 * At most PROXY_SERVER_CLIENTS_MAX clients may be without a complete request, each for
 * PROXY_SERVER_REQUEST_MS; one more evicts the oldest. conn.h and datagram.h limit the number of
 * connections and associations.
 */
#ifndef SSTP_PROXY_PROXY_SERVER_H
#define SSTP_PROXY_PROXY_SERVER_H

#include "proxy/listener.h"
#include "proxy/proxy_login.h"
#include "stack/relay.h"
#include "stack/target.h"

enum {
	PROXY_SERVER_CLIENTS_MAX = 512,
	PROXY_SERVER_REQUEST_MS = 30 * 1000,
	PROXY_SERVER_LEAVING_MS = 2 * 1000, /* for a refused client to read why */
	PROXY_SERVER_QUIET_MS = 1000,       /* after a refusal was logged */
};

enum proxy_server_protocol {
	PROXY_SERVER_SOCKS5,
	PROXY_SERVER_HTTP,
};

struct proxy_server_cfg {
	enum proxy_server_protocol protocol;
	const char *text; /* "[ADDR:]PORT", as the user wrote it; port 0: any free port */
	struct listener_at at;
	const struct proxy_login *login; /* NULL: no login is required */
};

/* `text` is kept by the caller. Returns NULL, or why it is refused (util/endpoint.h). */
const char *proxy_server_parse(struct proxy_server_cfg *cfg, enum proxy_server_protocol protocol,
			       const char *text);

struct proxy_server;

/* 0 or -errno, logged with the option. `cfg` is kept by the caller. */
int proxy_server_open(struct stack *stack, struct relays *relays, const struct log *log,
		      const struct proxy_server_cfg *cfg, struct proxy_server **out);
void proxy_server_close(struct proxy_server *s); /* before the stack; NULL is fine */

/* For the environment of programs: "socks5h://127.0.0.1:1080", with the login if there is one. */
struct proxy_server_url {
	char text[2048];
};
struct proxy_server_url proxy_server_url(const struct proxy_server *s);

#endif
