/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client of MS-CHAPv2 whose password has expired, and which has a new one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "ppp/ends.h"
#include "ppp/mschap_message.h"
#include "support/new_password.h"

/* Of the Failure: another challenge than the first. */
#define SECOND "00112233445566778899AABBCCDDEEFF"

static const uint8_t second[MSCHAP_CHALLENGE_LEN] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
						      0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
						      0xcc, 0xdd, 0xee, 0xff };

static struct {
	struct ppp p;
	struct ppp_login login;
	struct outbox out;
	struct ends_random random;
	uint8_t frame[PPP_FRAME_MAX]; /* the last one of CHAP */
	size_t len;
	bool is_authenticated, is_closed;
	uint16_t error;
	uint8_t hlak[PPP_HLAK_LEN];
} t;

static void drain(void)
{
	struct ppp_out out;

	while (ppp_next(&t.p, &out)) {
		struct bytes info;

		if (out.type == PPP_OUT_FRAME &&
		    ppp_data(out.frame.at, out.frame.len, &info) == PPP_PROTO_CHAP) {
			memcpy(t.frame, info.at, info.len);
			t.len = info.len;
		}
		if (out.type == PPP_OUT_AUTHENTICATED) {
			t.is_authenticated = true;
			memcpy(t.hlak, out.hlak, sizeof(t.hlak));
		}
		if (out.type == PPP_OUT_CLOSED) {
			t.is_closed = true;
			t.error = out.closed.error;
		}
	}
}

static void give(uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	uint8_t frame[PPP_FRAME_MAX];
	struct writer w = writer_of(frame, sizeof(frame));

	put_u16(&w, 0xff03);
	put_u16(&w, protocol);
	put_u8(&w, code);
	put_u8(&w, id);
	put_u16(&w, (uint16_t)(body.len + 4));
	put_bytes(&w, body.at, body.len);
	ppp_input(&t.p, frame, w.len, 0);
	drain();
}

/* ends_random knows no other lengths. */
static void draw(void *arg, void *to, size_t len)
{
	if (len <= MSCHAP_CHALLENGE_LEN)
		ends_random(arg, to, len);
	else
		memset(to, 0xa5, len);
}

/* Up to the Response to the first challenge. */
static void log_in(const char *new_password)
{
	uint8_t challenge[1 + MSCHAP_CHALLENGE_LEN] = { MSCHAP_CHALLENGE_LEN, 0x5b };
	struct ppp_cfg cfg;

	memset(&t, 0, sizeof(t));
	cfg = ends_client(&t.random);
	cfg.new_password = new_password;
	cfg.random = draw;
	ppp_init(&t.p, &cfg, &t.login);
	ppp_lend(&t.p, &t.out);
	ppp_open(&t.p, 0);
	drain();
	give(PPP_PROTO_LCP, 1, 1, bytes_of("\3\5\xc2\x23\x81", 5));
	give(PPP_PROTO_LCP, 2, 1, bytes_of("\5\6\x11\x11\x11\x11", 6));
	give(PPP_PROTO_CHAP, 1, 7, bytes_of(challenge, sizeof(challenge)));
	assert_int_equal(t.frame[0], 2);
}

static void the_password_is_changed(void **state)
{
	char s[MSCHAP_S_LEN + 1];
	uint8_t hlak[MSCHAP_HLAK_LEN];

	(void)state;
	log_in("a new one");
	give(PPP_PROTO_CHAP, 4, 7, bytes_text("E=648 R=1 C=" SECOND " V=3 M=expired"));
	assert_int_equal(t.frame[0], 7);
	assert_int_equal(t.frame[1], 8);
	assert_int_equal(load_u16(t.frame + 2), 586);
	assert_true(new_password_is(bytes_of(t.frame + 4, t.len - 4), "clientPass", "a new one",
				    "User", second, s, hlak));
	give(PPP_PROTO_CHAP, 3, 8, bytes_text(s));
	assert_true(t.is_authenticated);
	assert_true(ppp_has_changed_password(&t.p));
	assert_memory_equal(t.hlak, hlak, sizeof(hlak));
}

static void the_server_must_know_the_new_password(void **state)
{
	(void)state;
	log_in("a new one");
	give(PPP_PROTO_CHAP, 4, 7, bytes_text("E=648 R=1 C=" SECOND " V=3"));
	give(PPP_PROTO_CHAP, 3, 8, bytes_text("S=0123456789ABCDEF0123456789ABCDEF01234567"));
	assert_false(t.is_authenticated);
	assert_int_equal(t.p.why, PPP_CLOSED_FALSE_SERVER);
}

/* A password that the server does not accept is reported, and not sent again. */
static void the_new_password_is_refused(void **state)
{
	static const unsigned errors[] = { 709, 648 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char text[64];

		log_in("a new one");
		give(PPP_PROTO_CHAP, 4, 7, bytes_text("E=648 R=1 C=" SECOND " V=3"));
		t.frame[0] = 0;
		snprintf(text, sizeof(text), "E=%u R=0 C=" SECOND " V=3", errors[i]);
		give(PPP_PROTO_CHAP, 4, 8, bytes_text(text));
		assert_int_equal(t.frame[0], 0);
		assert_int_equal(t.p.why, PPP_CLOSED_REFUSED);
		assert_int_equal(t.p.error, errors[i]);
		assert_false(ppp_has_changed_password(&t.p));
	}
}

static void without_a_new_password_it_is_the_end(void **state)
{
	(void)state;
	log_in(NULL);
	t.frame[0] = 0;
	give(PPP_PROTO_CHAP, 4, 7, bytes_text("E=648 R=1 C=" SECOND " V=3 M=expired"));
	assert_int_equal(t.frame[0], 0);
	assert_int_equal(t.p.why, PPP_CLOSED_REFUSED);
	assert_int_equal(t.p.error, MSCHAP_PASSWORD_EXPIRED);
}

static void a_new_password_that_cannot_be_used(void **state)
{
	(void)state;
	log_in("\xff");
	t.frame[0] = 0;
	give(PPP_PROTO_CHAP, 4, 7, bytes_text("E=648 R=1 C=" SECOND " V=3"));
	assert_int_equal(t.frame[0], 0);
	assert_int_equal(t.p.why, PPP_CLOSED_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_password_is_changed),
		cmocka_unit_test(the_server_must_know_the_new_password),
		cmocka_unit_test(the_new_password_is_refused),
		cmocka_unit_test(without_a_new_password_it_is_the_end),
		cmocka_unit_test(a_new_password_that_cannot_be_used),
	};

	return cmocka_run_group_tests_name("ppp/new_password", tests, NULL, NULL);
}
