/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RADIUS as a backend of the authentication service, and accounting. A thread with a loop of its own
 * talks to the servers, so that all workers share one view of which servers are alive, and records
 * keep their order and outlive the workers.
 *
 *	worker's loop    ask, go_on -> [ inquiry ] -> auth_answer, auth_drop
 *	RADIUS' thread                 request, response
 *
 * An inquiry belongs to one of the two threads at a time; only its state is shared, under a lock. A
 * canceled one is freed by the thread that has it.
 */
#ifndef SSTP_AUTH_RADIUS_H
#define SSTP_AUTH_RADIUS_H

#include "auth/auth_backend.h"
#include "auth/radius_acct.h"
#include "auth/radius_cfg.h"
#include "util/error.h"

enum { RADIUS_STOP_MS = 5 * 1000 /* for the last records */ };

struct radius;

/* Which sessions a request of the RADIUS server means. Empty or zero: not given. */
struct radius_target {
	uint64_t session; /* UINT64_MAX: one that does not exist any more */
	struct bytes user, calling;
	uint32_t ipv4;
	struct ip_addr ipv6; /* AF_UNSPEC: not given */
};

/*
 * What the RADIUS server may ask for at any time (--radius-coa-from). Called in RADIUS' thread; each
 * returns how many sessions it found, and `change` changes one only if it is the only one.
 */
struct radius_orders {
	unsigned (*end)(void *arg, const struct radius_target *target);
	/* `packet` has the attributes that radius_grant_take takes. */
	unsigned (*change)(void *arg, const struct radius_target *target, struct bytes packet);
	void *arg;
};

extern const struct auth_backend radius_backend; /* its `self` is a struct radius */

/* Reads the files of TLS, if a server is reached by it. 0, or -errno with err filled. */
int radius_check(const struct radius_cfg *cfg, struct error *err);

/*
 * The caller keeps `cfg` and `orders`. 0 or -errno, after logging the error of a port that can't be
 * opened.
 */
int radius_open(const struct radius_cfg *cfg, const struct radius_orders *orders,
		struct radius **out);
int radius_start(struct radius *r); /* Starts the thread: before it nothing is sent. 0 or -errno */
/*
 * Ends the thread, when the last record has been acknowledged or after RADIUS_STOP_MS. No question
 * is open; NULL is fine.
 */
void radius_close(struct radius *r);

/* From any thread: how long logins' requests took, and how many were not answered. */
void radius_latency(struct radius *r, struct histogram *to, uint64_t *unanswered);

/* From any thread; copies the record. */
void radius_account(struct radius *r, const struct radius_record *record);

#endif
