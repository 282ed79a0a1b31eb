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

enum { RADIUS_STOP_MS = 5 * 1000 /* for the last records */ };

struct radius;

extern const struct auth_backend radius_backend; /* its `self` is a struct radius */

/* The caller keeps `cfg`. Starts the thread. 0 or -errno. */
int radius_open(const struct radius_cfg *cfg, struct radius **out);
/*
 * Ends the thread, when the last record has been acknowledged or after RADIUS_STOP_MS. No question
 * is open; NULL is fine.
 */
void radius_close(struct radius *r);

/* From any thread; copies the record. */
void radius_account(struct radius *r, const struct radius_record *record);

#endif
