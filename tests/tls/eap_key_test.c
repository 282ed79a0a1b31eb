/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of EAP-TLS and PEAP (MSK, EMSK), as FreeRADIUS, hostapd and eapol_test had them: the secrets
 * of the captured sessions are put into one of ours, which must give the captured keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"
#include "support/vectors.h"
#include "tls/open.h"
#include "tls/wolf.h"

#ifdef WOLFSSL_USER_SETTINGS /* our own build: a distribution's may lack this header */
#include <wolfssl/internal.h>
#define HAS_SECRETS 1
#else
#define HAS_SECRETS 0
#endif

enum { SHA384_LEN = 48, RANDOM_LEN = 32, MSK_LEN = 64, MPPE_LEN = 32 };

static struct pair *shake(bool is_13)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct tls_server_cfg server = pair_server_cfg(&pair_files);
	struct pair *p;

	client.is_eap = server.is_eap = true;
	client.only_tls12 = !is_13;
	p = pair_of(&client, &server, "vpn.example.net");
	assert_true(pair_shake(p));
	assert_int_equal(tls_is_13(p->client.tls), is_13);
	return p;
}

#if HAS_SECRETS

static void put_secret(uint8_t *to, const char *group, const char *name, size_t len)
{
	struct bytes secret = vectors_hex(group, name);

	assert_int_equal(secret.len, len);
	memcpy(to, secret.at, len);
}

/* The captured sessions have the suites ..._AES_256_GCM_SHA384. */
static void put_secrets(struct tls *t, const char *group, bool is_13)
{
	Arrays *a = t->ssl->arrays;

	assert_non_null(a);
	t->ssl->specs.mac_algorithm = sha384_mac;
	if (is_13) {
		put_secret(a->exporterSecret, group, "exporter_secret", SHA384_LEN);
		return;
	}
	put_secret(a->masterSecret, group, "master_secret", SECRET_LEN);
	put_secret(a->clientRandom, group, "client_random", RANDOM_LEN);
	put_secret(a->serverRandom, group, "server_random", RANDOM_LEN);
}

/* MSK and EMSK; the MSK is the MS-MPPE keys, unless PEAP made others of it. */
static void check(const char *group, struct tls *t)
{
	struct bytes want = vectors_hex(group, "key_material_128"),
		     recv_key = vectors_hex(group, "recv_key"),
		     send_key = vectors_hex(group, "send_key");
	uint8_t key[TLS_EAP_KEY_LEN];

	assert_int_equal(want.len, sizeof(key));
	if (!tls_eap_key(t, (uint8_t)vectors_number(group, "eap_type"), key))
		fail_msg("%s: no key", group);
	if (memcmp(key, want.at, sizeof(key)) != 0)
		fail_msg("%s: another key", group);
	if (strstr(group, "binding"))
		return;
	assert_memory_equal(key, recv_key.at, MPPE_LEN);
	assert_memory_equal(key + MPPE_LEN, send_key.at, MPPE_LEN);
	assert_memory_equal(key, vectors_hex(group, "hlak").at, MPPE_LEN);
}

static void keys_of_captures(void **state)
{
	static const struct {
		const char *group;
		bool is_13;
	} cases[] = {
		{ "eap_tls12_freeradius", false },       { "eap_tls12_hostapd", false },
		{ "eap_tls13_freeradius", true },        { "eap_tls13_hostapd", true },
		{ "eap_peap12_freeradius", false },      { "eap_peap13_freeradius", true },
		{ "eap_peap12_hostapd_binding", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (int is_server = 0; is_server < 2; is_server++) {
			struct pair *p = shake(cases[i].is_13);
			struct tls *t = is_server ? p->server.tls : p->client.tls;

			put_secrets(t, cases[i].group, cases[i].is_13);
			check(cases[i].group, t);
			pair_free(p);
		}
}

#endif

/* Of a live session: both ends have the same one, another one for each method of TLS 1.3, and once. */
static void keys_of_both_ends(void **state)
{
	enum { EAP_TLS = 13, PEAP = 25 };

	(void)state;
	for (int is_13 = 0; is_13 < 2; is_13++) {
		uint8_t a[TLS_EAP_KEY_LEN], b[TLS_EAP_KEY_LEN];
		struct pair *p = shake(is_13);

		assert_true(tls_eap_key(p->client.tls, EAP_TLS, a));
		assert_true(tls_eap_key(p->server.tls, EAP_TLS, b));
		assert_memory_equal(a, b, sizeof(a));
		assert_memory_not_equal(a, a + MSK_LEN, MSK_LEN);
		pair_free(p);
		p = shake(is_13);
		assert_true(tls_eap_key(p->client.tls, EAP_TLS, a));
		assert_true(tls_eap_key(p->server.tls, PEAP, b));
		assert_int_equal(!memcmp(a, b, sizeof(a)), !is_13);
		assert_false(tls_eap_key(p->client.tls, EAP_TLS, a)); /* the secrets are gone */
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#if HAS_SECRETS
		cmocka_unit_test(keys_of_captures),
#endif
		cmocka_unit_test(keys_of_both_ends),
	};

	return cmocka_run_group_tests_name("tls/eap_key", tests, pair_make_files, pair_drop_files);
}
