/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Peers that negotiate without end, fast and slowly: we give up on each within a limited number of
 * frames and, until a network protocol is open, within a minute.
 */
#include "ppp/ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ppp/engine.h"
#include "util/bytes.h"

enum {
	FRAMES_MAX = 700,   /* that our end sends, at most */
	END_MS = 75 * 1000, /* the limit, and the Terminate-Requests after it */
	WIRE_MAX = 16,
	FRAME_MAX = 80,
	CODE_ECHO_REPLY = 10,
};

struct dance {
	const char *name;
	enum ppp_role role;
	bool in_network; /* begins after the authentication */
	/* What the peer does when our end has sent this, or at first (code 0). */
	void (*step)(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body);
};

static struct {
	const struct dance *dance;
	struct ppp p;
	struct ppp_login login;
	struct outbox out;
	struct ends_random random;
	uint64_t now_ms, begin_ms;
	unsigned sent, ups;
	bool is_closed, is_dancing;
	uint8_t id;
	struct {
		size_t len;
		uint8_t bytes[FRAME_MAX];
	} wire[WIRE_MAX];
	size_t wire_count;
} t;

static void put(uint16_t protocol, uint8_t code, uint8_t id, const void *body, size_t len)
{
	uint8_t *frame;

	if (t.wire_count == WIRE_MAX || len > FRAME_MAX - 8)
		return; /* then the peer drops its own frames */
	frame = t.wire[t.wire_count].bytes;
	t.wire[t.wire_count++].len = 8 + len;
	ppp_put_header(frame, protocol);
	frame[4] = code;
	frame[5] = id;
	store_u16(frame + 6, (uint16_t)(4 + len));
	if (len)
		memcpy(frame + 8, body, len);
}

static void put_hex(uint16_t protocol, uint8_t code, uint8_t id, const char *hex)
{
	uint8_t body[FRAME_MAX];
	size_t len = 0;

	for (; hex[0]; hex += hex[2] ? 3 : 2)
		body[len++] = (uint8_t)strtoul(hex, NULL, 16);
	put(protocol, code, id, body, len);
}

static void take(const struct ppp_out *out);

static void drain(void)
{
	struct ppp_out out;

	while (ppp_next(&t.p, &out))
		take(&out);
}

static void take(const struct ppp_out *out)
{
	struct bytes f = out->frame;

	t.is_closed |= out->type == PPP_OUT_CLOSED;
	t.ups += out->type == PPP_OUT_IPV4_UP || out->type == PPP_OUT_IPV6_UP;
	if (out->type == PPP_OUT_CHECK_PASSWORD) {
		struct ppp_auth_result v = ends_check(&out->attempt, "clientPass");

		ppp_auth_result(&t.p, &v, t.now_ms);
	}
	if (out->type != PPP_OUT_FRAME)
		return;
	t.sent++;
	if (t.is_dancing)
		t.dance->step(load_u16(f.at + 2), f.at[4], f.at[5], bytes_of(f.at + 8, f.len - 8));
}

static void deliver(void)
{
	size_t len = t.wire[0].len;
	uint8_t *frame = malloc(len);

	assert_non_null(frame);
	memcpy(frame, t.wire[0].bytes, len);
	memmove(t.wire, t.wire + 1, --t.wire_count * sizeof(*t.wire));
	ppp_input(&t.p, frame, len, t.now_ms);
	free(frame);
	drain();
}

/* ---- what the peers do */

static void good(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	if (code == CP_CONFIGURE_REQUEST)
		put(protocol, CP_CONFIGURE_ACK, id, body.at, body.len);
}

#define MAGIC "05 06 33 44 55 66"

static const char *lcp_request(void)
{
	return t.dance->role == PPP_CLIENT ? "03 04 c0 23" : MAGIC;
}

static void naks_the_mru(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	uint8_t mru[4] = { 1, 4, 4, ++t.id };

	(void)body;
	if (code == CP_CONFIGURE_REQUEST && protocol == PPP_PROTO_LCP)
		put(protocol, CP_CONFIGURE_NAK, id, mru, sizeof(mru));
}

static void naks_the_magic(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	uint8_t magic[6] = { 5, 6, 9, 9, 9, ++t.id };

	(void)body;
	if (code == CP_CONFIGURE_REQUEST)
		put(protocol, CP_CONFIGURE_NAK, id, magic, sizeof(magic));
}

static void naks_nothing(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	(void)body;
	if (code == CP_CONFIGURE_REQUEST)
		put(protocol, CP_CONFIGURE_NAK, id, NULL, 0);
}

