/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eap_peer.c and eap_server.c: each alone, then both over two PPP links that the test connects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "eap/eap_peer.h"
#include "eap/eap_server.h"
#include "support/eap_talk.h"
#include "ppp/link.h"
#include "ppp/ppp.h"

static struct talk peer_talk, server_talk;
static struct eap_peer peer;
static struct eap_server server;
static uint8_t out_bytes[EAP_PACKET_MAX];

/* In order of preference; each test uses the first few of them. */
static const struct eap_choice peer_choices[] = { { &talk_peer, &peer_talk },
						  { &other_peer, &peer_talk } };
static const struct eap_choice server_choices[] = { { &other_server, &server_talk },
						    { &talk_server, &server_talk } };

static int set_up(void **state)
{
	(void)state;
	peer_talk = server_talk = (struct talk){ .word = "secret" };
	peer = (struct eap_peer){ .identity = bytes_text("ann"),
				  .choices = peer_choices,
				  .choice_count = 2 };
	server = (struct eap_server){ .choices = server_choices, .choice_count = 2 };
	return 0;
}

/* ---- one end: its output for each input */

struct line {
	const char *in;
	size_t in_len;
	enum eap_step step;
	const char *out;
	size_t out_len;
};

#define BYTES(text) text, sizeof(text) - 1
#define NOTHING "", 0

static void run(enum eap_step (*input)(struct bytes in, struct writer *out),
		const struct line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct writer w = writer_of(out_bytes, sizeof(out_bytes));
		/* in its own memory, so that a sanitizer detects a read past its end */
		uint8_t *in = malloc(lines[i].in_len + !lines[i].in_len);
		enum eap_step step;

		assert_non_null(in);
		memcpy(in, lines[i].in, lines[i].in_len);
		step = input(bytes_of(in, lines[i].in_len), &w);
		free(in);
		if (step != lines[i].step)
			fail_msg("line %zu: step %d", i, (int)step);
		assert_int_equal(w.len, lines[i].out_len);
		assert_memory_equal(out_bytes, lines[i].out, w.len);
	}
}

static enum eap_step to_peer(struct bytes in, struct writer *out)
{
	return eap_peer_input(&peer, in, out);
}

static enum eap_step to_server(struct bytes in, struct writer *out)
{
	return eap_server_input(&server, in, out);
}

#define RUN_PEER(lines) run(to_peer, lines, sizeof(lines) / sizeof(*(lines)))
#define RUN_SERVER(lines) run(to_server, lines, sizeof(lines) / sizeof(*(lines)))

static void a_peer_takes_a_method(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\1\1\0\5\1"), EAP_STEP_SEND, BYTES("\2\1\0\x8\1ann") },
		{ BYTES("\1\2\0\xa\2hello"), EAP_STEP_SEND, BYTES("\2\2\0\5\2") },
		{ BYTES("\1\3\0\6\4\0"), EAP_STEP_SEND, BYTES("\2\3\0\7\3\xff\xc8") },
		{ BYTES("\1\4\0\6\xff\0"), EAP_STEP_SEND, BYTES("\2\4\0\xc\xff\0secret") },
		/* one method per conversation */
		{ BYTES("\1\5\0\6\4\0"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\1\5\0\6\xc8\0"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\1\6\0\5\2"), EAP_STEP_SEND, BYTES("\2\6\0\5\2") },
		{ BYTES("\1\7\0\5\xff"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\1\7\0\6\xff\1"), EAP_STEP_SEND, BYTES("\2\7\0\xc\xff\1secret") },
		{ BYTES("\1\x8\0\6\xff\2"), EAP_STEP_DONE, BYTES("\2\x8\0\xc\xff\2secret") },
	};

	(void)state;
	RUN_PEER(lines);
	assert_ptr_equal(peer.chosen, &peer_choices[0]);
}

static void a_peer_whose_server_begins_again(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\1\4\0\6\xff\0"), EAP_STEP_SEND, BYTES("\2\4\0\xc\xff\0secret") },
		{ BYTES("\1\5\0\5\1"), EAP_STEP_SEND, BYTES("\2\5\0\x8\1ann") },
		{ BYTES("\1\6\0\6\xc8\0"), EAP_STEP_SEND, BYTES("\2\6\0\xc\xc8\0secret") },
		{ BYTES("\1\7\0\6\xc8\3"), EAP_STEP_FAIL, NOTHING },
	};

	(void)state;
	RUN_PEER(lines);
}

