/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Data through a session: sizes, cuts, the end of a session, new keys, and forged bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WOLFSSL_VIS_FOR_TESTS /* makes the library's internal functions visible */
#include "crypto/gcm.h"
#include "pair.h"
#include "tls/open.h"
#include "tls/tls.h"
#include "tls/wolf.h"
#include "tunnel/pump.h"

#if __has_include(<wolfssl/internal.h>) /* not with a distribution's library */
#include <wolfssl/internal.h>
#endif

enum { BIG = 200 * 1024 };

static struct pki pki;
static struct pki_files files;
static uint8_t sent[BIG], got[BIG + 1];

static int make_files(void **state)
{
	(void)state;
	pki_init(&pki, "Test Authority");
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &files);
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 31 + i / 251);
	return 0;
}

static int drop_files(void **state)
{
	(void)state;
	pki_free(&pki);
	return 0;
}

static struct pair *pair_up(bool is_tls13)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct tls_server_cfg server = pair_server_cfg(&files);
	struct pair *p = pair_of(&client, &server, "vpn.example.net");
	uint8_t none;
	int result;

	if (!is_tls13)
		wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
	assert_true(pair_shake(p));
	assert_int_equal(p->client.inbox_len != 0, is_tls13 && TLS_HAS_TICKETS);
	assert_int_equal(pair_read(&p->client, &none, 1, &result), 0); /* the session ticket */
	assert_int_equal(result, TLS_WANT_INPUT);
	assert_int_equal(p->client.inbox_len + p->server.inbox_len, 0);
	return p;
}

static void sizes(void **state)
{
	static const size_t lens[] = { 1,     2,     100,       1400,          16383,
				       16384, 16385, 2 * 16384, 2 * 16384 + 1, BIG };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct pair *p = pair_up(i & 1);
		struct pair_end *from = i & 2 ? &p->client : &p->server;

		for (size_t n = 0; n < sizeof(lens) / sizeof(lens[0]); n++) {
			int result;

			from->sends = 0;
			assert_int_equal(tls_write(from->tls, sent, lens[n]), 0);
			/* each record is filled before the next begins, and sent at once */
			assert_int_equal(from->sends,
					 (lens[n] + TLS_RECORD_MAX - 1) / TLS_RECORD_MAX);
			assert_int_equal(pair_read(from->other, got, sizeof(got), &result),
					 lens[n]);
			assert_int_equal(result, TLS_WANT_INPUT);
			assert_memory_equal(got, sent, lens[n]);
		}
		pair_free(p);
	}
}

static void nothing(void **state)
{
	struct pair *p = pair_up(true);

	(void)state;
	assert_int_equal(tls_write(p->client.tls, sent, 0), 0);
	assert_int_equal(p->server.inbox_len, 0);
	assert_int_equal(tls_read(p->server.tls, got, sizeof(got)), TLS_WANT_INPUT);
	pair_free(p);
}

/*
 * The library keeps a record that is incomplete, so one input may give more plaintext than it has bytes.
 * A pump has room for all of it, after the start of an HTTP request that was kept.
 */
static void one_input_fits_into_the_pump(void **state)
{
	(void)state;
	for (int is_tls13 = 0; is_tls13 < 2; is_tls13++) {
		struct pair *p = pair_up(is_tls13);
		size_t first, len = SSTP_HTTP_MAX;
		ssize_t n;

		assert_int_equal(tls_write(p->client.tls, sent, TLS_RECORD_MAX), 0);
		first = p->server.inbox_len - 1;
		while (p->server.inbox_len + TLS_RECORD_MAX < first + PUMP_RECV_LEN)
			assert_int_equal(tls_write(p->client.tls, sent, TLS_RECORD_MAX), 0);
		assert_int_equal(tls_write(p->client.tls, sent, TLS_RECORD_MAX - 512), 0);
		assert_in_range(p->server.inbox_len - first, 1, PUMP_RECV_LEN);
		pair_feed_some(&p->server, first);
		assert_int_equal(tls_read(p->server.tls, got, sizeof(got)), TLS_WANT_INPUT);
		pair_feed(&p->server);
		while ((n = tls_read(p->server.tls, got, sizeof(got))) > 0)
			len += (size_t)n;
		assert_int_equal(n, TLS_WANT_INPUT);
		assert_true(len > PUMP_RECV_LEN);
		assert_in_range(len, 1, PUMP_PLAIN_LEN);
		pair_free(p);
	}
}

