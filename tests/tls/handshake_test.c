/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Handshakes: versions, cipher suites, groups, ALPN, and handshakes that fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pair.h"
#include "tls/cfg.h"
#include "tls/tls.h"
#include "tls/wolf.h"

static struct pki pki;
static struct pki_files ecdsa, rsa;

static int make_files(void **state)
{
	(void)state;
	pki_init(&pki, "Test Authority");
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &ecdsa);
	pki_issue(&pki, &(struct pki_leaf){ .is_rsa = true }, &rsa);
	return 0;
}

static int drop_files(void **state)
{
	(void)state;
	pki_free(&pki);
	return 0;
}

/* The result with our default settings and a peer that supports only this suite. */
static const struct {
	const char *suite, *name, *version;
	bool is_rsa, is_cbc;
} suites[] = {
	{ "TLS13-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256", "TLSv1.3", false, false },
	{ "TLS13-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384", "TLSv1.3", true, false },
	{ "TLS13-CHACHA20-POLY1305-SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3", false,
	  false },
	{ "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLSv1.2",
	  false, false },
	{ "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLSv1.2",
	  false, false },
	{ "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLSv1.2", true,
	  false },
	{ "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLSv1.2", true,
	  false },
	{ "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
	  "TLSv1.2", false, false },
	{ "ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLSv1.2",
	  true, false },
	{ "ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLSv1.2", true, true },
	{ "ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLSv1.2", true, true },
	{ "ECDHE-RSA-AES128-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLSv1.2", true,
	  true },
	{ "ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLSv1.2", false,
	  true },
#ifdef WOLFSSL_STATIC_RSA
	{ "AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA", "TLSv1.2", true, true },
	{ "AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLSv1.2", true, true },
#endif
};

/* The client, or else the server, supports only that suite. */
static struct pair *pair_with_suite(size_t i, bool allow_cbc, bool is_client_narrow)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct tls_server_cfg server = pair_server_cfg(suites[i].is_rsa ? &rsa : &ecdsa);
	struct pair *p;
	WOLFSSL *narrow;

	client.allow_cbc = server.allow_cbc = allow_cbc;
	p = pair_of(&client, &server, "vpn.example.net");
	narrow = is_client_narrow ? p->client.tls->ssl : p->server.tls->ssl;
	assert_int_equal(wolfSSL_set_cipher_list(narrow, suites[i].suite), WOLFSSL_SUCCESS);
	if (!strcmp(suites[i].version, "TLSv1.2"))
		wolfSSL_set_options(narrow, WOLFSSL_OP_NO_TLSv1_3);
	return p;
}

static void each_suite(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(suites) / sizeof(suites[0]); i++) {
		struct pair *p = pair_with_suite(i / 2, suites[i / 2].is_cbc, i & 1);
		uint8_t back[64];
		int result;

		if (!pair_shake(p))
			fail_msg("%s: %s; %s", suites[i / 2].suite,
				 tls_error_of(p->client.tls)->text,
				 tls_error_of(p->server.tls)->text);
		assert_string_equal(tls_cipher(p->client.tls), suites[i / 2].name);
		assert_string_equal(tls_cipher(p->server.tls), suites[i / 2].name);
		assert_string_equal(tls_version(p->client.tls), suites[i / 2].version);
		assert_string_equal(tls_version(p->server.tls), suites[i / 2].version);
		assert_int_equal(tls_write(p->client.tls, (const uint8_t *)"there", 6), 0);
		assert_int_equal(pair_read(&p->server, back, sizeof(back), &result), 6);
		assert_string_equal(back, "there");
		assert_int_equal(tls_write(p->server.tls, (const uint8_t *)"back", 5), 0);
		assert_int_equal(pair_read(&p->client, back, sizeof(back), &result), 5);
		assert_string_equal(back, "back");
		pair_free(p);
	}
}

static void no_cbc_by_default(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(suites) / sizeof(suites[0]); i++) {
		struct pair *p;
		const char *text;

		if (!suites[i / 2].is_cbc)
			continue;
		p = pair_with_suite(i / 2, false, i & 1);
		assert_false(pair_shake(p));
		assert_int_equal(p->server.result, TLS_FAILED);
		text = tls_error_of(p->server.tls)->text;
		if (!strstr(text, "no cipher suite in common"))
			fail_msg("%s: %s", suites[i / 2].suite, text);
		assert_false(tls_is_untrusted(p->server.tls));
#ifdef WOLFSSL_EXTRA_ALERTS
		assert_int_equal(p->client.result, TLS_FAILED);
		text = tls_error_of(p->client.tls)->text;
		if (!strstr(text, "handshake_failure"))
			fail_msg("%s: %s", suites[i / 2].suite, text);
#endif
		pair_free(p);
	}
}

