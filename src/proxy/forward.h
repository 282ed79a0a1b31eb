/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Forwards, as in ssh: -L takes connections on our side and makes them in the VPN, -R takes them on our
 * address in the VPN and makes them on our side.
 */
#ifndef SSTP_PROXY_FORWARD_H
#define SSTP_PROXY_FORWARD_H

#include "proxy/listener.h"
#include "stack/relay.h"
#include "stack/target.h"

struct forward_cfg {
	const char *text; /* as the user wrote it */
	bool is_remote;   /* -R: of `at` the port alone counts */
	struct listener_at at;
	struct target to;
};

/* "[ADDR:]PORT:HOST:PORT", -R: "PORT:HOST:PORT"; IPv6 addresses in brackets. NULL, or
 * why it is refused, as util/endpoint.h says. */
const char *forward_parse(struct forward_cfg *f, const char *text, bool is_remote);

struct forward;

/* 0 or -errno, logged with the option. `cfg` is kept by the caller. */
int forward_open(struct stack *s, struct relays *relays, const struct log *log,
		 const struct forward_cfg *cfg, struct forward **out);
void forward_close(struct forward *f); /* before the stack; NULL is fine */

#endif