static void expanded_types_to_a_peer(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\1\1\0\xc\xfe\0\0\0\0\0\0\1"), EAP_STEP_SEND,
		  BYTES("\2\1\0\xf\xfe\0\0\0\0\0\0\1"
			"ann") },
		{ BYTES("\1\2\0\xd\xfe\0\1\x37\0\0\0\xff\0"), EAP_STEP_SEND,
		  BYTES("\2\2\0\7\3\xff\xc8") },
		{ BYTES("\1\3\0\xd\xfe\0\0\0\0\0\0\xff\0"), EAP_STEP_SEND,
		  BYTES("\2\3\0\x13\xfe\0\0\0\0\0\0\xff\0secret") },
	};

	(void)state;
	RUN_PEER(lines);
}

static void what_a_peer_drops(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\2\1\0\5\1"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\3\1\0\4"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\4\1\0\4"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\1\1\0\4"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\1\1\0\6\1"), EAP_STEP_DROP, NOTHING },
		{ NOTHING, EAP_STEP_DROP, NOTHING },
	};

	(void)state;
	RUN_PEER(lines);
}

static void a_peer_without_methods(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\1\3\0\6\4\0"), EAP_STEP_SEND, BYTES("\2\3\0\6\3\0") },
	};

	(void)state;
	peer.choice_count = 0;
	RUN_PEER(lines);
}

static void an_identity_that_does_not_fit(void **state)
{
	static const uint8_t rq[] = { 1, 1, 0, 5, 1 };
	static char name[EAP_PACKET_MAX];
	struct writer w = writer_of(out_bytes, sizeof(out_bytes));

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	peer.identity = bytes_text(name);
	assert_int_equal(eap_peer_input(&peer, bytes_of(rq, sizeof(rq)), &w), EAP_STEP_FAIL);
}

static void a_server_runs_the_method_that_is_taken(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\2\1\0\6\xff\0"), EAP_STEP_DROP, NOTHING }, /* no Identity yet */
		{ BYTES("\2\1\0\x8\1ann"), EAP_STEP_SEND, BYTES("\1\2\0\6\xc8\0") },
		{ BYTES("\2\2\0\7\3\4\xff"), EAP_STEP_SEND, BYTES("\1\3\0\6\xff\0") },
		{ BYTES("\2\3\0\xc\xff\0secret"), EAP_STEP_SEND, BYTES("\1\4\0\6\xff\1") },
		{ BYTES("\2\4\0\6\3\xc8"), EAP_STEP_DROP, NOTHING }, /* it has begun */
		{ BYTES("\2\4\0\xc\xc8\1secret"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\2\4\0\xc\xff\1secret"), EAP_STEP_SEND, BYTES("\1\5\0\6\xff\2") },
		{ BYTES("\2\5\0\xc\xff\2secret"), EAP_STEP_DONE, NOTHING },
	};

	(void)state;
	RUN_SERVER(lines);
	assert_int_equal(server.identity_len, 3);
	assert_memory_equal(server.identity, "ann", 3);
	assert_ptr_equal(server.chosen, &server_choices[1]);
}

static void a_server_fails_who_wants_nothing_of_its(void **state)
{
	static const char *const naks[] = { "\3\0", "\3\4", "\3\xc8" };
	static const struct line identity[] = {
		{ BYTES("\2\1\0\x8\1ann"), EAP_STEP_SEND, BYTES("\1\2\0\6\xc8\0") },
	};

	for (size_t i = 0; i < sizeof(naks) / sizeof(*naks); i++) {
		uint8_t packet[6] = { 2, 2, 0, 6 };
		struct writer w = writer_of(out_bytes, sizeof(out_bytes));

		set_up(state);
		RUN_SERVER(identity);
		memcpy(packet + 4, naks[i], 2);
		assert_int_equal(eap_server_input(&server, bytes_of(packet, 6), &w), EAP_STEP_FAIL);
		assert_int_equal(w.len, 0);
	}
}

/* A Nak of the second proposal does not bring the first one back. */
static void a_server_proposes_nothing_twice(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\2\1\0\x8\1ann"), EAP_STEP_SEND, BYTES("\1\2\0\6\xc8\0") },
		{ BYTES("\2\2\0\6\3\xff"), EAP_STEP_SEND, BYTES("\1\3\0\6\xff\0") },
		{ BYTES("\2\3\0\6\3\xc8"), EAP_STEP_FAIL, NOTHING },
	};

	(void)state;
	RUN_SERVER(lines);
}

