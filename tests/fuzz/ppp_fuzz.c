/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One end of a PPP link with arbitrary input. The first byte is the configuration (see below); then
 * come 16-bit numbers: with the top bit set, the rest is a time to pass, in units of 10 ms;
 * otherwise it is the length of a frame that follows.
 */
#include <assert.h>
#include <stdint.h>

#include "fuzz/mutate.h"
#include "ppp/link.h"
#include "ppp/ppp.h"
#include "ppp/mschap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The bits of the first byte */
enum {
	AS_SERVER = 0x01,
	WITH_PAP = 0x02, /* the first method, in place of MS-CHAPv2 */
	WITH_MD5 = 0x04, /* both: EAP */
	WITHOUT_IPV6 = 0x08,
	WITH_ECHO = 0x10,
	AS_PROBE = 0x20,     /* a server: for a client of ours (ppp/vendor.h) */
	NO_VERDICT = 0x40,   /* a server; a client has a new password */
	WITH_OPTIONS = 0x80, /* an MRU, NBNS, addresses of our own */
};

enum {
	OUTPUTS_MAX = 16, /* of one call */
	GROWTH_MAX = 40,  /* of a reply, compared to its request */
	START_MS = 1000,
	TIME = 0x8000, /* bit of a record's number */
};

struct end {
	struct ppp p;
	struct ppp_login login;
	struct outbox out;
	struct ppp_eap_memory eap;
	uint8_t config;
	uint8_t magics, iids;
	uint64_t now_ms;
	bool is_closed;
};

/* As the unit tests have it (tests/ppp/ends.c), so that their frames make a corpus. */
static void fake_random(void *arg, void *to, size_t len)
{
	static const char challenges[2][17] = { "!@#$%^&*()_+:3|~", "[]|}{?/><,`!2&&(" };
	struct end *e = arg;
	bool is_server = e->config & AS_SERVER;
	uint8_t *at = to;

	switch (len) {
	case 1:
		*at = 0x42;
		break;
	case 4:
		memset(at, (++e->magics + 8 * is_server) * 0x11, len);
		break;
	case 8:
		memset(at, 0, len);
		at[0] = 0x10;
		at[7] = (uint8_t)(++e->iids + 8 * is_server);
		break;
	default:
		memset(at, 0x42, len);
		memcpy(at, challenges[is_server], len < 16 ? len : 16);
	}
}

static struct ppp_cfg make_cfg(struct end *e)
{
	struct ppp_cfg cfg = {
		.role = e->config & AS_SERVER ? PPP_SERVER : PPP_CLIENT,
		.auth = { PPP_AUTH_MSCHAPV2, PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP },
		.auth_count = 3,
		.ipv4 = true,
		.ipv6 = !(e->config & WITHOUT_IPV6),
		.echo_ms = e->config & WITH_ECHO ? 5000 : 0,
		.probe = !(e->config & AS_SERVER) && e->config & AS_PROBE,
		.peer_is_ready = e->config & AS_SERVER && e->config & AS_PROBE,
		.user = "User",
		.password = "clientPass",
		.want_dns = true,
		.name = "srv",
		.ipv4_own = 0x0a010001,
		.dns = { 0x08080808, 0x08080404 },
		.random = fake_random,
		.random_arg = e,
	};

	if (e->config & WITH_PAP)
		cfg.auth[0] = PPP_AUTH_PAP;
	if (!(e->config & AS_SERVER) && e->config & NO_VERDICT)
		cfg.new_password = "a new one";
	if (e->config & WITH_MD5)
		cfg.auth[0] = e->config & WITH_PAP ? PPP_AUTH_EAP : PPP_AUTH_CHAP_MD5;
	cfg.eap = &e->eap;
	if (e->config & WITH_OPTIONS) {
		cfg.mru = 1400;
		cfg.want_nbns = true;
		cfg.ipv4_wanted = 0x0a000063;
		cfg.own_iid[7] = 1;
	}
	return cfg;
}

/*
 * Replies are not much longer than requests: Acks, Naks, Rejects, Echo-Replies and
 * Protocol-Rejects.
 */
static bool is_answer(struct bytes frame)
{
	uint16_t protocol = load_u16(frame.at + 2);
	uint8_t code = frame.at[4];

	return (protocol == 0xc021 || protocol == 0x8021 || protocol == 0x8057) &&
	       ((code >= 2 && code <= 4) || code == 7 || code == 8 || code == 10);
}

static void check_frame(const struct end *e, struct bytes frame, size_t request_len)
{
	assert(frame.len >= PPP_HDR_LEN + 4 && frame.len <= PPP_FRAME_MAX);
	assert(frame.len - PPP_HDR_LEN <= ppp_peer_mru(&e->p));
	assert(load_u16(frame.at) == 0xff03);
	assert(load_u16(frame.at + 6) == frame.len - PPP_HDR_LEN);
	assert(!is_answer(frame) || frame.len <= request_len + GROWTH_MAX);
}

