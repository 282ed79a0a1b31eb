/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The backend of sstp proxy: in place of a TUN device a stack of our own, and in place of routes those
 * who listen for local clients. They open with the program and stay while the tunnel comes and goes.
 */
#ifndef SSTP_PROXY_PROXY_H
#define SSTP_PROXY_PROXY_H

#include "proxy/forward.h"
#include "proxy/proxy_server.h"
#include "tunnel/backend.h"

struct proxy_cfg {
	const struct forward_cfg *forwards;
	size_t forward_count;
	const struct proxy_server_cfg *servers;
	size_t server_count;
	/* Runs while the tunnel is up, from its first up on, and gets their addresses; NULL: none. */
	char *const *command;
};

/* NULL: no memory. `cfg` is kept by the caller until the backend's close. */
struct backend *proxy_backend_new(const struct proxy_cfg *cfg);

#endif
