/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The RADIUS client with servers that follow no rules: some requests, three servers, one of them by TLS, and time. The
 * input is a list of events, each a byte for its kind, one for what it is about, and a length of one byte with what
 * a response contains. Every request gets one event and ends, whatever the servers do.
 */

#include "fuzz/target.h"
#include "radius/radius_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum event {
	EVENT_REQUEST,  /* one that is idle begins: AS_... */
	EVENT_CANCEL,   /* of that number */
	EVENT_RESPONSE, /* to the last packet: its code, with these attributes, signed */
	EVENT_FORGED,   /* the same, with a wrong Authenticator */
	EVENT_PACKET,   /* these bytes, from a server */
	EVENT_TIME,     /* in units of 100 ms */
	EVENT_DEADLINE, /* time, up to the next deadline */
	EVENT_REFUSED,  /* by that server's host */
	EVENT_STREAM,   /* it is up, or with bit 0x80 down */
	EVENTS,
};

/* Of EVENT_REQUEST */
enum {
	AS_ACCOUNTING = 1,
	AS_PAP = 2,
	MUST_BE_SIGNED = 4,
	TO_ONE = 8, /* the server in bits 4 and 5 */
};

enum { REQUESTS = 6, SERVERS = 3, STREAM = 2, UNIT_MS = 100, END_MS = 200 * 1000 };

static const struct bytes secret = { (const uint8_t *)"testing123", 10 };

static struct {
	struct radius_client c;
	struct radius_request r[REQUESTS];
	uint8_t bytes[REQUESTS][300];
	bool is_open[REQUESTS];
	uint64_t now_ms;
	/* the last packet sent: who got it, and its Authenticator */
	unsigned server, port;
	uint8_t last[RADIUS_HDR_LEN];
} t;

static void zeros(void *arg, void *to, size_t len)
{
	(void)arg;
	memset(to, 0, len);
}

static void drain(void)
{
	struct radius_out out;

	while (radius_client_next(&t.c, &out)) {
		switch (out.type) {
		case RADIUS_OUT_SEND:
			must(radius_is_packet(&out.packet) && out.server < SERVERS);
			t.server = out.server;
			t.port = out.port;
			memcpy(t.last, out.packet.at, sizeof(t.last));
			break;
		case RADIUS_OUT_ANSWER:
			must(radius_is_packet(&out.packet));
			/* fall through */
		case RADIUS_OUT_FAILED:
		case RADIUS_OUT_UNSIGNED:
			must(out.request >= t.r && out.request < t.r + REQUESTS);
			must(t.is_open[out.request - t.r]);
			t.is_open[out.request - t.r] = false;
			break;
		case RADIUS_OUT_DEAD:
		case RADIUS_OUT_ALIVE:
			must(out.server < SERVERS);
			break;
		}
	}
}

static void begin(uint8_t how)
{
	struct writer w;
	size_t i = 0;

	while (i < REQUESTS && t.is_open[i])
		i++;
	if (i == REQUESTS)
		return;
	w = writer_of(t.bytes[i], sizeof(t.bytes[i]));
	t.r[i] = (struct radius_request){ .packet = t.bytes[i],
					  .server = how & TO_ONE ? (how >> 4 & 3) % SERVERS
								 : RADIUS_ANY,
					  .must_be_signed = how & MUST_BE_SIGNED };
	radius_begin(&w, how & AS_ACCOUNTING ? RADIUS_ACCOUNTING_REQUEST : RADIUS_ACCESS_REQUEST);
	radius_put_text(&w, RADIUS_USER_NAME, "ann");
	if (how & AS_PAP) {
		t.r[i].password = bytes_text("wonder land, of all places");
		t.r[i].password_at = radius_put_password_gap(&w, t.r[i].password.len);
	}
	if (how & AS_ACCOUNTING) {
		radius_put_number(&w, RADIUS_ACCT_DELAY_TIME, 0);
		t.r[i].delay_at = w.len - 4;
		t.r[i].born_ms = t.now_ms;
	}
	t.r[i].len = w.len;
	t.is_open[i] = true;
	radius_client_send(&t.c, &t.r[i], t.now_ms);
}

