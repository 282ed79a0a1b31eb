/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One client of the server: its tunnel, who it is, what it was given. A session is one allocation,
 * made when the connection is accepted and gone when its tunnel has ended.
 *
 * Before its login a session is half open, and there is a bound on how many of these there are. Over
 * it new connections wait while those that are there get on; when they don't, the oldest goes. After
 * its login a session is in the registry and holds an address.
 */
#ifndef SSTP_SERVER_SESSION_H
#define SSTP_SERVER_SESSION_H

#include "server/worker.h"

enum { SESSION_HALF_OPEN_MAX = 2000 }; /* of all workers together, if there are descriptors */

struct session {
	struct tunnel tunnel;
	struct worker *worker;
	struct sessions *list; /* the one it is in */
	struct session *next, *prev;
	struct log log;             /* "session 7" */
	struct log_limit log_limit; /* once it has logged in */
	struct sockaddr_storage peer;
	uint64_t started_ms;
	char user[PPP_NAME_MAX + 1];
	struct registration registration;
	struct ip_addr ipv4; /* in the worker's table; AF_UNSPEC: none */
	struct ip_addr ipv6; /* the same, link-local */
	bool is_refused;     /* the verdict waits for the delay */
	struct loop_timer delay;
	struct ppp_verdict verdict;
	const char *goodbye; /* refused although the verdict is good: why; else NULL */
};

/* May another one come now? */
bool session_has_room(const struct worker *w);
/* The same, from any thread, and without the end of one that has had time enough to log in. */
bool session_is_below_limit(const struct worker *w);
/* Takes over the connected socket. False: there was no memory, and it is closed. */
bool session_accept(struct worker *w, int fd, const struct sockaddr_storage *peer);
/* A newer session took its place, if it is still there. */
void session_evict(struct worker *w, const struct eviction *e);
/* At once, when the worker is closed. */
void session_abandon(struct session *s);

/* The worker's port: packets of a session on their way to the TUN device. */
void session_deliver(struct port *port, struct tunnel *from, uint8_t *packet, size_t len);

#endif