static void rejects_nothing(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	(void)body;
	if (code == CP_CONFIGURE_REQUEST)
		put(protocol, CP_CONFIGURE_REJECT, id, NULL, 0);
}

static void naks_and_rejects(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	(void)body;
	if (code == CP_CONFIGURE_REQUEST)
		put(protocol, t.id++ % 2 ? CP_CONFIGURE_NAK : CP_CONFIGURE_REJECT, id, NULL, 0);
}

/* Each request has an unknown option, a different one each time. */
static void asks_for_the_unknown(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	uint8_t option[3] = { 0xee, 3, ++t.id };

	(void)id;
	(void)body;
	if (code == CP_CONFIGURE_REQUEST || code == CP_CONFIGURE_REJECT || !code)
		put(code ? protocol : PPP_PROTO_LCP, CP_CONFIGURE_REQUEST, t.id, option, 3);
}

/* Good and bad requests alternate, and ours never gets a reply. */
static void changes_its_mind(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	(void)id;
	(void)body;
	if (code == CP_CONFIGURE_NAK || code == CP_CONFIGURE_ACK || code == CP_CONFIGURE_REJECT ||
	    !code)
		put_hex(code ? protocol : PPP_PROTO_LCP, CP_CONFIGURE_REQUEST, ++t.id,
			code == CP_CONFIGURE_ACK ? "ee 03 01" : lcp_request());
}

/* LCP opens, and is negotiated again at once. */
static void reopens_lcp(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	if (protocol && protocol != PPP_PROTO_LCP)
		return;
	good(protocol, code, id, body);
	if (code != CP_CONFIGURE_REQUEST)
		put_hex(PPP_PROTO_LCP, CP_CONFIGURE_REQUEST, ++t.id, lcp_request());
}

static void terminates_before_it_opens(uint16_t protocol, uint8_t code, uint8_t id,
				       struct bytes body)
{
	(void)id;
	(void)body;
	(void)code;
	if (protocol == PPP_PROTO_IPCP || protocol == PPP_PROTO_IPV6CP)
		put(protocol, CP_TERMINATE_REQUEST, ++t.id, NULL, 0);
}

static void rejects_codes(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	static const uint8_t echo[] = { CODE_ECHO_REPLY, 1, 0, 4 };

	(void)id;
	(void)body;
	put(code ? protocol : PPP_PROTO_LCP, CP_CODE_REJECT, ++t.id, echo, sizeof(echo));
	put(code ? protocol : PPP_PROTO_LCP, 77, ++t.id, NULL, 0);
}

/* Sends a Nak for any address that IPCP requests, with another address each time. */
static void naks_the_address(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	uint8_t address[6] = { 3, 6, 10, 0, 0, ++t.id | 1 };
	uint8_t iid[10] = { 1, 10, 2, 0, 0, 0, 0, 0, 0, address[5] };

	(void)body;
	if (code != CP_CONFIGURE_REQUEST)
		return;
	if (protocol == PPP_PROTO_IPCP)
		put(protocol, CP_CONFIGURE_NAK, id, address, sizeof(address));
	else
		put(protocol, CP_CONFIGURE_NAK, id, iid, sizeof(iid));
}

/* IPCP comes up, and is negotiated again at once. */
static void reopens_ipcp(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	uint8_t far[6] = { 3, 6, 10, 1, 0, t.id };
	static const uint8_t near[6] = { 3, 6, 10, 1, 0, 2 };
	bool is_client = t.dance->role == PPP_CLIENT;

	if (protocol == PPP_PROTO_IPV6CP && code == CP_CONFIGURE_REQUEST)
		put(PPP_PROTO_LCP, 8, ++t.id, (const uint8_t[]){ 0x80, 0x57, 1, 1, 0, 4 }, 6);
	if (protocol && protocol != PPP_PROTO_IPCP)
		return;
	if (code == CP_CONFIGURE_REQUEST && is_client && body.len >= 6 && !body.at[2])
		put(protocol, CP_CONFIGURE_NAK, id, near, sizeof(near));
	else if (code == CP_CONFIGURE_REQUEST)
		put(protocol, CP_CONFIGURE_ACK, id, body.at, body.len);
	if (code != CP_CONFIGURE_REQUEST)
		put(PPP_PROTO_IPCP, CP_CONFIGURE_REQUEST, ++t.id, is_client ? far : near, 6);
}

static void only_echoes(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	(void)protocol;
	(void)code;
	(void)id;
	(void)body;
	put_hex(PPP_PROTO_LCP, 9, ++t.id, "00 00 00 00");
}

