/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both state tables. A cell is an action; the action itself changes the state, because most look at
 * the message first. An empty cell is "ignore" in the specification.
 *
 * A call begins in SSTP_ST_HTTP (sstp.c), negotiates in REQUEST and ACK, and is established in
 * CONNECTED. It ends through one of the four states that give the peer time for its last message;
 * in these an expired timer ends the call.
 */
#include "sstp/states.h"

#include <assert.h>

#include "sstp/binding.h"
#include "sstp/out.h"
#include "sstp/names.h"
#include "util/secret.h"

typedef void action(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms);

/* [MS-SSTP] 3.2.1 and 3.3.1 */
static const char *const state_names[2][SSTP_STATES] = {
	[SSTP_CLIENT] = { "Call_Disconnected", "HTTP", "Connect_Request_Sent",
			  "Connect_Ack_Received", "Call_Connected", "Call_Abort_Pending",
			  "Call_Abort_Timeout_Pending", "Call_Disconnect_Ack_Pending",
			  "Call_Disconnect_Timeout_Pending" },
	[SSTP_SERVER] = { "Call_Disconnected", "HTTP", "Connect_Request_Pending",
			  "Call_Connected_Pending", "Call_Connected", "Call_Abort_Pending",
			  "Call_Abort_Timeout_Pending", "Call_Disconnect_Ack_Pending",
			  "Call_Disconnect_Timeout_Pending" },
};

static void log_move(const struct sstp *s, enum sstp_state to)
{
	const char *const *names = state_names[s->cfg.role];

	if (s->state != to)
		log_debug(s->cfg.log, "sstp: %s -> %s", names[s->state], names[to]);
}

void sstp_enter(struct sstp *s, enum sstp_state state, uint32_t ms, uint64_t now_ms)
{
	log_move(s, state);
	s->state = state;
	s->deadline_ms = now_ms + ms;
}

void sstp_set_reason(struct sstp *s, enum sstp_closed why, uint32_t status)
{
	if (s->why)
		return;
	s->why = why;
	s->status = status;
}

/* The keys are no longer needed once the crypto binding was sent or checked. */
static void forget_keys(struct sstp *s)
{
	if (s->keys)
		secret_wipe(s->keys, sizeof(*s->keys));
	s->keys = NULL;
	s->is_authenticated = false;
	s->is_held = false;
}

struct sstp_out sstp_end_of(const struct sstp *s)
{
	return (struct sstp_out){ .type = SSTP_OUT_CLOSED,
				  .closed = { s->why, s->status, s->http_status, s->location } };
}

void sstp_drop(struct sstp *s)
{
	log_move(s, SSTP_ST_NONE);
	forget_keys(s);
	s->state = SSTP_ST_NONE;
	s->deadline_ms = UINT64_MAX;
	s->is_over = true;
	sstp_emit(s, sstp_end_of(s));
}

static void send_end(struct sstp *s, uint16_t type, uint8_t attr_id, uint32_t status)
{
	struct writer w = sstp_tx(s);

	log_debug(s->cfg.log, "sstp: send %s, %s", sstp_msg_name(type), sstp_status_name(status));
	sstp_put_end(&w, type, attr_id, status);
	sstp_send(s, &w);
	forget_keys(s);
}

static void send_bare(struct sstp *s, uint16_t type)
{
	struct writer w = sstp_tx(s);

	log_debug(s->cfg.log, "sstp: send %s", sstp_msg_name(type));
	sstp_put_bare(&w, type);
	sstp_send(s, &w);
}

/* ---- the end */

static void drop(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	(void)m;
	(void)now_ms;
	sstp_drop(s);
}

static void abort_call(struct sstp *s, enum sstp_closed why, uint8_t attr_id, uint32_t status,
		       uint64_t now_ms)
{
	sstp_set_reason(s, why, status);
	send_end(s, SSTP_MSG_CALL_ABORT, attr_id, status);
	sstp_enter(s, SSTP_ST_ABORT_PENDING, SSTP_ABORT_1_MS, now_ms);
}