static void an_expanded_nak(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\2\1\0\x8\1ann"), EAP_STEP_SEND, BYTES("\1\2\0\6\xc8\0") },
		{ BYTES("\2\2\0\x1c\xfe\0\0\0\0\0\0\3\xfe\0\1\x37\0\0\0\xff\xfe\0\0\0\0\0\0\xff"),
		  EAP_STEP_SEND, BYTES("\1\3\0\6\xff\0") },
	};

	(void)state;
	RUN_SERVER(lines);
}

static void what_a_server_drops(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\1\1\0\5\1"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\3\1\0\4"), EAP_STEP_DROP, NOTHING },
		{ BYTES("\2\1\0\6\3\xff"), EAP_STEP_DROP, NOTHING }, /* nothing was proposed */
		{ BYTES("\2\1\0\4"), EAP_STEP_DROP, NOTHING },
	};

	(void)state;
	RUN_SERVER(lines);
}

static void a_server_without_methods(void **state)
{
	static const struct line lines[] = {
		{ BYTES("\2\1\0\x8\1ann"), EAP_STEP_FAIL, NOTHING },
		{ BYTES("\2\2\0\6\3\xff"), EAP_STEP_DROP, NOTHING },
	};

	(void)state;
	server.choice_count = 0;
	RUN_SERVER(lines);
}

/* ---- both ends, over PPP */

static struct {
	struct ppp client, server;
	struct ppp_login client_login, server_login;
	struct outbox client_out, server_out;
	struct ppp_eap_memory client_memory, server_memory;
	uint8_t random;
	bool is_client_up, is_server_up, is_client_closed, is_server_closed;
	uint8_t client_hlak[PPP_HLAK_LEN], server_hlak[PPP_HLAK_LEN];
	size_t rounds;
} t;

static void draw(void *arg, void *to, size_t len)
{
	uint8_t *at = to;

	(void)arg;
	for (size_t i = 0; i < len; i++)
		at[i] = ++t.random;
}

static void converse_as_client(struct bytes packet)
{
	struct writer w = writer_of(out_bytes, sizeof(out_bytes));
	enum eap_step step = eap_peer_input(&peer, packet, &w);
	uint8_t msk[EAP_MSK_LEN];

	t.rounds++;
	assert_true(step == EAP_STEP_SEND || step == EAP_STEP_DONE);
	assert_true(ppp_eap_send(&t.client, bytes_of(w.at, w.len), 0));
	if (step != EAP_STEP_DONE)
		return;
	peer.chosen->method->key(peer.chosen->self, msk);
	ppp_eap_done(&t.client, msk, 0);
}

static void converse_as_server(struct bytes packet)
{
	struct writer w = writer_of(out_bytes, sizeof(out_bytes));
	enum eap_step step = eap_server_input(&server, packet, &w);
	struct ppp_auth_result v = { .ok = step == EAP_STEP_DONE, .ipv4 = 0x0a010002 };
	uint8_t msk[EAP_MSK_LEN];

	assert_int_not_equal(step, EAP_STEP_DROP);
	if (step == EAP_STEP_SEND) {
		assert_true(ppp_eap_send(&t.server, bytes_of(w.at, w.len), 0));
		return;
	}
	if (v.ok) {
		server.chosen->method->key(server.chosen->self, msk);
		memcpy(v.hlak, msk, sizeof(v.hlak));
	}
	ppp_auth_result(&t.server, &v, 0);
}

