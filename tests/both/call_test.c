/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ends of both engines in one process: calls that succeed, with each authentication method,
 * and calls that must fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/wire.h"

static struct wire w;

static const enum ppp_auth methods[] = { PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5, PPP_AUTH_MSCHAPV2 };

#define EACH_METHOD(i)                            \
	size_t i = 0;                             \
	i < sizeof(methods) / sizeof(methods[0]); \
	i++

static struct mini *const client = &w.end[WIRE_CLIENT], *const server = &w.end[WIRE_SERVER];

static void assert_good_call(void)
{
	assert_true(wire_is_up(&w));
	assert_int_equal(client->authenticated, 1);
	assert_int_equal(server->authenticated, 1);
	assert_int_equal(client->connected, 1);
	assert_int_equal(server->connected, 1);
	assert_int_equal(client->ipv4.own, MINI_CLIENT_V4);
	assert_int_equal(client->ipv4.peer, MINI_SERVER_V4);
	assert_int_equal(client->ipv4.dns[0], MINI_DNS);
	assert_int_equal(server->ipv4.peer, MINI_CLIENT_V4);
	assert_true(wire_carries(&w));
}

/* Only the wire takes time, so the clock need not advance. */
static void each_method(void **state)
{
	(void)state;
	for (EACH_METHOD(i)) {
		struct mini_cfg c = wire_cfg(SSTP_CLIENT, methods[i]);
		struct mini_cfg s = wire_cfg(SSTP_SERVER, methods[i]);

		print_message("# %s\n", ppp_auth_name(methods[i]));
		wire_open(&w, &c, &s);
		assert_good_call();
		assert_int_equal(client->ipv6_ups, 0);
		c.ipv6 = s.ipv6 = true;
		wire_open(&w, &c, &s);
		assert_good_call();
		assert_int_equal(client->ipv6_ups, 1);
		assert_int_equal(server->ipv6_ups, 1);
	}
}

static void each_hash(void **state)
{
	(void)state;
	for (uint8_t hash = SSTP_HASH_SHA1; hash <= SSTP_HASH_SHA256; hash++) {
		struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
		struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_MSCHAPV2);

		c.hashes = hash;
		wire_open(&w, &c, &s);
		assert_good_call();
		c.hashes = 0;
		s.hashes = hash;
		wire_open(&w, &c, &s);
		assert_good_call();
	}
}

static void wrong_password(void **state)
{
	(void)state;
	for (EACH_METHOD(i)) {
		struct mini_cfg c = wire_cfg(SSTP_CLIENT, methods[i]);
		struct mini_cfg s = wire_cfg(SSTP_SERVER, methods[i]);

		print_message("# %s\n", ppp_auth_name(methods[i]));
		c.password = "correct hors";
		wire_open(&w, &c, &s);
		wire_turn(&w, 60000);
		assert_true(wire_is_down(&w));
		assert_int_equal(client->ppp_why, PPP_CLOSED_REFUSED);
		assert_int_equal(server->ppp_why, PPP_CLOSED_REFUSED);
		assert_int_equal(server->authenticated, 0);
		assert_int_equal(client->connected + server->connected, 0);
	}
}

static void no_common_method(void **state)
{
	const struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
	const struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_PAP);

	(void)state;
	wire_open(&w, &c, &s);
	wire_turn(&w, 60000);
	assert_true(wire_is_down(&w));
	assert_int_equal(client->ppp_why, PPP_CLOSED_AT_METHOD);
	assert_int_equal(server->authenticated, 0);
}

/* The server refuses a binding: status 4, and no packet passes. */
static void assert_bad_binding(void)
{
	assert_int_equal(server->authenticated, 1);
	assert_int_equal(server->connected, 0);
	mini_force_ip(client);
	wire_settle(&w);
	wire_turn(&w, 10000);
	assert_true(wire_is_down(&w));
	assert_int_equal(server->data_in, 0);
	assert_int_equal(server->connected, 0);
	if (server->is_closed)
		assert_int_equal(server->why, SSTP_CLOSED_BAD_BINDING);
	if (client->is_closed) {
		assert_int_equal(client->why, SSTP_CLOSED_ABORTED);
		assert_int_equal(client->status, 4);
	}
}

static void wrong_key(void **state)
{
	(void)state;
	for (EACH_METHOD(i)) {
		struct mini_cfg c = wire_cfg(SSTP_CLIENT, methods[i]);
		struct mini_cfg s = wire_cfg(SSTP_SERVER, methods[i]);

		c.has_bad_key = true;
		wire_open(&w, &c, &s);
		assert_bad_binding();
	}
}

/* An attacker in the middle forwards everything, but had to use another certificate. */
static void wrong_certificate(void **state)
{
	(void)state;
	for (EACH_METHOD(i)) {
		struct mini_cfg c = wire_cfg(SSTP_CLIENT, methods[i]);
		struct mini_cfg s = wire_cfg(SSTP_SERVER, methods[i]);

		c.has_bad_cert = true;
		wire_open(&w, &c, &s);
		assert_bad_binding();
		s.hashes = SSTP_HASH_SHA1;
		wire_open(&w, &c, &s);
		assert_bad_binding();
	}
}

/* The server's second message is the ACK, with its nonce in bytes 16 to 47. */
static void wrong_nonce(void **state)
{
	const struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
	const struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_MSCHAPV2);

	(void)state;
	for (size_t at = 16; at < 48; at++) {
		wire_harmed(&w, &c, &s, WIRE_FLIPS, WIRE_SERVER, 1, at);
		assert_bad_binding();
	}
}