/* A message that is not allowed in this state. */
static void unexpected(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	log_warn(s->cfg.log, "sstp: unexpected %s in state %s", sstp_msg_name(m->type),
		 state_names[s->cfg.role][s->state]);
	abort_call(s, SSTP_CLOSED_BAD_MESSAGE, SSTP_ATTR_STATUS_INFO,
		   SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED, now_ms);
}

static void malformed(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	log_warn(s->cfg.log, "sstp: malformed or unknown message, type %u, %zu bytes", m->type,
		 m->packet.len);
	abort_call(s, SSTP_CLOSED_BAD_MESSAGE, SSTP_ATTR_STATUS_INFO,
		   SSTP_STATUS_INVALID_FRAME_RECEIVED, now_ms);
}

static void timed_out(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	(void)m;
	abort_call(s, s->is_authenticated ? SSTP_CLOSED_UNCONFIRMED : SSTP_CLOSED_NEGOTIATION,
		   SSTP_ATTR_STATUS_INFO, SSTP_STATUS_NEGOTIATION_TIMEOUT, now_ms);
}

static void log_peer_status(const struct sstp *s, const struct sstp_msg *m)
{
	uint32_t status = sstp_msg_status(m);

	log_at(s->cfg.log, status ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	       "sstp: the peer sent %s: %s (%u)", sstp_msg_name(m->type), sstp_status_name(status),
	       (unsigned)status);
}

static void ack_abort(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	log_peer_status(s, m);
	sstp_set_reason(s, SSTP_CLOSED_ABORTED, sstp_msg_status(m));
	send_end(s, SSTP_MSG_CALL_ABORT, SSTP_ATTR_NO_ERROR, SSTP_STATUS_NO_ERROR);
	sstp_enter(s, SSTP_ST_ABORT_TIMEOUT, SSTP_ABORT_2_MS, now_ms);
}

/* Both ends have aborted now. */
static void wait_abort(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	(void)m;
	sstp_enter(s, SSTP_ST_ABORT_TIMEOUT, SSTP_ABORT_2_MS, now_ms);
}

static void disconnect(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	(void)m;
	sstp_set_reason(s, SSTP_CLOSED_BY_US, SSTP_STATUS_NO_ERROR);
	send_end(s, SSTP_MSG_CALL_DISCONNECT, SSTP_ATTR_NO_ERROR, SSTP_STATUS_NO_ERROR);
	sstp_enter(s, SSTP_ST_DISCONNECT_PENDING, SSTP_DISCONNECT_1_MS, now_ms);
}

static void ack_disconnect(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	log_peer_status(s, m);
	sstp_set_reason(s, SSTP_CLOSED_BY_PEER, sstp_msg_status(m));
	send_bare(s, SSTP_MSG_CALL_DISCONNECT_ACK);
	forget_keys(s);
	sstp_enter(s, SSTP_ST_DISCONNECT_TIMEOUT, SSTP_DISCONNECT_2_MS, now_ms);
}

/* ---- hello, [MS-SSTP] 3.1.2.3 */

static void send_echo_response(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	(void)m;
	(void)now_ms;
	send_bare(s, SSTP_MSG_ECHO_RESPONSE);
}

static void hello(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	(void)m;
	if (s->hello_is_out) {
		sstp_set_reason(s, SSTP_CLOSED_SILENT, SSTP_STATUS_NO_ERROR);
		sstp_drop(s);
		return;
	}
	send_bare(s, SSTP_MSG_ECHO_REQUEST);
	s->hello_is_out = true;
	s->deadline_ms = now_ms + SSTP_HELLO_MS;
}

