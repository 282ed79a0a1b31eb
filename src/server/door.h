/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The door: what a connection goes through before it is a session.
 *
 * 	accept -> PROXY header -> ban check -> ClientHello -> TLS handshake -> HTTP request -> session
 *
 * Each stage is a row of a table (door.c): what it does with received bytes, and how long it may
 * take. Only connections from a load balancer begin with a PROXY header (proxy_header.h), which has
 * the client's address: all that follows applies to that address. Most connections to port 443 end
 * here, so they take little memory: no tunnel, no PPP.
 *
 * A connection leaves the door as a session, or as a splice (splice.h): before TLS, if its ClientHello
 * asks for a name or a protocol that is passed on; or after TLS, to the web server, if it does not ask
 * for SSTP, or not under the right name. The web server gets all that the client sent, and our own
 * parser has no say in it: whoever looks for a VPN here sees a web server.
 *
 * From a TLS terminator (HAProxy with `mode http`) comes HTTP without TLS; such a connection has a listener of
 * its own, and skips the ClientHello. Its TLS session passes bytes as they are.
 *
 * Only a ban of the whole source address is applied here. Bans of a user at an address are applied
 * to the login, which tells the client why it is refused; so are those of an address where a known
 * user may still log in (bans.h).
 *
 * The door also limits the connections that have not logged in, with half-open sessions. Over the
 * limit new connections wait in the kernel's queue; when the oldest has had enough time to log in,
 * it is closed for a new one. Each worker has a door.
 */
#ifndef SSTP_SERVER_DOOR_H
#define SSTP_SERVER_DOOR_H

#include "server/certs.h"
#include "server/session.h"
#include "server/splice.h"

enum { DOOR_LISTENERS_MAX = 64 };

/* The limits of each worker. */
struct door_limits {
	size_t half_open_max;
	uint32_t login_ms; /* a connection older than this may be closed when others wait */
	size_t splices_max;
};

/* A connection that was accepted. */
struct arrival {
	int fd;
	bool is_plain; /* HTTP without TLS */
	struct sockaddr_storage peer;
};

struct door_listener {
	struct loop_watch watch;
	struct door *door;
	bool is_plain;
};

struct door {
	struct session_host *host; /* of new sessions */
	const struct door_limits *limits;
	struct certs *certs;
	/* A connection has been accepted, for this door or another worker's. */
	void (*accepted)(struct door *d, const struct arrival *a);
	struct door_listener listeners[DOOR_LISTENERS_MAX];
	size_t listener_count;
	struct splices splices; /* they go on after door_close */
	struct loop_timer
		accept_again; /* accepting has paused: no descriptors, or over the limit */
	_Atomic(unsigned) half_open_count; /* of this worker, with those on their way to it */
};

/* Divides the limits for all workers together. */
struct door_limits door_limits(size_t half_open_max, size_t splices_max, unsigned workers);

void door_open(struct door *d, struct session_host *host, const struct door_limits *limits);
/* Takes over a listening socket; is_plain: of TLS terminators. 0 or -errno. */
int door_listen(struct door *d, int fd, bool is_plain);
/* Closes the listeners. */
void door_close(struct door *d);

/* Whether one more connection fits without closing another. From any thread. */
bool door_is_below_limit(const struct door *d);
/* From any thread: counts a connection that is on its way here. */
void door_expect(struct door *d);
/* Removes from the count: a connection that door_expect counted has logged in, or has ended. */
void door_forget(struct door *d);
/*
 * Takes over the socket of a connection that door_expect has counted. False: there was no memory,
 * and the socket is closed.
 */
bool door_accept(struct door *d, uint64_t id, const struct arrival *a);

#endif