/* True when there was something to transfer. */
static bool carry(struct ppp *from, struct ppp *to)
{
	bool is_client = from == &t.client;
	struct ppp_out out;

	if (!ppp_next(from, &out))
		return false;
	if (out.type == PPP_OUT_FRAME)
		ppp_input(to, out.frame.at, out.frame.len, 0);
	if (out.type == PPP_OUT_EAP && is_client)
		converse_as_client(out.eap);
	if (out.type == PPP_OUT_EAP && !is_client)
		converse_as_server(out.eap);
	if (out.type == PPP_OUT_AUTHENTICATED)
		memcpy(is_client ? t.client_hlak : t.server_hlak, out.hlak, PPP_HLAK_LEN);
	if (out.type == PPP_OUT_IPV4_UP)
		*(is_client ? &t.is_client_up : &t.is_server_up) = true;
	if (out.type == PPP_OUT_CLOSED)
		*(is_client ? &t.is_client_closed : &t.is_server_closed) = true;
	return true;
}

static void carry_all(void)
{
	while (carry(&t.client, &t.server) || carry(&t.server, &t.client))
		;
}

static void join(void)
{
	struct ppp_cfg cfg = {
		.auth = { PPP_AUTH_EAP }, .auth_count = 1, .ipv4 = true, .random = draw
	};

	memset(&t, 0, sizeof(t));
	cfg.eap = &t.client_memory;
	ppp_init(&t.client, &cfg, &t.client_login);
	ppp_lend(&t.client, &t.client_out);
	cfg.role = PPP_SERVER;
	cfg.eap = &t.server_memory;
	cfg.ipv4_own = 0x0a010001;
	ppp_init(&t.server, &cfg, &t.server_login);
	ppp_lend(&t.server, &t.server_out);
	ppp_open(&t.server, 0);
	ppp_open(&t.client, 0);
	carry_all();
}

static void both_ends_come_to_a_key(void **state)
{
	(void)state;
	join();
	assert_true(t.is_client_up && t.is_server_up);
	assert_int_equal(t.rounds, 1 + TALK_ROUNDS);
	assert_string_equal(server.chosen->method->name, "other"); /* the server's first */
	assert_memory_equal(t.client_hlak, "secretsecretsecretsecretsecretse", PPP_HLAK_LEN);
	assert_memory_equal(t.server_hlak, t.client_hlak, PPP_HLAK_LEN);
}

static void both_ends_agree_by_a_nak(void **state)
{
	(void)state;
	peer.choice_count = 1;
	join();
	assert_true(t.is_client_up && t.is_server_up);
	assert_int_equal(t.rounds, 2 + TALK_ROUNDS);
	assert_string_equal(server.chosen->method->name, "talk");
}

static void a_wrong_word_is_a_failure(void **state)
{
	(void)state;
	peer_talk.word = "another";
	join();
	assert_false(t.is_client_up || t.is_server_up);
	ppp_tick(&t.server, 5000);
	carry_all();
	assert_true(t.is_client_closed && t.is_server_closed);
	assert_int_equal(t.client.why, PPP_CLOSED_REFUSED);
	assert_int_equal(t.server.why, PPP_CLOSED_REFUSED);
}

static void nothing_in_common_is_a_failure(void **state)
{
	(void)state;
	peer.choice_count = 0;
	join();
	assert_int_equal(t.rounds, 2);
	assert_int_equal(t.client.why, PPP_CLOSED_REFUSED);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_peer_takes_a_method),
		CASE(a_peer_whose_server_begins_again),
		CASE(expanded_types_to_a_peer),
		CASE(what_a_peer_drops),
		CASE(a_peer_without_methods),
		CASE(an_identity_that_does_not_fit),
		CASE(a_server_runs_the_method_that_is_taken),
		CASE(a_server_fails_who_wants_nothing_of_its),
		CASE(a_server_proposes_nothing_twice),
		CASE(an_expanded_nak),
		CASE(what_a_server_drops),
		CASE(a_server_without_methods),
		CASE(both_ends_come_to_a_key),
		CASE(both_ends_agree_by_a_nak),
		CASE(a_wrong_word_is_a_failure),
		CASE(nothing_in_common_is_a_failure),
	};

	return cmocka_run_group_tests_name("eap/conversation", tests, NULL, NULL);
}
