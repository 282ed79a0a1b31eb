/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an engine (sstp.h) and its owner tell each other: settings and events. */
#ifndef SSTP_SSTP_TYPES_H
#define SSTP_SSTP_TYPES_H

#include "crypto/digest.h"
#include "util/bytes.h"
#include "util/log.h"

enum {
	SSTP_HTTP_MAX = 8 * 1024, /* longest header block that we take */
	SSTP_HOST_MAX = 261,      /* longest Host header that we send: a DNS name, ':', a port */
	SSTP_HLAK_LEN = 32,
	SSTP_NONCE_LEN = 32,
};

/* [MS-SSTP] 2.2.7: the Hash Protocol bits */
enum {
	SSTP_HASH_SHA1 = 0x01,
	SSTP_HASH_SHA256 = 0x02,
};

enum sstp_role {
	SSTP_CLIENT,
	SSTP_SERVER,
};

struct sstp_cfg {
	enum sstp_role role;
	uint8_t hashes; /* client: allowed; server: offered. SHA-256 is preferred where both are */
	uint8_t cert_sha1[SHA1_LEN];     /* of the DER of the server's certificate in this */
	uint8_t cert_sha256[SHA256_LEN]; /* connection, whichever end we are */
	const char *host; /* client: the Host header, "name" or "name:port"; the caller's */
	/* client: of SSTPCORRELATIONID, the same for all calls of one client: a server that knows us by it
	 * ends the call before. NULL: another each time. The caller's */
	const uint8_t *correlation;
	bool busy; /* server: answer a good request with 503 */
	void (*random)(void *arg, void *to, size_t len);
	void *random_arg;
	const struct log *log; /* NULL: logs without a name */
};

/* Why a call ended. */
enum sstp_closed {
	SSTP_CLOSED_BY_US = 1,   /* sstp_close, and the far end agreed or had its time */
	SSTP_CLOSED_BY_PEER,     /* Call-Disconnect */
	SSTP_CLOSED_ABORTED,     /* the peer sent Call-Abort: status */
	SSTP_CLOSED_HTTP_STATUS, /* client: the answer was not 200: http_status */
	SSTP_CLOSED_NOT_SSTP,    /* client: no HTTP/1.1, or no SSTP after 200; server: another
				     * kind of request, or no room: http_status */
	SSTP_CLOSED_NO_RESPONSE, /* client: no whole answer to the HTTP request in time */
	SSTP_CLOSED_NO_REQUEST,  /* server: no whole HTTP request in time */
	SSTP_CLOSED_NEGOTIATION, /* a negotiation timer ran out */
	SSTP_CLOSED_UNCONFIRMED, /* server: the same after the login: no Call-Connected came */
	SSTP_CLOSED_BAD_MESSAGE, /* malformed or out of order: we sent Call-Abort: status */
	SSTP_CLOSED_NO_HASH,     /* client: no hash protocol that both ends allow */
	SSTP_CLOSED_BAD_BINDING, /* server: Call-Connected does not prove what it should */
	SSTP_CLOSED_REFUSED,     /* client: Call-Connect-NAK again and again: status */
	SSTP_CLOSED_BAD_STREAM,  /* bytes that are no SSTP packet: dropped without a word */
	SSTP_CLOSED_SILENT,      /* no answer to the hello, [MS-SSTP] 3.1.2.3 */
};

enum sstp_out_type {
	SSTP_OUT_SEND,       /* bytes: to the TLS connection, in one write */
	SSTP_OUT_OTHER_HTTP, /* other: server: a request that is not SSTP's; see sstp_refuse_http */
	SSTP_OUT_HTTP_DONE,  /* the HTTP exchange succeeded: 200 came, or went out */
	SSTP_OUT_START_PPP,  /* hashes: the bitmask that the server offered */
	SSTP_OUT_PPP_FRAME,  /* bytes: one PPP frame, inside what was given to sstp_input */
	SSTP_OUT_CONNECTED,  /* network data may pass */
	SSTP_OUT_CLOSED,     /* closed: the last event */
};

struct sstp_out {
	enum sstp_out_type type;
	union {
		struct bytes bytes;
		uint8_t hashes;
		struct {
			struct bytes block; /* inside what was given to sstp_input */
			int status;         /* what a server that has nothing else answers */
		} other;
		struct {
			enum sstp_closed why;
			uint32_t status;       /* of a Call-Abort or NAK, whoever sent it */
			int http_status;       /* server: what we answered; client: what came */
			struct bytes location; /* client: where a 3xx redirects to, inside
						* what was given to sstp_input; or empty */
		} closed;
	};
};

#endif
