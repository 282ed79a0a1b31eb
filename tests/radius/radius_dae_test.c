/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to end or change sessions: which are taken, which are refused and why. */
#include "radius/radius_dae.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/vectors.h"
#include "util/text.h"

enum { NOW_S = 1800000000, BOOT_S = 1000, HOUR_S = 3600, DAY_S = 24 * HOUR_S };

static const struct bytes secret = { (const uint8_t *)"testing123", 10 };

static struct radius_dae d;
static struct radius_dae_peer peer;
static struct radius_dae_request rq;
static uint8_t in_bytes[600], out_bytes[600];
static struct writer in, out;

static int set_up(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	peer = (struct radius_dae_peer){ ip_from_v4(0x0a000001), 40000 };
	d.sources[d.source_count++] = (struct radius_dae_source){ peer.addr, secret };
	d.nas_name = "vpn";
	d.nas_address = ip_from_v4(0x0a000002);
	in = writer_of(in_bytes, sizeof(in_bytes));
	return 0;
}

static void begin(enum radius_code code)
{
	in = writer_of(in_bytes, sizeof(in_bytes));
	radius_begin(&in, code);
}

static void sign(uint8_t id)
{
	radius_sign_request(in_bytes, in.len, id, NULL, 0, bytes_of(NULL, 0), secret);
}

static const struct radius_dae_time now = { NOW_S, BOOT_S };

static enum radius_dae_step feed_by(uint64_t unix_s, uint64_t boot_s)
{
	const struct radius_dae_time at = { unix_s, boot_s };

	out = writer_of(out_bytes, sizeof(out_bytes));
	return radius_dae_input(&d, &peer, bytes_of(in_bytes, in.len), &at, &rq, &out);
}

static enum radius_dae_step feed_at(uint64_t unix_s)
{
	return feed_by(unix_s, unix_s - NOW_S + BOOT_S);
}

static enum radius_dae_step feed(void)
{
	return feed_at(NOW_S);
}

/* The code of the response and its Error-Cause, 0 if it has none. */
static unsigned response(enum radius_code code)
{
	struct bytes packet = bytes_of(out_bytes, out.len), value;

	assert_true(radius_is_packet(&packet));
	assert_int_equal(packet.at[0], code);
	assert_int_equal(packet.at[1], in_bytes[1]);
	assert_int_equal(radius_check_response(packet, in_bytes + 4, secret), RADIUS_CHECK_OK);
	return radius_find(packet, 0, RADIUS_ERROR_CAUSE, &value) ? radius_number(value) : 0;
}

static void a_disconnect(void **state)
{
	struct bytes value;

	(void)state;
	begin(RADIUS_DISCONNECT_REQUEST);
	radius_put_text(&in, RADIUS_ACCT_SESSION_ID, "1234567800000007");
	radius_put_text(&in, RADIUS_USER_NAME, "ann");
	radius_put_text(&in, RADIUS_NAS_IDENTIFIER, "vpn");
	radius_put_text(&in, RADIUS_PROXY_STATE, "one");
	radius_put_number(&in, RADIUS_EVENT_TIMESTAMP, NOW_S - 299);
	sign(5);
	assert_int_equal(feed(), RADIUS_DAE_ASK);
	assert_true(rq.is_disconnect);
	assert_true(text_is(rq.session_id, "1234567800000007"));
	assert_true(text_is(rq.user, "ann"));
	radius_dae_respond(&d, &rq, RADIUS_ERROR_NONE, &out);
	assert_int_equal(response(RADIUS_DISCONNECT_ACK), 0);
	assert_true(radius_find(bytes_of(out_bytes, out.len), 0, RADIUS_PROXY_STATE, &value));
	assert_true(text_is(value, "one"));
	assert_int_equal(feed(), RADIUS_DAE_RESPOND); /* repeated: not done twice */
	assert_int_equal(response(RADIUS_DISCONNECT_ACK), 0);
	peer.port++; /* a recorded request may come from any port */
	assert_int_equal(feed(), RADIUS_DAE_RESPOND);
	assert_int_equal(response(RADIUS_DISCONNECT_ACK), 0);
	d.sources[d.source_count++] = (struct radius_dae_source){ ip_from_v4(0x0a000009), secret };
	peer.addr = ip_from_v4(0x0a000009); /* another server */
	assert_int_equal(feed(), RADIUS_DAE_ASK);
}

