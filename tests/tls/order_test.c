/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS 1.2 with a ChangeCipherSpec or a Finished out of order. A man in the middle sends it before
 * the key exchange, when everybody could know the keys (CVE-2014-0224, CVE-2026-93304). Each plain
 * handshake message gets a record of its own here, so that the forged record can come between any
 * two of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pair.h"
#include "tls/cfg.h"
#include "tls/tls.h"
#include "tls/wolf.h"

enum {
	RECORD_HEADER_LEN = 5,
	MESSAGE_HEADER_LEN = 4,
	TYPE_CHANGE_CIPHER_SPEC = 20,
	TYPE_HANDSHAKE = 22,
	PARTS_MAX = 16,
};

static const uint8_t change_cipher_spec[] = { TYPE_CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1 };
static const uint8_t plain_finished[] = {
	TYPE_HANDSHAKE, 3, 3, 0, 16, 20, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
};

/* One flight of a side: its plain handshake messages, then the records after them. */
struct flight {
	struct bytes messages[PARTS_MAX];
	size_t count;
	struct bytes rest;
	uint8_t plain[PAIR_INBOX], sealed[PAIR_INBOX];
};

static struct flight flight;

static void cut_messages(size_t plain_len)
{
	for (size_t at = 0; at < plain_len;) {
		const uint8_t *m = flight.plain + at;
		size_t len = MESSAGE_HEADER_LEN +
			     ((size_t)m[1] << 16 | (size_t)m[2] << 8 | (size_t)m[3]);

		assert_true(flight.count < PARTS_MAX && len <= plain_len - at);
		flight.messages[flight.count++] = bytes_of(m, len);
		at += len;
	}
}

/* Takes the inbox of `to` as a flight. */
static void take_flight(struct pair_end *to)
{
	size_t at = 0, plain_len = 0;

	flight.count = 0;
	while (at < to->inbox_len && to->inbox[at] == TYPE_HANDSHAKE) {
		size_t len = (size_t)to->inbox[at + 3] << 8 | to->inbox[at + 4];

		at += RECORD_HEADER_LEN;
		memcpy(flight.plain + plain_len, to->inbox + at, len);
		plain_len += len;
		at += len;
	}
	assert_true(at <= to->inbox_len);
	cut_messages(plain_len);
	memcpy(flight.sealed, to->inbox + at, to->inbox_len - at);
	flight.rest = bytes_of(flight.sealed, to->inbox_len - at);
	to->inbox_len = 0;
}

static void put(struct pair_end *to, const uint8_t *at, size_t len)
{
	assert_true(to->inbox_len + len <= sizeof(to->inbox));
	memcpy(to->inbox + to->inbox_len, at, len);
	to->inbox_len += len;
}

/* One record for each message from `from` up to `until`. */
static void put_messages(struct pair_end *to, size_t from, size_t until)
{
	for (size_t i = from; i < until; i++) {
		struct bytes m = flight.messages[i];
		uint8_t header[] = { TYPE_HANDSHAKE, 3, 3, (uint8_t)(m.len >> 8), (uint8_t)m.len };

		put(to, header, sizeof(header));
		put(to, m.at, m.len);
	}
}

static void shake(struct pair_end *e)
{
	pair_feed(e);
	e->result = tls_handshake(e->tls);
}

/* A pair that has agreed on TLS 1.2; the server's flight is in `flight`. */
static struct pair *pair_at_server_flight(void)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct tls_server_cfg server = pair_server_cfg(&pair_files);
	struct pair *p = pair_of(&client, &server, "vpn.example.net");

	wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
	shake(&p->client);
	shake(&p->server);
	take_flight(&p->client);
	assert_int_equal(flight.count,
			 4); /* ServerHello, Certificate, ServerKeyExchange, ServerHelloDone */
	assert_int_equal(flight.rest.len, 0);
	return p;
}

/* The same after the client's next step; the client's flight is in `flight`. */
static struct pair *pair_at_client_flight(void)
{
	struct pair *p = pair_at_server_flight();

	put_messages(&p->client, 0, flight.count);
	shake(&p->client);
	take_flight(&p->server);
	assert_int_equal(flight.count, 1); /* ClientKeyExchange */
	assert_memory_equal(flight.rest.at, change_cipher_spec, sizeof(change_cipher_spec));
	assert_true(flight.rest.len > sizeof(change_cipher_spec));
	return p;
}

static void assert_refused(struct pair_end *e)
{
	assert_int_equal(e->result, TLS_FAILED);
	assert_true(tls_error_of(e->tls)->text[0]);
	assert_int_equal(tls_write(e->tls, (const uint8_t *)"a", 1), TLS_FAILED);
}

