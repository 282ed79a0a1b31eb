/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys of another process: both ends here, the questions and replies passed by hand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pair.h"
#include "tls/key_agent.h"
#include "tls/key_answer.h"
#include "tls/open.h"
#include "tls/wolf.h"
#include "tls/x509.h"
#include "util/file.h"
#include "util/log.h"

#if TLS_HAS_CERT_CB

enum { KINDS = 2 };

static struct pki_files files[KINDS]; /* ECDSA, RSA */
static struct key_store *store;
static struct key_signer *signer;
static unsigned asked[KEY_DROP + 1];

static ssize_t ask(struct key_agent *a, struct bytes head, struct bytes data, uint8_t *to,
		   size_t room)
{
	static uint8_t question[KEY_QUESTION_MAX], reply[KEY_REPLY_MAX];
	size_t len;

	(void)a;
	asked[head.at[0]]++;
	assert_true(head.len + data.len <= sizeof(question));
	memcpy(question, head.at, head.len);
	if (data.len)
		memcpy(question + head.len, data.at, data.len);
	len = key_answer(store, signer, bytes_of(question, head.len + data.len), reply);
	assert_true(len <= room);
	memcpy(to, reply, len);
	return (ssize_t)len;
}

static struct key_agent agent = { .ask = ask };

static int open_store(void **state)
{
	(void)state;
	memset(asked, 0, sizeof(asked));
	signer = key_signer_new();
	assert_non_null(signer);
	return key_store_open(&store);
}

static int close_store(void **state)
{
	(void)state;
	key_store_close(store);
	key_signer_free(signer);
	return 0;
}

static int make_files(void **state)
{
	log_set_level(LOG_LEVEL_ERROR);
	pair_make_files(state);
	for (size_t i = 0; i < KINDS; i++)
		pki_issue(&pair_pki, &(struct pki_leaf){ .is_rsa = i == 1 }, &files[i]);
	return 0;
}

static struct tls_server_cfg apart(const char *cert, const char *key)
{
	struct key_pair pair = { .cert_file = cert, .key_file = key };

	assert_true(key_store_permit(store, &pair));
	return (struct tls_server_cfg){ .cert_file = cert, .key_file = key, .keys = &agent };
}

static void shake(const struct tls_client_cfg *client, const struct tls_server_cfg *server)
{
	struct pair *p = pair_of(client, server, "vpn.example.net");
	struct error err;

	asked[KEY_SIGN] = 0;
	if (!pair_shake(p)) {
		err = *tls_error_of(p->client.tls);
		fail_msg("%s; %s", err.text, tls_error_of(p->server.tls)->text);
	}
	pair_free(p);
}

static void handshakes(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++)
		for (int only = 0; only < 2; only++) {
			struct tls_client_cfg client = pair_client_cfg(&pair_pki);
			struct tls_server_cfg server = apart(files[kind].cert, files[kind].key);

			server.only_tls12 = only;
			server.only_tls13 = !only;
			shake(&client, &server);
			assert_int_equal(asked[KEY_SIGN], 1);
		}
	assert_int_equal(asked[KEY_LOAD], asked[KEY_DROP]);
}

/* EAP-TLS: the client's key is the one that is not here. */
static void key_of_a_client(void **state)
{
	static const uint8_t client_auth[] = { 0x2b, 6, 1, 5, 5, 7, 3, 2 };
	struct pki_files client_files[KINDS];

	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++)
		pki_issue(&pair_pki,
			  &(struct pki_leaf){ .purpose = bytes_of(client_auth, sizeof(client_auth)),
					      .is_rsa = kind == 1 },
			  &client_files[kind]);
	for (size_t kind = 0; kind < KINDS; kind++)
		for (int only = 0; only < 2; only++) {
			const struct key_pair pair = { .cert_file = client_files[kind].cert,
						       .key_file = client_files[kind].key,
						       .is_client = true };
			struct tls_client_cfg client = pair_client_cfg(&pair_pki);
			struct tls_server_cfg server = pair_server_cfg(&pair_files);

			assert_true(key_store_permit(store, &pair));
			client.is_eap = server.is_eap = true;
			client.cert_file = client_files[kind].cert;
			client.key_file = client_files[kind].key;
			client.keys = &agent;
			server.only_tls12 = only;
			server.client_ca_file = pair_pki.ca_file;
			shake(&client, &server);
			assert_int_equal(asked[KEY_SIGN], 1);
		}
}