/* Within the window the same response, and nothing is done; an owner who wants more requires dates. */
static void a_replay_without_a_timestamp(void **state)
{
	uint8_t first[600];
	size_t len;

	(void)state;
	begin(RADIUS_DISCONNECT_REQUEST);
	radius_put_text(&in, RADIUS_USER_NAME, "ann");
	radius_put_text(&in, RADIUS_PROXY_STATE, "p");
	sign(7);
	assert_int_equal(feed_at(NOW_S), RADIUS_DAE_ASK);
	radius_dae_respond(&d, &rq, RADIUS_ERROR_NO_SESSION, &out);
	len = out.len;
	memcpy(first, out_bytes, len);
	peer.port++;
	assert_int_equal(feed_at(NOW_S + 300), RADIUS_DAE_RESPOND);
	assert_int_equal(out.len, len);
	assert_memory_equal(out_bytes, first, len);
	assert_int_equal(feed_at(NOW_S + 301), RADIUS_DAE_ASK); /* a new one with the same number */
	d.requires_timestamp = true;
	assert_int_equal(feed_at(NOW_S + 400), RADIUS_DAE_UNDATED);
	/* one of the future is remembered until it is old */
	begin(RADIUS_DISCONNECT_REQUEST);
	radius_put_text(&in, RADIUS_USER_NAME, "ann");
	radius_put_number(&in, RADIUS_EVENT_TIMESTAMP, NOW_S + 300);
	sign(8);
	assert_int_equal(feed_at(NOW_S), RADIUS_DAE_ASK);
	radius_dae_respond(&d, &rq, RADIUS_ERROR_NONE, &out);
	assert_int_equal(feed_at(NOW_S + 600), RADIUS_DAE_RESPOND);
	assert_int_equal(feed_at(NOW_S + 601), RADIUS_DAE_OLD);
}

/* Somebody sets the clock: a request without a date is not repeated sooner for that, nor remembered for longer. */
static void the_clock_is_set(void **state)
{
	(void)state;
	begin(RADIUS_DISCONNECT_REQUEST);
	radius_put_text(&in, RADIUS_USER_NAME, "ann");
	sign(7);
	assert_int_equal(feed(), RADIUS_DAE_ASK);
	radius_dae_respond(&d, &rq, RADIUS_ERROR_NONE, &out);
	assert_int_equal(feed_by(NOW_S + HOUR_S, BOOT_S + 1), RADIUS_DAE_RESPOND);
	assert_int_equal(feed_by(NOW_S - DAY_S, BOOT_S + 300), RADIUS_DAE_RESPOND);
	assert_int_equal(feed_by(NOW_S - DAY_S, BOOT_S + 301), RADIUS_DAE_ASK);
}

/* Forward and back again: a request with a date can be taken again, and is not. */
static void the_clock_is_set_back(void **state)
{
	(void)state;
	begin(RADIUS_DISCONNECT_REQUEST);
	radius_put_text(&in, RADIUS_USER_NAME, "ann");
	radius_put_number(&in, RADIUS_EVENT_TIMESTAMP, NOW_S);
	sign(7);
	assert_int_equal(feed(), RADIUS_DAE_ASK);
	radius_dae_respond(&d, &rq, RADIUS_ERROR_NONE, &out);
	assert_int_equal(feed_by(NOW_S + HOUR_S, BOOT_S + 1), RADIUS_DAE_OLD);
	assert_int_equal(feed_by(NOW_S + 1, BOOT_S + DAY_S), RADIUS_DAE_RESPOND);
}

static void what_is_not_genuine_is_dropped(void **state)
{
	(void)state;
	begin(RADIUS_COA_REQUEST);
	radius_put_text(&in, RADIUS_USER_NAME, "ann");
	sign(1);
	for (size_t i = 0; i < in.len; i++) {
		in_bytes[i] ^= 1;
		assert_int_equal(feed(), RADIUS_DAE_DROP);
		in_bytes[i] ^= 1;
	}
	assert_int_equal(feed(), RADIUS_DAE_ASK);
	peer.addr = ip_from_v4(0x0a000009); /* not configured */
	assert_int_equal(feed(), RADIUS_DAE_DROP);
	peer.addr = ip_from_v4(0x0a000001);
	for (size_t cut = 0; cut < in.len; cut++) {
		out = writer_of(out_bytes, sizeof(out_bytes));
		assert_int_equal(radius_dae_input(&d, &peer, bytes_of(in_bytes, cut), &now, &rq,
						  &out),
				 RADIUS_DAE_DROP);
	}
	begin(RADIUS_ACCOUNTING_REQUEST);
	radius_put_text(&in, RADIUS_USER_NAME, "ann");
	sign(2);
	assert_int_equal(feed(), RADIUS_DAE_DROP);
}

