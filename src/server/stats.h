/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The counters of a worker since its start. Each worker has one struct, which only its own thread
 * touches. A tunnel counts its own traffic, which is added here when the tunnel ends; so the
 * traffic so far is the sum of this and of the live tunnels. stats_add adds the counters of
 * workers.
 */
#ifndef SSTP_SERVER_STATS_H
#define SSTP_SERVER_STATS_H

#include "tunnel/tunnel.h"
#include "util/histogram.h"

enum login_result {
	LOGIN_OK,
	LOGIN_WRONG,       /* refused by the user file or RADIUS */
	LOGIN_BANNED,      /* after failures */
	LOGIN_LIMITED,     /* the proof was right: no address, too many sessions, ... */
	LOGIN_UNAVAILABLE, /* could not be checked */
	LOGIN_RESULTS,
};

struct stats {
	uint64_t connections; /* accepted by this worker */
	uint64_t logins;      /* successful ones */
	uint64_t refusals;    /* refused logins */
	uint64_t logins_by[PPP_AUTH_COUNT][LOGIN_RESULTS];
	uint64_t tls_ok, tls_failed; /* handshakes */
	uint64_t tls_resumed;        /* of the good ones: with a ticket of an earlier one */
	uint64_t not_sstp;           /* other HTTP requests that were replied to here */
	uint64_t passed_on;          /* connections, to another server */
	struct histogram login_time; /* from accept to the first data that may pass */
	struct histogram turn_time;  /* of the loop */
	/* sessions that had logged in, by the reason of their end */
	uint64_t ended[TUNNEL_REASONS];
	struct tunnel_stats traffic;
	struct drops drops; /* of these packets, by cause, and of those that no tunnel counts */
	/* current values, not since the start */
	uint64_t open, half_open;
};

void stats_add(struct stats *to, const struct stats *from);
uint64_t stats_ended(const struct stats *s); /* for all reasons */

#endif
