/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The backend of sstp connect and sstp run: moves packets between a tunnel and a device, which
 * host_setup.h makes, together with the network around it. The device stays the same when the tunnel is
 * lost and comes back.
 */
#ifndef SSTP_CLIENT_TUN_BACKEND_H
#define SSTP_CLIENT_TUN_BACKEND_H

#include "client/host_setup.h"
#include "tunnel/backend.h"

struct tun_backend_cfg {
	struct host_setup_cfg host;
	const char *const *route_hosts; /* names as routes, normalized */
	size_t route_host_count;
};

/*
 * Takes `setup` over, which may be NULL. NULL: no memory. The caller keeps `cfg` valid until the backend is
 * closed.
 */
struct backend *tun_backend_new(const struct tun_backend_cfg *cfg, struct host_setup *setup);

#endif