static void old_requests_are_dropped(void **state)
{
	static const int64_t ages[] = { 301, 100000, -301 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(RADIUS_DISCONNECT_REQUEST);
		radius_put_text(&in, RADIUS_USER_NAME, "ann");
		radius_put_number(&in, RADIUS_EVENT_TIMESTAMP, (uint32_t)(NOW_S - ages[i]));
		sign(1);
		assert_int_equal(feed(), RADIUS_DAE_OLD);
	}
}

static void without_a_message_authenticator(void **state)
{
	(void)state;
	in = writer_of(in_bytes, sizeof(in_bytes));
	radius_begin_response(&in, RADIUS_DISCONNECT_REQUEST, 0, false);
	radius_put_text(&in, RADIUS_USER_NAME, "ann");
	sign(3);
	assert_int_equal(feed(), RADIUS_DAE_ASK);
	radius_dae_respond(&d, &rq, RADIUS_ERROR_NO_SESSION, &out);
	assert_int_equal(radius_check_response(bytes_of(out_bytes, out.len), in_bytes + 4, secret),
			 RADIUS_CHECK_NO_MA);
	assert_int_equal(out_bytes[0], RADIUS_DISCONNECT_NAK);
}

static void the_vector(void **state)
{
	const char *group = "radius_accounting_and_disconnect";
	struct bytes packet = vectors_hex(group, "disconnect_request");

	(void)state;
	d.sources[0].secret = vectors_text(group, "shared_secret_text");
	out = writer_of(out_bytes, sizeof(out_bytes));
	assert_int_equal(radius_dae_input(&d, &peer, packet, &now, &rq, &out), RADIUS_DAE_ASK);
	radius_dae_respond(&d, &rq, RADIUS_ERROR_NONE, &out);
	assert_true(
		bytes_equal(bytes_of(out_bytes, out.len), vectors_hex(group, "disconnect_ack")));
}

static void refusals(void **state)
{
	static const struct {
		uint8_t type, len;
		uint8_t value[4];
		bool has_user;
		unsigned cause;
	} cases[] = {
		{ RADIUS_NAS_PORT, 4, { 0, 0, 0, 1 }, false, RADIUS_ERROR_MISSING_ATTRIBUTE },
		{ RADIUS_NAS_IDENTIFIER, 3, { 'f', 't', 'p' }, true, RADIUS_ERROR_NAS_MISMATCH },
		{ RADIUS_NAS_IP_ADDRESS, 4, { 10, 0, 0, 3 }, true, RADIUS_ERROR_NAS_MISMATCH },
		{ RADIUS_NAS_IPV6_ADDRESS, 4, { 10, 0, 0, 2 }, true, RADIUS_ERROR_NAS_MISMATCH },
		{ RADIUS_SERVICE_TYPE, 4, { 0, 0, 0, 17 }, true, RADIUS_ERROR_UNSUPPORTED_SERVICE },
		{ RADIUS_FRAMED_IP_ADDRESS, 3, { 10, 9, 0 }, true, RADIUS_ERROR_INVALID_VALUE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(RADIUS_COA_REQUEST);
		if (cases[i].has_user)
			radius_put_text(&in, RADIUS_USER_NAME, "ann");
		radius_put(&in, cases[i].type, cases[i].value, cases[i].len);
		sign((uint8_t)i);
		assert_int_equal(feed(), RADIUS_DAE_RESPOND);
		assert_int_equal(response(RADIUS_COA_NAK), cases[i].cause);
	}
}

static void more_requests_than_are_kept(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * RADIUS_DAE_SEEN; i++) {
		begin(RADIUS_DISCONNECT_REQUEST);
		radius_put_number(&in, RADIUS_FRAMED_IP_ADDRESS, 0x0a090001 + i);
		sign((uint8_t)i);
		assert_int_equal(feed(), RADIUS_DAE_ASK);
		assert_int_equal(rq.ipv4, 0x0a090001 + i);
		radius_dae_respond(&d, &rq, RADIUS_ERROR_NO_SESSION, &out);
		assert_int_equal(response(RADIUS_DISCONNECT_NAK), RADIUS_ERROR_NO_SESSION);
		assert_int_equal(feed(), RADIUS_DAE_RESPOND);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_disconnect, set_up),
		cmocka_unit_test_setup(a_replay_without_a_timestamp, set_up),
		cmocka_unit_test_setup(the_clock_is_set, set_up),
		cmocka_unit_test_setup(the_clock_is_set_back, set_up),
		cmocka_unit_test_setup(what_is_not_genuine_is_dropped, set_up),
		cmocka_unit_test_setup(old_requests_are_dropped, set_up),
		cmocka_unit_test_setup(without_a_message_authenticator, set_up),
		cmocka_unit_test_setup(the_vector, set_up),
		cmocka_unit_test_setup(refusals, set_up),
		cmocka_unit_test_setup(more_requests_than_are_kept, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