static void cancel(size_t i)
{
	radius_client_cancel(&t.c, &t.r[i], t.now_ms);
	t.is_open[i] = false;
}

static void respond(uint8_t code, struct bytes attributes, bool is_forged)
{
	uint8_t packet[RADIUS_HDR_LEN + UINT8_MAX];
	struct writer w = writer_of(packet, sizeof(packet));

	put_u8(&w, code);
	put_u8(&w, t.last[1]);
	put_u16(&w, (uint16_t)(RADIUS_HDR_LEN + attributes.len));
	put_gap(&w, RADIUS_AUTH_LEN);
	put_bytes(&w, attributes.at, attributes.len);
	radius_sign_response(packet, w.len, t.last + 4, secret);
	if (is_forged)
		packet[4] ^= 1;
	radius_client_input(&t.c, t.server, t.port, bytes_of(packet, w.len), t.now_ms);
	drain(); /* an answer is in `packet` */
}

static void pass(uint64_t ms)
{
	t.now_ms += ms;
	radius_client_tick(&t.c, t.now_ms);
}

static void happen(enum event event, uint8_t what, struct bytes in)
{
	uint64_t deadline = radius_client_deadline(&t.c);

	switch (event) {
	case EVENT_REQUEST:
		begin(what);
		break;
	case EVENT_CANCEL:
		cancel(what % REQUESTS);
		break;
	case EVENT_RESPONSE:
	case EVENT_FORGED:
		respond(what, in, event == EVENT_FORGED);
		break;
	case EVENT_PACKET:
		radius_client_input(&t.c, what % SERVERS, what >> 4 & 3, in, t.now_ms);
		break;
	case EVENT_TIME:
		pass(what * (uint64_t)UNIT_MS);
		break;
	case EVENT_DEADLINE:
		if (deadline != UINT64_MAX)
			pass(deadline > t.now_ms ? deadline - t.now_ms : 0);
		break;
	case EVENT_REFUSED:
		radius_client_refused(&t.c, what % SERVERS, t.now_ms);
		break;
	case EVENT_STREAM:
		radius_client_stream(&t.c, STREAM, !(what & 0x80), t.now_ms);
		break;
	case EVENTS:
		break;
	}
	drain();
}

/* Time, deadline by deadline, until no request can wait any longer. */
static void come_to_an_end(void)
{
	uint64_t end_ms = t.now_ms + END_MS, at;

	while ((at = radius_client_deadline(&t.c)) < end_ms) {
		pass(at > t.now_ms ? at - t.now_ms : 0);
		drain();
	}
	for (size_t i = 0; i < REQUESTS; i++)
		must(!t.is_open[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct radius_client_cfg cfg = { .random = zeros, .nas = "vpn" };
	struct reader r = reader_of(data, len);

	cfg.demand = get_u8(&r) & 1 ? RADIUS_REQUIRE : RADIUS_AUTO;
	memset(&t, 0, sizeof(t));
	radius_client_open(&t.c, &cfg);
	for (unsigned i = 0; i < SERVERS; i++)
		must(radius_client_add(&t.c, secret, i == STREAM));
	t.now_ms = 1000;
	while (r.left) {
		enum event event = get_u8(&r) % EVENTS;
		uint8_t what = get_u8(&r);
		size_t n = event == EVENT_RESPONSE || event == EVENT_FORGED || event == EVENT_PACKET
				   ? get_u8(&r)
				   : 0;
		struct bytes in = bytes_of(r.at, n < r.left ? n : r.left);

		get_bytes(&r, in.len);
		happen(event, what, in);
	}
	come_to_an_end();
	return 0;
}