static void connected(struct sstp *s, uint64_t now_ms)
{
	forget_keys(s);
	s->hello_is_out = false;
	sstp_enter(s, SSTP_ST_CONNECTED, s->cfg.hello_ms, now_ms);
	sstp_emit(s, (struct sstp_out){ .type = SSTP_OUT_CONNECTED });
}

/* What a binding depends on: the nonce, the certificate, the key. */
static struct sstp_binding binding_of(const struct sstp *s)
{
	const struct sstp_keys *k = s->keys;

	return (struct sstp_binding){ s->hashes, k->nonce,  k->cert_sha1,  k->cert_sha256,
				      k->hlak,   k->others, k->other_count };
}

/* ---- client */

static void take_ack(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	struct sstp_attr a;
	uint8_t offered;

	if (!sstp_attr_find(m, SSTP_ATTR_CRYPTO_BINDING_REQ, &a) ||
	    a.value.len != SSTP_BINDING_REQ_LEN) {
		abort_call(s, SSTP_CLOSED_BAD_MESSAGE, SSTP_ATTR_CRYPTO_BINDING_REQ,
			   SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG, now_ms);
		return;
	}
	offered = a.value.at[SSTP_BINDING_REQ_HASHES_AT];
	s->hashes = offered & s->cfg.hashes;
	if (!s->hashes) {
		log_debug(s->cfg.log, "sstp: the server offers hashes 0x%02x, allowed are 0x%02x",
			  offered, s->cfg.hashes);
		abort_call(s, SSTP_CLOSED_NO_HASH, SSTP_ATTR_CRYPTO_BINDING_REQ,
			   SSTP_STATUS_VALUE_NOT_SUPPORTED, now_ms);
		return;
	}
	memcpy(s->keys->nonce, a.value.at + SSTP_BINDING_REQ_NONCE_AT, SSTP_NONCE_LEN);
	sstp_enter(s, SSTP_ST_ACK, SSTP_NEGOTIATION_MS, now_ms);
	sstp_emit(s, (struct sstp_out){ .type = SSTP_OUT_START_PPP, .hashes = offered });
}

void sstp_send_request(struct sstp *s, uint64_t now_ms)
{
	struct writer w = sstp_tx(s);

	log_debug(s->cfg.log, "sstp: send %s", sstp_msg_name(SSTP_MSG_CALL_CONNECT_REQUEST));
	sstp_put_request(&w);
	sstp_send(s, &w);
	sstp_enter(s, SSTP_ST_REQUEST, SSTP_NEGOTIATION_MS, now_ms);
}

/* PPP is the only protocol that we can propose, so the same request is sent again. */
static void repeat_request(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	log_peer_status(s, m);
	if (s->naks == SSTP_RETRIES_MAX) {
		sstp_set_reason(s, SSTP_CLOSED_REFUSED, sstp_msg_status(m));
		abort_call(s, SSTP_CLOSED_REFUSED, SSTP_ATTR_STATUS_INFO,
			   SSTP_STATUS_RETRY_COUNT_EXCEEDED, now_ms);
		return;
	}
	s->naks++;
	sstp_send_request(s, now_ms);
}

static void prove_binding(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	const struct sstp_binding b = binding_of(s);
	struct writer w = sstp_tx(s);

	(void)m;
	log_debug(s->cfg.log, "sstp: send %s", sstp_msg_name(SSTP_MSG_CALL_CONNECTED));
	sstp_put_binding(&w, &b);
	sstp_send(s, &w);
	connected(s, now_ms);
}

/* ---- server */

static void send_ack(struct sstp *s, uint64_t now_ms)
{
	struct writer w = sstp_tx(s);

	s->hashes = s->cfg.hashes;
	s->cfg.random(s->cfg.random_arg, s->keys->nonce, sizeof(s->keys->nonce));
	log_debug(s->cfg.log, "sstp: send %s, hash protocols 0x%02x",
		  sstp_msg_name(SSTP_MSG_CALL_CONNECT_ACK), s->hashes);
	sstp_put_ack(&w, s->hashes, s->keys->nonce);
	sstp_send(s, &w);
	sstp_enter(s, SSTP_ST_ACK, SSTP_NEGOTIATION_MS, now_ms);
	sstp_emit(s, (struct sstp_out){ .type = SSTP_OUT_START_PPP, .hashes = s->hashes });
}

