/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounting (RFC 2866): records wait in a queue in memory until a server has acknowledged them, in
 * the order in which they were made. A report of a session that goes on (Interim-Update) is sent
 * once and then dropped, since a newer one follows; everything else is sent until it is
 * acknowledged, also when the servers are away for hours.
 *
 * A server that gets Accounting-On ends all sessions of ours that it knows, so nothing passes it.
 */
#ifndef SSTP_AUTH_RADIUS_ACCT_H
#define SSTP_AUTH_RADIUS_ACCT_H

#include "auth/radius_login.h"
#include "auth/radius_wire.h"

enum {
	RADIUS_ACCT_MAX = 50000, /* records in the queue; about 500 bytes each */
	RADIUS_ACCT_WINDOW = 32, /* under way at a time */
	RADIUS_ACCT_PAUSE_MS = 5 * 1000,
};

/* RFC 2866 section 5.1 */
enum radius_status {
	RADIUS_START = 1,
	RADIUS_STOP = 2,
	RADIUS_INTERIM = 3,
	RADIUS_ON = 7,
	RADIUS_OFF = 8,
};

/* RFC 2866 section 5.10 */
enum radius_cause {
	RADIUS_USER_REQUEST = 1,
	RADIUS_LOST_CARRIER = 2,
	RADIUS_IDLE_TIMEOUT_CAUSE = 4,
	RADIUS_SESSION_TIMEOUT_CAUSE = 5,
	RADIUS_ADMIN_RESET = 6,
	RADIUS_NAS_ERROR = 9,
	RADIUS_NAS_REQUEST = 10,
	RADIUS_NAS_REBOOT = 11,
	RADIUS_PORT_PREEMPTED = 13,
	RADIUS_SERVICE_UNAVAILABLE = 15,
	RADIUS_USER_ERROR = 17,
};

/* What there is to say of a session; with RADIUS_ON and RADIUS_OFF only `status` counts. */
struct radius_record {
	enum radius_status status;
	uint64_t session;
	const char *user;
	struct ip_addr source, local;
	const struct auth_grant *grant;
	uint32_t ipv4;
	const char *connect_info; /* "TLSv1.3 AES128-GCM"; may be NULL */
	uint64_t duration_s;
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets; /* rx: from the client */
	enum radius_cause cause;                             /* RADIUS_STOP */
};

struct radius_acct_entry; /* a record in the queue */

struct radius_acct {
	struct radius_wire wire;
	struct radius_acct_entry *first, *last; /* the queue */
	size_t count;                           /* of all, with those under way */
	struct radius_acct_entry *window[RADIUS_ACCT_WINDOW];
	size_t window_count;
	struct loop_timer retry;
	void (*empty)(void *arg); /* the last record was acknowledged */
	void *arg;
};

/* From any thread. `at_ms`: now, by the clock of loops. NULL: no memory. */
struct radius_acct_entry *radius_acct_encode(const struct radius_nas *nas,
					     const struct radius_record *record, uint64_t at_ms);
/* A list of entries that are on their way to the thread. */
void radius_acct_append(struct radius_acct_entry **first, struct radius_acct_entry **last,
			struct radius_acct_entry *e);
struct radius_acct_entry *radius_acct_next(struct radius_acct_entry *e); /* and takes it out */

/* All others in the thread of the loop. */
void radius_acct_open(struct radius_acct *a, struct loop *loop, const struct radius_cfg *cfg,
		      struct tls_ctx *tls);
void radius_acct_close(struct radius_acct *a); /* logs what was not acknowledged */
/* Takes the entry over. */
void radius_acct_add(struct radius_acct *a, struct radius_acct_entry *e);

#endif
