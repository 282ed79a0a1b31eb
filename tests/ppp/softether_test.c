/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network protocols of our client against a server that behaves like SoftEther (Developer
 * Edition of 2026). It replies with a Nak to an IPCP request for no address, and only then sends
 * its own request. It keeps a request that it could acknowledge until its own is acknowledged. It
 * processes what it keeps before it reads more: one kept packet is processed and kept again at
 * every other step, but two alternate, and then nothing is read any more.
 */
#include "ppp/ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ppp/engine.h"
#include "util/bytes.h"

enum {
	QUEUE_MAX = 128,
	HELD_MAX = 4,
	FRAME_MAX = 64,
	TURN_MS = 1,
	PATIENCE_MS = 20 * 1000, /* then SoftEther disconnects */
};

enum progress {
	NP_CLOSED,
	NP_ASKED, /* its own request is out */
	NP_ACKED,
	NP_OPENED,
};

struct frame {
	size_t len;
	uint8_t bytes[FRAME_MAX];
};

struct softether {
	struct frame queue[QUEUE_MAX], held[HELD_MAX];
	size_t queued, held_count;
	bool just_served; /* the one that it holds */
	enum progress ipv4, ipv6;
	uint8_t next_id;
	uint64_t address_ms;    /* how long it asks its DHCP server for the client's address */
	uint64_t busy_until_ms; /* and until when it does nothing else */
};

static struct {
	struct ppp client;
	struct ppp_login login;
	struct outbox out;
	struct ends_random random;
	struct softether server;
	uint64_t now_ms;
	bool has_ipv4, has_ipv6, has_address;
	unsigned downs;
} t;

static void drain(void)
{
	struct ppp_out out;

	while (ppp_next(&t.client, &out)) {
		t.has_ipv4 |= out.type == PPP_OUT_IPV4_UP;
		t.has_ipv6 |= out.type == PPP_OUT_IPV6_UP;
		t.downs += out.type == PPP_OUT_IPV4_DOWN || out.type == PPP_OUT_IPV6_DOWN ||
			   out.type == PPP_OUT_CLOSED;
		if (out.type != PPP_OUT_FRAME || load_u16(out.frame.at + 2) == PPP_PROTO_LCP)
			continue;
		assert_true(t.server.queued < QUEUE_MAX && out.frame.len <= FRAME_MAX);
		memcpy(t.server.queue[t.server.queued].bytes, out.frame.at, out.frame.len);
		t.server.queue[t.server.queued++].len = out.frame.len;
	}
}

static void send(uint16_t protocol, uint8_t code, uint8_t id, const void *body, size_t len)
{
	uint8_t *frame = malloc(PPP_HDR_LEN + CP_HDR_LEN + len);

	assert_non_null(frame);
	ppp_put_header(frame, protocol);
	frame[4] = code;
	frame[5] = id;
	store_u16(frame + 6, (uint16_t)(CP_HDR_LEN + len));
	memcpy(frame + 8, body, len);
	ppp_input(&t.client, frame, PPP_HDR_LEN + CP_HDR_LEN + len, t.now_ms);
	free(frame);
	drain();
}

/* ---- the server */

static const uint8_t own_address[] = { 3, 6, 10, 1, 0, 1 }, given[] = { 3, 6, 10, 1, 0, 2 };
static const uint8_t own_iid[] = { 1, 10, 0, 0, 0, 0, 0, 0, 0, 9 };

static void hold(const struct frame *f)
{
	assert_true(t.server.held_count < HELD_MAX);
	t.server.held[t.server.held_count++] = *f;
	t.server.just_served = true;
}

static void acknowledge(const struct frame *f, enum progress *progress)
{
	send(load_u16(f->bytes + 2), CP_CONFIGURE_ACK, f->bytes[5], f->bytes + 8, f->len - 8);
	if (*progress == NP_ACKED)
		*progress = NP_OPENED;
}

static void ask(uint16_t protocol, const void *option, size_t len, enum progress *progress)
{
	*progress = NP_ASKED;
	send(protocol, CP_CONFIGURE_REQUEST, ++t.server.next_id, option, len);
}

static void take_ipcp_request(const struct frame *f)
{
	struct softether *s = &t.server;
	bool is_good = f->len >= 14 && !memcmp(f->bytes + 8, given, sizeof(given));

	if (!t.has_address) {
		t.has_address = true;
		s->busy_until_ms = t.now_ms + s->address_ms;
	}
	if (!is_good)
		send(PPP_PROTO_IPCP, CP_CONFIGURE_NAK, f->bytes[5], given, sizeof(given));
	if (s->ipv4 == NP_CLOSED) {
		ask(PPP_PROTO_IPCP, own_address, sizeof(own_address), &s->ipv4);
		if (is_good)
			hold(f);
	} else if (is_good && s->ipv4 == NP_ASKED) {
		hold(f);
	} else if (is_good) {
		acknowledge(f, &s->ipv4);
	}
}

