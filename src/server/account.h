/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session reports to RADIUS: a Start when it is up, updates, and a Stop for each Start. */
#ifndef SSTP_SERVER_ACCOUNT_H
#define SSTP_SERVER_ACCOUNT_H

#include "auth/radius.h"
#include "tunnel/reason.h"

struct session;

/* The state of a session's reports. */
struct account {
	bool is_started;
	uint32_t ipv4; /* at the Start: the session may have lost it when it ends */
	uint64_t started_ms;
};

/* The session can carry data, perhaps again: the first time a Start is sent. */
void account_start(struct session *s);
void account_update(struct session *s);
/* A Stop, if there was a Start. */
void account_stop(struct session *s, enum tunnel_reason reason);

enum radius_cause account_cause(enum tunnel_reason reason);

#endif