/* Three records, fed in two parts cut at every byte. */
static void cut_anywhere(void **state)
{
	(void)state;
	for (int is_tls13 = 0; is_tls13 < 2; is_tls13++) {
		struct pair *p = pair_up(is_tls13);

		for (size_t cut = 0;; cut++) {
			size_t len = 0, total;
			int result;

			assert_int_equal(tls_write(p->server.tls, sent, 10), 0);
			assert_int_equal(tls_write(p->server.tls, sent + 10, 50), 0);
			assert_int_equal(tls_write(p->server.tls, sent + 60, 1), 0);
			total = p->client.inbox_len;
			if (cut > total)
				break;
			pair_feed_some(&p->client, cut);
			for (ssize_t n; (n = tls_read(p->client.tls, got + len, BIG)) > 0;)
				len += (size_t)n;
			len += pair_read(&p->client, got + len, BIG - len, &result);
			assert_int_equal(result, TLS_WANT_INPUT);
			assert_int_equal(len, 61);
			assert_memory_equal(got, sent, 61);
		}
		pair_free(p);
	}
}

/* A reader with less room than a record gets the rest in the next calls, without new input. */
static void small_reads(void **state)
{
	struct pair *p = pair_up(true);
	size_t len = 0;

	(void)state;
	assert_int_equal(tls_write(p->server.tls, sent, 40000), 0);
	pair_feed(&p->client);
	for (ssize_t n; (n = tls_read(p->client.tls, got + len, 7)) > 0;) {
		assert_true(n <= 7);
		len += (size_t)n;
	}
	assert_int_equal(len, 40000);
	assert_memory_equal(got, sent, len);
	pair_free(p);
}

static void the_end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct pair *p = pair_up(i & 1);
		struct pair_end *e = i & 2 ? &p->client : &p->server;
		size_t len;
		int result;

		tls_write(e->tls, sent, 100);
		tls_notify_close(e->tls);
		len = e->other->inbox_len;
		tls_notify_close(e->tls);
		tls_notify_close(e->tls);
		assert_int_equal(e->other->inbox_len, len); /* close_notify is sent once */
		assert_int_equal(pair_read(e->other, got, sizeof(got), &result), 100);
		assert_int_equal(result, TLS_CLOSED);
		assert_string_equal(tls_error_of(e->other->tls)->text, "");
		tls_input(e->other->tls, sent, 100); /* it sent close_notify, so we read no more */
		assert_int_equal(tls_read(e->other->tls, got, sizeof(got)), TLS_CLOSED);
		tls_notify_close(e->other->tls);
		pair_free(p);
	}
}

/*
 * Bytes after the close_notify, in the same packet, are ignored.
 */
static void more_after_the_end(void **state)
{
	struct pair *p = pair_up(true);
	int result;

	(void)state;
	tls_notify_close(p->server.tls);
	memcpy(p->client.inbox + p->client.inbox_len, sent, 300);
	p->client.inbox_len += 300;
	assert_int_equal(pair_read(&p->client, got, sizeof(got), &result), 0);
	assert_int_equal(result, TLS_CLOSED);
	tls_input(p->client.tls, sent, 300);
	assert_int_equal(tls_read(p->client.tls, got, sizeof(got)), TLS_CLOSED);
	assert_int_equal(tls_write(p->client.tls, sent, 10), 0); /* our half is still open */
	tls_notify_close(p->client.tls);
	pair_free(p);
}