static void the_flights_as_they_are(void **state)
{
	struct pair *p = pair_at_client_flight();

	(void)state;
	put_messages(&p->server, 0, flight.count);
	put(&p->server, flight.rest.at, flight.rest.len);
	assert_true(pair_shake(p));
	assert_string_equal(tls_version(p->client.tls), "TLSv1.2");
	pair_free(p);
}

/* Before ServerHello it may become TLS 1.3, where such a record is dropped (RFC 8446 section 5). */
static void client_change_before_the_first_message(void **state)
{
	struct pair *p = pair_at_server_flight();

	(void)state;
	put(&p->client, change_cipher_spec, sizeof(change_cipher_spec));
	put_messages(&p->client, 0, flight.count);
	assert_true(pair_shake(p));
	assert_string_equal(tls_version(p->client.tls), "TLSv1.2");
	pair_free(p);
}

static void client_change_before_the_last_message(void **state)
{
	(void)state;
	for (size_t at = 1; at < 4; at++) {
		struct pair *p = pair_at_server_flight();

		put_messages(&p->client, 0, at);
		put(&p->client, change_cipher_spec, sizeof(change_cipher_spec));
		put_messages(&p->client, at, flight.count);
		shake(&p->client);
		assert_refused(&p->client);
		pair_free(p);
	}
}

/*
 * The client sends its key exchange before it reads the next record, so the forged record activates
 * the same keys that the server has. Proof: the server's Finished is valid without the server's own
 * ChangeCipherSpec. wolfSSL 5.9.2 depends on its caller here: if it gets several records at once,
 * as in a datagram, it processes the forged one first (CVE-2026-93304).
 */
static void client_change_after_the_last_message(void **state)
{
	struct pair *p = pair_at_server_flight();
	uint8_t got[8];
	int result;

	(void)state;
	put_messages(&p->client, 0, flight.count);
	put(&p->client, change_cipher_spec, sizeof(change_cipher_spec));
	shake(&p->client);
	assert_int_equal(p->client.result, TLS_WANT_INPUT);
	shake(&p->server);
	assert_int_equal(p->server.result, 1);
	assert_memory_equal(p->client.inbox, change_cipher_spec, sizeof(change_cipher_spec));
	p->client.inbox_len -= sizeof(change_cipher_spec);
	memmove(p->client.inbox, p->client.inbox + sizeof(change_cipher_spec), p->client.inbox_len);
	shake(&p->client);
	assert_int_equal(p->client.result, 1);
	assert_int_equal(tls_write(p->server.tls, (const uint8_t *)"there", 6), 0);
	assert_int_equal(pair_read(&p->client, got, sizeof(got), &result), 6);
	assert_string_equal(got, "there");
	pair_free(p);
}

static void client_change_twice(void **state)
{
	struct pair *p = pair_at_server_flight();

	(void)state;
	put_messages(&p->client, 0, flight.count);
	put(&p->client, change_cipher_spec, sizeof(change_cipher_spec));
	shake(&p->client);
	shake(&p->server);
	shake(&p->client);
	assert_refused(&p->client);
	pair_free(p);
}

/* Its verify_data equals the value that a side compares with before it has computed its own. */
static void client_plain_finished(void **state)
{
	(void)state;
	for (int has_change = 0; has_change < 2; has_change++) {
		struct pair *p = pair_at_server_flight();

		put_messages(&p->client, 0, flight.count);
		if (has_change)
			put(&p->client, change_cipher_spec, sizeof(change_cipher_spec));
		put(&p->client, plain_finished, sizeof(plain_finished));
		shake(&p->client);
		assert_refused(&p->client);
		pair_free(p);
	}
}

static void server_change_before_key_exchange(void **state)
{
	struct pair *p = pair_at_client_flight();

	(void)state;
	put(&p->server, change_cipher_spec, sizeof(change_cipher_spec));
	put_messages(&p->server, 0, flight.count);
	put(&p->server, flight.rest.at, flight.rest.len);
	shake(&p->server);
	assert_refused(&p->server);
	pair_free(p);
}

static void server_plain_finished(void **state)
{
	(void)state;
	for (int has_change = 0; has_change < 2; has_change++) {
		struct pair *p = pair_at_client_flight();

		put_messages(&p->server, 0, flight.count);
		if (has_change)
			put(&p->server, change_cipher_spec, sizeof(change_cipher_spec));
		put(&p->server, plain_finished, sizeof(plain_finished));
		shake(&p->server);
		assert_refused(&p->server);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_flights_as_they_are),
		cmocka_unit_test(client_change_before_the_first_message),
		cmocka_unit_test(client_change_before_the_last_message),
		cmocka_unit_test(client_change_after_the_last_message),
		cmocka_unit_test(client_change_twice),
		cmocka_unit_test(client_plain_finished),
		cmocka_unit_test(server_change_before_key_exchange),
		cmocka_unit_test(server_plain_finished),
	};

	return cmocka_run_group_tests(tests, pair_make_files, pair_drop_files);
}