static void give_verdict(struct end *e, const struct ppp_attempt *a)
{
	struct ppp_auth_result v = { .ipv4 = 0x0a010002 };
	uint8_t hash[MSCHAP_HASH_LEN];

	assert(a->user.len <= PPP_NAME_MAX);
	if (e->config & NO_VERDICT)
		return;
	v.ok = a->method != PPP_AUTH_MSCHAPV2 ||
	       (mschap_nt_hash(bytes_text("clientPass"), hash) &&
		mschap_check(hash, a->challenge.at, a->response.at, a->user, v.message, v.hlak));
	ppp_auth_result(&e->p, &v, e->now_ms);
}

/*
 * An echo, as a client's method; a server's asks for what it got, until that begins with its own
 * type.
 */
static void converse(struct end *e, struct bytes packet)
{
	static const uint8_t hlak[PPP_HLAK_LEN];
	uint8_t answer[PPP_EAP_MAX];
	struct ppp_auth_result v = { .ok = true, .ipv4 = 0x0a010002 };

	assert(packet.len > 4 && packet.len <= PPP_EAP_MAX &&
	       load_u16(packet.at + 2) == packet.len);
	if (e->config & NO_VERDICT)
		return;
	memcpy(answer, packet.at, packet.len);
	answer[0] ^= 3; /* a Request for a Response, and the other way */
	answer[1] = (uint8_t)(answer[1] + (e->config & AS_SERVER));
	if (e->config & AS_SERVER && packet.at[4] == 0xff)
		ppp_auth_result(&e->p, &v, e->now_ms);
	else
		assert(ppp_eap_send(&e->p, bytes_of(answer, packet.len), e->now_ms) ||
		       packet.len > ppp_peer_mru(&e->p));
	if (packet.at[4] == 0xff)
		ppp_eap_done(&e->p, hlak, e->now_ms);
}

static void drain(struct end *e, size_t request_len)
{
	struct ppp_out out;
	unsigned n = 0;

	while (ppp_next(&e->p, &out)) {
		assert(!e->is_closed && ++n <= OUTPUTS_MAX);
		if (out.type == PPP_OUT_FRAME)
			check_frame(e, out.frame, request_len);
		if (out.type == PPP_OUT_CHECK_PASSWORD)
			give_verdict(e, &out.attempt);
		if (out.type == PPP_OUT_EAP)
			converse(e, out.eap);
		e->is_closed = out.type == PPP_OUT_CLOSED;
	}
	assert(!e->is_closed || ppp_deadline(&e->p) == UINT64_MAX);
}

static void pass_time(struct end *e, uint64_t ms)
{
	uint64_t end = e->now_ms + ms;

	while (ppp_deadline(&e->p) <= end) {
		e->now_ms = ppp_deadline(&e->p);
		ppp_tick(&e->p, e->now_ms);
		assert(ppp_deadline(&e->p) > e->now_ms);
		drain(e, PPP_FRAME_MAX);
	}
	e->now_ms = end;
}

static void run(struct end *e, struct reader *r)
{
	while (r->left && !r->bad) {
		uint16_t n = get_u16(r);
		size_t frame_len = n < r->left ? n : r->left;

		if (n & TIME) {
			pass_time(e, (n & (TIME - 1u)) * 10);
			continue;
		}
		ppp_input(&e->p, get_bytes(r, frame_len), frame_len, e->now_ms);
		drain(e, frame_len);
	}
}

/* ---- mutation */

static bool get_record(struct reader *r, struct mutate_record *out)
{
	uint16_t n = get_u16(r);
	size_t frame_len = n & TIME ? 0 : n < r->left ? n : r->left;

	*out = (struct mutate_record){
		.what = n & TIME ? n : 0,
		.kind = n & TIME ? MUTATE_RAW : MUTATE_PPP,
		.bytes = bytes_of(get_bytes(r, frame_len), frame_len),
	};
	return !r->bad;
}

static void put_record(struct writer *w, const struct mutate_record *in)
{
	put_u16(w, in->what ? in->what : (uint16_t)in->bytes.len);
	if (!in->what)
		put_bytes(w, in->bytes.at, in->bytes.len);
}

/* One of four is a time, of up to 20 seconds. */
static struct mutate_record make_record(uint32_t random)
{
	if (random % 4)
		return (struct mutate_record){ .kind = MUTATE_PPP };
	return (struct mutate_record){ .what = (uint16_t)(TIME | (random >> 2) % 2000) };
}

static const struct mutate_format format = {
	.head_len = 1,
	.payload_max = PPP_FRAME_MAX,
	.get = get_record,
	.put = put_record,
	.make = make_record,
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	return mutate_list(&format, data, len, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct end e;
	struct reader r = reader_of(data, len);
	struct ppp_cfg cfg;

	memset(&e, 0, sizeof(e));
	e.config = get_u8(&r);
	e.now_ms = START_MS;
	cfg = make_cfg(&e);
	ppp_init(&e.p, &cfg, &e.login);
	ppp_lend(&e.p, &e.out);
	ppp_open(&e.p, e.now_ms);
	drain(&e, 0);
	run(&e, &r);
	ppp_close(&e.p, NULL, e.now_ms);
	drain(&e, 0);
	pass_time(&e, 2000); /* an orderly end takes no longer */
	assert(e.is_closed);
	ppp_wipe(&e.p);
	return 0;
}
