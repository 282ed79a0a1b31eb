/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The phases of a call: the HTTP exchange, then packets, which go to the state machine (states.c)
 * or, with PPP inside, to the caller. There is one timer per state.
 */
#include "sstp/sstp.h"

#include <assert.h>

#include "http/block.h"
#include "http/status.h"
#include "sstp/call.h"
#include "sstp/http.h"
#include "sstp/out.h"
#include "sstp/states.h"
#include "util/secret.h"
#include "util/text.h"

enum { HASHES_KNOWN = SSTP_HASH_SHA1 | SSTP_HASH_SHA256 };

void sstp_init(struct sstp *s, const struct sstp_cfg *cfg, struct sstp_keys *keys)
{
	assert(cfg->random && (cfg->hashes & HASHES_KNOWN));
	assert(cfg->role == SSTP_SERVER || (cfg->host && strlen(cfg->host) <= SSTP_HOST_MAX));
	memset(s, 0, sizeof(*s));
	s->cfg = *cfg;
	s->keys = keys;
	s->cfg.hashes &= HASHES_KNOWN;
	if (!s->cfg.hello_ms)
		s->cfg.hello_ms = SSTP_HELLO_MS;
	s->deadline_ms = UINT64_MAX;
}

void sstp_lend(struct sstp *s, struct sstp_outbox *out)
{
	assert(out || !s->out || !s->out->count);
	s->out = out;
}

static void send_http_request(struct sstp *s)
{
	uint8_t random[SSTP_GUID_LEN];
	char id[SSTP_GUID_TEXT_LEN + 1];
	struct writer w = sstp_tx(s);

	if (s->cfg.correlation) {
		sstp_http_persistent_guid(s->cfg.correlation, id);
	} else {
		s->cfg.random(s->cfg.random_arg, random, sizeof(random));
		sstp_http_guid(random, id);
	}
	sstp_http_put_request(&w, s->cfg.host, id);
	sstp_send(s, &w);
	log_debug(s->cfg.log, "http: ask \"%s\" for SSTP, correlation id \"%s\"", s->cfg.host, id);
}

void sstp_open(struct sstp *s, uint64_t now_ms)
{
	if (s->state != SSTP_ST_NONE || s->is_over)
		return;
	if (s->cfg.role == SSTP_CLIENT) {
		send_http_request(s);
		sstp_enter(s, SSTP_ST_HTTP, SSTP_HTTP_RESPONSE_MS, now_ms);
	} else {
		sstp_enter(s, SSTP_ST_HTTP, SSTP_HTTP_REQUEST_MS, now_ms);
	}
}

static void end_http(struct sstp *s, enum sstp_closed why)
{
	sstp_set_reason(s, why, SSTP_STATUS_NO_ERROR);
	sstp_drop(s);
}

static void send_http_response(struct sstp *s, int status)
{
	struct writer w = sstp_tx(s);

	s->http_status = status;
	sstp_http_put_response(&w, status);
	sstp_send(s, &w);
}

static void accept_http(struct sstp *s, uint64_t now_ms)
{
	s->is_response_held = false;
	send_http_response(s, HTTP_OK);
	sstp_emit(s, (struct sstp_out){ .type = SSTP_OUT_HTTP_DONE });
	sstp_enter(s, SSTP_ST_REQUEST, SSTP_NEGOTIATION_MS, now_ms);
}

/* sstp-client 1.0.18 exits when the response is already there at its first read. */
static void hold_response(struct sstp *s, uint64_t now_ms)
{
	s->is_response_held = true;
	sstp_enter(s, SSTP_ST_HTTP, SSTP_HTTP_HOLD_MS, now_ms);
}

void sstp_refuse_http(struct sstp *s, int status)
{
	if (s->is_over)
		return;
	send_http_response(s, status);
	end_http(s, SSTP_CLOSED_NOT_SSTP);
}

/* FNV-1a. The hash is compared only with those of other sessions of the same user. */
static uint64_t hash_of(struct bytes id)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ id.at[i]) * 1099511628211u;
	return h;
}

/* Requests that are not SSTP are logged at debug: web scanners send many. */
static void serve_http(struct sstp *s, struct bytes block, uint64_t now_ms)
{
	struct bytes line = http_block_line(block);
	struct bytes id = http_block_field(block, "SSTPCORRELATIONID");
	int status = sstp_http_check(block);

	if (status == HTTP_OK && s->cfg.busy)
		status = HTTP_SERVICE_UNAVAILABLE;
	log_debug(s->cfg.log, "http: %d for %s", status, log_quote(line.at, line.len).text);
	if (status == HTTP_SERVICE_UNAVAILABLE) {
		sstp_refuse_http(s, status);
		return;
	}
	if (status != HTTP_OK) {
		s->is_other_http = true;
		sstp_emit(s, (struct sstp_out){ .type = SSTP_OUT_OTHER_HTTP,
						.other = { block, status } });
		return;
	}
	s->correlation = sstp_http_is_persistent(id) ? hash_of(id) : 0;
	if (id.len > SSTP_CORRELATION_MAX)
		id.len = SSTP_CORRELATION_MAX;
	log_debug(s->cfg.log, "http: SSTP asked for, correlation id %s",
		  log_quote(id.at, id.len).text);
	if (sstp_http_is_sstp_client(id))
		hold_response(s, now_ms);
	else
		accept_http(s, now_ms);
}

