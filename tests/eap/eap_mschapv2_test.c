/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP-MSCHAPv2: a captured conversation, byte for byte, at each end; both ends over PPP, with
 * faults of the wire; what each end makes of a false or malformed peer.
 */
#include "eap/eap_mschapv2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "eap/eap_link.h"
#include "support/new_password.h"
#include "support/vectors.h"

static struct {
	struct link link;
	struct eap_mschapv2_peer peer;
	struct eap_mschapv2_server server;
	const char *right;  /* the password that the server knows */
	unsigned error;     /* the server refuses with it, whatever the password */
	struct bytes drawn; /* random bytes: these first */
} t;

static const struct eap_choice peer_choice = { &eap_mschapv2_peer, &t.peer };
static const struct eap_choice server_choice = { &eap_mschapv2_server, &t.server };

static void draw(void *arg, void *to, size_t len)
{
	link_draw(arg, to, len);
	if (t.drawn.len == len)
		memcpy(to, t.drawn.at, len);
}

static void check(void *arg, const struct ppp_attempt *a, struct ppp_auth_result *v)
{
	uint8_t hash[MSCHAP_HASH_LEN];

	(void)arg;
	assert_int_equal(a->method, PPP_AUTH_MSCHAPV2);
	assert_true(mschap_nt_hash(bytes_text(t.right), hash));
	v->ok = !t.error &&
		mschap_check(hash, a->challenge.at, a->response.at, a->user, v->message, v->hlak);
	v->error = (uint16_t)t.error;
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.right = "s3cret";
	t.peer = (struct eap_mschapv2_peer){ .user = "ann", .password = "s3cret", .random = draw };
	t.server = (struct eap_mschapv2_server){ .name = "vpn", .random = draw, .check = check };
	t.link.peer = (struct eap_peer){ .identity = bytes_text("ann"),
					 .choices = &peer_choice,
					 .choice_count = 1 };
	t.link.server = (struct eap_server){ .choices = &server_choice, .choice_count = 1 };
	t.link.random = draw;
	return 0;
}

/* ---- the captured conversation */

static struct bytes packet(size_t i)
{
	char path[40];

	snprintf(path, sizeof(path), "packets.%zu.eap", i);
	return vectors_hex("eap_mschapv2", path);
}

static void the_peer_of_a_capture(void **state)
{
	static const enum eap_step steps[] = { EAP_STEP_SEND, EAP_STEP_DONE };
	struct bytes msk = vectors_hex("eap_mschapv2", "msk");
	uint8_t out[EAP_PACKET_MAX], key[EAP_MSK_LEN];

	(void)state;
	t.drawn = vectors_hex("eap_mschapv2", "peer_challenge");
	for (size_t i = 0; i < 2; i++) {
		struct writer w = writer_of(out, sizeof(out));
		struct bytes want = packet(2 + 2 * i);

		assert_int_equal(eap_peer_input(&t.link.peer, packet(1 + 2 * i), &w), steps[i]);
		assert_true(bytes_equal(bytes_of(out, w.len), want));
	}
	eap_mschapv2_peer.key(&t.peer, key);
	assert_memory_equal(key, msk.at, sizeof(key));
}

static void the_server_of_a_capture(void **state)
{
	struct bytes hlak = vectors_hex("eap_mschapv2", "hlak");
	uint8_t out[EAP_PACKET_MAX], key[EAP_MSK_LEN];
	struct writer w = writer_of(out, sizeof(out));
	struct bytes success = packet(3);

	(void)state;
	t.server.name = "freeradius-3.2.1";
	t.drawn = vectors_hex("eap_mschapv2", "auth_challenge");
	assert_int_equal(eap_server_input(&t.link.server, packet(0), &w), EAP_STEP_SEND);
	assert_true(bytes_equal(bytes_of(out, w.len), packet(1)));
	w = writer_of(out, sizeof(out));
	assert_int_equal(eap_server_input(&t.link.server, packet(2), &w), EAP_STEP_SEND);
	/* that server sends no M=, ours does: " M=OK" */
	assert_int_equal(w.len, success.len + 5);
	assert_memory_equal(out + 9, success.at + 9, success.len - 9);
	w = writer_of(out, sizeof(out));
	assert_int_equal(eap_server_input(&t.link.server, packet(4), &w), EAP_STEP_DONE);
	eap_mschapv2_server.key(&t.server, key);
	assert_memory_equal(key, hlak.at, hlak.len);
}

