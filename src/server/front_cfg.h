/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings for load balancers in front of the server. */
#ifndef SSTP_SERVER_FRONT_CFG_H
#define SSTP_SERVER_FRONT_CFG_H

#include "util/ip.h"

/* Where connections come from. */
struct source_list {
	struct ip_prefix *at;
	size_t count;
	bool has_unix; /* Unix sockets */
};

struct front_cfg {
	struct source_list proxy_from; /* these send the PROXY protocol's header first */
};

bool source_list_has(const struct source_list *l, const struct sockaddr_storage *peer);

#endif
