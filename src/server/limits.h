/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The limits of one session, by time and by traffic: when it has to end, and when a report of it is
 * due. An engine: time and counters in, events out.
 */
#ifndef SSTP_SERVER_LIMITS_H
#define SSTP_SERVER_LIMITS_H

#include "auth/result.h"
#include "tunnel/tunnel.h"

enum {
	LIMITS_LOOK_MS = 1000,     /* how often the counters are compared with a quota */
	LIMITS_IDLE_LOOKS = 8,     /* how often in the idle time ... */
	LIMITS_IDLE_LOOK_MS = 500, /* ... but not more often */
};

struct limits {
	uint64_t started_ms;
	uint32_t session_s, idle_s; /* 0: no limit */
	uint64_t quota_up, quota_down, quota;
	uint64_t interim_ms;
	/* private */
	uint64_t packets, active_ms; /* when the count of packets was last seen to change */
	uint64_t look_ms, interim_at_ms;
};

enum limits_event {
	LIMITS_NONE,
	LIMITS_INTERIM, /* a report is due */
	LIMITS_TIME,
	LIMITS_IDLE,
	LIMITS_QUOTA,
};

/* `interim_s`: in place of that of the grant; 0: that of the grant. */
void limits_start(struct limits *l, const struct auth_grant *grant, uint32_t interim_s,
		  uint64_t now_ms);
/* New limits for a session that goes on; times count from its start. */
void limits_change(struct limits *l, const struct auth_grant *grant, uint32_t interim_s,
		   uint64_t now_ms);
/* Call it at the deadline or later, until it returns LIMITS_NONE or the session ends. */
enum limits_event limits_check(struct limits *l, const struct tunnel_stats *stats, uint64_t now_ms);
uint64_t limits_deadline(const struct limits *l); /* UINT64_MAX: there is none */

#endif