static void send_nak(struct sstp *s, const struct sstp_fault *faults, size_t count)
{
	struct writer w = sstp_tx(s);

	log_debug(s->cfg.log, "sstp: send %s, %s", sstp_msg_name(SSTP_MSG_CALL_CONNECT_NAK),
		  sstp_status_name(faults[0].status));
	sstp_put_nak(&w, faults, count);
	sstp_send(s, &w);
	s->naks++;
}

static void take_request(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	struct sstp_fault faults[SSTP_FAULTS_MAX];
	size_t count = sstp_check_request(m, faults);

	if (!count)
		send_ack(s, now_ms);
	else if (s->naks < SSTP_RETRIES_MAX)
		send_nak(s, faults, count);
	else
		abort_call(s, SSTP_CLOSED_BAD_MESSAGE, SSTP_ATTR_STATUS_INFO,
			   SSTP_STATUS_RETRY_COUNT_EXCEEDED, now_ms);
}

static void check_binding(struct sstp *s, const uint8_t msg[SSTP_CALL_CONNECTED_LEN],
			  uint64_t now_ms)
{
	static const char *const faults[] = {
		[SSTP_BINDING_HASH] = "a hash protocol that was not offered",
		[SSTP_BINDING_NONCE] = "another nonce than this call's",
		[SSTP_BINDING_CERT] = "another certificate than ours (does a proxy end its TLS?)",
		[SSTP_BINDING_MAC] = "a wrong compound MAC",
	};
	const struct sstp_binding b = binding_of(s);
	enum sstp_binding_fault fault = sstp_check_binding(&b, msg);

	if (fault == SSTP_BINDING_OK) {
		connected(s, now_ms);
		return;
	}
	log_warn(s->cfg.log, "sstp: the client's crypto binding has %s", faults[fault]);
	abort_call(s, SSTP_CLOSED_BAD_BINDING, SSTP_ATTR_CRYPTO_BINDING,
		   SSTP_STATUS_VALUE_NOT_SUPPORTED, now_ms);
}

/* The attribute fills the message, so there is no room for a second one. */
static bool is_formed(const struct sstp_msg *m)
{
	struct sstp_attr a;

	return m->packet.len == SSTP_CALL_CONNECTED_LEN &&
	       sstp_attr_find(m, SSTP_ATTR_CRYPTO_BINDING, &a) && a.value.len == SSTP_BINDING_LEN;
}

/*
 * A correct client sends Call-Connected after the server accepted its authentication. But the
 * result may reach this engine later than that message, so one copy is kept.
 */
static void take_connected(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	if (s->is_held) {
		unexpected(s, m, now_ms);
	} else if (!is_formed(m)) {
		log_warn(s->cfg.log, "sstp: Call-Connected has no valid crypto binding");
		abort_call(s, SSTP_CLOSED_BAD_BINDING, SSTP_ATTR_STATUS_INFO,
			   SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG, now_ms);
	} else if (s->is_authenticated) {
		check_binding(s, m->packet.at, now_ms);
	} else {
		memcpy(s->keys->held, m->packet.at, sizeof(s->keys->held));
		s->is_held = true;
	}
}

static void check_held(struct sstp *s, const struct sstp_msg *m, uint64_t now_ms)
{
	(void)m;
	s->is_authenticated = true;
	if (s->is_held)
		check_binding(s, s->keys->held, now_ms);
}

/* ---- the tables: one column per state, from SSTP_ST_REQUEST on */

enum { CELLS = SSTP_STATES - SSTP_ST_REQUEST };

