/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a worker has counted since it began. Each worker has one, which only its own thread touches. A
 * tunnel counts its traffic itself, and that is added here when the tunnel ends; so the traffic so far is
 * this and that of the tunnels there are. stats_add adds up the workers'.
 */
#ifndef SSTP_SERVER_STATS_H
#define SSTP_SERVER_STATS_H

#include "tunnel/tunnel.h"

struct stats {
	uint64_t connections; /* that came to this worker */
	uint64_t logins;      /* that succeeded */
	uint64_t refusals;    /* logins that did not */
	/* of sessions that had logged in, by why they ended */
	uint64_t ended[TUNNEL_REASONS];
	struct tunnel_stats traffic;
	/* now, not since the beginning */
	uint64_t open, half_open;
};

void stats_add_traffic(struct stats *to, const struct tunnel_stats *from);
void stats_add(struct stats *to, const struct stats *from);
uint64_t stats_ended(const struct stats *s); /* for all reasons */

#endif
