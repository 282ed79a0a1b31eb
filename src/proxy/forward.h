/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Forwards, as in ssh: -L accepts connections on this host and connects to a target in the VPN; -R
 * accepts them on our address in the VPN and connects to a target on this side.
 */
#ifndef SSTP_PROXY_FORWARD_H
#define SSTP_PROXY_FORWARD_H

#include "proxy/listener.h"
#include "stack/relay.h"
#include "stack/target.h"

struct forward_cfg {
	const char *text; /* as the user wrote it */
	bool is_remote;   /* -R: only the port of `at` is used */
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
