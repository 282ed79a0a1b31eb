/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct sstp, for those who embed it; everything else about it is in sstp/sstp.h. It must not be
 * moved or copied while it lives: what waits to be sent is inside, and events point at it.
 */
#ifndef SSTP_SSTP_CALL_H
#define SSTP_SSTP_CALL_H

#include "sstp/message.h"
#include "sstp/types.h"

enum {
	/* what one call on the engine may emit: the longest is a NAK of SSTP_FAULTS_MAX faults */
	SSTP_TX_MAX = 1024,
	SSTP_OUT_MAX = 8,
	SSTP_INTERIM_MAX = 16, /* 1xx responses that a client skips */
};

/*
 * The states of [MS-SSTP] 3.2.1 and 3.3.1 side by side: those that only last while one message is
 * being sent are left out, the HTTP exchange is one more in front. None: not opened, or over.
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

struct sstp {
	struct sstp_cfg cfg;
	enum sstp_state state;
	uint64_t deadline_ms;  /* of the one timer that each state has */
	bool is_response_held; /* server: the 200 waits for the deadline */
	bool is_other_http;    /* server: the owner has been given a request that is not SSTP's */
	bool hello_is_out;     /* an Echo-Request waits for a sign of life */
	bool is_over;          /* SSTP_OUT_CLOSED has been queued */

	/* the crypto binding */
	uint8_t hashes; /* client: of the ACK; server: offered */
	uint8_t nonce[SSTP_NONCE_LEN];
	bool is_authenticated; /* server: hlak is the key */
	uint8_t hlak[SSTP_HLAK_LEN];
	bool is_held; /* server: a Call-Connected came before the authentication ended */
	uint8_t held[SSTP_CALL_CONNECTED_LEN];

	uint8_t naks; /* server: sent; client: answered with another request */

	/* the first reason for the end, kept for SSTP_OUT_CLOSED */
	enum sstp_closed why;
	uint32_t status;
	int http_status;
	uint64_t
		correlation; /* server: a hash of the client's SSTPCORRELATIONID, if it keeps it; else 0 */
	struct bytes location;     /* client: of a redirection, in what was given to sstp_input */
	uint8_t interim_responses; /* client: 1xx, skipped */

	/* events in order, and the bytes of those that send */
	struct sstp_out out[SSTP_OUT_MAX];
	uint8_t out_first, out_count;
	size_t tx_len;
	uint8_t tx[SSTP_TX_MAX];
};

#endif
