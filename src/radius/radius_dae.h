/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dynamic authorization (RFC 5176): a RADIUS server sends us requests to end sessions
 * (Disconnect-Request) or to change what they may do (CoA-Request). An engine: datagrams and time in,
 * a request for the owner or a response out.
 *
 * A request is taken only from the configured addresses, with a right Request Authenticator, and
 * with a right Message-Authenticator and a recent Event-Timestamp if it has them. All others are
 * dropped. A repeated request, from whatever port it comes, gets the same response, and nothing is done
 * twice: requests are remembered as long as their Event-Timestamp is recent, or for RADIUS_DAE_WINDOW_S
 * if they have none. Somebody who has recorded one without it can send it again after that time, so the
 * owner may require it.
 */
#ifndef SSTP_RADIUS_RADIUS_DAE_H
#define SSTP_RADIUS_RADIUS_DAE_H

#include "radius/radius_packet.h"
#include "util/ip.h"

enum {
	RADIUS_DAE_SOURCES = 8,
	RADIUS_DAE_SEEN =
		4096, /* requests that are remembered; more in that time push the oldest out */
	RADIUS_DAE_WINDOW_S = 300, /* RFC 5176 section 6.3 */
};

/* RFC 5176 section 3.5: why a request is refused */
enum radius_error_cause {
	RADIUS_ERROR_NONE,
	RADIUS_ERROR_UNSUPPORTED_ATTRIBUTE = 401,
	RADIUS_ERROR_MISSING_ATTRIBUTE = 402,
	RADIUS_ERROR_NAS_MISMATCH = 403,
	RADIUS_ERROR_INVALID_REQUEST = 404,
	RADIUS_ERROR_UNSUPPORTED_SERVICE = 405,
	RADIUS_ERROR_INVALID_VALUE = 407,
	RADIUS_ERROR_NO_SESSION = 503,
	RADIUS_ERROR_RESOURCES = 506,
	RADIUS_ERROR_SEVERAL_SESSIONS = 508,
};

struct radius_dae_peer {
	struct ip_addr addr;
	uint16_t port;
};

struct radius_dae_source {
	struct ip_addr addr;
	struct bytes secret; /* the owner's */
};

/* A request that was answered. Its Authenticator depends on all of it. */
struct radius_dae_seen {
	/* remembered until then: by Unix time if it has an Event-Timestamp, else by the other one; 0: none */
	uint64_t until_s;
	uint8_t request[RADIUS_AUTH_LEN];
	uint16_t cause; /* what it was answered */
	uint8_t source; /* in sources[] */
};

/* Unix time may be set at any moment; the other one only goes on (util/clock.h). */
struct radius_dae_time {
	uint64_t unix_s, boot_s;
};

struct radius_dae {
	struct radius_dae_source sources[RADIUS_DAE_SOURCES];
	size_t source_count;
	const char *nas_name;
	struct ip_addr nas_address; /* AF_UNSPEC: not known, so not compared */
	bool requires_timestamp;
	/* private */
	struct radius_dae_seen seen[RADIUS_DAE_SEEN];
	size_t next; /* in seen[] */
};

/* A request that passed all checks. Empty or zero: not given; what is given must all fit. */
struct radius_dae_request {
	bool is_disconnect;
	struct bytes session_id, user, calling;
	uint32_t ipv4;
	struct bytes packet; /* for the attributes of a change */
	struct radius_dae_peer peer;
	struct bytes secret;
	/* private */
	size_t source;
	uint64_t now_s, until_s; /* by the same clock */
};

enum radius_dae_step {
	RADIUS_DAE_DROP,
	RADIUS_DAE_OLD,     /* dropped: it is genuine, but its Event-Timestamp is not recent */
	RADIUS_DAE_UNDATED, /* dropped: it is genuine, but has no Event-Timestamp */
	RADIUS_DAE_RESPOND, /* send what was written */
	RADIUS_DAE_ASK,     /* the owner does it and calls radius_dae_respond */
};

enum radius_dae_step radius_dae_input(struct radius_dae *d, const struct radius_dae_peer *peer,
				      struct bytes packet, const struct radius_dae_time *now,
				      struct radius_dae_request *rq, struct writer *out);
/* Writes the response to a request: with RADIUS_ERROR_NONE an ACK, else a NAK. */
void radius_dae_respond(struct radius_dae *d, const struct radius_dae_request *rq,
			enum radius_error_cause cause, struct writer *out);
/* Whether the attribute only says which session and server is meant, or how to respond. */
bool radius_dae_is_address(const struct radius_attr *a);

#endif