static void challenges(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	uint8_t challenge[17] = { 16, ++t.id };

	if (protocol == PPP_PROTO_LCP)
		good(protocol, code, id, body);
	if (!protocol)
		put_hex(PPP_PROTO_LCP, CP_CONFIGURE_REQUEST, 1, "03 05 c2 23 81");
	put(PPP_PROTO_CHAP, 1, t.id, challenge, sizeof(challenge));
}

/* ---- the run */

static void amend(struct ppp_cfg *cfg)
{
	cfg->auth[0] = PPP_AUTH_PAP;
	cfg->auth[1] = PPP_AUTH_MSCHAPV2;
	cfg->auth_count = 2;
	cfg->mru = 1400;
}

/* To the network phase, as a good peer does. */
static void authenticate(void)
{
	bool is_client = t.dance->role == PPP_CLIENT;

	put_hex(PPP_PROTO_LCP, CP_CONFIGURE_REQUEST, 1, is_client ? "03 04 c0 23" : MAGIC);
	deliver();
	put_hex(PPP_PROTO_LCP, CP_CONFIGURE_ACK, 1,
		is_client ? "01 04 05 78 05 06 11 11 11 11"
			  : "01 04 05 78 05 06 99 99 99 99 03 04 c0 23");
	deliver();
	if (is_client)
		put_hex(PPP_PROTO_PAP, 2, 1, "00");
	else
		put_hex(PPP_PROTO_PAP, 1, 1, "04 55 73 65 72 0a 63 6c 69 65 6e 74 50 61 73 73");
	deliver();
	assert_int_equal(t.p.phase, PPP_PHASE_NETWORK);
}

static void start(const struct dance *d)
{
	struct ppp_cfg cfg;

	memset(&t, 0, sizeof(t));
	t.dance = d;
	t.now_ms = t.begin_ms = 5000;
	cfg = d->role == PPP_CLIENT ? ends_client(&t.random) : ends_server(&t.random);
	amend(&cfg);
	ppp_init(&t.p, &cfg, &t.login);
	ppp_lend(&t.p, &t.out);
	t.is_dancing = !d->in_network;
	ppp_open(&t.p, t.now_ms);
	drain();
	if (d->in_network)
		authenticate();
	t.is_dancing = true;
	d->step(0, 0, 0, bytes_of(NULL, 0));
}

/* Runs to the end; the peer takes `pace_ms` for each of its steps. */
static void run(uint64_t pace_ms)
{
	uint64_t next = t.now_ms + pace_ms;

	while (!t.is_closed && t.now_ms - t.begin_ms < END_MS) {
		if (t.sent > FRAMES_MAX)
			fail_msg("%s: %u frames after %d ms", t.dance->name, t.sent,
				 (int)(t.now_ms - t.begin_ms));
		if (t.wire_count && next <= t.now_ms) {
			deliver();
			next = t.now_ms + pace_ms;
			continue;
		}
		if (t.wire_count && next < ppp_deadline(&t.p)) {
			t.now_ms = next;
			continue;
		}
		t.now_ms = ppp_deadline(&t.p);
		ppp_tick(&t.p, t.now_ms);
		drain();
	}
	if (!t.is_closed)
		fail_msg("%s, %d ms a step: no end", t.dance->name, (int)pace_ms);
	assert_int_equal(t.p.phase, PPP_PHASE_FINISHED);
	assert_in_range(t.ups, 0, 12);
	ppp_wipe(&t.p);
}

