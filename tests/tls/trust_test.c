/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which certificates a client accepts, and the error texts for those that it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tls/cert.h"
#include "tls/der.h"
#include "tls/open.h"
#include "tls/path.h"
#include "tls/pair.h"
#include "tls/wolf.h"

static struct pki pki, other;

static int make_authorities(void **state)
{
	(void)state;
	pki_init(&pki, "Test Authority");
	pki_init(&other, "Somebody Else");
	return 0;
}

static int drop_authorities(void **state)
{
	(void)state;
	pki_free(&pki);
	pki_free(&other);
	return 0;
}

static bool was_untrusted, was_not_valid_yet; /* by the last client */

/* With both versions of TLS, since the library checks certificates at different points of them. */
static bool shake(const struct tls_client_cfg *client, const struct pki_files *f, bool is_tls13,
		  const char *name, struct error *err)
{
	struct tls_server_cfg server = pair_server_cfg(f);
	struct pair *p = pair_of(client, &server, name);
	bool ok;

	if (!is_tls13)
		wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
	ok = pair_shake(p);
	if (ok)
		assert_string_equal(tls_version(p->client.tls), is_tls13 ? "TLSv1.3" : "TLSv1.2");
	*err = *tls_error_of(p->client.tls);
	was_untrusted = tls_is_untrusted(p->client.tls);
	was_not_valid_yet = tls_is_not_valid_yet(p->client.tls);
	assert_int_equal(p->client.result, ok ? 1 : TLS_FAILED);
	/* a client's refusal ends the server's session too, unless its handshake was done before */
	assert_true(ok || p->server.result != TLS_WANT_INPUT || !is_tls13);
	assert_int_equal(tls_peer_leaf(p->client.tls).len, f->der_len);
	assert_memory_equal(tls_peer_leaf(p->client.tls).at, f->der, f->der_len);
	pair_free(p);
	return ok;
}

static void accept_with(const struct tls_client_cfg *client, const struct pki_files *f,
			const char *name)
{
	struct error err;

	for (int is_tls13 = 0; is_tls13 < 2; is_tls13++)
		if (!shake(client, f, is_tls13, name, &err))
			fail_msg("%s refused: %s", name, err.text);
}

/* The error text must contain all of `words`, which end with NULL. */
static void refuse_with(const struct tls_client_cfg *client, const struct pki_files *f,
			const char *name, const char *const *words)
{
	struct error err;

	for (int is_tls13 = 0; is_tls13 < 2; is_tls13++) {
		if (shake(client, f, is_tls13, name, &err))
			fail_msg("%s accepted", name);
		assert_true(was_untrusted);
		for (size_t i = 0; words[i]; i++)
			if (!strstr(err.text, words[i]))
				fail_msg("\"%s\" is not in: %s", words[i], err.text);
	}
}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void a_good_one(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct pki_files f;

	(void)state;
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &f);
	accept_with(&client, &f, "vpn.example.net");
	accept_with(&client, &f, "VPN.Example.NET.");
	pki_issue(&pki, &(struct pki_leaf){ .is_rsa = true }, &f);
	accept_with(&client, &f, "vpn.example.net");
}

static void unknown_authority(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct pki namesake;
	struct pki_files f;

	(void)state;
	pki_init(&namesake, "Test Authority"); /* another key */
	pki_issue(&pki, &(struct pki_leaf){ .signer = &namesake }, &f);
	pki_free(&namesake);
	refuse_with(&client, &f, "vpn.example.net",
		    WORDS("the certificate of vpn.example.net is not signed by the key",
			  "CN=Test Authority"));
	pki_issue(&pki, &(struct pki_leaf){ .signer = &other }, &f);
	refuse_with(&client, &f, "vpn.example.net",
		    WORDS("--ca-cert holds (issuer CN=Somebody Else)", f.pin));
	client.ca_file = other.ca_file;
	accept_with(&client, &f, "vpn.example.net");
	client.ca_file = NULL; /* the system's */
	setenv("SSL_CERT_FILE", pki.ca_file, 1);
	pki_issue(&pki, &(struct pki_leaf){ .is_self_signed = true }, &f);
	refuse_with(&client, &f, "vpn.example.net",
		    WORDS("the certificate of vpn.example.net is not signed by an authority",
			  "that this machine trusts", "(self-signed; issuer CN=vpn.example.net)",
			  f.pin, "--servercert"));
	unsetenv("SSL_CERT_FILE");
}