/* An owner that is ending its session reads no more data, but can still write. */
static void unread_input(void **state)
{
	struct pair *p = pair_up(true);
	int result;

	(void)state;
	for (int i = 0; i < 3; i++) {
		tls_write(p->server.tls, sent, 1000);
		pair_feed(&p->client);
	}
	assert_int_equal(tls_read(p->client.tls, got, sizeof(got)), TLS_CLOSED);
	assert_int_equal(tls_write(p->client.tls, sent, 100), 0);
	tls_notify_close(p->client.tls);
	assert_int_equal(pair_read(&p->server, got, sizeof(got), &result), 100);
	assert_int_equal(result, TLS_CLOSED);
	pair_free(p);
}

/* The peer has sent data that we have not read when we end the session (CVE-2026-15442). */
static void the_end_with_data_unread(void **state)
{
	struct pair *p = pair_up(true);

	(void)state;
	tls_write(p->server.tls, sent, 1000);
	pair_feed(&p->client);
	tls_read(p->client.tls, got, 10);
	tls_notify_close(p->client.tls);
	tls_notify_close(p->client.tls);
	pair_free(p);
}

/* No close_notify is sent before the handshake is done. */
static void the_end_too_early(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct tls_server_cfg server = pair_server_cfg(&files);
	struct pair *p = pair_of(&client, &server, "vpn.example.net");

	(void)state;
	tls_notify_close(p->client.tls);
	tls_notify_close(p->server.tls);
	assert_int_equal(p->client.inbox_len + p->server.inbox_len, 0);
	pair_free(p);
	tls_close(NULL);
	tls_ctx_release(NULL);
}

/* RFC 8446 section 4.6.3: the peer asks for new keys, and gets ours renewed as well. */
static void new_keys(void **state)
{
	struct pair *p = pair_up(true);

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct pair_end *e = i & 1 ? &p->client : &p->server;
		int result;

		assert_int_equal(wolfSSL_update_keys(e->tls->ssl), WOLFSSL_SUCCESS);
		assert_int_equal(tls_write(e->tls, sent, 1000), 0);
		assert_int_equal(pair_read(e->other, got, sizeof(got), &result), 1000);
		assert_memory_equal(got, sent, 1000);
		assert_true(e->inbox_len > 0); /* the peer's KeyUpdate in response, sent at once */
		assert_int_equal(tls_write(e->other->tls, sent, 500), 0);
		assert_int_equal(pair_read(e, got, sizeof(got), &result), 500);
		assert_memory_equal(got, sent, 500);
	}
	pair_free(p);
}

/* One direction of a stream: how much of it was written and read. */
struct flow {
	struct pair_end *from;
	size_t written, received;
};

static void flow_write(struct flow *f, size_t len)
{
	assert_true(f->written + len <= sizeof(sent));
	assert_int_equal(tls_write(f->from->tls, sent + f->written, len), 0);
	f->written += len;
}

static void flow_read(struct flow *f)
{
	int result;
	size_t len = pair_read(f->from->other, got, sizeof(got), &result);

	assert_int_equal(result, TLS_WANT_INPUT);
	assert_memory_equal(got, sent + f->received, len);
	f->received += len;
}

/*
 * Data flows both ways, and one side, the other or both ask for new keys in the middle of it; the
 * responses cross data that was sent under the old keys.
 */
static void new_keys_amid_data(void **state)
{
	(void)state;
	for (unsigned both = 1; both <= 3; both++) {
		struct pair *p = pair_up(true);
		struct flow flows[] = { { .from = &p->client }, { .from = &p->server } };

		for (unsigned turn = 0; turn < 20; turn++) {
			for (unsigned i = 0; i < 2; i++) {
				flow_write(&flows[i], 3000 + 1000 * i);
				if (both & 1u << i)
					assert_int_equal(
						wolfSSL_update_keys(flows[i].from->tls->ssl),
						WOLFSSL_SUCCESS);
				flow_write(&flows[i], 1000 + turn);
			}
			flow_read(&flows[turn % 2]);
			flow_read(&flows[1 - turn % 2]);
		}
		for (unsigned i = 0; i < 4; i++)
			flow_read(&flows[i % 2]);
		assert_int_equal(flows[0].received, flows[0].written);
		assert_int_equal(flows[1].received, flows[1].written);
		pair_free(p);
	}
}