static const struct dance dances[] = {
	{ "Naks the MRU", PPP_CLIENT, false, naks_the_mru },
	{ "Naks the MRU", PPP_SERVER, false, naks_the_mru },
	{ "Naks the magic number", PPP_CLIENT, false, naks_the_magic },
	{ "Naks the magic number", PPP_SERVER, false, naks_the_magic },
	{ "Naks nothing", PPP_CLIENT, false, naks_nothing },
	{ "Naks nothing", PPP_SERVER, false, naks_nothing },
	{ "Rejects nothing", PPP_CLIENT, false, rejects_nothing },
	{ "Rejects nothing", PPP_SERVER, false, rejects_nothing },
	{ "Naks and Rejects in turn", PPP_CLIENT, false, naks_and_rejects },
	{ "Naks and Rejects in turn", PPP_SERVER, false, naks_and_rejects },
	{ "asks for the unknown", PPP_CLIENT, false, asks_for_the_unknown },
	{ "asks for the unknown", PPP_SERVER, false, asks_for_the_unknown },
	{ "changes its mind", PPP_CLIENT, false, changes_its_mind },
	{ "changes its mind", PPP_SERVER, false, changes_its_mind },
	{ "negotiates LCP again", PPP_CLIENT, false, reopens_lcp },
	{ "negotiates LCP again", PPP_SERVER, false, reopens_lcp },
	{ "Rejects codes", PPP_CLIENT, false, rejects_codes },
	{ "Rejects codes", PPP_SERVER, false, rejects_codes },
	{ "sends echoes alone", PPP_CLIENT, false, only_echoes },
	{ "sends echoes alone", PPP_SERVER, false, only_echoes },
	{ "challenges", PPP_CLIENT, false, challenges },
	{ "Naks addresses", PPP_CLIENT, true, naks_the_address },
	{ "Naks addresses", PPP_SERVER, true, naks_the_address },
	{ "Naks nothing, in the network phase", PPP_CLIENT, true, naks_nothing },
	{ "Naks nothing, in the network phase", PPP_SERVER, true, naks_nothing },
	{ "Rejects nothing, in the network phase", PPP_CLIENT, true, rejects_nothing },
	{ "Rejects nothing, in the network phase", PPP_SERVER, true, rejects_nothing },
	{ "asks for the unknown, in the network phase", PPP_CLIENT, true, asks_for_the_unknown },
	{ "asks for the unknown, in the network phase", PPP_SERVER, true, asks_for_the_unknown },
	{ "Terminate-Requests before it opens", PPP_CLIENT, true, terminates_before_it_opens },
	{ "Terminate-Requests before it opens", PPP_SERVER, true, terminates_before_it_opens },
	{ "negotiates IPCP again", PPP_CLIENT, true, reopens_ipcp },
	{ "sends echoes alone, in the network phase", PPP_CLIENT, true, only_echoes },
	{ "sends echoes alone, in the network phase", PPP_SERVER, true, only_echoes },
};

static void a_dance_at_full_speed_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dances) / sizeof(*dances); i++) {
		if (dances[i].step == only_echoes)
			continue;
		start(&dances[i]);
		run(0);
	}
}

/* Too slow for any of the counters. */
static void a_slow_dance_ends(void **state)
{
	static const uint64_t paces_ms[] = { 1, 250, 900, 2900, 7000 };

	(void)state;
	for (size_t i = 0; i < sizeof(dances) / sizeof(*dances); i++)
		for (size_t n = 0; n < sizeof(paces_ms) / sizeof(*paces_ms); n++) {
			if (dances[i].step == reopens_ipcp && paces_ms[n] > 1)
				continue; /* a peer may do that now and then */
			if (dances[i].step == only_echoes && paces_ms[n] < 250)
				continue; /* each has its reply, as long as the time lasts */
			start(&dances[i]);
			run(paces_ms[n]);
		}
}

/*
 * Our request is acknowledged at once; the request of the peer comes late and leads to agreement.
 */
static void a_peer_that_asks_late_is_waited_for(void **state)
{
	static const struct dance late[] = {
		{ "LCP", PPP_CLIENT, false, good },
		{ "LCP", PPP_SERVER, false, good },
		{ "IPV6CP", PPP_CLIENT, true, good },
		{ "IPV6CP", PPP_SERVER, true, good },
	};
	enum { LATE_MS = 50 * 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(late) / sizeof(*late); i++) {
		bool in_network = late[i].in_network;

		start(&late[i]);
		while (ppp_deadline(&t.p) < t.begin_ms + LATE_MS) {
			t.now_ms = ppp_deadline(&t.p);
			ppp_tick(&t.p, t.now_ms);
			drain();
			while (t.wire_count)
				deliver();
		}
		if (t.is_closed)
			fail_msg("%s: gave up after %d ms", late[i].name,
				 (int)(t.now_ms - t.begin_ms));
		t.now_ms = t.begin_ms + LATE_MS;
		t.is_dancing = false;
		if (in_network)
			put_hex(PPP_PROTO_IPV6CP, CP_CONFIGURE_REQUEST, 9,
				"01 0a 02 00 00 00 00 00 00 07");
		else
			put_hex(PPP_PROTO_LCP, CP_CONFIGURE_REQUEST, 9,
				late[i].role == PPP_CLIENT ? "03 04 c0 23" : MAGIC);
		while (t.wire_count)
			deliver();
		assert_true(in_network ? t.ups == 1 : cp_is_open(&t.p.lcp.cp));
		ppp_wipe(&t.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_that_asks_late_is_waited_for),
		cmocka_unit_test(a_dance_at_full_speed_ends),
		cmocka_unit_test(a_slow_dance_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