static void self_signed_is_its_own_authority(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct pki_files f;

	(void)state;
	pki_issue(&pki, &(struct pki_leaf){ .is_self_signed = true }, &f);
	refuse_with(&client, &f, "vpn.example.net", WORDS("self-signed", "--ca-cert holds", f.pin));
	client.ca_file = f.cert;
	accept_with(&client, &f, "vpn.example.net");
	refuse_with(&client, &f, "other.example.net", WORDS("other.example.net"));
}

/* A certificate that is no authority is trusted only itself, although the user gave it as one. */
static void self_signed_is_no_other_authority(void **state)
{
	struct pki selfish = { .ca_key = key_make(false) };
	struct writer name = writer_of(selfish.ca_name, sizeof(selfish.ca_name));
	struct writer w = writer_of(selfish.ca_der, sizeof(selfish.ca_der));
	struct x509_draft d = {
		.not_before = time(NULL) - PKI_DAY_S,
		.not_after = time(NULL) + PKI_DAY_S,
		.key = selfish.ca_key,
		.signer = selfish.ca_key,
		.purpose = x509_server_auth,
	};
	struct tls_client_cfg client = { .ca_file = selfish.ca_file };
	struct pki_files f;

	(void)state;
	x509_put_name(&name, "Selfish");
	d.issuer = d.subject = bytes_of(selfish.ca_name, selfish.ca_name_len = name.len);
	assert_true(x509_write(&d, &w));
	pki_path(&pki, "selfish.pem", selfish.ca_file);
	pki_append_pem(selfish.ca_file, selfish.ca_der, w.len, CERT_TYPE);
	pki_issue(&pki, &(struct pki_leaf){ .signer = &selfish }, &f);
	refuse_with(&client, &f, "vpn.example.net",
		    WORDS("CN=Selfish", "may not issue certificates"));
	key_free(selfish.ca_key);
}

static void dates(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	time_t then = time(NULL) - 3 * PKI_DAY_S;
	struct pki_files f;
	char day[32];

	(void)state;
	pki_issue(&pki, &(struct pki_leaf){ .from_day = -10, .until_day = -3 }, &f);
	strftime(day, sizeof(day), "%Y-%m-%d", gmtime(&then));
	refuse_with(&client, &f, "vpn.example.net",
		    WORDS("the certificate of vpn.example.net expired on", day));
	assert_false(was_not_valid_yet);
	pki_issue(&pki, &(struct pki_leaf){ .from_day = 3, .until_day = 10 }, &f);
	then = time(NULL) + 3 * PKI_DAY_S;
	strftime(day, sizeof(day), "%Y-%m-%d", gmtime(&then));
	refuse_with(&client, &f, "vpn.example.net",
		    WORDS("the certificate of vpn.example.net is not valid before", day,
			  "this machine's date is"));
	assert_true(was_not_valid_yet);
}

