/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One client of the server: its tunnel, who it is, what it was given. A session is one allocation,
 * made when a connection has asked for SSTP (door.h) and gone when its tunnel has ended.
 *
 * Before its login a session is half open, and keeps the place among those that its connection had. After
 * its login a session is in the registry and holds an address.
 */
#ifndef SSTP_SERVER_SESSION_H
#define SSTP_SERVER_SESSION_H

#include "auth/service.h"
#include "server/half_open.h"
#include "server/ids.h"
#include "server/registry.h"
#include "server/stats.h"
#include "server/addr_map.h"
#include "tunnel/tunnel.h"

struct session;

/* A list of sessions that have logged in, the oldest first. */
struct sessions {
	struct session *first, *last;
	size_t count;
};

/* What a session needs of the worker that it lives on, and all that it knows of it. */
struct session_host {
	unsigned number; /* the worker's, for the registry */
	struct loop *loop;
	struct pump *pump;
	struct packet_sink *sink;
	const char *interface;    /* for the log */
	struct addr_map *by_addr; /* sessions by inner address */
	struct ids *by_id;        /* all sessions */
	struct registry *registry;
	struct auth_service *auth;
	const struct server_cfg *cfg;
	const uint8_t *own_iid; /* the server's, on all links */
	struct half_opens half_open;
	struct sessions open;
	struct stats stats; /* without what its live sessions have carried */
	/* A session has logged in: it is one of `open` from now on. */
	void (*opened)(struct session_host *h);
	/* A session is gone, or a connection that was none yet. */
	void (*ended)(struct session_host *h, bool was_open);
	/* A session of any worker has to end, maybe one of this host's. */
	void (*evict)(struct session_host *h, const struct eviction *e);
};

struct session {
	struct tunnel tunnel;
	struct session_host *host;
	bool is_open;                /* it has logged in */
	struct half_open half_open;  /* until then */
	struct session *next, *prev; /* of host->open, from then on */
	struct id_entry id;          /* in host->by_id */
	struct log log;              /* "session 7" */
	struct log_limit log_limit;  /* once it has logged in */
	struct sockaddr_storage peer;
	uint64_t started_ms;
	char user[PPP_NAME_MAX + 1];
	struct registration registration;
	struct ip_addr ipv4; /* in host->by_addr; AF_UNSPEC: none */
	struct ip_addr ipv6; /* the same, link-local */
	enum ppp_auth method;
	uint64_t question; /* to host->auth, not answered yet; 0: none */
	bool is_refused;   /* the verdict waits for the delay */
	struct loop_timer delay;
	struct ppp_auth_result verdict;
	struct ppp_eap_memory *eap; /* until it has logged in; NULL: EAP is not offered */
	const char *goodbye;        /* refused although the verdict is good: why; else NULL */
};

/*
 * A connection that has asked for SSTP: takes it over, and its place in host->half_open. NULL: there was
 * no memory, the connection is closed, and the place is still the caller's.
 */
struct session *session_open(struct session_host *h, struct half_open *place, struct pump_end *wire,
			     const struct sockaddr_storage *peer);
/* Then: goes on with the first `len` bytes of pump->plain. It may be gone after this. */
void session_start(struct session *s, size_t len);
/* How the log names it: "session 7". */
struct log session_log(uint64_t id);
/* The session of this host that has the id; NULL: none has. */
struct session *session_find(const struct session_host *h, uint64_t id);
/* That session of this host ends, if it is still there; `why` is a constant, for it and the log. */
void session_evict(struct session_host *h, uint64_t id, enum tunnel_reason reason, const char *why);
/* What this host has counted, with its live sessions. */
void session_stats(const struct session_host *h, struct stats *sum);
/* A line of status for each that has logged in, for the first of very many. */
void session_log_all(const struct session_host *h);
/* At once, when the worker is closed. */
void session_abandon(struct session *s);

/* For the host's packet sink: is it from the session's own address, and not to another client unless that
 * is allowed? `t` is the tunnel of a session. */
bool session_may_send(struct tunnel *t, const struct packet *p);

#endif
