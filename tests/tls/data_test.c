/*
 * Data through a session: sizes, cuts, the end of it, new keys, and bytes that are not the peer's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pair.h"
#include "tls/wolf.h"

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

	if (!is_tls13)
		wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
	assert_true(pair_shake(p));
	assert_int_equal(p->client.inbox_len + p->server.inbox_len, 0); /* no session tickets */
	return p;
}

static void sizes(void **state)
{
	static const size_t lens[] = { 1,     2,     100,	1400,	       16383,
				       16384, 16385, 2 * 16384, 2 * 16384 + 1, BIG };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct pair *p = pair_up(i & 1);
		struct pair_end *from = i & 2 ? &p->client : &p->server;

		for (size_t n = 0; n < sizeof(lens) / sizeof(lens[0]); n++) {
			int result;

			from->sends = 0;
			assert_int_equal(tls_write(from->tls, sent, lens[n]), 0);
			/* each record is filled before the next begins, and given away at once */
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

/* A reader with less room than a record gets the rest at the next calls, without new input. */
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
		assert_int_equal(e->other->inbox_len, len); /* it is said once */
		assert_int_equal(pair_read(e->other, got, sizeof(got), &result), 100);
		assert_int_equal(result, TLS_CLOSED);
		assert_string_equal(tls_error_of(e->other->tls)->text, "");
		tls_input(e->other->tls, sent, 100); /* it said it was done; so are we */
		assert_int_equal(tls_read(e->other->tls, got, sizeof(got)), TLS_CLOSED);
		tls_notify_close(e->other->tls);
		pair_free(p);
	}
}

/*
 * Bytes behind the close_notify, in the same packet: nobody looks at them, and nobody falls over
 * them.
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

/* An owner that is ending its session takes no more data, and still has a word to say. */
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

/* The other side has data in flight, unread by us, when we end it (CVE-2026-15442). */
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

/* Nothing is said of an end before there was a beginning. */
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
		assert_true(e->inbox_len > 0); /* the answer, sent without being asked for */
		assert_int_equal(tls_write(e->other->tls, sent, 500), 0);
		assert_int_equal(pair_read(e, got, sizeof(got), &result), 500);
		assert_memory_equal(got, sent, 500);
	}
	pair_free(p);
}

/* Each bit of a record changed in turn: the session ends, in words, and stays ended. */
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
			if (result == TLS_WANT_INPUT) /* a longer length: it waits for the rest */
				assert_true(bit / 8 == 3 || bit / 8 == 4);
			else
				assert_true(tls_error_of(p->client.tls)->text[0]);
		}
		pair_free(p);
	}
}

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
	assert_non_null(strstr(tls_error_of(p->client.tls)->text, "damaged on the way, or forged"));
	tls_notify_close(p->client.tls);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(nothing),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(small_reads),
		cmocka_unit_test(the_end),
		cmocka_unit_test(more_after_the_end),
		cmocka_unit_test(unread_input),
		cmocka_unit_test(the_end_with_data_unread),
		cmocka_unit_test(the_end_too_early),
		cmocka_unit_test(new_keys),
		cmocka_unit_test(forged),
		cmocka_unit_test(said_twice),
	};

	return cmocka_run_group_tests(tests, make_files, drop_files);
}