/* Without instructions for AES the other cipher is faster. */
static const char *fastest(void)
{
#ifdef __x86_64__
	if (!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("pclmul") ||
	    !__builtin_cpu_supports("ssse3") || !__builtin_cpu_supports("sse4.1"))
		return "TLS_CHACHA20_POLY1305_SHA256";
#endif
	return "TLS_AES_128_GCM_SHA256";
}

static void what_we_prefer(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct tls_server_cfg server = pair_server_cfg(&ecdsa);
	struct pair *p = pair_of(&client, &server, "vpn.example.net");

	(void)state;
	assert_true(pair_shake(p));
	assert_string_equal(tls_version(p->client.tls), "TLSv1.3");
	assert_string_equal(tls_cipher(p->client.tls), fastest());
	assert_string_equal(tls_group(p->client.tls), TLS_HAS_MLKEM ? "X25519MLKEM768" : "X25519");
	assert_string_equal(tls_group(p->server.tls), tls_group(p->client.tls));
	assert_int_equal(tls_peer_leaf(p->server.tls).len, 0);
	pair_free(p);
}

static void only_tls13(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct tls_server_cfg server = pair_server_cfg(&ecdsa);

	(void)state;
	for (int i = 0; i < 4; i++) {
		bool is_client_strict = i & 1, is_other_old = i & 2;
		struct pair *p;
		struct pair_end *old;

		client.only_tls13 = is_client_strict;
		server.only_tls13 = !is_client_strict;
		p = pair_of(&client, &server, "vpn.example.net");
		old = is_client_strict ? &p->server : &p->client;
		if (is_other_old)
			wolfSSL_set_options(old->tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
		assert_int_equal(pair_shake(p), !is_other_old);
		if (is_other_old)
			assert_non_null(strstr(tls_error_of(p->server.tls)->text, "TLS"));
		pair_free(p);
	}
}

/* One side supports only this group; the client sends no key share for the last two at first. */
static void groups(void **state)
{
	static const struct {
		int group;
		const char *name;
	} cases[] = {
#if TLS_HAS_MLKEM
		{ WOLFSSL_X25519MLKEM768, "X25519MLKEM768" },
#endif
		{ WOLFSSL_ECC_X25519, "X25519" },
		{ WOLFSSL_ECC_SECP256R1, "SECP256R1" },
		{ WOLFSSL_ECC_SECP384R1, "SECP384R1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_client_cfg client = pair_client_cfg(&pki);
		struct tls_server_cfg server = pair_server_cfg(&ecdsa);
		struct pair *p = pair_of(&client, &server, "vpn.example.net");
		int group = cases[i].group;

		assert_int_equal(wolfSSL_set_groups(p->server.tls->ssl, &group, 1),
				 WOLFSSL_SUCCESS);
		if (!pair_shake(p))
			fail_msg("%s: %s", cases[i].name, tls_error_of(p->client.tls)->text);
		assert_string_equal(tls_group(p->client.tls), cases[i].name);
		pair_free(p);
	}
}

static void alpn(void **state)
{
	static const struct {
		const char *offered, *chosen;
	} cases[] = {
		{ "http/1.1", "http/1.1" },
		{ "h2,http/1.1", "http/1.1" },
		{ "h2", NULL },
		{ "h3,spdy/1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_client_cfg client = pair_client_cfg(&pki);
		struct tls_server_cfg server = pair_server_cfg(&ecdsa);
		struct pair *p = pair_of(&client, &server, "vpn.example.net");
		char offered[64], *chosen = NULL;
		unsigned short len = 0;

		strcpy(offered, cases[i].offered);
		wolfSSL_UseALPN(p->client.tls->ssl, offered, (unsigned int)strlen(offered),
				WOLFSSL_ALPN_CONTINUE_ON_MISMATCH);
		if (!pair_shake(p))
			fail_msg("%s: %s", offered, tls_error_of(p->server.tls)->text);
		wolfSSL_ALPN_GetProtocol(p->client.tls->ssl, &chosen, &len);
		if (cases[i].chosen)
			assert_int_equal(len, strlen(cases[i].chosen));
		else
			assert_int_equal(len, 0);
		pair_free(p);
	}
}

static bool client_hello_has(const struct pair *p, const char *text)
{
	return memmem(p->server.inbox, p->server.inbox_len, text, strlen(text)) != NULL;
}

static void server_name(void **state)
{
	static const struct {
		const char *name, *sni, *sent, *not_sent;
	} cases[] = {
		{ "vpn.example.net", NULL, "vpn.example.net", NULL },
		{ "vpn.example.net.", NULL, "vpn.example.net", "net." },
		{ "192.0.2.1", NULL, NULL, "192.0.2.1" },
		{ "2001:db8::1", NULL, NULL, "2001:" },
		{ "192.0.2.1", "front.example.org", "front.example.org", "192.0.2.1" },
		{ "vpn.example.net", "front.example.org", "front.example.org", "vpn.example.net" },
		{ "vpn.example.net", "", NULL, "vpn.example.net" },
		{ "fe80::1%eth0", NULL, NULL, "fe80::1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_client_cfg client = pair_client_cfg(&pki);
		struct tls_server_cfg server = pair_server_cfg(&ecdsa);
		struct pair *p = pair_of(&client, &server, cases[i].name);
		struct tls_session_cfg cfg = { .name = cases[i].name,
					       .sni = cases[i].sni,
					       .send = p->client.tls->send,
					       .arg = p->client.tls->arg };

		tls_close(p->client.tls);
		assert_int_equal(tls_open(p->client.ctx, &cfg, &p->client.tls), 0);
		assert_int_equal(tls_handshake(p->client.tls), TLS_WANT_INPUT);
		if (cases[i].sent && !client_hello_has(p, cases[i].sent))
			fail_msg("%s is not sent", cases[i].sent);
		if (cases[i].not_sent && client_hello_has(p, cases[i].not_sent))
			fail_msg("%s is sent", cases[i].not_sent);
		pair_free(p);
	}
}

/* Data from other protocols' servers and clients, and from scanners. */
static void no_tls_at_all(void **state)
{
	static const struct {
		const char *bytes, *words;
	} cases[] = {
		{ "HTTP/1.1 400 Bad Request\r\n\r\n",
		  "does not speak TLS; it sent \"HTTP/1.1 400" },
		{ "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "does not speak TLS; it sent \"SSH-2.0" },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "does not speak TLS; it sent \"GET / HTTP" },
		{ "\x01\x02\x03\x04\x05\x06\x07\x08", "does not speak TLS; it sent \"\\x01\\x02" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_client_cfg client = pair_client_cfg(&pki);
		struct tls_server_cfg server = pair_server_cfg(&ecdsa);
		struct pair *p = pair_of(&client, &server, "vpn.example.net");
		struct pair_end *e = i & 1 ? &p->client : &p->server;
		const char *bytes = cases[i / 2].bytes;

		tls_handshake(p->client.tls);
		e->inbox_len = strlen(bytes);
		memcpy(e->inbox, bytes, e->inbox_len);
		pair_shake(p);
		assert_int_equal(e->result, TLS_FAILED);
		if (!strstr(tls_error_of(e->tls)->text, cases[i / 2].words))
			fail_msg("%s", tls_error_of(e->tls)->text);
		assert_int_equal(tls_handshake(e->tls), TLS_FAILED); /* also when called again */
		assert_int_equal(tls_write(e->tls, (const uint8_t *)"x", 1), TLS_FAILED);
		pair_free(p);
	}
}

static void alerts(void **state)
{
	static const struct {
		uint8_t code;
		const char *words;
	} cases[] = {
		{ 40, "the server sent the TLS alert handshake_failure: no cipher suite" },
		{ 70, "the server sent the TLS alert protocol_version: no TLS version in common" },
		{ 112,
		  "the server sent the TLS alert unrecognized_name: it does not know the name" },
		{ 116, "certificate_required" },
		{ 199, "the server sent the TLS alert 199" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_client_cfg client = pair_client_cfg(&pki);
		struct tls_server_cfg server = pair_server_cfg(&ecdsa);
		struct pair *p = pair_of(&client, &server, "vpn.example.net");
		const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, cases[i].code };

		tls_handshake(p->client.tls);
		tls_input(p->client.tls, alert, sizeof(alert));
		assert_int_equal(tls_handshake(p->client.tls), TLS_FAILED);
		if (!strstr(tls_error_of(p->client.tls)->text, cases[i].words))
			fail_msg("%s", tls_error_of(p->client.tls)->text);
		assert_false(tls_is_untrusted(p->client.tls));
		pair_free(p);
	}
}

/* The whole handshake a byte at a time, both ways, under both versions. */
static void byte_by_byte(void **state)
{
	(void)state;
	for (int is_tls13 = 0; is_tls13 < 2; is_tls13++) {
		struct tls_client_cfg client = pair_client_cfg(&pki);
		struct tls_server_cfg server = pair_server_cfg(&rsa);
		struct pair *p = pair_of(&client, &server, "vpn.example.net");
		unsigned turns = 0;

		if (!is_tls13)
			wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
		assert_int_equal(tls_handshake(p->client.tls), TLS_WANT_INPUT);
		while ((p->client.result < 1 || p->server.result < 1) && turns++ < 20000) {
			struct pair_end *e = p->client.inbox_len ? &p->client : &p->server;

			pair_feed_some(e, e->inbox_len ? 1 : 0);
			e->result = tls_handshake(e->tls);
			assert_int_not_equal(e->result, TLS_FAILED);
		}
		assert_int_equal(p->client.result, 1);
		assert_int_equal(p->server.result, 1);
		pair_free(p);
	}
}

/* The version in a record's header, which must be ignored (RFC 8446 section 5.1). */
static bool is_ignored(const struct pair_end *e, size_t at)
{
	size_t record = 0;

	while (record + 5 + load_u16(e->inbox + record + 3) <= at)
		record += 5 + (size_t)load_u16(e->inbox + record + 3);
	return at == record + 1 || at == record + 2;
}

/* One bit of the handshake changed: one side must detect it. */
static void tampered(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		struct tls_client_cfg client = pair_client_cfg(&pki);
		struct tls_server_cfg server = pair_server_cfg(&ecdsa);
		struct pair *p = pair_of(&client, &server, "vpn.example.net");
		struct pair_end *e = i & 1 ? &p->client : &p->server;
		size_t at;

		if (i & 2)
			wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
		tls_handshake(p->client.tls);
		if (e == &p->client) {
			pair_feed(&p->server);
			tls_handshake(p->server.tls);
		}
		at = i * 7919u % e->inbox_len;
		if (!is_ignored(e, at))
			e->inbox[at] ^= (uint8_t)(1u << i % 8);
		else
			e->inbox[0] ^= 1;
		if (pair_shake(p))
			fail_msg("byte %zu changed and no side detected it", at);
		pair_free(p);
	}
}

/* A ClientHello whose length is 90000: the server does not wait for all of it. */
static void endless_hello(void **state)
{
	enum { PART = 16000 };
	static uint8_t record[5 + PART] = { 22, 3, 1, PART >> 8, PART & 0xff };
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct tls_server_cfg server = pair_server_cfg(&ecdsa);
	struct pair *p = pair_of(&client, &server, "vpn.example.net");
	int result = TLS_WANT_INPUT;
	unsigned parts = 0;

	(void)state;
	memcpy(record + 5, (const uint8_t[]){ 1, 1, 0x5f, 0x90, 3, 3 }, 6);
	for (; result == TLS_WANT_INPUT && parts < 10; parts++) {
		tls_input(p->server.tls, record, sizeof(record));
		result = tls_handshake(p->server.tls);
	}
	assert_int_equal(result, TLS_FAILED);
	assert_in_range(parts, 2, 3);
	assert_non_null(strstr(tls_error_of(p->server.tls)->text, "handshake is longer than"));
	pair_free(p);
}

/* Random bytes after a good record header, to both sides. */
static void noise(void **state)
{
	(void)state;
	srand(1);
	for (unsigned i = 0; i < 600; i++) {
		struct tls_client_cfg client = pair_client_cfg(&pki);
		struct tls_server_cfg server = pair_server_cfg(&ecdsa);
		struct pair *p = pair_of(&client, &server, "vpn.example.net");
		struct pair_end *e = i & 1 ? &p->client : &p->server;
		uint8_t *at = e->inbox;

		tls_handshake(p->client.tls);
		e->inbox_len = 5 + (size_t)rand() % 600;
		for (size_t n = 0; n < e->inbox_len; n++)
			at[n] = (uint8_t)rand();
		at[0] = (uint8_t)(20 + rand() % 5);
		at[1] = 3;
		at[2] = 3;
		store_u16(at + 3, (uint16_t)(e->inbox_len - 5));
		at[5] = (uint8_t)(rand() % 25); /* the type of a handshake message */
		pair_shake(p);
		assert_int_not_equal(e->result, 1);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_suite),     cmocka_unit_test(no_cbc_by_default),
		cmocka_unit_test(what_we_prefer), cmocka_unit_test(only_tls13),
		cmocka_unit_test(groups),         cmocka_unit_test(alpn),
		cmocka_unit_test(server_name),    cmocka_unit_test(no_tls_at_all),
		cmocka_unit_test(alerts),         cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(tampered),       cmocka_unit_test(noise),
		cmocka_unit_test(endless_hello),
	};

	return cmocka_run_group_tests(tests, make_files, drop_files);
}
