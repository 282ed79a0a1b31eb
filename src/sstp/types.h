/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interface between an engine (sstp.h) and its owner: settings and events. */
#ifndef SSTP_SSTP_TYPES_H
#define SSTP_SSTP_TYPES_H

#include "crypto/digest.h"
#include "util/bytes.h"
#include "util/log.h"

enum {
	SSTP_HTTP_MAX = 8 * 1024, /* longest header block that we accept */
	SSTP_HOST_MAX = 261,      /* longest Host header that we send: a DNS name, ':', a port */
	SSTP_HLAK_LEN = 32,
	SSTP_NONCE_LEN = 32,
	SSTP_CALL_CONNECTED_LEN = 112, /* [MS-SSTP] 2.2.12 */
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
	uint8_t hashes; /* client: allowed; server: offered. SHA-256 is preferred if both have it */
	/* client: the Host header, "name" or "name:port"; the caller keeps it valid */
	const char *host;
	/*
	 * client: SSTP_GUID_LEN bytes for a persistent SSTPCORRELATIONID: a server that recognizes
	 * it ends the previous call of this client. NULL: a new one for each call. The caller keeps
	 * it valid.
	 */
	const uint8_t *correlation;
	uint32_t hello_ms; /* an Echo-Request after this long without a packet; 0: SSTP_HELLO_MS */
	bool busy;         /* server: respond to a valid request with 503 */
	void (*random)(void *arg, void *to, size_t len);
	void *random_arg;
	const struct log *log; /* NULL: logs without a name */
};

/*
 * What the crypto binding is made of: the owner's memory. The hashes are of the DER of the certificate
 * that the server uses in this connection, for both roles; the owner fills them in, and the engine the
 * rest.
 */
struct sstp_keys {
	uint8_t cert_sha1[SHA1_LEN];
	uint8_t cert_sha256[SHA256_LEN];
	uint8_t nonce[SSTP_NONCE_LEN];
	uint8_t hlak[SSTP_HLAK_LEN];
	/* server: others that the client may have received, in the owner's memory; see struct sstp_binding */
	const struct cert_hashes *others;
	size_t other_count;
	uint8_t held
		[SSTP_CALL_CONNECTED_LEN]; /* server: a Call-Connected from before the login ended */
};

/* Why a call ended. */
enum sstp_closed {
	SSTP_CLOSED_BY_US = 1,   /* sstp_close, and the peer confirmed or did not respond in time */
	SSTP_CLOSED_BY_PEER,     /* Call-Disconnect */
	SSTP_CLOSED_ABORTED,     /* the peer sent Call-Abort: status */
	SSTP_CLOSED_HTTP_STATUS, /* client: the response was not 200: http_status */
	SSTP_CLOSED_WEB_PAGE,    /* client: a document came with the status 200 */
	/* client: no HTTP/1.1, or no SSTP after 200; server: another request or no room: http_status */
	SSTP_CLOSED_NOT_SSTP,
	SSTP_CLOSED_NO_RESPONSE, /* client: no complete HTTP response in time */
	SSTP_CLOSED_NO_REQUEST,  /* server: no complete HTTP request in time */
	SSTP_CLOSED_NEGOTIATION, /* a negotiation timer expired */
	SSTP_CLOSED_UNCONFIRMED, /* server: the same after the login: no Call-Connected */
	SSTP_CLOSED_BAD_MESSAGE, /* malformed or out of order: we sent Call-Abort: status */
	SSTP_CLOSED_NO_HASH,     /* client: no hash protocol that both ends allow */
	SSTP_CLOSED_BAD_BINDING, /* server: the crypto binding in Call-Connected is wrong */
	SSTP_CLOSED_REFUSED,     /* client: repeated Call-Connect-NAK: status */
	SSTP_CLOSED_BAD_STREAM,  /* bytes that are not an SSTP packet: closed without a message */
	SSTP_CLOSED_SILENT,      /* no response to the Echo-Request, [MS-SSTP] 3.1.2.3 */
};

enum sstp_out_type {
	SSTP_OUT_SEND,       /* bytes: to the TLS connection, in one write */
	SSTP_OUT_OTHER_HTTP, /* other: server: a request that is not SSTP's; see sstp_refuse_http */
	SSTP_OUT_HTTP_DONE,  /* the HTTP exchange succeeded: 200 was received or sent */
	SSTP_OUT_START_PPP,  /* hashes: the bitmask that the server offered */
	SSTP_OUT_PPP_FRAME,  /* bytes: one PPP frame; points into the input of sstp_input */
	SSTP_OUT_CONNECTED,  /* network data may pass */
	SSTP_OUT_CLOSED,     /* closed: the last event */
};

struct sstp_out {
	enum sstp_out_type type;
	union {
		struct bytes bytes;
		uint8_t hashes;
		struct {
			struct bytes block; /* points into the input of sstp_input */
			int status;         /* the status if the owner has no other response */
		} other;
		struct {
			enum sstp_closed why;
			uint32_t status; /* of a Call-Abort or NAK, sent or received */
			int http_status; /* server: sent; client: received */
			/* client: target of a 3xx, in the input of sstp_input; or empty */
			struct bytes location;
		} closed;
	};
};

#endif