static void take_ipv6cp_request(const struct frame *f)
{
	struct softether *s = &t.server;

	if (s->ipv6 == NP_CLOSED)
		ask(PPP_PROTO_IPV6CP, own_iid, sizeof(own_iid), &s->ipv6);
	if (s->ipv6 == NP_ASKED)
		hold(f);
	else
		acknowledge(f, &s->ipv6);
}

static void take(const struct frame *f)
{
	struct softether *s = &t.server;
	uint16_t protocol = load_u16(f->bytes + 2);
	enum progress *progress = protocol == PPP_PROTO_IPCP ? &s->ipv4 : &s->ipv6;

	if (f->bytes[4] == CP_CONFIGURE_ACK && *progress == NP_ASKED)
		*progress = NP_ACKED;
	if (f->bytes[4] != CP_CONFIGURE_REQUEST)
		return;
	if (protocol == PPP_PROTO_IPCP)
		take_ipcp_request(f);
	else
		take_ipv6cp_request(f);
}

/* Kept packets come first; a single one lets one new packet pass in between. */
static bool takes_held(void)
{
	return t.server.held_count > 1 || (t.server.held_count && !t.server.just_served);
}

static bool is_held_already(const struct frame *f)
{
	for (size_t i = 0; i < t.server.held_count; i++)
		if (!memcmp(t.server.held[i].bytes, f->bytes, 6))
			return true;
	return false;
}

static void server_turn(void)
{
	struct softether *s = &t.server;
	bool held = takes_held();
	struct frame *from = held ? s->held : s->queue, f;
	size_t *count = held ? &s->held_count : &s->queued;

	s->just_served = false;
	if (t.now_ms < s->busy_until_ms || !*count)
		return;
	f = from[0];
	memmove(from, from + 1, --*count * sizeof(*from));
	if (held || !is_held_already(&f))
		take(&f);
}

/* ---- the run */

/* LCP and PAP, where the server has no special behavior. */
static void authenticate(void)
{
	static const uint8_t pap[] = { 3, 4, 0xc0, 0x23 },
			     magic[] = { 5, 6, 0x11, 0x11, 0x11, 0x11 };

	send(PPP_PROTO_LCP, CP_CONFIGURE_ACK, 1, magic, sizeof(magic));
	send(PPP_PROTO_LCP, CP_CONFIGURE_REQUEST, 1, pap, sizeof(pap));
	t.server.queued = 0;
	send(PPP_PROTO_PAP, 2, 1, "", 1);
}

static void start(uint64_t address_ms)
{
	struct ppp_cfg cfg;

	memset(&t, 0, sizeof(t));
	t.now_ms = 5000;
	t.server.address_ms = address_ms;
	cfg = ends_client(&t.random);
	cfg.want_dns = false;
	ppp_init(&t.client, &cfg, &t.login);
	ppp_lend(&t.client, &t.out);
	ppp_open(&t.client, t.now_ms);
	drain();
	authenticate();
}

/* Runs until both protocols are open at both ends; returns the time that took. */
static uint64_t run(void)
{
	uint64_t begin = t.now_ms;

	while (!t.has_ipv4 || !t.has_ipv6 || t.server.ipv4 != NP_OPENED ||
	       t.server.ipv6 != NP_OPENED) {
		if (t.now_ms - begin >= PATIENCE_MS)
			return PATIENCE_MS;
		t.now_ms += TURN_MS;
		server_turn();
		if (ppp_deadline(&t.client) <= t.now_ms)
			ppp_tick(&t.client, t.now_ms);
		drain();
	}
	return t.now_ms - begin;
}

static void both_networks_open_at_once(void **state)
{
	(void)state;
	start(0);
	assert_true(run() < 50);
	assert_int_equal(t.downs, 0);
	ppp_wipe(&t.client);
}

/* Our requests are repeated meanwhile, and all are read when it wakes up. */
static void both_networks_open_after_a_slow_dhcp_server(void **state)
{
	static const uint64_t waits[] = { 100, 299, 301, 950, 1700, 4000, 9000 };

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		start(waits[i]);
		assert_in_range(run(), 0, waits[i] + 50);
		assert_int_equal(t.downs, 0);
		ppp_wipe(&t.client);
	}
}

/* The problem exists: this is what happens when IPCP sends its request first. */
static void ipcp_first_would_lock_it_up(void **state)
{
	struct frame first;

	(void)state;
	start(0);
	assert_int_equal(t.server.queued, 2);
	first = t.server.queue[0];
	assert_int_equal(load_u16(first.bytes + 2), PPP_PROTO_IPV6CP);
	t.server.queue[0] = t.server.queue[1];
	t.server.queue[1] = first;
	assert_int_equal(run(), PATIENCE_MS);
	ppp_wipe(&t.client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_networks_open_at_once),
		cmocka_unit_test(both_networks_open_after_a_slow_dhcp_server),
		cmocka_unit_test(ipcp_first_would_lock_it_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