/* MS-CHAPv2's key was agreed upon, so a binding under zeroes is a forgery. */
static void zero_key_for_mschapv2(void **state)
{
	struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
	const struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_MSCHAPV2);

	(void)state;
	c.binds_early = true;
	wire_open(&w, &c, &s);
	assert_bad_binding();
}

/*
 * A client that sends Call-Connected before it is authenticated: kept, and checked after the
 * password.
 */
static void early_binding(void **state)
{
	struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_PAP);
	struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_PAP);

	(void)state;
	c.binds_early = true;
	s.judges_late = true;
	wire_open(&w, &c, &s);
	assert_true(server->has_attempt);
	assert_int_equal(server->connected, 0);
	mini_force_ip(client);
	wire_settle(&w);
	assert_int_equal(server->data_in, 0);
	assert_false(mini_send_ip(server));
	mini_judge(server);
	wire_settle(&w);
	assert_good_call();

	c.password = "wrong";
	wire_open(&w, &c, &s);
	mini_judge(server);
	wire_settle(&w);
	mini_force_ip(client);
	wire_settle(&w);
	wire_turn(&w, 60000);
	assert_true(wire_is_down(&w));
	assert_int_equal(server->connected, 0);
	assert_int_equal(server->data_in, 0);
}

/* An old pppd plug-in: IPCP opens first, and no packet passes until the binding is accepted. */
static void late_binding(void **state)
{
	struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
	const struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_MSCHAPV2);

	(void)state;
	c.binds_late = true;
	wire_open(&w, &c, &s);
	assert_good_call();
}

static void no_binding(void **state)
{
	struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
	const struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_MSCHAPV2);

	(void)state;
	c.binds_never = true;
	wire_open(&w, &c, &s);
	assert_int_equal(server->ipv4_ups, 1); /* IPCP is open at both ends */
	assert_int_equal(client->ipv4_ups, 1);
	assert_false(mini_send_ip(server));
	assert_false(mini_send_ip(client));
	for (int i = 0; i < 10; i++)
		mini_force_ip(client);
	wire_settle(&w);
	assert_int_equal(server->data_in, 0);
	assert_int_equal(server->data_dropped, 10);
	wire_turn(&w, 59999);
	assert_false(wire_is_down(&w));
	wire_turn(&w, 10000);
	assert_true(wire_is_down(&w));
	assert_int_equal(server->data_in, 0);
	assert_int_equal(server->connected, 0);
	assert_int_equal(server->is_closed ? server->why : SSTP_CLOSED_UNCONFIRMED,
			 SSTP_CLOSED_UNCONFIRMED);
}

static unsigned int messages(int from)
{
	const struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
	const struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_MSCHAPV2);

	wire_open(&w, &c, &s);
	return w.end[from].sends;
}

/* A data packet before each message: the server accepts none too early. */
static void data_at_every_moment(void **state)
{
	struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
	const struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_MSCHAPV2);
	unsigned int count = messages(WIRE_CLIENT);

	(void)state;
	for (int late = 0; late <= 1; late++) {
		c.binds_late = late;
		for (unsigned int n = 1; n < count; n++) {
			wire_harmed(&w, &c, &s, WIRE_INJECTS, WIRE_CLIENT, n, 0);
			assert_true(wire_is_up(&w));
			assert_int_equal(server->data_in, 0);
		}
	}
}

static void either_end_closes(void **state)
{
	const struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
	const struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_MSCHAPV2);

	(void)state;
	for (int who = WIRE_CLIENT; who <= WIRE_SERVER; who++) {
		struct mini *one = &w.end[who], *other = &w.end[!who];

		wire_open(&w, &c, &s);
		mini_close(one);
		wire_settle(&w);
		wire_turn(&w, 10000);
		assert_true(wire_is_down(&w));
		assert_int_equal(one->ppp_why, PPP_CLOSED_BY_US);
		assert_int_equal(other->ppp_why, PPP_CLOSED_BY_PEER);
		if (one->is_closed)
			assert_in_range(one->why, SSTP_CLOSED_BY_US, SSTP_CLOSED_BY_PEER);
	}
}

/* An idle day: the hello of SSTP keeps the call up. */
static void idle(void **state)
{
	const struct mini_cfg c = wire_cfg(SSTP_CLIENT, PPP_AUTH_MSCHAPV2);
	const struct mini_cfg s = wire_cfg(SSTP_SERVER, PPP_AUTH_MSCHAPV2);

	(void)state;
	wire_open(&w, &c, &s);
	wire_turn(&w, 12ull * 3600 * 1000);
	assert_true(wire_carries(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_method),       cmocka_unit_test(each_hash),
		cmocka_unit_test(wrong_password),    cmocka_unit_test(no_common_method),
		cmocka_unit_test(wrong_key),         cmocka_unit_test(wrong_certificate),
		cmocka_unit_test(wrong_nonce),       cmocka_unit_test(zero_key_for_mschapv2),
		cmocka_unit_test(early_binding),     cmocka_unit_test(late_binding),
		cmocka_unit_test(no_binding),        cmocka_unit_test(data_at_every_moment),
		cmocka_unit_test(either_end_closes), cmocka_unit_test(idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