static void wrong_name(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	uint8_t san[64];
	struct writer w = writer_of(san, sizeof(san));
	struct pki_files f;

	(void)state;
	x509_put_dns(&w, "a.example.net");
	x509_put_ip(&w, (const uint8_t[]){ 192, 0, 2, 7 }, 4);
	pki_issue(&pki, &(struct pki_leaf){ .has_san = true, .san = bytes_of(san, w.len) }, &f);
	refuse_with(&client, &f, "vpn.example.net",
		    WORDS("not for vpn.example.net", "but for a.example.net, 192.0.2.7"));
	refuse_with(&client, &f, "192.0.2.8", WORDS("not for 192.0.2.8"));
	refuse_with(&client, &f, "a", WORDS("not for a but"));
	accept_with(&client, &f, "192.0.2.7");
	accept_with(&client, &f, "a.example.net");
	pki_issue(&pki, &(struct pki_leaf){ .has_no_san = true, .common_name = "old.example.net" },
		  &f);
	refuse_with(&client, &f, "old.example.net", WORDS("CN=old.example.net", "--allow-cn"));
	refuse_with(&client, &f, "vpn.example.net", WORDS("CN=old.example.net"));
	client.allow_cn = true;
	accept_with(&client, &f, "old.example.net");
	refuse_with(&client, &f, "vpn.example.net", WORDS("CN=old.example.net"));
}

static void wrong_purpose(void **state)
{
	static const uint8_t client_auth[] = { 0x2b, 6, 1, 5, 5, 7, 3, 2 };
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct pki_files f;

	(void)state;
	pki_issue(&pki, &(struct pki_leaf){ .purpose = bytes_of(client_auth, sizeof(client_auth)) },
		  &f);
	refuse_with(&client, &f, "vpn.example.net", WORDS("not meant for servers", "serverAuth"));
}

/* A pin replaces the checks of chain, name and dates, which are all wrong here. */
static void pins(void **state)
{
	struct pki_leaf leaf = { .is_self_signed = true, .from_day = -9, .until_day = -2 };
	struct cert_info info;
	char of_cert[128], plain[100],
		wrong[] = "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	const char *two[2] = { wrong, NULL };
	struct tls_client_cfg client = { .pins = two, .pin_count = 2 };
	struct pki_files f;
	size_t n = 0;

	(void)state;
	pki_issue(&pki, &leaf, &f);
	two[1] = f.pin;
	accept_with(&client, &f, "elsewhere.example.org");
	assert_true(cert_read(bytes_of(f.der, f.der_len), &info));
	snprintf(of_cert, sizeof(of_cert), "sha256:%s", info.fingerprint);
	two[1] = of_cert;
	accept_with(&client, &f, "elsewhere.example.org");
	for (const char *c = of_cert + 7; *c; c++)
		if (*c != ':')
			plain[n++] = *c;
	plain[n] = '\0';
	snprintf(of_cert, sizeof(of_cert), "sha256:%s", plain);
	accept_with(&client, &f, "elsewhere.example.org");
	client.pin_count = 1;
	refuse_with(&client, &f, "vpn.example.net", WORDS(wrong, f.pin));
	/* a good chain does not help when there is a pin */
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &f);
	client.ca_file = pki.ca_file;
	refuse_with(&client, &f, "vpn.example.net", WORDS(wrong, f.pin));
}

static void malformed_pins(void **state)
{
	static const char *const bad[] = {
		"",
		"pin-sha256:",
		"pin-sha256:AAAA",
		"pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 33 bytes */
		"pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
		"pin-sha256:!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"sha256:00",
		"sha256:000000000000000000000000000000000000000000000000000000000000000",
		"sha256:00000000000000000000000000000000000000000000000000000000000000000",
		"sha256:g000000000000000000000000000000000000000000000000000000000000000",
		"sha1:0000000000000000000000000000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tls_client_cfg client = { .pins = &bad[i], .pin_count = 1 };
		struct error err;
		struct tls_ctx *ctx;

		if (tls_ctx_client(&client, &ctx, &err) != -EINVAL)
			fail_msg("%s was taken", bad[i]);
		assert_non_null(strstr(err.text, "is not a pin"));
	}
}

