/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which connections outside of the tunnel a client's helper lets be set up: to its servers and proxies. */
#ifndef SSTP_CLIENT_HOST_PERMITS_H
#define SSTP_CLIENT_HOST_PERMITS_H

#include "client/client.h"
#include "client/host_service.h"
#include "client/server_list.h"

struct host_permits {
	uint16_t ports[1 + 2 * SERVER_LIST_MAX];
	size_t port_count;
	struct sockaddr_storage addrs[SERVER_LIST_MAX * DIAL_ADDRS_MAX];
	size_t addr_count;
	bool is_looked_up; /* any address: at least one name is looked up */
};

void host_permits_of(const struct client_cfg *cfg, struct host_permits *p);

#endif