static void copy_to(const char *to, const char *from, const char *more)
{
	FILE *f = fopen(to, "w");
	char *text;
	size_t len;

	assert_non_null(f);
	assert_int_equal(file_read(from, 1 << 20, &text, &len), 0);
	fwrite(text, 1, len, f);
	file_free(text, len);
	assert_int_equal(file_read(more, 1 << 20, &text, &len), 0);
	fwrite(text, 1, len, f);
	file_free(text, len);
	assert_int_equal(fclose(f), 0);
}

/* Of a file that has both, the certificates alone come here. */
static void key_beside_the_certificate(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct tls_server_cfg server;
	struct key_apart k;
	struct error err;
	char path[128];

	(void)state;
	pki_path(&pair_pki, "both", path);
	copy_to(path, files[0].key, files[0].cert);
	server = apart(path, path);
	shake(&client, &server);
	assert_int_equal(key_agent_load(&agent, path, path, &k, &err), 0);
	assert_non_null(strstr(k.certs, "BEGIN CERTIFICATE"));
	assert_null(strstr(k.certs, "PRIVATE KEY"));
	assert_int_equal(strlen(k.certs), k.loaded.certs_len);
	free(k.certs);
}

/* More than fits into one reply. */
static void long_chain(void **state)
{
	static const char *const names[] = { "chain", "chain2" };
	struct key_pair pair = { .key_file = files[0].key };
	char path[128], before[128], *text;
	struct key_apart k;
	struct error err;
	size_t len;

	(void)state;
	pki_path(&pair_pki, names[0], path);
	copy_to(path, files[0].cert, pair_pki.ca_file);
	for (int i = 1; i < 7; i++) {
		snprintf(before, sizeof(before), "%s", path);
		pki_path(&pair_pki, names[i % 2], path);
		copy_to(path, before, before);
	}
	pair.cert_file = path;
	assert_true(key_store_permit(store, &pair));
	assert_int_equal(file_read(path, 1 << 20, &text, &len), 0);
	assert_int_equal(key_agent_load(&agent, path, files[0].key, &k, &err), 0);
	assert_true(k.loaded.certs_len > KEY_REPLY_MAX);
	assert_int_equal(k.loaded.certs_len, len);
	assert_string_equal(k.certs, text);
	file_free(text, len);
	free(k.certs);
}

static void refuse(const struct tls_server_cfg *cfg, const char *words)
{
	struct error apart_err = { "" }, here_err = { "" };
	struct tls_server_cfg here = *cfg;
	struct tls_ctx *ctx;

	assert_int_not_equal(tls_ctx_server(cfg, &ctx, &apart_err), 0);
	if (!strstr(apart_err.text, words))
		fail_msg("\"%s\" is not in: %s", words, apart_err.text);
	here.keys = NULL;
	assert_int_not_equal(tls_ctx_server(&here, &ctx, &here_err), 0);
	assert_string_equal(apart_err.text, here_err.text);
}

