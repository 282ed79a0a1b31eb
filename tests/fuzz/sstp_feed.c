/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See sstp_feed.h. Everything that sstp/sstp.h promises and that can be checked from outside is
 * checked.
 */
#include "fuzz/sstp_feed.h"

#include <stdlib.h>

#include "fuzz/target.h"

static void nowhere(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

static void counting(void *arg, void *to, size_t len)
{
	uint8_t *at = to;

	(void)arg;
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)i;
}

/* Reads all of it, as the TLS connection or PPP would. */
static void touch(struct bytes b)
{
	static volatile uint8_t sum;

	for (size_t i = 0; i < b.len; i++)
		sum = (uint8_t)(sum + b.at[i]);
}

/* What we send after the HTTP exchange is one whole packet, without reserved bits. */
static void check_sent(const struct feed *f, struct bytes b)
{
	must(b.len > 0);
	touch(b);
	if (f->s.state >= SSTP_ST_REQUEST && b.at[0] == SSTP_WIRE_VERSION)
		must(b.at[1] == 0x01 && load_u16(b.at + 2) == b.len);
}

static void drain(struct feed *f)
{
	struct sstp_out out;

	while (sstp_next(&f->s, &out)) {
		must(!f->is_closed);
		switch (out.type) {
		case SSTP_OUT_SEND:
			check_sent(f, out.bytes);
			break;
		case SSTP_OUT_PPP_FRAME:
			must(sstp_ppp_is_open(&f->s) && out.bytes.len <= SSTP_PAYLOAD_MAX);
			touch(out.bytes);
			break;
		case SSTP_OUT_CONNECTED:
			must(f->is_authenticated && sstp_is_connected(&f->s));
			break;
		case SSTP_OUT_CLOSED:
			must(out.closed.why != 0);
			f->is_closed = true;
			break;
		case SSTP_OUT_OTHER_HTTP:
			touch(out.other.block);
			sstp_refuse_http(&f->s, out.other.status);
			break;
		case SSTP_OUT_HTTP_DONE:
		case SSTP_OUT_START_PPP:
			break;
		}
	}
	must(f->is_closed == (sstp_deadline(&f->s) == UINT64_MAX));
}

void feed_open(struct feed *f, enum sstp_role role)
{
	const struct sstp_cfg cfg = { .role = role,
				      .hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256,
				      .host = "vpn.example.net",
				      .random = counting };

	log_set_sink(nowhere);
	log_set_level(LOG_LEVEL_DEBUG);
	memset(f, 0, sizeof(*f));
	sstp_init(&f->s, &cfg, &f->keys);
	sstp_lend(&f->s, &f->out);
	sstp_open(&f->s, 0);
	drain(f);
}

/* One call on the engine; the bytes that it took are removed. */
static size_t feed_once(struct feed *f)
{
	uint8_t *copy = malloc(f->rest_len ? f->rest_len : 1);
	size_t taken;

	must(copy != NULL);
	memcpy(copy, f->rest, f->rest_len);
	taken = sstp_input(&f->s, copy, f->rest_len, f->now_ms);
	must(taken <= f->rest_len);
	drain(f);
	free(copy);
	f->rest_len -= taken;
	memmove(f->rest, f->rest + taken, f->rest_len);
	return taken;
}

void feed_bytes(struct feed *f, const uint8_t *at, size_t len)
{
	while (len) {
		size_t n = sizeof(f->rest) - f->rest_len;

		if (n > len)
			n = len;
		must(n > 0); /* the engine never needs more than SSTP_HTTP_MAX at a time */
		memcpy(f->rest + f->rest_len, at, n);
		f->rest_len += n;
		at += n;
		len -= n;
		while (f->rest_len && feed_once(f))
			;
		must(f->rest_len <= SSTP_HTTP_MAX);
	}
}

void feed_authenticated(struct feed *f)
{
	static const uint8_t hlak[SSTP_HLAK_LEN];

	f->is_authenticated |= sstp_ppp_is_open(&f->s);
	sstp_authenticated(&f->s, hlak, f->now_ms);
	drain(f);
}

void feed_close(struct feed *f)
{
	sstp_close(&f->s, f->now_ms);
	drain(f);
}

void feed_wait(struct feed *f, uint64_t ms)
{
	uint64_t left = sstp_deadline(&f->s) - f->now_ms;

	f->now_ms += ms < left ? ms : left;
	sstp_tick(&f->s, f->now_ms);
	drain(f);
}

void feed_until_deadline(struct feed *f)
{
	if (!f->is_closed)
		feed_wait(f, UINT64_MAX);
}
