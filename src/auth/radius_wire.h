/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One RADIUS client with its sockets, in one loop: looks the servers' names up, opens a connected UDP
 * socket for each port of the engine that is used, carries packets and time.
 */
#ifndef SSTP_AUTH_RADIUS_WIRE_H
#define SSTP_AUTH_RADIUS_WIRE_H

#include "auth/radius_cfg.h"
#include "auth/radius_stream.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "radius/radius_client.h"

struct radius_wire;

struct radius_socket {
	struct loop_watch watch; /* fd -1: not open */
	struct radius_wire *wire;
	unsigned server, port;
};

struct radius_peer {
	const struct radius_endpoint *at;
	struct radius_wire *wire;
	struct resolve *lookup; /* NULL: none is under way */
	struct sockaddr_storage addr;
	bool has_addr;
	bool is_reported; /* a problem with it has been logged, since it worked last */
	struct radius_socket sockets[RADIUS_PORTS];
	struct radius_stream *stream; /* TLS, in place of the sockets; NULL: UDP */
};

struct radius_wire {
	struct loop *loop;
	const struct radius_cfg *cfg;
	const char *service; /* "logins", "accounting", for the log */
	struct radius_client client;
	struct radius_peer peers[RADIUS_SERVERS];
	struct loop_timer timer;
	struct loop_task drain;
	uint8_t in[RADIUS_PACKET_MAX + 1];
	/* ANSWER, FAILED and UNSIGNED of a request; it may be sent again or freed. */
	void (*event)(void *arg, const struct radius_out *out);
	void *arg;
};

/*
 * Fill in event and arg before. Starts look-ups and connections; `tls` may be NULL if no server is
 * reached by TLS.
 */
void radius_wire_open(struct radius_wire *w, struct loop *loop, const struct radius_cfg *cfg,
		      const struct radius_endpoint *servers, size_t count, const char *service,
		      struct tls_ctx *tls);
void radius_wire_close(struct radius_wire *w);
void radius_wire_send(struct radius_wire *w, struct radius_request *r);
void radius_wire_cancel(struct radius_wire *w, struct radius_request *r);
/* What response `out` is to its request. */
struct bytes radius_wire_secret(const struct radius_wire *w, unsigned server);
/* Our address towards the first server; AF_UNSPEC: not known yet. */
struct ip_addr radius_wire_local(const struct radius_wire *w);

#endif