/*
 * RFC 9110 section 15.2: any number of interim responses may precede the final one. 101 is not one
 * of them: it ends HTTP on this connection.
 */
static bool skip_interim(struct sstp *s)
{
	if (s->http_status < 100 || s->http_status > 199 || s->http_status == 101)
		return false;
	return s->interim_responses++ < SSTP_INTERIM_MAX;
}

static bool is_document(struct bytes type)
{
	return text_starts_nocase(type, "text/") || text_starts_nocase(type, "application/json") ||
	       text_starts_nocase(type, "application/xhtml");
}

static void take_http_response(struct sstp *s, struct bytes block, uint64_t now_ms)
{
	struct bytes line = http_block_line(block);
	int minor;

	s->http_status = http_block_status(block, &minor);
	log_debug(s->cfg.log, "http: the server responds %s", log_quote(line.at, line.len).text);
	if (skip_interim(s))
		return;
	if (s->http_status && s->http_status != HTTP_OK) {
		if (s->http_status / 100 == 3)
			s->location = http_block_field(block, "Location");
		end_http(s, SSTP_CLOSED_HTTP_STATUS);
	} else if (minor != 1) {
		end_http(s, SSTP_CLOSED_NOT_SSTP);
	} else {
		s->is_page = is_document(http_block_field(block, "Content-Type"));
		sstp_emit(s, (struct sstp_out){ .type = SSTP_OUT_HTTP_DONE });
		sstp_send_request(s, now_ms);
	}
}

/* The input is not an HTTP header block and cannot become one. */
static size_t refuse_http(struct sstp *s, size_t len)
{
	if (s->cfg.role == SSTP_SERVER)
		sstp_refuse_http(s, HTTP_BAD_REQUEST);
	else
		end_http(s, SSTP_CLOSED_NOT_SSTP);
	return len;
}

static size_t input_http(struct sstp *s, const uint8_t *at, size_t len, uint64_t now_ms)
{
	size_t block_len = http_block_len(at, len < SSTP_HTTP_MAX ? len : SSTP_HTTP_MAX);

	if (s->cfg.role == SSTP_CLIENT && !http_may_be_response(at, len))
		return refuse_http(s, len);
	if (!block_len)
		return len < SSTP_HTTP_MAX ? 0 : refuse_http(s, len);
	if (s->cfg.role == SSTP_CLIENT)
		take_http_response(s, bytes_of(at, block_len), now_ms);
	else
		serve_http(s, bytes_of(at, block_len), now_ms);
	return s->is_over ? len : block_len;
}

/*
 * The length of the packet according to its header; 0 when the header is invalid: [MS-SSTP] 3.1.5.1
 * then drops the connection without a message.
 */
static size_t packet_len(const uint8_t *at)
{
	bool is_control = at[1] & SSTP_CONTROL_BIT;
	size_t len = load_u16(at + 2) & SSTP_LEN_MASK;

	if (at[0] != SSTP_WIRE_VERSION || len < (is_control ? SSTP_MSG_HDR_LEN : SSTP_HDR_LEN))
		return 0;
	return len;
}

static void drop_stream(struct sstp *s, const uint8_t *at)
{
	bool is_first = s->cfg.role == SSTP_CLIENT && s->state == SSTP_ST_REQUEST;

	log_warn(s->cfg.log, "sstp: not the start of an SSTP packet: %02x %02x %02x %02x", at[0],
		 at[1], at[2], at[3]);
	/* some web servers, and captive portals, reply 200 to any request, followed by a page */
	sstp_set_reason(s,
			!is_first                  ? SSTP_CLOSED_BAD_STREAM
			: s->is_page || *at == '<' ? SSTP_CLOSED_WEB_PAGE
						   : SSTP_CLOSED_NOT_SSTP,
			SSTP_STATUS_NO_ERROR);
	sstp_drop(s);
}

/* A message that ends the call is accepted even if its attributes are malformed. */
static enum sstp_event event_of(const struct sstp_msg *m, bool is_well_formed)
{
	switch (m->type) {
	case SSTP_MSG_CALL_ABORT:
	case SSTP_MSG_CALL_DISCONNECT:
	case SSTP_MSG_CALL_DISCONNECT_ACK:
		return (enum sstp_event)m->type;
	case SSTP_MSG_CALL_CONNECT_REQUEST:
	case SSTP_MSG_CALL_CONNECT_ACK:
	case SSTP_MSG_CALL_CONNECT_NAK:
	case SSTP_MSG_CALL_CONNECTED:
	case SSTP_MSG_ECHO_REQUEST:
	case SSTP_MSG_ECHO_RESPONSE:
		return is_well_formed ? (enum sstp_event)m->type : SSTP_ON_MALFORMED;
	default:
		return SSTP_ON_MALFORMED;
	}
}