/* A server without the key of its certificate is refused, with a pin and without. */
static void stolen_certificate(void **state)
{
	const char *pin[1];
	struct tls_client_cfg clients[2] = { pair_client_cfg(&pki),
					     { .pins = pin, .pin_count = 1 } };
	struct tls_server_cfg server;
	struct pki_files f, thief;

	(void)state;
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &f);
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &thief);
	server = pair_server_cfg(&f);
	pin[0] = f.pin;
	for (int i = 0; i < 4; i++) {
		struct pair *p = pair_of(&clients[i & 1], &server, "vpn.example.net");

		if (i & 2)
			wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
		assert_int_equal(wolfSSL_use_PrivateKey_file(p->server.tls->ssl, thief.key,
							     WOLFSSL_FILETYPE_PEM),
				 WOLFSSL_SUCCESS);
		assert_false(pair_shake(p));
		assert_int_equal(p->client.result, TLS_FAILED);
		assert_non_null(
			strstr(tls_error_of(p->client.tls)->text, "not by its certificate's key"));
		pair_free(p);
	}
}

/* An intermediate authority, signed by the pki's. */
static void make_intermediate(struct pki *middle, int until_day)
{
	struct writer w = writer_of(middle->ca_der, sizeof(middle->ca_der));
	struct writer name = writer_of(middle->ca_name, sizeof(middle->ca_name));
	struct x509_draft d = {
		.issuer = bytes_of(pki.ca_name, pki.ca_name_len),
		.not_before = time(NULL) - 2 * PKI_DAY_S,
		.not_after = time(NULL) + until_day * PKI_DAY_S,
		.key = middle->ca_key = key_make(false),
		.signer = pki.ca_key,
		.is_ca = true,
	};

	x509_put_name(&name, "Test Intermediate");
	d.subject = bytes_of(middle->ca_name, middle->ca_name_len = name.len);
	assert_true(x509_write(&d, &w));
	middle->ca_der_len = w.len;
}

static void chains(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct pki middle, expired;
	struct pki_files f;

	(void)state;
	make_intermediate(&middle, 1);
	pki_issue(&pki, &(struct pki_leaf){ .signer = &middle }, &f);
	refuse_with(&client, &f, "vpn.example.net", WORDS("issuer CN=Test Intermediate"));
	pki_append_pem(f.cert, middle.ca_der, middle.ca_der_len, CERT_TYPE);
	accept_with(&client, &f, "vpn.example.net");
	/* an extra certificate of an unknown authority, as with old cross-signed roots */
	pki_append_pem(f.cert, other.ca_der, other.ca_der_len, CERT_TYPE);
	accept_with(&client, &f, "vpn.example.net");
	/* in another order: only the leaf must be the first */
	pki_path(&pki, "order.pem", f.cert);
	pki_append_pem(f.cert, f.der, f.der_len, CERT_TYPE);
	pki_append_pem(f.cert, other.ca_der, other.ca_der_len, CERT_TYPE);
	pki_append_pem(f.cert, pki.ca_der, pki.ca_der_len, CERT_TYPE);
	pki_append_pem(f.cert, middle.ca_der, middle.ca_der_len, CERT_TYPE);
	pki_append_pem(f.cert, middle.ca_der, middle.ca_der_len, CERT_TYPE);
	accept_with(&client, &f, "vpn.example.net");
	key_free(middle.ca_key);

	make_intermediate(&expired, -1);
	pki_issue(&pki, &(struct pki_leaf){ .signer = &expired }, &f);
	pki_append_pem(f.cert, expired.ca_der, expired.ca_der_len, CERT_TYPE);
	refuse_with(
		&client, &f, "vpn.example.net",
		WORDS("CN=Test Intermediate, an issuer in the chain of vpn.example.net, expired"));
	key_free(expired.ca_key);
}

/* An unknown authority does not become trusted because a server sent it. */
static void strangers_in_a_chain(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct pki_files f;

	(void)state;
	pki_issue(&pki, &(struct pki_leaf){ .signer = &other }, &f);
	pki_append_pem(f.cert, other.ca_der, other.ca_der_len, CERT_TYPE);
	refuse_with(&client, &f, "vpn.example.net", WORDS("vpn.example.net"));
}