#if __has_include(<wolfssl/internal.h>)
enum { RECORDS_OF_A_KEY = 0x16a09e6 }; /* RFC 8446 section 5.5: 2^24.5 */

/* Sets the counters as if all but two of the records that a key may seal had been sent. */
static void age(struct pair_end *e)
{
	e->tls->ssl->keys.sequence_number_lo = RECORDS_OF_A_KEY - 2;
	e->other->tls->ssl->keys.peer_sequence_number_lo = RECORDS_OF_A_KEY - 2;
}

/* From this version on the library renews keys, and ends a session with too many empty records. */
#if LIBWOLFSSL_VERSION_HEX >= 0x05009000
#define HAS_NEW_LIBRARY
#endif

#ifdef HAS_NEW_LIBRARY
/*
 * Without a request keys are renewed on both sides: the peer of a KeyUpdate renews its own as well.
 */
static void an_old_key_is_renewed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = pair_up(true);
		struct flow there = { .from = i ? &p->client : &p->server };
		struct flow back = { .from = there.from->other };

		age(there.from);
		age(back.from);
		for (unsigned n = 0; n < 6; n++)
			flow_write(&there, 100);
		flow_read(&there);
		assert_int_equal(there.received, 600);
		assert_int_equal(there.from->tls->ssl->keys.sequence_number_lo, 4);
		assert_int_equal(back.from->tls->ssl->keys.sequence_number_lo, 0);
		flow_write(&back, 100);
		flow_read(&back);
		assert_int_equal(back.received, 100);
		pair_free(p);
	}
}
#endif

/* TLS 1.2 cannot renew a key: the session continues with the old one. */
static void an_old_key_of_tls12_is_kept(void **state)
{
	struct pair *p = pair_up(false);
	struct flow there = { .from = &p->server };

	(void)state;
	age(there.from);
	for (unsigned n = 0; n < 6; n++)
		flow_write(&there, 100);
	flow_read(&there);
	assert_int_equal(there.received, 600);
	assert_int_equal(there.from->tls->ssl->keys.sequence_number_lo, RECORDS_OF_A_KEY + 4);
	pair_free(p);
}
/* Sends a record that the library itself would not make. */
static void send_record(struct pair_end *e, int type, const uint8_t *at, int at_len)
{
	uint8_t record[256];
	int len = BuildMessage(e->tls->ssl, record, sizeof(record), at, at_len, type, 0, 0, 0,
			       CUR_ORDER);

	assert_true(len > RECORD_HEADER_SZ);
	memcpy(e->other->inbox + e->other->inbox_len, record, (size_t)len);
	e->other->inbox_len += (size_t)len;
}

#ifdef HAS_NEW_LIBRARY
/*
 * Empty records are legal: a few between data are accepted, but too many in a row end the session.
 */
static void empty_records(void **state)
{
	(void)state;
	for (int is_tls13 = 0; is_tls13 < 2; is_tls13++) {
		struct pair *p = pair_up(is_tls13);
		struct flow there = { .from = &p->client };
		int result;

		for (unsigned i = 0; i < 100; i++) {
			for (unsigned n = 0; n < 10; n++)
				send_record(&p->client, application_data, sent, 0);
			flow_write(&there, 1);
			flow_read(&there);
		}
		assert_int_equal(there.received, 100);
		for (unsigned n = 0; n < 100; n++)
			send_record(&p->client, application_data, sent, 0);
		assert_int_equal(pair_read(&p->server, got, sizeof(got), &result), 0);
		assert_int_equal(result, TLS_FAILED);
		assert_true(tls_error_of(p->server.tls)->text[0]);
		pair_free(p);
	}
}
#endif