/* Each with the same text as when the key is here. */
static void faults(void **state)
{
	struct tls_server_cfg cfg;
	char path[128];

	(void)state;
	cfg = apart(files[0].cert, pair_files.key);
	refuse(&cfg, "is not the key of the certificate");
	cfg = apart(files[0].cert, files[1].key);
	refuse(&cfg, "is not the key of the certificate");
	cfg = apart("/nonexistent/cert.pem", files[0].key);
	refuse(&cfg, "cannot read the certificate: No such file");
	cfg = apart(files[0].cert, "/nonexistent/key.pem");
	refuse(&cfg, "cannot read the private key: No such file");
	cfg = apart(files[0].key, files[0].key);
	refuse(&cfg, "no certificate in it");
	cfg = apart(files[0].cert, files[0].cert);
	refuse(&cfg, "name the key's file with --key");
	pki_path(&pair_pki, "text", path);
	pki_write(path, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 59);
	cfg = apart(files[0].cert, path);
	refuse(&cfg, "the private key cannot be read");
	assert_int_equal(asked[KEY_LOAD] > asked[KEY_DROP], true);
}

static void load_unpermitted(void **state)
{
	struct tls_server_cfg cfg = { .cert_file = files[0].cert,
				      .key_file = files[0].key,
				      .keys = &agent };
	struct error err = { "" };
	struct tls_ctx *ctx;

	(void)state;
	assert_int_equal(tls_ctx_server(&cfg, &ctx, &err), -EPERM);
	assert_non_null(strstr(err.text, "the key process may not use it"));
}

static void permit_late(struct key_store *s)
{
	struct key_pair pair = { .cert_file = files[0].cert, .key_file = files[0].key };

	key_store_permit(s, &pair);
}

static void load_after_a_change_of_settings(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct tls_server_cfg server = { .cert_file = files[0].cert,
					 .key_file = files[0].key,
					 .keys = &agent };

	(void)state;
	key_store_use_reread(store, permit_late);
	shake(&client, &server);
}

static uint32_t load(size_t kind, bool decrypts)
{
	const struct key_pair pair = { .cert_file = files[kind].cert,
				       .key_file = files[kind].key,
				       .decrypts = decrypts };
	struct key_loaded k;
	struct error err;

	assert_true(key_store_permit(store, &pair));
	assert_int_equal(key_store_load(store, pair.cert_file, pair.key_file, &k, &err), 0);
	return k.number;
}

/* A key that does not change is kept once. */
static void old_keys(void **state)
{
	uint32_t number = load(0, false);
	uint8_t hash[32] = { 1 }, room[KEY_SIGNATURE_MAX];
	struct bytes h = bytes_of(hash, sizeof(hash));
	struct writer w = writer_of(room, sizeof(room));

	(void)state;
	for (int i = 0; i < 2 * KEYS_MAX; i++)
		assert_int_equal(load(0, false), number);
	for (int i = 0; i < 2 * KEYS_MAX; i++)
		assert_int_equal(key_store_drop(store, number), 0);
	assert_int_equal(key_store_sign(store, signer, number, KEY_ECDSA, h, &w), 0);
	assert_int_equal(key_store_drop(store, number), 0);
	assert_int_equal(key_store_sign(store, signer, number, KEY_ECDSA, h, &w), -ENOENT);
	assert_int_equal(key_store_drop(store, number), -ENOENT);
	assert_int_not_equal(load(0, false), number);
}

static int sign(uint32_t number, uint8_t scheme, const void *what, size_t len)
{
	uint8_t room[KEY_SIGNATURE_MAX];
	struct writer w = writer_of(room, sizeof(room));
	int error = key_store_sign(store, signer, number, scheme, bytes_of(what, len), &w);

	assert_true(error ? !w.len : w.len >= 64);
	return error;
}