/* Our server refuses such a file, so its session gets the certificates afterwards. */
static void refuse_shown(const struct pki_files *f, const char *chain, const char *word)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct tls_server_cfg server = pair_server_cfg(f);

	for (int is_tls13 = 0; is_tls13 < 2; is_tls13++) {
		struct pair *p = pair_of(&client, &server, "vpn.example.net");
		const struct error *err;

		if (!is_tls13)
			wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
		assert_int_equal(wolfSSL_use_certificate_chain_file(p->server.tls->ssl, chain),
				 WOLFSSL_SUCCESS);
		assert_false(pair_shake(p));
		assert_true(tls_is_untrusted(p->client.tls));
		err = tls_error_of(p->client.tls);
		if (!strstr(err->text, word))
			fail_msg("\"%s\" is not in: %s", word, err->text);
		pair_free(p);
	}
}

#if TLS_HAS_CERT_CB
static void put_attr(struct writer *w, uint8_t id, uint8_t tag, const char *value)
{
	size_t at = der_begin(w, DER_SEQUENCE);

	der_put(w, DER_OID, (const uint8_t[]){ 0x55, 4, id }, 3);
	der_put(w, tag, value, strlen(value));
	der_end(w, at);
}

/* A NumericString, and two attributes in one relative name: the library cannot parse them. */
static void names_of_any_kind(void **state)
{
	enum { NUMERIC_STRING = 0x12, UNIQUE_ID = 45, COMMON_NAME = 3, UNIT = 11 };
	struct tls_client_cfg client = pair_client_cfg(&pki);
	uint8_t name[128];
	struct writer w = writer_of(name, sizeof(name));
	struct pki_leaf leaf = { .is_rsa = false };
	size_t all = der_begin(&w, DER_SEQUENCE), at = der_begin(&w, DER_SET);
	struct pki_files f;

	(void)state;
	put_attr(&w, UNIQUE_ID, NUMERIC_STRING, "123 456");
	der_end(&w, at);
	at = der_begin(&w, DER_SET);
	put_attr(&w, COMMON_NAME, DER_UTF8_STRING, "s");
	put_attr(&w, UNIT, DER_UTF8_STRING, "vpn");
	der_end(&w, at);
	der_end(&w, all);
	leaf.subject = bytes_of(name, w.len);
	for (int i = 0; i < 2; i++) {
		leaf.is_rsa = i;
		pki_issue(&pki, &leaf, &f);
		accept_with(&client, &f, "vpn.example.net");
		refuse_with(&client, &f, "other.example.net", WORDS("not for other.example.net"));
	}
}
#endif

/* An unreadable certificate anywhere in the chain is reported as a refusal, not as a TLS error. */
static void unreadable(void **state)
{
	static const uint8_t junk[] = { 0x30, 4, 0x30, 2, 5, 0 };
	char chain[128];
	struct pki_files f;

	(void)state;
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &f);
	pki_path(&pki, "junk.pem", chain);
	pki_append_pem(chain, f.der, f.der_len, CERT_TYPE);
	pki_append_pem(chain, junk, sizeof(junk), CERT_TYPE);
	refuse_shown(&f, chain, "malformed");
	/* the library reads this one, but there are bytes after it */
	pki_path(&pki, "tail.pem", chain);
	pki_append_pem(chain, f.der, f.der_len, CERT_TYPE);
	memcpy(f.der, pki.ca_der, pki.ca_der_len);
	memcpy(f.der + pki.ca_der_len, junk, sizeof(junk));
	pki_append_pem(chain, f.der, pki.ca_der_len + sizeof(junk), CERT_TYPE);
	refuse_shown(&f, chain, "vpn.example.net");
}

