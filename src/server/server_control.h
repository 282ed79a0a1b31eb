/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the server offers on its control socket: docs/control.md. It runs in the main thread's loop.
 * What a worker knows is asked of it as worker_ask does, and sessions are listed in pieces, so that
 * no worker's turn becomes long and no lock is held over a list.
 */
#ifndef SSTP_SERVER_SERVER_CONTROL_H
#define SSTP_SERVER_SERVER_CONTROL_H

#include "control/control_service.h"
#include "proc/sandbox.h"
#include "server/reload_report.h"
#include "server/worker.h"

/* What the server itself does; in the main thread. */
struct server_actions {
	void (*reload)(void *arg, struct reload_report *report);
	/* No new sessions; UINT32_MAX: without a time limit for those that there are. */
	void (*drain)(void *arg, uint32_t seconds);
	const char *(*state)(void *arg); /* "running" */
};

struct server_control {
	struct server_state *shared;
	struct mailbox *mailbox; /* the main thread's, for answers */
	struct loop *loop;       /* the main thread's */
	const struct server_actions *actions;
	void *arg; /* of the actions */
	size_t max_sessions;
	uint64_t started_ms;
	struct sandbox_report sandbox;
	struct control_service service;
};

/* The members above are set. False, after logging why: the server must not start. */
bool server_control_open(struct server_control *s);
/* Call it before the workers are closed. */
void server_control_close(struct server_control *s);

#endif