/* ---- both ends */

static void both_ends_agree(void **state)
{
	(void)state;
	link_run(&t.link, 0);
	assert_true(link_is_good(&t.link));
	assert_int_equal(t.link.client_end.rounds, 3);
	assert_int_equal(t.peer.fault, MSCHAPV2_NO_FAULT);
}

static void a_wrong_password(void **state)
{
	(void)state;
	t.right = "another";
	link_run(&t.link, 10 * 1000);
	assert_true(link_is_over(&t.link));
	assert_int_equal(t.link.client_end.why, PPP_CLOSED_REFUSED);
	assert_int_equal(t.link.server_end.why, PPP_CLOSED_REFUSED);
	assert_int_equal(t.peer.fault, MSCHAPV2_REFUSED);
	assert_int_equal(t.peer.error, MSCHAP_WRONG_PASSWORD);
	assert_false(t.peer.may_retry);
	assert_true(
		bytes_equal(bytes_of(t.peer.text, t.peer.text_len), bytes_text("Access denied")));
}

static void each_reason_arrives(void **state)
{
	static const unsigned errors[] = { 646, 647, 648, 649, 709 };

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		set_up(state);
		t.error = errors[i];
		link_run(&t.link, 10 * 1000);
		assert_true(link_is_over(&t.link));
		assert_int_equal(t.peer.error, errors[i]);
	}
}

static void run_faulty(void **state, enum link_fault fault, size_t at, size_t cut_len,
		       const char *right)
{
	set_up(state);
	t.right = right;
	t.link.fault = fault;
	t.link.fault_at = at;
	t.link.cut_len = cut_len;
	link_run(&t.link, 120 * 1000);
	if (right == t.peer.password ? !link_is_good(&t.link) : !link_is_over(&t.link))
		fail_msg("fault %d at frame %zu, length %zu", (int)fault, at, cut_len);
}

/* With a right and a wrong password: every frame is made good, and every refusal ends the link. */
static void faults_of_the_wire(void **state)
{
	size_t count, longest;

	for (int is_wrong = 0; is_wrong < 2; is_wrong++) {
		const char *right = "another";

		set_up(state);
		if (!is_wrong)
			right = t.peer.password;
		t.right = right;
		link_run(&t.link, 10 * 1000);
		count = t.link.sent;
		longest = t.link.longest;
		for (size_t at = 0; at < count; at++) {
			run_faulty(state, LINK_LOST, at, 0, right);
			run_faulty(state, LINK_DOUBLED, at, 0, right);
			run_faulty(state, LINK_LATE, at, 0, right);
			for (size_t len = 0; len < longest; len++)
				run_faulty(state, LINK_CUT, at, len, right);
		}
	}
}

/* ---- one end with scripted packets */

struct line {
	const char *in; /* data after the type */
	size_t in_len;
	enum eap_step step;
	uint8_t op; /* of the output; 0: none */
};

#define DATA(text) text, sizeof(text) - 1
#define CHALLENGE               \
	DATA("\1\7\0\x18\x10"   \
	     "0123456789abcdef" \
	     "srv")