static void too_many(void **state)
{
	char chain[128];
	struct pki_files f;

	(void)state;
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &f);
	pki_path(&pki, "many.pem", chain);
	pki_append_pem(chain, f.der, f.der_len, CERT_TYPE);
	for (int i = 0; i < PATH_MAX_CERTS; i++)
		pki_append_pem(chain, pki.ca_der, pki.ca_der_len, CERT_TYPE);
	refuse_shown(&f, chain, "vpn.example.net showed more certificates than are accepted");
}

/* Certificates of one server are forgotten: the next one must send its intermediate itself. */
static void chains_are_forgotten(void **state)
{
	struct tls_client_cfg cfg = pair_client_cfg(&pki);
	struct tls_server_cfg server;
	struct tls_ctx *client, *ctx;
	struct error err;
	struct pki middle;
	struct pki_files with, without;

	(void)state;
	make_intermediate(&middle, 1);
	pki_issue(&pki, &(struct pki_leaf){ .signer = &middle }, &without);
	with = without;
	pki_append_pem(with.cert, middle.ca_der, middle.ca_der_len, CERT_TYPE);
	pki_path(&pki, "alone.pem", without.cert);
	pki_append_pem(without.cert, without.der, without.der_len, CERT_TYPE);
	assert_int_equal(tls_ctx_client(&cfg, &client, &err), 0);
	for (int i = 0; i < 3; i++) {
		struct pair *p;

		server = pair_server_cfg(i & 1 ? &without : &with);
		assert_int_equal(tls_ctx_server(&server, &ctx, &err), 0);
		p = pair_new(ctx_hold(client), ctx, "vpn.example.net");
		assert_int_equal(pair_shake(p), !(i & 1));
		pair_free(p);
	}
	tls_ctx_release(client);
	key_free(middle.ca_key);
}

/* A leaf that signs other leaves is no authority. */
static void leaf_as_authority(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct pki forger = { .ca_key = key_make(false) };
	struct writer w = writer_of(forger.ca_der, sizeof(forger.ca_der));
	struct writer name = writer_of(forger.ca_name, sizeof(forger.ca_name));
	struct x509_draft d = {
		.issuer = bytes_of(pki.ca_name, pki.ca_name_len),
		.not_before = time(NULL) - PKI_DAY_S,
		.not_after = time(NULL) + PKI_DAY_S,
		.key = forger.ca_key,
		.signer = pki.ca_key,
		.purpose = x509_server_auth,
	};
	struct pki_files f;

	(void)state;
	x509_put_name(&name, "mallory.example.org");
	d.subject = bytes_of(forger.ca_name, forger.ca_name_len = name.len);
	assert_true(x509_write(&d, &w));
	pki_issue(&pki, &(struct pki_leaf){ .signer = &forger }, &f);
	pki_append_pem(f.cert, forger.ca_der, w.len, CERT_TYPE);
	refuse_with(&client, &f, "vpn.example.net", WORDS("vpn.example.net"));
	key_free(forger.ca_key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one),
		cmocka_unit_test(unknown_authority),
		cmocka_unit_test(self_signed_is_its_own_authority),
		cmocka_unit_test(self_signed_is_no_other_authority),
		cmocka_unit_test(dates),
		cmocka_unit_test(wrong_name),
		cmocka_unit_test(wrong_purpose),
		cmocka_unit_test(pins),
		cmocka_unit_test(malformed_pins),
		cmocka_unit_test(stolen_certificate),
		cmocka_unit_test(chains),
		cmocka_unit_test(strangers_in_a_chain),
		cmocka_unit_test(chains_are_forgotten),
#if TLS_HAS_CERT_CB
		cmocka_unit_test(names_of_any_kind),
#endif
		cmocka_unit_test(unreadable),
		cmocka_unit_test(too_many),
		cmocka_unit_test(leaf_as_authority),
	};

	return cmocka_run_group_tests(tests, make_authorities, drop_authorities);
}