static void input_control(struct sstp *s, struct bytes packet, uint64_t now_ms)
{
	struct sstp_msg m;
	bool is_well_formed = sstp_msg_open(&m, packet.at, packet.len);

	log_debug(s->cfg.log, "sstp: got %s, %zu bytes", sstp_msg_name(m.type), packet.len);
	sstp_step(s, event_of(&m, is_well_formed), &m, now_ms);
}

static void input_data(struct sstp *s, struct bytes packet)
{
	struct bytes frame = bytes_of(packet.at + SSTP_HDR_LEN, packet.len - SSTP_HDR_LEN);

	if (frame.len && sstp_ppp_is_open(s))
		sstp_emit(s, (struct sstp_out){ .type = SSTP_OUT_PPP_FRAME, .bytes = frame });
}

size_t sstp_input(struct sstp *s, const uint8_t *at, size_t len, uint64_t now_ms)
{
	struct bytes packet;

	if (s->state == SSTP_ST_NONE)
		return s->is_over ? len : 0;
	if (!len || s->is_other_http) /* the owner handles what follows that request */
		return 0;
	if (s->is_response_held)
		accept_http(s, now_ms); /* it sends without a wait, so it is another client */
	if (s->state == SSTP_ST_HTTP)
		return input_http(s, at, len, now_ms);
	if (len < SSTP_HDR_LEN)
		return 0;
	packet = bytes_of(at, packet_len(at));
	if (!packet.len) {
		drop_stream(s, at);
		return len;
	}
	if (packet.len > len)
		return 0;
	sstp_note_traffic(s, now_ms);
	if (at[1] & SSTP_CONTROL_BIT)
		input_control(s, packet, now_ms);
	else
		input_data(s, packet);
	return packet.len;
}

void sstp_authenticated(struct sstp *s, const uint8_t hlak[SSTP_HLAK_LEN], uint64_t now_ms)
{
	if (s->state != SSTP_ST_ACK)
		return;
	memcpy(s->keys->hlak, hlak, sizeof(s->keys->hlak));
	sstp_step(s, SSTP_ON_AUTHENTICATED, NULL, now_ms);
}

void sstp_close(struct sstp *s, uint64_t now_ms)
{
	if (s->is_over)
		return;
	if (s->state < SSTP_ST_REQUEST) /* no call yet, so no Call-Disconnect */
		end_http(s, SSTP_CLOSED_BY_US);
	else
		sstp_step(s, SSTP_ON_CLOSE, NULL, now_ms);
}

void sstp_tick(struct sstp *s, uint64_t now_ms)
{
	if (s->state == SSTP_ST_NONE || now_ms < s->deadline_ms)
		return;
	if (s->is_response_held)
		accept_http(s, now_ms);
	else if (s->state == SSTP_ST_HTTP)
		end_http(s, s->cfg.role == SSTP_CLIENT ? SSTP_CLOSED_NO_RESPONSE
						       : SSTP_CLOSED_NO_REQUEST);
	else
		sstp_step(s, SSTP_ON_TIMER, NULL, now_ms);
}

uint64_t sstp_deadline(const struct sstp *s)
{
	return s->state == SSTP_ST_NONE ? UINT64_MAX : s->deadline_ms;
}

bool sstp_noted_end(const struct sstp *s, struct sstp_out *out)
{
	*out = sstp_end_of(s);
	return s->why != 0;
}

bool sstp_next(struct sstp *s, struct sstp_out *out)
{
	struct sstp_outbox *b = s->out;

	if (!b || !b->count)
		return false;
	*out = b->out[b->first];
	b->first = (uint8_t)((b->first + 1) % SSTP_OUT_MAX);
	b->count--;
	return true;
}

void sstp_wipe(struct sstp *s)
{
	secret_wipe(s, sizeof(*s));
}

bool sstp_is_connected(const struct sstp *s)
{
	return s->state == SSTP_ST_CONNECTED;
}

bool sstp_ppp_is_open(const struct sstp *s)
{
	return s->state == SSTP_ST_ACK || s->state == SSTP_ST_CONNECTED;
}

/* [MS-SSTP] 3.1.2.3: any packet restarts the Hello timer. */
void sstp_note_traffic(struct sstp *s, uint64_t now_ms)
{
	if (s->state != SSTP_ST_CONNECTED)
		return;
	s->hello_is_out = false;
	s->deadline_ms = now_ms + s->cfg.hello_ms;
}