static void run(enum eap_step (*input)(void *self, const struct eap_packet *in, struct writer *out),
		void *self, uint8_t code, const struct line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t *data = malloc(lines[i].in_len + 1), out[EAP_PACKET_MAX] = { 0 };
		struct writer w = writer_of(out, sizeof(out));
		struct eap_packet in = { .code = code, .id = 9, .type = EAP_MSCHAPV2 };
		enum eap_step step;

		assert_non_null(data);
		memcpy(data + 1, lines[i].in, lines[i].in_len);
		in.data = bytes_of(data + 1, lines[i].in_len);
		step = input(self, &in, &w);
		free(data);
		if (step != lines[i].step || (w.len ? out[0] : 0) != lines[i].op)
			fail_msg("line %zu: step %d, %zu bytes", i, (int)step, w.len);
	}
}
#define RUN(method, self, code, lines) \
	run(method.input, self, code, lines, sizeof(lines) / sizeof(*(lines)))

static void what_a_peer_does_with_odd_requests(void **state)
{
	static const struct line lines[] = {
		{ DATA("\3\7\0\x2eS=0123456789ABCDEF0123456789ABCDEF01234567"), EAP_STEP_DROP, 0 },
		{ DATA("\4\7\0\x9"
		       "E=691"),
		  EAP_STEP_DROP, 0 },
		{ DATA(""), EAP_STEP_DROP, 0 },
		{ DATA("\1"), EAP_STEP_DROP, 0 },
		{ DATA("\1\7\0\3"), EAP_STEP_DROP, 0 },
		{ DATA("\1\7\0\5\x10"), EAP_STEP_DROP, 0 },
		{ DATA("\1\7\0\x15\x0f"
		       "0123456789abcdef"),
		  EAP_STEP_DROP, 0 },
		{ DATA("\1\7\0\x99\x10"
		       "0123456789abcdef"),
		  EAP_STEP_DROP, 0 },
		{ DATA("\2\7\0\4"), EAP_STEP_DROP, 0 },
		{ CHALLENGE, EAP_STEP_SEND, 2 },
		{ CHALLENGE, EAP_STEP_SEND, 2 }, /* the server begins again */
		{ DATA("\3\7\0\x2eS=0123456789ABCDEF0123456789ABCDEF01234567"), EAP_STEP_FAIL, 0 },
	};

	(void)state;
	RUN(eap_mschapv2_peer, &t.peer, EAP_REQUEST, lines);
	assert_int_equal(t.peer.fault, MSCHAPV2_FALSE_SERVER);
}

static void an_empty_success_is_a_false_server(void **state)
{
	static const struct line lines[] = {
		{ CHALLENGE, EAP_STEP_SEND, 2 },
		{ DATA("\3"), EAP_STEP_FAIL, 0 },
	};

	(void)state;
	RUN(eap_mschapv2_peer, &t.peer, EAP_REQUEST, lines);
	assert_int_equal(t.peer.fault, MSCHAPV2_FALSE_SERVER);
}

static void a_retry_is_the_users(void **state)
{
	static const struct line lines[] = {
		{ CHALLENGE, EAP_STEP_SEND, 2 },
		{ DATA("\4\7\0\x34"
		       "E=691 R=1 C=00112233445566778899aabbccddeeff V=3"),
		  EAP_STEP_SEND, 4 },
		{ DATA("\3\7\0\x2eS=0123456789ABCDEF0123456789ABCDEF01234567"), EAP_STEP_DROP, 0 },
	};

	(void)state;
	RUN(eap_mschapv2_peer, &t.peer, EAP_REQUEST, lines);
	assert_true(t.peer.may_retry);
	assert_int_equal(t.peer.error, 691);
}

