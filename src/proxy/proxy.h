/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The backend of sstp proxy: our own TCP/IP stack in place of a TUN device, and listeners for local
 * clients in place of routes. They open when the program starts and stay open while the tunnel is
 * down.
 */
#ifndef SSTP_PROXY_PROXY_H
#define SSTP_PROXY_PROXY_H

#include "proc/sandbox.h"
#include "proxy/forward.h"
#include "proxy/proxy_server.h"
#include "tunnel/backend.h"

struct proxy_cfg {
	const struct forward_cfg *forwards;
	size_t forward_count;
	const struct proxy_server_cfg *servers;
	size_t server_count;
	const struct ip_addr *dns; /* in place of those that the server gives; none: those */
	size_t dns_count;          /* at most LINK_DNS_MAX */
	struct dns_names names;    /* stack/stack.h */
	/* Started when the tunnel is first up, with variables that name `servers`; NULL: none. */
	char *const *command;
	/* Not SANDBOX_OFF: with a command, this process drops what it has inherited (command_drop_descriptors). */
	enum sandbox_mode sandbox;
};

/* NULL: no memory. `cfg` is kept by the caller until the backend's close. */
struct backend *proxy_backend_new(const struct proxy_cfg *cfg);

#endif
