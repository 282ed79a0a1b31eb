/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client (connect, run, proxy) offers on its control socket: docs/control.md. */
#ifndef SSTP_CLIENT_CLIENT_CONTROL_H
#define SSTP_CLIENT_CLIENT_CONTROL_H

#include "client/client_metrics.h"
#include "control/control_service.h"
#include "ip6/link_addrs.h"
#include "proc/sandbox.h"
#include "tunnel/tunnel.h"

struct client_status {
	const char *state; /* "up", "connecting", "waiting", "disconnecting" */
	const char *server, *user, *interface;
	const struct sockaddr_storage *peer; /* of the connection; AF_UNSPEC: none yet */
	const struct link_addrs *link;       /* while it is up; NULL: it is not */
	const struct tunnel *tunnel;         /* while there is one; NULL: there is none */
	const char *proxy;                   /* on the way; NULL: none */
	const char *last_error;              /* "": none yet */
	const struct sandbox_report *sandbox;
	uint64_t uptime_ms;   /* of the program */
	uint64_t up_ms;       /* of the tunnel */
	uint64_t next_try_ms; /* from now; UINT64_MAX: none is due */
	uint64_t reconnects;  /* how often it was up again */
	const struct client_counters *counters;
	const struct drops *drops;
};

struct client_actions {
	void (*status)(void *arg, struct client_status *to);
	void (*disconnect)(void *arg); /* the program ends */
	void (*reconnect)(void *arg);
};

struct client_control {
	struct loop *loop;
	const struct client_actions *actions;
	void *arg; /* of the actions */
	const char *verb;
	struct control_service service;
};

/* The members above are set. False, after logging why: the client must not start. */
bool client_control_open(struct client_control *c, const struct control_settings *settings);
void client_control_close(struct client_control *c);

#endif
