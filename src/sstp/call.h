/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The definition of struct sstp, for files that embed it; its functions are in sstp/sstp.h. It must
 * not be moved or copied while it is in use.
 */
#ifndef SSTP_SSTP_CALL_H
#define SSTP_SSTP_CALL_H

#include "sstp/message.h"
#include "sstp/types.h"

enum {
	/* the most that one call on the engine emits: a NAK of SSTP_FAULTS_MAX faults */
	SSTP_TX_MAX = 1024,
	SSTP_OUT_MAX = 8,
	SSTP_INTERIM_MAX = 16, /* 1xx responses that a client skips */
};

/*
 * The states of [MS-SSTP] 3.2.1 and 3.3.1, client and server in one enum. States that last only
 * while one message is sent are left out; one for the HTTP exchange is added. SSTP_ST_NONE: not
 * opened, or ended.
 */
enum sstp_state {
	SSTP_ST_NONE,
	SSTP_ST_HTTP,
	SSTP_ST_REQUEST,   /* C1 Connect_Request_Sent, S1 Connect_Request_Pending */
	SSTP_ST_ACK,       /* C2 Connect_Ack_Received, S2 Call_Connected_Pending */
	SSTP_ST_CONNECTED, /* C3, S3 */
	SSTP_ST_ABORT_PENDING,
	SSTP_ST_ABORT_TIMEOUT,
	SSTP_ST_DISCONNECT_PENDING,
	SSTP_ST_DISCONNECT_TIMEOUT,
	SSTP_STATES,
};

/* Events in order, and the bytes of SSTP_OUT_SEND. All zero: empty. */
struct sstp_outbox {
	struct sstp_out out[SSTP_OUT_MAX];
	uint8_t first, count;
	size_t tx_len;
	uint8_t tx[SSTP_TX_MAX];
};

struct sstp {
	struct sstp_cfg cfg;
	enum sstp_state state;
	uint64_t deadline_ms;  /* of the timer of the current state */
	bool is_response_held; /* server: the 200 is sent at the deadline */
	bool is_other_http;    /* server: the owner got a request that is not SSTP's */
	bool hello_is_out;     /* an Echo-Request was sent, and no packet has arrived since */
	bool is_over;          /* SSTP_OUT_CLOSED has been queued */

	/* the crypto binding */
	uint8_t hashes;         /* client: from the ACK; server: offered */
	bool is_authenticated;  /* server: keys->hlak is the key */
	bool is_held;           /* server: a Call-Connected came before the authentication ended */
	struct sstp_keys *keys; /* NULL: the binding was sent or checked, or the call has ended */

	uint8_t naks; /* server: sent; client: followed by another request */

	/* the first reason for the end, for SSTP_OUT_CLOSED */
	enum sstp_closed why;
	uint32_t status;
	int http_status;
	uint64_t correlation;  /* server: hash of a persistent SSTPCORRELATIONID; else 0 */
	struct bytes location; /* client: of a redirection; points into the input of sstp_input */
	uint8_t interim_responses; /* client: number of 1xx responses skipped */
	bool is_page; /* client: the response has the type of a document, so SSTP may not follow */

	struct sstp_outbox *out; /* lent by the owner; NULL: nothing has been emitted */
};

#endif