/* The same with warning alerts; TLS 1.3 has only one, user_canceled. */
static void warnings_without_end(void **state)
{
	static const uint8_t user_canceled[] = { alert_warning, 90 };

	(void)state;
	for (int is_tls13 = 0; is_tls13 < 2; is_tls13++) {
		struct pair *p = pair_up(is_tls13);
		int result;

		for (unsigned n = 0; n < 100; n++)
			send_record(&p->client, alert, user_canceled, sizeof(user_canceled));
		assert_int_equal(pair_read(&p->server, got, sizeof(got), &result), 0);
		assert_int_equal(result, TLS_FAILED);
		assert_true(tls_error_of(p->server.tls)->text[0]);
		pair_free(p);
	}
}
static void exchange(struct pair *p)
{
	struct flow there = { .from = &p->client }, back = { .from = &p->server };

	flow_write(&there, 10);
	flow_read(&there);
	flow_write(&back, 10);
	flow_read(&back);
	assert_int_equal(there.received + back.received, 20);
}

/* Handshake messages when there is no handshake: they end the session, or change nothing. */
static void messages_after_the_handshake(void **state)
{
	static const uint8_t lens[] = { 0, 1, 4, 36, 120 };

	(void)state;
	for (int i = 0; i < 4 * 32; i++)
		for (size_t n = 0; n < sizeof(lens); n++) {
			struct pair *p = pair_up(i & 1);
			struct pair_end *from = i & 2 ? &p->client : &p->server;
			uint8_t message[128] = { (uint8_t)(i / 4), 0, 0, lens[n] };
			int result;

			send_record(from, handshake, message, 4 + lens[n]);
			assert_int_equal(pair_read(from->other, got, sizeof(got), &result), 0);
			if (result != TLS_WANT_INPUT)
				assert_int_equal(result, TLS_FAILED);
			else if (message[0] !=
				 key_update) /* after that the sender has new keys too */
				exchange(p);
			pair_free(p);
		}
}
/* A ticket as other servers give it: with a longer nonce than our own. */
static void a_foreign_ticket(void **state)
{
	enum { NONCE = 32, TICKET = 64 };
	uint8_t message[128];
	struct writer w = writer_of(message, sizeof(message));
	struct pair *p = pair_up(true);
	uint8_t none;
	int result;

	(void)state;
	put_u8(&w, session_ticket);
	put_u8(&w, 0);
	put_u16(&w, 4 + 4 + 1 + NONCE + 2 + TICKET + 2);
	put_u32(&w, 7200);
	put_u32(&w, 1);
	put_u8(&w, NONCE);
	memset(put_gap(&w, NONCE), 'n', NONCE);
	put_u16(&w, TICKET);
	memset(put_gap(&w, TICKET), 't', TICKET);
	put_u16(&w, 0); /* no extensions */
	send_record(&p->server, handshake, message, (int)w.len);
	assert_int_equal(pair_read(&p->client, &none, 1, &result), 0);
	assert_int_equal(result, TLS_WANT_INPUT);
	exchange(p);
	pair_free(p);
}
#else
static void messages_after_the_handshake(void **state)
{
	(void)state;
}

static void a_foreign_ticket(void **state)
{
	(void)state;
}

static void an_old_key_is_renewed(void **state)
{
	(void)state;
	print_message("skip: the internal functions of this wolfSSL are not available\n");
	skip();
}

static void an_old_key_of_tls12_is_kept(void **state)
{
	an_old_key_is_renewed(state);
}

static void empty_records(void **state)
{
	an_old_key_is_renewed(state);
}

static void warnings_without_end(void **state)
{
	an_old_key_is_renewed(state);
}
#endif

/* Each bit of a record changed in turn: the session ends with an error text. */
static void forged(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * 40; bit++) {
		struct pair *p = pair_up(bit & 1);
		int result;

		assert_int_equal(tls_write(p->server.tls, sent, 20), 0);
		if (bit / 8 < p->client.inbox_len && bit / 8 != 2) {
			p->client.inbox[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(pair_read(&p->client, got, sizeof(got), &result), 0);
			assert_int_not_equal(result, TLS_CLOSED);
			if (result == TLS_WANT_INPUT) /* a larger length: waits for the rest */
				assert_true(bit / 8 == 3 || bit / 8 == 4);
			else
				assert_true(tls_error_of(p->client.tls)->text[0]);
		}
		pair_free(p);
	}
}

