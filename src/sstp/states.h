/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state machines of a call, for client and server, [MS-SSTP] 3.1 to 3.3: the action for each
 * message, timer and call of the owner in each state.
 */
#ifndef SSTP_SSTP_STATES_H
#define SSTP_SSTP_STATES_H

#include "sstp/call.h"
#include "sstp/message.h"

enum sstp_event {
	SSTP_ON_MALFORMED, /* also a message of unknown type */
	/* a message of that type was received */
	SSTP_ON_REQUEST = SSTP_MSG_CALL_CONNECT_REQUEST,
	SSTP_ON_ACK = SSTP_MSG_CALL_CONNECT_ACK,
	SSTP_ON_NAK = SSTP_MSG_CALL_CONNECT_NAK,
	SSTP_ON_CONNECTED = SSTP_MSG_CALL_CONNECTED,
	SSTP_ON_ABORT = SSTP_MSG_CALL_ABORT,
	SSTP_ON_DISCONNECT = SSTP_MSG_CALL_DISCONNECT,
	SSTP_ON_DISCONNECT_ACK = SSTP_MSG_CALL_DISCONNECT_ACK,
	SSTP_ON_ECHO_REQUEST = SSTP_MSG_ECHO_REQUEST,
	SSTP_ON_ECHO_RESPONSE = SSTP_MSG_ECHO_RESPONSE,
	/* events of our own side */
	SSTP_ON_AUTHENTICATED,
	SSTP_ON_CLOSE,
	SSTP_ON_TIMER,
	SSTP_EVENTS,
};

enum { /* [MS-SSTP] 3.1.2, 3.2.2, 3.3.2; those of the HTTP exchange are our own */
       SSTP_HTTP_REQUEST_MS = 10 * 1000, /* server: for the whole header block */
       SSTP_HTTP_RESPONSE_MS = 60 * 1000,
       SSTP_HTTP_HOLD_MS = 2, /* server: for sstp-client; at least 1 ms passes */
       SSTP_NEGOTIATION_MS = 60 * 1000,
       SSTP_HELLO_MS = 60 * 1000,
       SSTP_ABORT_1_MS = 3 * 1000,
       SSTP_ABORT_2_MS = 1 * 1000,
       SSTP_DISCONNECT_1_MS = 5 * 1000,
       SSTP_DISCONNECT_2_MS = 1 * 1000,
       SSTP_RETRIES_MAX = 3, /* NAKs that a server sends, requests that a client repeats */
};

/* One event in a state of the machine, SSTP_ST_REQUEST or later; `m`: the message, or NULL. */
void sstp_step(struct sstp *s, enum sstp_event event, const struct sstp_msg *m, uint64_t now_ms);

/* Client: sends the Call-Connect-Request and so enters the state machine. */
void sstp_send_request(struct sstp *s, uint64_t now_ms);

/* Enters a state, whose timer expires after `ms`. */
void sstp_enter(struct sstp *s, enum sstp_state state, uint32_t ms, uint64_t now_ms);

/* Records the reason for the end; only the first one is kept. */
void sstp_set_reason(struct sstp *s, enum sstp_closed why, uint32_t status);

/* The event SSTP_OUT_CLOSED with the recorded reason. */
struct sstp_out sstp_end_of(const struct sstp *s);

/* Ends the call at once: SSTP_OUT_CLOSED with the recorded reason. */
void sstp_drop(struct sstp *s);

#endif
