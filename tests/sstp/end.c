/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See end.h. */
#include "sstp/end.h"

#include <stdio.h>
#include <stdlib.h>

#include "sstp/binding.h"

const uint8_t end_hlak[SSTP_HLAK_LEN] = "the key that both ends agreed on";

/* 00 01 02 ...: the nonce of NONCE_HEX */
static void counting(void *arg, void *to, size_t len)
{
	uint8_t *at = to;

	(void)arg;
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)i;
}

struct sstp_cfg end_cfg(enum sstp_role role)
{
	struct sstp_cfg cfg = {
		.role = role,
		.hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256,
		.host = "vpn.example.net",
		.random = counting,
	};

	return cfg;
}

static void append(uint8_t *to, size_t *len, size_t room, struct bytes b)
{
	assert_true(b.len <= room - *len);
	if (b.len)
		memcpy(to + *len, b.at, b.len);
	*len += b.len;
}

static void sent(struct end *e, struct bytes b)
{
	assert_true(e->sends < END_SENDS_MAX);
	e->sent_at[e->sends++] = e->tx_len;
	append(e->tx, &e->tx_len, sizeof(e->tx), b);
}

static void take(struct end *e, const struct sstp_out *out)
{
	assert_int_equal(e->closed, 0); /* it is the last event */
	switch (out->type) {
	case SSTP_OUT_SEND:
		sent(e, out->bytes);
		break;
	case SSTP_OUT_OTHER_HTTP:
		e->other_http++;
		e->other_len = out->other.block.len;
		if (!e->keeps_other_http)
			sstp_refuse_http(&e->s, out->other.status);
		break;
	case SSTP_OUT_HTTP_DONE:
		e->http_done++;
		break;
	case SSTP_OUT_START_PPP:
		e->start_ppp++;
		e->offered = out->hashes;
		break;
	case SSTP_OUT_PPP_FRAME:
		assert_true(sstp_ppp_is_open(&e->s));
		append(e->ppp, &e->ppp_len, sizeof(e->ppp), out->bytes);
		e->frames++;
		break;
	case SSTP_OUT_CONNECTED:
		e->connected++;
		break;
	case SSTP_OUT_CLOSED:
		e->closed++;
		e->why = out->closed.why;
		e->status = out->closed.status;
		e->http_status = out->closed.http_status;
		break;
	}
}

void end_drain(struct end *e)
{
	struct sstp_out out;

	while (sstp_next(&e->s, &out))
		take(e, &out);
}