static void what_is_signed(void **state)
{
	static const uint8_t sha256_info[51] = { 0x30, 49, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1,
						 0x65, 3,  4,    2,  1, 5, 0,    4,    32 };
	static const uint8_t sha1_info[35] = { 0x30, 33, 0x30, 9, 6, 5, 0x2b, 14,
					       3,    2,  26,   5, 0, 4, 20 };
	uint32_t ecc = load(0, false), rsa = load(1, false);
	uint8_t info[sizeof(sha256_info) + 1], hash[128];

	(void)state;
	memset(hash, 7, sizeof(hash));
	for (size_t len = 0; len <= sizeof(hash); len++) {
		int want = len == 32 || len == 48 || len == 64 ? 0 : -EPERM;

		assert_int_equal(sign(ecc, KEY_ECDSA, hash, len), want);
		assert_int_equal(sign(rsa, KEY_PSS_256, hash, len), len == 32 ? 0 : -EPERM);
		assert_int_equal(sign(rsa, KEY_PSS_384, hash, len), len == 48 ? 0 : -EPERM);
		assert_int_equal(sign(rsa, KEY_PSS_512, hash, len), len == 64 ? 0 : -EPERM);
		assert_int_equal(sign(rsa, KEY_RSA, hash, len), -EPERM);
	}
	assert_int_equal(sign(rsa, KEY_RSA, sha256_info, sizeof(sha256_info)), 0);
	assert_int_equal(sign(rsa, KEY_RSA, sha1_info, sizeof(sha1_info)), -EPERM);
	memcpy(info, sha256_info, sizeof(sha256_info));
	info[sizeof(sha256_info)] = 0;
	assert_int_equal(sign(rsa, KEY_RSA, info, sizeof(info)), -EPERM);
	for (size_t len = 0; len < sizeof(sha256_info); len++)
		assert_int_equal(sign(rsa, KEY_RSA, sha256_info, len), -EPERM);
	for (size_t i = 0; i < 19; i++) { /* each byte of its head counts */
		info[i] ^= 0x80;
		assert_int_equal(sign(rsa, KEY_RSA, info, sizeof(sha256_info)), -EPERM);
		info[i] ^= 0x80;
	}
	for (unsigned scheme = 0; scheme < 256; scheme++) {
		assert_int_equal(sign(ecc, (uint8_t)scheme, hash, 32),
				 scheme == KEY_ECDSA ? 0 : -EPERM);
		assert_int_equal(sign(rsa, (uint8_t)scheme, hash, 32),
				 scheme == KEY_PSS_256 ? 0 : -EPERM);
	}
	assert_int_equal(sign(0, KEY_ECDSA, hash, 32), -ENOENT);
	assert_int_equal(sign(rsa + 1, KEY_ECDSA, hash, 32), -ENOENT);
}

static void encrypt_secret(const uint8_t *secret, size_t len, uint8_t block[256])
{
	struct spki_key {
		RsaKey key;
		WC_RNG rng;
	} k;
	word32 at = 0;
	struct x509 x;

	assert_true(x509_read(bytes_of(files[1].der, files[1].der_len), &x));
	assert_int_equal(wc_InitRng(&k.rng), 0);
	assert_int_equal(wc_InitRsaKey(&k.key, NULL), 0);
	assert_int_equal(wc_RsaPublicKeyDecode(x.spki.at, &at, &k.key, (word32)x.spki.len), 0);
	assert_int_equal(wc_RsaPublicEncrypt(secret, (word32)len, block, 256, &k.key, &k.rng), 256);
	wc_FreeRsaKey(&k.key);
	wc_FreeRng(&k.rng);
}

static int decrypt(uint32_t number, const uint8_t *block, size_t len,
		   uint8_t secret[KEY_SECRET_LEN])
{
	struct writer w = writer_of(secret, KEY_SECRET_LEN);

	return key_store_decrypt(store, signer, number, bytes_of(block, len), &w);
}

