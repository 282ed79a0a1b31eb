/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One end of one SSTP call ([MS-SSTP]): the HTTP exchange, control messages, both state machines
 * with their timers, the crypto binding. Bytes and time in, bytes and events out. No descriptor, no
 * clock, no allocation, no global; PPP is just a payload here.
 *
 * Life: fill a struct sstp_cfg once TLS is up (it holds the certificate's hashes), sstp_init,
 * sstp_open, then sstp_input as bytes arrive and sstp_tick at each deadline; after each call drain
 * sstp_next until it says false. sstp_close ends the call in order (Call-Disconnect).
 * SSTP_OUT_CLOSED is the last event: the connection is to be closed then. What an event points at
 * is good until the next call on that engine; other calls may be made between two of sstp_next.
 *
 * PPP starts at SSTP_OUT_START_PPP. When it has authenticated, tell sstp_authenticated: a client
 * sends Call-Connected then, a server checks the one that came or will come. Network data may pass
 * only while sstp_is_connected.
 */
#ifndef SSTP_SSTP_SSTP_H
#define SSTP_SSTP_SSTP_H

#include "crypto/digest.h"
#include "util/bytes.h"
#include "util/log.h"

enum {
	SSTP_HDR_LEN = 4,       /* [MS-SSTP] 2.2.1 */
	SSTP_PACKET_MAX = 4095, /* the Length field's twelve bits */
	SSTP_PAYLOAD_MAX = SSTP_PACKET_MAX - SSTP_HDR_LEN,
	SSTP_HTTP_MAX = 8 * 1024, /* longest header block that we take */
	SSTP_HOST_MAX = 261,      /* longest Host header that we send: a DNS name, ':', a port */
	SSTP_HLAK_LEN = 32,
	SSTP_NONCE_LEN = 32,
	SSTP_WIRE_VERSION = 0x10,
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
	bool busy;        /* server: answer a good request with 503 */
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
	SSTP_CLOSED_NO_ANSWER,   /* client: no whole answer to the HTTP request in time */
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

const char *sstp_closed_text(enum sstp_closed why);
/* "VALUE_NOT_SUPPORTED" and so on, [MS-SSTP] 2.2.8; "unknown status" else. */
const char *sstp_status_name(uint32_t status);

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

/* struct sstp itself is in sstp/call.h, for those who embed it. */
struct sstp;

void sstp_init(struct sstp *s, const struct sstp_cfg *cfg);
void sstp_open(struct sstp *s, uint64_t now_ms);

/*
 * Takes the first whole message (an HTTP header block, an SSTP packet) off the front of `at` and
 * returns how many bytes that were; 0: not all of it is there yet, come again with more. The
 * caller keeps the bytes; SSTP_HTTP_MAX is as much as it ever has to hold. After SSTP_OUT_CLOSED
 * everything is swallowed.
 */
size_t sstp_input(struct sstp *s, const uint8_t *at, size_t len, uint64_t now_ms);

/*
 * Answers a request that is not SSTP's, with that status and no content, and ends the call. Who has
 * something else for the client takes over the connection instead, and is through with this engine.
 */
void sstp_refuse_http(struct sstp *s, int status);

/* The PPP authentication succeeded with this key (zeroes when the method makes none). */
void sstp_authenticated(struct sstp *s, const uint8_t hlak[SSTP_HLAK_LEN], uint64_t now_ms);
void sstp_close(struct sstp *s, uint64_t now_ms);
void sstp_tick(struct sstp *s, uint64_t now_ms);
uint64_t sstp_deadline(const struct sstp *s); /* UINT64_MAX: waiting for nothing */
bool sstp_next(struct sstp *s, struct sstp_out *out);
void sstp_wipe(struct sstp *s);

/* Why the call is ending or has ended, as in SSTP_OUT_CLOSED, already before that is told: a peer may
 * close the connection while our Call-Abort is out. False: it is not ending. */
bool sstp_noted_end(const struct sstp *s, struct sstp_out *out);

bool sstp_is_connected(const struct sstp *s);
/* PPP control frames may be sent and taken (after Call-Connect-Ack, before any end). */
bool sstp_ppp_is_open(const struct sstp *s);
/* The packet path took data packets past the engine: the peer is alive (hello timer). */
void sstp_note_traffic(struct sstp *s, uint64_t now_ms);

/*
 * For the packet path: the whole length of the data packet that starts at `at`, 0 when that is
 * not a data packet, is malformed or not all there (then it is a case for sstp_input).
 */
static inline size_t sstp_data_len(const uint8_t *at, size_t left)
{
	size_t len;

	if (left < SSTP_HDR_LEN || at[0] != SSTP_WIRE_VERSION || (at[1] & 0x01))
		return 0;
	len = load_u16(at + 2) & SSTP_PACKET_MAX;
	return len > SSTP_HDR_LEN && len <= left ? len : 0;
}

/* Writes the header of a data packet in front of a payload of `len` bytes. */
static inline void sstp_put_data_header(uint8_t *at, size_t len)
{
	store_u16(at, SSTP_WIRE_VERSION << 8);
	store_u16(at + 2, (uint16_t)(SSTP_HDR_LEN + len));
}

#endif
