/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A RADIUS client: requests to a list of servers, with retransmission, fail-over and dead servers.
 *
 *	radius_client_send -> [ waits for a free Identifier ] -> sent, sent again -> ANSWER
 *	                                                          -> the next server -> FAILED
 *
 * A request is repeated unchanged (RFC 5080 section 2.2.1). When a server has not answered in time
 * the next one gets it, as a new packet with an Authenticator and an Identifier of its own. A server
 * that does not answer is dead for RADIUS_DEAD_MS: it gets a Status-Server (RFC 5997) now and then,
 * and no requests as long as another one lives. When all are dead they are still tried, in order.
 *
 * An Identifier has eight bits for each pair of our port and the server's, so there are several
 * ports; the owner gives each a socket. A response that comes late is no response to any request.
 *
 * An engine: the owner carries packets and time. A request is the owner's memory, which the engine
 * uses from radius_client_send until RADIUS_OUT_ANSWER, RADIUS_OUT_FAILED or radius_client_cancel.
 */
#ifndef SSTP_RADIUS_RADIUS_CLIENT_H
#define SSTP_RADIUS_RADIUS_CLIENT_H

#include "radius/radius_packet.h"

enum {
	RADIUS_SERVERS = 8,
	RADIUS_PORTS = 4,           /* for each server */
	RADIUS_IDS = 256,           /* for each port */
	RADIUS_ANY = -1,            /* radius_request.server */
	RADIUS_FIRST_MS = 2 * 1000, /* before a request is repeated; then twice as long */
	RADIUS_PAUSE_MAX_MS = 8 * 1000,
	RADIUS_SERVER_MS = 12 * 1000, /* for one server; the default */
	RADIUS_TOTAL_MS = 30 * 1000,  /* for one request */
	RADIUS_SILENT_MAX = 3,        /* requests in a row without an answer: dead */
	RADIUS_PAUSED_MS = 1000,      /* a tick that is so late: this host did not run */
	RADIUS_DEAD_MS = 120 * 1000,
	RADIUS_PROBE_MS = 30 * 1000,
	RADIUS_PROBES = 3, /* answers in a row, then it is alive */
	RADIUS_PROBE_SIZE = 320,
};

struct radius_link {
	struct radius_link *next, *prev;
};

struct radius_request {
	/* the owner's */
	uint8_t *packet; /* from radius_begin on, complete but for what radius_sign_request adds */
	size_t len;
	size_t password_at; /* see radius_put_password_gap */
	struct bytes password;
	size_t delay_at; /* the value of Acct-Delay-Time, counted from born_ms; 0: none */
	uint64_t born_ms;
	int server;          /* the only one that may get it; RADIUS_ANY */
	bool must_be_signed; /* no answer without a Message-Authenticator is accepted */
	/* private; `at` is the server that has it, also in an event */
	unsigned at;
	enum radius_state {
		RADIUS_IDLE,
		RADIUS_WAITING, /* for an Identifier */
		RADIUS_SENT,
		RADIUS_FINISHED, /* an event is due */
	} state;
	bool is_probe, is_outgoing, is_unsigned;
	uint8_t port, id;
	unsigned sends, tried;
	uint32_t pause_ms;
	uint64_t sent_ms, resend_ms, server_end_ms, end_ms;
	struct radius_link list, outbox;
};

/* Whether responses need a Message-Authenticator. */
enum radius_demand {
	RADIUS_REQUIRE,
	RADIUS_AUTO, /* for EAP, and from a server that has sent one before, not with EAP */
};

struct radius_server {
	struct bytes secret; /* the owner's */
	bool is_stream;      /* TLS: nothing is repeated; see radius_client_stream */
	/* private */
	bool is_up; /* the stream */
	bool is_dead, is_reported_dead;
	bool has_signed;
	uint64_t heard_ms; /* the last answer */
	unsigned silent;   /* requests since then without an answer */
	unsigned probes;   /* answered in a row */
	uint64_t dead_until_ms, probe_ms;
	uint8_t next_id[RADIUS_PORTS];
	unsigned used[RADIUS_PORTS];
	struct radius_request *by_id[RADIUS_PORTS][RADIUS_IDS];
	struct radius_request probe;
	uint8_t probe_packet[RADIUS_PROBE_SIZE];
};

struct radius_client_cfg {
	void (*random)(void *arg, void *to, size_t len);
	void *arg;
	enum radius_demand demand;
	uint32_t server_ms; /* RADIUS_SERVER_MS */
	const char *nas;    /* NAS-Identifier of a Status-Server */
};

struct radius_client {
	struct radius_client_cfg cfg;
	struct radius_server servers[RADIUS_SERVERS];
	unsigned server_count;
	struct radius_link waiting, sent, finished, outbox;
	uint64_t next_ms;
	struct radius_request *answered; /* by the packet in `answer` */
	struct bytes answer;
};

enum radius_out_type {
	RADIUS_OUT_SEND = 1, /* packet: to `server`, from our port number `port` */
	RADIUS_OUT_ANSWER,   /* request, packet */
	RADIUS_OUT_FAILED,   /* request: no server answered */
	/* request: `server` answered without a Message-Authenticator, which is not accepted */
	RADIUS_OUT_UNSIGNED,
	RADIUS_OUT_DEAD, /* server; for the log */
	RADIUS_OUT_ALIVE,
};

struct radius_out {
	enum radius_out_type type;
	unsigned server, port;
	struct radius_request *request;
	struct bytes packet; /* good until the next call */
};

void radius_client_open(struct radius_client *c, const struct radius_client_cfg *cfg);
/* Before the first request. False: there are RADIUS_SERVERS already. */
bool radius_client_add(struct radius_client *c, struct bytes secret, bool is_stream);

void radius_client_send(struct radius_client *c, struct radius_request *r, uint64_t now_ms);
/* The request may be freed afterwards; no effect if it is not in use. */
void radius_client_cancel(struct radius_client *c, struct radius_request *r, uint64_t now_ms);
/* A datagram, or one packet of a stream, from that server to that port. */
void radius_client_input(struct radius_client *c, unsigned server, unsigned port,
			 struct bytes packet, uint64_t now_ms);
/*
 * The server's host has reported that nothing listens there: another server, if one is alive, gets
 * the requests.
 */
void radius_client_refused(struct radius_client *c, unsigned server, uint64_t now_ms);
/* A stream is connected, or has broken; what was not answered is sent again on the next one. */
void radius_client_stream(struct radius_client *c, unsigned server, bool is_up, uint64_t now_ms);
void radius_client_tick(struct radius_client *c, uint64_t now_ms);
uint64_t radius_client_deadline(const struct radius_client *c); /* UINT64_MAX: no timer */
bool radius_client_next(struct radius_client *c, struct radius_out *out);

#endif