/* A malformed content gets a secret too, and always the same one. */
static void rsa_key_exchange(void **state)
{
	uint8_t secret[49], block[256], got[48], again[48];
	uint32_t rsa = load(1, true);

	(void)state;
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(i + 1);
	encrypt_secret(secret, 48, block);
	assert_int_equal(decrypt(rsa, block, sizeof(block), got), 0);
	assert_memory_equal(got, secret, 48);
	for (size_t len = 1; len <= sizeof(secret); len += 8) { /* 1, 9, ... 49: never 48 */
		encrypt_secret(secret, len, block);
		assert_int_equal(decrypt(rsa, block, sizeof(block), got), 0);
		assert_memory_not_equal(got, secret, 48);
		assert_int_equal(decrypt(rsa, block, sizeof(block), again), 0);
		assert_memory_equal(got, again, 48);
	}
	memset(block, 1, sizeof(block));
	assert_int_equal(decrypt(rsa, block, sizeof(block), got), 0);
	assert_int_equal(decrypt(rsa, block, sizeof(block), again), 0);
	assert_memory_equal(got, again, 48);
	assert_int_equal(decrypt(rsa, block, sizeof(block) - 1, got), -EBADMSG);
	assert_int_equal(decrypt(load(1, false), block, sizeof(block), got), -EPERM);
	assert_int_equal(decrypt(load(0, true), block, sizeof(block), got), -EPERM);
}

static int32_t answer(const void *question, size_t len)
{
	static uint8_t reply[KEY_REPLY_MAX];
	size_t n = key_answer(store, signer, bytes_of(question, len), reply);

	assert_true(n >= KEY_REPLY_HEAD_LEN && n <= sizeof(reply));
	return (int32_t)load_u32(reply);
}

static void nonsense(void **state)
{
	static const uint8_t unknown[KEY_HEAD_LEN] = { 99 }, none[KEY_HEAD_LEN] = { 0 };
	static const uint8_t no_paths[] = { KEY_LOAD, 0, 0, 0, 0, 0 };
	static const uint8_t short_path[] = { KEY_LOAD, 0, 0, 0, 0, 0, 0, 9, 'x' };
	static const uint8_t zero_path[] = { KEY_LOAD, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 'x' };
	static const uint8_t tail[] = { KEY_LOAD, 0, 0, 0, 0, 0, 0, 1, 'x', 0, 1, 'x', 'x' };
	static const uint8_t certs[] = { KEY_CERTS, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	(void)state;
	assert_int_equal(answer("", 0), -EBADMSG);
	assert_int_equal(answer(no_paths, KEY_HEAD_LEN - 1), -EBADMSG);
	assert_int_equal(answer(unknown, sizeof(unknown)), -ENOSYS);
	assert_int_equal(answer(none, sizeof(none)), -ENOSYS);
	assert_int_equal(answer(no_paths, sizeof(no_paths)), -EBADMSG);
	assert_int_equal(answer(short_path, sizeof(short_path)), -EBADMSG);
	assert_int_equal(answer(zero_path, sizeof(zero_path)), -EBADMSG);
	assert_int_equal(answer(tail, sizeof(tail)), -EBADMSG);
	assert_int_equal(answer(certs, sizeof(certs)), -ENOENT);
	assert_int_equal(answer(certs, sizeof(certs) - 1), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(handshakes, open_store, close_store),
		cmocka_unit_test_setup_teardown(key_of_a_client, open_store, close_store),
		cmocka_unit_test_setup_teardown(key_beside_the_certificate, open_store,
						close_store),
		cmocka_unit_test_setup_teardown(long_chain, open_store, close_store),
		cmocka_unit_test_setup_teardown(faults, open_store, close_store),
		cmocka_unit_test_setup_teardown(load_unpermitted, open_store, close_store),
		cmocka_unit_test_setup_teardown(load_after_a_change_of_settings, open_store,
						close_store),
		cmocka_unit_test_setup_teardown(old_keys, open_store, close_store),
		cmocka_unit_test_setup_teardown(what_is_signed, open_store, close_store),
		cmocka_unit_test_setup_teardown(rsa_key_exchange, open_store, close_store),
		cmocka_unit_test_setup_teardown(nonsense, open_store, close_store),
	};

	return cmocka_run_group_tests(tests, make_files, pair_drop_files);
}

#else

int main(void)
{
	return 0;
}

#endif