/* OpCode 7, answered as a server does that knows how. */
static void an_expired_password(void **state)
{
	static const struct line begin[] = { { CHALLENGE, EAP_STEP_SEND, 2 } };
	static const uint8_t second[MSCHAP_CHALLENGE_LEN] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
							      0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
							      0xcc, 0xdd, 0xee, 0xff };
	static const char failure[] = "E=648 R=1 C=00112233445566778899aabbccddeeff V=3 M=old";
	uint8_t data[128], out[EAP_PACKET_MAX], msk[EAP_MSK_LEN], hlak[MSCHAP_HLAK_LEN];
	struct eap_packet in = { .code = EAP_REQUEST, .id = 9, .type = EAP_MSCHAPV2 };
	struct writer d = writer_of(data, sizeof(data)), w = writer_of(out, sizeof(out));
	char s[MSCHAP_S_LEN + 1];

	(void)state;
	t.peer.new_password = "a new one";
	RUN(eap_mschapv2_peer, &t.peer, EAP_REQUEST, begin);
	put_u8(&d, 4);
	put_u8(&d, 7);
	put_u16(&d, sizeof(failure) - 1 + 4);
	put_bytes(&d, failure, sizeof(failure) - 1);
	in.data = bytes_of(data, d.len);
	assert_int_equal(eap_mschapv2_peer.input(&t.peer, &in, &w), EAP_STEP_SEND);
	assert_int_equal(out[0], 7);
	assert_int_equal(out[1], 8);
	assert_int_equal(load_u16(out + 2), 586);
	assert_true(new_password_is(bytes_of(out + 4, w.len - 4), "s3cret", "a new one", "ann",
				    second, s, hlak));
	assert_false(t.peer.is_changed);
	d.len = 0;
	put_u8(&d, 3);
	put_u8(&d, 8);
	put_u16(&d, MSCHAP_S_LEN + 4);
	put_bytes(&d, s, MSCHAP_S_LEN);
	in.data = bytes_of(data, d.len);
	w.len = 0;
	assert_int_equal(eap_mschapv2_peer.input(&t.peer, &in, &w), EAP_STEP_DONE);
	assert_true(t.peer.is_changed);
	assert_int_equal(t.peer.fault, MSCHAPV2_NO_FAULT);
	eap_mschapv2_peer.key(&t.peer, msk);
	assert_memory_equal(msk, hlak, sizeof(hlak));
}

static void a_password_that_cannot_be_used(void **state)
{
	static const struct line lines[] = {
		{ CHALLENGE, EAP_STEP_FAIL, 2 }, /* what is written then is not sent */
	};

	(void)state;
	t.peer.password = "\xff";
	RUN(eap_mschapv2_peer, &t.peer, EAP_REQUEST, lines);
	assert_int_equal(t.peer.fault, MSCHAPV2_BAD_PASSWORD);
}

static void what_a_server_does_with_odd_responses(void **state)
{
	static const struct line lines[] = {
		{ DATA("\3"), EAP_STEP_DROP, 0 },
		{ DATA("\4"), EAP_STEP_DROP, 0 },
		{ DATA("\2"), EAP_STEP_DROP, 0 },
		{ DATA("\2\7\0\5\x31"), EAP_STEP_DROP, 0 },
		{ DATA("\2\7\0\x36\x31"
		       "0123456789abcdef\0\0\0\0\0\0\0\0"
		       "0123456789abcdef01234567"
		       "\0"),
		  EAP_STEP_FAIL, 4 },             /* no name: it is checked all the same */
		{ DATA("\3"), EAP_STEP_FAIL, 0 }, /* success is the server's to say */
	};
	uint8_t out[EAP_PACKET_MAX];
	struct writer w = writer_of(out, sizeof(out));

	(void)state;
	assert_int_equal(eap_mschapv2_server.begin(&t.server, 7, &w), EAP_STEP_SEND);
	RUN(eap_mschapv2_server, &t.server, EAP_RESPONSE, lines);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_peer_of_a_capture),
		CASE(the_server_of_a_capture),
		CASE(both_ends_agree),
		CASE(a_wrong_password),
		CASE(each_reason_arrives),
		CASE(faults_of_the_wire),
		CASE(what_a_peer_does_with_odd_requests),
		CASE(an_empty_success_is_a_false_server),
		CASE(a_retry_is_the_users),
		CASE(an_expired_password),
		CASE(a_password_that_cannot_be_used),
		CASE(what_a_server_does_with_odd_responses),
	};

	return cmocka_run_group_tests_name("eap/eap_mschapv2", tests, NULL, NULL);
}