/*
 * The same with large records, which other code opens (tls/cryptocb.h): a bit in a record of 16
 * KiB.
 */
static void forged_large(void **state)
{
	(void)state;
	for (size_t at = 5; at < TLS_RECORD_MAX + 20; at += 777) {
		struct pair *p = pair_up(at & 1);
		int result;

		assert_int_equal(tls_write(p->server.tls, sent, TLS_RECORD_MAX), 0);
		p->client.inbox[at] ^= 0x10;
		assert_int_equal(pair_read(&p->client, got, sizeof(got), &result), 0);
		assert_int_equal(result, TLS_FAILED);
		pair_free(p);
	}
}

#ifdef HAS_VAES
/* One side seals and opens large records with the library's own code: the two are compatible. */
static void with_and_without_vaes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct tls_client_cfg client = pair_client_cfg(&pki);
		struct tls_server_cfg server = pair_server_cfg(&files);
		struct pair *p = pair_of(&client, &server, "vpn.example.net");
		struct pair_end *without = i & 1 ? &p->client : &p->server;
		struct flow to = { .from = i & 2 ? without : without->other };

		assert_int_equal(wolfSSL_CTX_GetDevId(p->client.tls->ctx->wolf, NULL) !=
					 INVALID_DEVID,
				 gcm_is_available());
		wolfSSL_SetDevId(without->tls->ssl, INVALID_DEVID);
		if (i & 4)
			wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
		assert_true(pair_shake(p));
		for (size_t len = 900; len < 20000; len += len / 5) {
			flow_write(&to, len);
			flow_read(&to);
			assert_int_equal(to.received, to.written);
		}
		pair_free(p);
	}
}
#endif

static void said_twice(void **state)
{
	struct pair *p = pair_up(true);
	size_t len;
	int result;

	(void)state;
	tls_write(p->server.tls, sent, 20);
	len = p->client.inbox_len;
	memcpy(p->client.inbox + len, p->client.inbox, len);
	p->client.inbox_len = 2 * len;
	assert_int_equal(pair_read(&p->client, got, sizeof(got), &result), 20);
	assert_int_equal(result, TLS_FAILED);
	assert_int_equal(tls_read(p->client.tls, got, sizeof(got)), TLS_FAILED);
	assert_int_equal(tls_write(p->client.tls, sent, 1), TLS_FAILED);
	assert_non_null(strstr(tls_error_of(p->client.tls)->text, "damaged in transit, or forged"));
	tls_notify_close(p->client.tls);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(nothing),
		cmocka_unit_test(one_input_fits_into_the_pump),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(small_reads),
		cmocka_unit_test(the_end),
		cmocka_unit_test(more_after_the_end),
		cmocka_unit_test(unread_input),
		cmocka_unit_test(the_end_with_data_unread),
		cmocka_unit_test(the_end_too_early),
		cmocka_unit_test(new_keys),
		cmocka_unit_test(new_keys_amid_data),
#ifdef HAS_NEW_LIBRARY
		cmocka_unit_test(an_old_key_is_renewed),
		cmocka_unit_test(empty_records),
#endif
		cmocka_unit_test(an_old_key_of_tls12_is_kept),
		cmocka_unit_test(warnings_without_end),
		cmocka_unit_test(messages_after_the_handshake),
		cmocka_unit_test(a_foreign_ticket),
		cmocka_unit_test(forged),
		cmocka_unit_test(forged_large),
#ifdef HAS_VAES
		cmocka_unit_test(with_and_without_vaes),
#endif
		cmocka_unit_test(said_twice),
	};

	return cmocka_run_group_tests(tests, make_files, drop_files);
}
