/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks up a name with marked queries, while --lockdown stops those of all other programs: at the given name
 * servers, after the hosts file. Each family is asked for by UDP, at one server after the other; what is
 * truncated is used as it is, and aliases are followed.
 */
#ifndef SSTP_CLIENT_NAME_LOOKUP_H
#define SSTP_CLIENT_NAME_LOOKUP_H

#include "net/resolve.h"
#include "util/ip.h"

enum {
	NAME_LOOKUP_SERVERS_MAX = 6,
	NAME_LOOKUP_TRY_MS = 1500,
	NAME_LOOKUP_OTHER_MS = 50, /* RFC 8305 section 3: the wait for the second family */
	NAME_LOOKUP_ROUNDS = 2,    /* over all servers */
};

/* The owner fills all of it but `method`, and keeps it as long as a look-up lasts. */
struct name_lookup_cfg {
	struct resolve_method method;
	struct ip_addr servers[NAME_LOOKUP_SERVERS_MAX];
	size_t server_count;
	uint16_t port; /* of the servers */
	uint32_t mark;
	const char *hosts; /* "/etc/hosts" */
};

void name_lookup_init(struct name_lookup_cfg *cfg);

#endif