/*
 * [MS-SSTP] 3.2.5. More lenient than the specification in one respect: Echo-Requests are accepted
 * before the call is connected, because sorz/sstp-server sends them. Any packet restarts the Hello
 * timer (sstp_note_traffic), so an Echo-Response needs no action. Faster in another: when both ends
 * disconnect at the same time, as they do after Terminate of PPP, the Ack of the peer ends the call
 * without a further second of waiting.
 */
static action *const client_table[SSTP_EVENTS][CELLS] = {
	/* C1, C2, C3; ABORT pending, timeout; DISCONNECT pending, timeout */
	[SSTP_ON_MALFORMED] = { malformed, malformed, malformed },
	[SSTP_ON_REQUEST] = { unexpected, unexpected, unexpected },
	[SSTP_ON_ACK] = { take_ack, unexpected, unexpected },
	[SSTP_ON_NAK] = { repeat_request, unexpected, unexpected },
	[SSTP_ON_CONNECTED] = { unexpected, unexpected, unexpected },
	[SSTP_ON_ABORT] = { ack_abort, ack_abort, ack_abort, wait_abort, NULL, ack_abort },
	[SSTP_ON_DISCONNECT] = { ack_disconnect, ack_disconnect, ack_disconnect, NULL, NULL,
				 ack_disconnect },
	[SSTP_ON_DISCONNECT_ACK] = { unexpected, unexpected, unexpected, NULL, NULL, drop, drop },
	[SSTP_ON_ECHO_REQUEST] = { unexpected, send_echo_response, send_echo_response },
	[SSTP_ON_ECHO_RESPONSE] = { unexpected, NULL, NULL },
	[SSTP_ON_AUTHENTICATED] = { NULL, prove_binding, NULL },
	[SSTP_ON_CLOSE] = { disconnect, disconnect, disconnect },
	[SSTP_ON_TIMER] = { timed_out, timed_out, hello, drop, drop, drop, drop },
};

/* [MS-SSTP] 3.3.5, with the same deviations as the client table. */
static action *const server_table[SSTP_EVENTS][CELLS] = {
	/* S1, S2, S3; ABORT pending, timeout; DISCONNECT pending, timeout */
	[SSTP_ON_MALFORMED] = { malformed, malformed, malformed },
	[SSTP_ON_REQUEST] = { take_request, unexpected, unexpected },
	[SSTP_ON_ACK] = { unexpected, unexpected, unexpected },
	[SSTP_ON_NAK] = { unexpected, unexpected, unexpected },
	[SSTP_ON_CONNECTED] = { unexpected, take_connected, unexpected },
	[SSTP_ON_ABORT] = { ack_abort, ack_abort, ack_abort, wait_abort, NULL, ack_abort },
	[SSTP_ON_DISCONNECT] = { ack_disconnect, ack_disconnect, ack_disconnect, NULL, NULL,
				 ack_disconnect },
	[SSTP_ON_DISCONNECT_ACK] = { unexpected, unexpected, unexpected, NULL, NULL, drop, drop },
	[SSTP_ON_ECHO_REQUEST] = { unexpected, send_echo_response, send_echo_response },
	[SSTP_ON_ECHO_RESPONSE] = { unexpected, NULL, NULL },
	[SSTP_ON_AUTHENTICATED] = { NULL, check_held, NULL },
	[SSTP_ON_CLOSE] = { disconnect, disconnect, disconnect },
	[SSTP_ON_TIMER] = { timed_out, timed_out, hello, drop, drop, drop, drop },
};

void sstp_step(struct sstp *s, enum sstp_event event, const struct sstp_msg *m, uint64_t now_ms)
{
	action *const(*table)[CELLS] = s->cfg.role == SSTP_CLIENT ? client_table : server_table;
	action *act;

	assert(s->state >= SSTP_ST_REQUEST);
	act = table[event][s->state - SSTP_ST_REQUEST];
	if (act)
		act(s, m, now_ms);
}