/* Every log line is formatted, none is shown. */
static void quiet(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

void end_init(struct end *e, const struct sstp_cfg *cfg)
{
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_sink(quiet);
	memset(e, 0, sizeof(*e));
	e->now_ms = END_T0;
	memset(e->keys.cert_sha1, 0xc1, sizeof(e->keys.cert_sha1));
	memset(e->keys.cert_sha256, 0xc2, sizeof(e->keys.cert_sha256));
	sstp_init(&e->s, cfg, &e->keys);
	sstp_lend(&e->s, &e->out);
	sstp_open(&e->s, e->now_ms);
	end_drain(e);
}

/* The engine gets a copy of the exact size, so that a sanitizer detects a read past its end. */
void end_feed(struct end *e, const void *at, size_t len)
{
	size_t taken;

	append(e->rx, &e->rx_len, sizeof(e->rx), bytes_of(at, len));
	do {
		uint8_t *copy = malloc(e->rx_len ? e->rx_len : 1);

		assert_non_null(copy);
		memcpy(copy, e->rx, e->rx_len);
		taken = sstp_input(&e->s, copy, e->rx_len, e->now_ms);
		assert_true(taken <= e->rx_len);
		end_drain(e);
		free(copy);
		e->rx_len -= taken;
		memmove(e->rx, e->rx + taken, e->rx_len);
	} while (taken && e->rx_len);
}

size_t from_hex(const char *hex, uint8_t *to, size_t room)
{
	unsigned int byte;
	size_t n = 0;

	while (*(hex += strspn(hex, " "))) {
		assert_true(n < room && sscanf(hex, "%2x", &byte) == 1);
		to[n++] = (uint8_t)byte;
		hex += 2;
	}
	return n;
}

void end_feed_hex(struct end *e, const char *hex)
{
	uint8_t bytes[SSTP_PACKET_MAX];

	end_feed(e, bytes, from_hex(hex, bytes, sizeof(bytes)));
}

void end_feed_text(struct end *e, const char *text)
{
	end_feed(e, text, strlen(text));
}

void end_authenticated(struct end *e)
{
	sstp_authenticated(&e->s, end_hlak, e->now_ms);
	end_drain(e);
}

void end_close(struct end *e)
{
	sstp_close(&e->s, e->now_ms);
	end_drain(e);
}

void end_send_frame(struct end *e, const char *text)
{
	uint8_t packet[SSTP_HDR_LEN + 64];
	size_t len = strlen(text);

	assert_true(len <= 64);
	sstp_put_data_header(packet, len);
	memcpy(packet + SSTP_HDR_LEN, text, len);
	sent(e, bytes_of(packet, SSTP_HDR_LEN + len));
}

void end_turn(struct end *e, uint64_t now_ms)
{
	while (sstp_deadline(&e->s) <= now_ms) {
		e->now_ms = sstp_deadline(&e->s);
		sstp_tick(&e->s, e->now_ms);
		end_drain(e);
	}
	e->now_ms = now_ms;
	sstp_tick(&e->s, now_ms);
	end_drain(e);
}

void end_wait(struct end *e, uint64_t ms)
{
	end_turn(e, e->now_ms + ms);
}

void end_forget(struct end *e)
{
	e->tx_len = 0;
	e->sends = 0;
}

void end_build_connected(const struct end *server, uint8_t hash,
			 uint8_t msg[SSTP_CALL_CONNECTED_LEN])
{
	const struct sstp_keys *k = &server->keys;
	const struct sstp_binding b = { hash, k->nonce, k->cert_sha1, k->cert_sha256, end_hlak,
					NULL, 0 };
	struct writer w = writer_of(msg, SSTP_CALL_CONNECTED_LEN);

	sstp_put_binding(&w, &b);
	assert_int_equal(w.len, SSTP_CALL_CONNECTED_LEN);
}

static void bring_client(struct end *e, enum sstp_state state)
{
	if (state >= SSTP_ST_REQUEST)
		end_feed_text(e, ANSWER_HTTP);
	if (state >= SSTP_ST_ACK)
		end_feed_hex(e, ACK_HEX);
	if (state >= SSTP_ST_CONNECTED)
		end_authenticated(e);
}

static void bring_server(struct end *e, enum sstp_state state)
{
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];

	if (state >= SSTP_ST_REQUEST)
		end_feed_text(e, REQUEST_HTTP);
	if (state >= SSTP_ST_ACK)
		end_feed_hex(e, REQUEST_HEX);
	if (state >= SSTP_ST_CONNECTED) {
		end_authenticated(e);
		end_build_connected(e, SSTP_HASH_SHA256, msg);
		end_feed(e, msg, sizeof(msg));
	}
}

void end_bring(struct end *e, const struct sstp_cfg *cfg, enum sstp_state state)
{
	end_init(e, cfg);
	(cfg->role == SSTP_CLIENT ? bring_client : bring_server)(e, state);
	if (state == SSTP_ST_ABORT_PENDING)
		end_feed_hex(e, "10 01 00 08 00 63 00 00"); /* a message of unknown type */
	else if (state == SSTP_ST_ABORT_TIMEOUT)
		end_feed_hex(e, "10 01 00 08 00 05 00 00");
	else if (state == SSTP_ST_DISCONNECT_PENDING)
		end_close(e);
	else if (state == SSTP_ST_DISCONNECT_TIMEOUT)
		end_feed_hex(e, DISCONNECT_HEX);
	assert_int_equal(e->s.state, state);
	end_forget(e);
}

void assert_sent(const struct end *e, const char *hex)
{
	uint8_t want[SSTP_PACKET_MAX];
	size_t len = from_hex(hex, want, sizeof(want));

	assert_int_equal(e->tx_len, len);
	assert_memory_equal(e->tx, want, len);
}

void assert_sent_abort(const struct end *e, uint8_t attr_id, uint32_t status)
{
	char hex[80];

	snprintf(hex, sizeof(hex), "10010014 0005 0001 0002000C 000000%02x %08x", attr_id,
		 (unsigned int)status);
	assert_sent(e, hex);
}

void assert_closed(const struct end *e, enum sstp_closed why, uint32_t status)
{
	assert_int_equal(e->closed, 1);
	assert_int_equal(e->why, why);
	assert_int_equal(e->status, status);
	assert_true(sstp_deadline(&e->s) == UINT64_MAX);
}
