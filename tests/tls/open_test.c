/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contexts from files: faults of the files, and error texts that tell the user what to do. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pair.h"
#include "tls/cert.h"
#include "tls/open.h"
#include "tls/tls.h"
#include "tls/wolf.h"
#include "util/file.h"
#include "util/log.h"

static struct pki pki;
static struct pki_files files;
static char logged[512];

static void note(enum log_level level, const char *name, const char *line)
{
	(void)name;
	if (level <= LOG_LEVEL_WARN)
		snprintf(logged, sizeof(logged), "%s", line);
}

static int make_files(void **state)
{
	(void)state;
	log_set_sink(note);
	pki_init(&pki, "Test Authority");
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &files);
	return 0;
}

static int drop_files(void **state)
{
	(void)state;
	pki_free(&pki);
	return 0;
}

static void refuse_server(const struct tls_server_cfg *cfg, int rc, const char *file,
			  const char *words)
{
	struct error err = { "" };
	struct tls_ctx *ctx;
	int is = tls_ctx_server(cfg, &ctx, &err);

	if (is != rc)
		fail_msg("%d, not %d: %s", is, rc, err.text);
	if (!strstr(err.text, file) || !strstr(err.text, words))
		fail_msg("\"%s\" is not in: %s", words, err.text);
}

static void text_file(const char *text, char path[128])
{
	pki_path(&pki, "text", path);
	pki_write(path, text, strlen(text));
}

static void server_certificates(void **state)
{
	struct tls_server_cfg cfg = pair_server_cfg(&files);
	char path[128];

	(void)state;
	cfg.cert_file = "/nonexistent/cert.pem";
	refuse_server(&cfg, -ENOENT, cfg.cert_file, "cannot read the certificate: No such file");
	cfg.cert_file = pki.folder;
	refuse_server(&cfg, -EINVAL, cfg.cert_file, "cannot read");
	cfg.cert_file = path;
	text_file("", path);
	refuse_server(&cfg, -EINVAL, path, "no certificate in it");
	cfg.cert_file = files.key;
	refuse_server(&cfg, -EINVAL, files.key, "no certificate in it");
	cfg.cert_file = path;
	text_file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", path);
	refuse_server(&cfg, -EINVAL, path, "its first certificate is damaged");
	text_file("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", path);
	refuse_server(&cfg, -EINVAL, path, "its first certificate is damaged");
	pki_path(&pki, "der", path);
	pki_write(path, (const char *)files.der, files.der_len);
	refuse_server(&cfg, -EINVAL, path, "is DER");
}

static void server_keys(void **state)
{
	struct tls_server_cfg cfg = pair_server_cfg(&files);
	struct pki_files another;
	char path[128];

	(void)state;
	cfg.key_file = "/nonexistent/key.pem";
	refuse_server(&cfg, -ENOENT, cfg.key_file, "cannot read the private key: No such file");
	cfg.key_file = files.cert;
	logged[0] = '\0';
	refuse_server(&cfg, -EINVAL, files.cert,
		      "no private key in it (must be PEM): name the key's file with --key");
	assert_string_equal(logged, ""); /* no warning about the mode of a certificate file */
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &another);
	cfg.key_file = another.key;
	refuse_server(&cfg, -EINVAL, another.key, "is not the key of the certificate in");
	pki_issue(&pki, &(struct pki_leaf){ .is_rsa = true }, &another);
	refuse_server(&cfg, -EINVAL, another.key, "is not the key of the certificate in");
	cfg.key_file = path;
	text_file("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", path);
	refuse_server(&cfg, -EINVAL, path, "the private key cannot be read");
	if (geteuid() != 0) { /* root may read everything */
		assert_int_equal(chmod(files.key, 0), 0);
		cfg.key_file = files.key;
		refuse_server(&cfg, -EACCES, files.key, "Permission denied");
		assert_int_equal(chmod(files.key, 0600), 0);
	}
}

static void key_readable_by_all(void **state)
{
	struct tls_server_cfg cfg = pair_server_cfg(&files);
	struct error err;
	struct tls_ctx *ctx;

	(void)state;
	logged[0] = '\0';
	assert_int_equal(tls_ctx_server(&cfg, &ctx, &err), 0);
	tls_ctx_release(ctx);
	assert_string_equal(logged, "");
	assert_int_equal(chmod(files.key, 0604), 0);
	assert_int_equal(tls_ctx_server(&cfg, &ctx, &err), 0);
	tls_ctx_release(ctx);
	assert_non_null(strstr(logged, "all users of this machine can read"));
	assert_non_null(strstr(logged, files.key));
	assert_int_equal(chmod(files.key, 0600), 0);
}

static void what_clients_will_refuse(void **state)
{
	static const uint8_t client_auth[] = { 0x2b, 6, 1, 5, 5, 7, 3, 2 };
	struct tls_server_cfg cfg;
	struct pki_files f;
	struct error err;
	struct tls_ctx *ctx;

	(void)state;
	pki_issue(&pki, &(struct pki_leaf){ .from_day = -9, .until_day = -2 }, &f);
	cfg = pair_server_cfg(&f);
	assert_int_equal(tls_ctx_server(&cfg, &ctx, &err), 0);
	tls_ctx_release(ctx);
	assert_non_null(strstr(logged, "certificate 1 (CN=vpn.example.net) has expired: 20"));
	pki_issue(&pki, &(struct pki_leaf){ .purpose = bytes_of(client_auth, sizeof(client_auth)) },
		  &f);
	cfg = pair_server_cfg(&f);
	assert_int_equal(tls_ctx_server(&cfg, &ctx, &err), 0);
	tls_ctx_release(ctx);
	assert_non_null(strstr(logged, "not meant for servers"));
}

static void expect_warning(const struct tls_server_cfg *cfg, const char *words)
{
	struct error err;
	struct tls_ctx *ctx;

	logged[0] = '\0';
	if (tls_ctx_server(cfg, &ctx, &err))
		fail_msg("%s", err.text);
	tls_ctx_release(ctx);
	if (words ? !strstr(logged, words) : !!logged[0])
		fail_msg("\"%s\" is not in: %s", words ? words : "", logged);
}

/* Certificates after the server's: checks the last warning. */
static void chains_that_clients_may_refuse(void **state)
{
	struct pki_files f;
	struct tls_server_cfg cfg;
	struct pki stranger;

	(void)state;
	pki_init(&stranger, "A Stranger");
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &f);
	cfg = pair_server_cfg(&f);
	expect_warning(&cfg, NULL);
	pki_append_pem(f.cert, pki.ca_der, pki.ca_der_len, CERT_TYPE);
	expect_warning(&cfg, NULL);
	pki_append_pem(f.cert, pki.ca_der, pki.ca_der_len, CERT_TYPE);
	expect_warning(&cfg, "certificate 3 (CN=Test Authority) is there twice");
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &f);
	cfg = pair_server_cfg(&f);
	pki_append_pem(f.cert, stranger.ca_der, stranger.ca_der_len, CERT_TYPE);
	expect_warning(&cfg, "certificate 2 (CN=A Stranger) is not the issuer of the one before it "
			     "(CN=vpn.example.net)");
	pki_free(&stranger);
	pki_issue(&pki, &(struct pki_leaf){ .from_day = 3, .until_day = 9 }, &f);
	cfg = pair_server_cfg(&f);
	expect_warning(&cfg, "certificate 1 (CN=vpn.example.net) is not valid before 20");
}

/* `openssl ec -aes128 -passout pass:secret`, and `openssl pkcs8 -topk8 -passout pass:secret` */
static const char *const encrypted[] = {
	"-----BEGIN EC PRIVATE KEY-----\n"
	"Proc-Type: 4,ENCRYPTED\n"
	"DEK-Info: AES-128-CBC,334BFB007CF50E8E1902B9F1D2754F36\n"
	"\n"
	"XK/jL3kP0Dg6AZIquNRNCNK5hUj64Qm9lkC/foweL46/UnIffAh9utO30hrj5JcZ\n"
	"CiwWOygeNxX4o7XsH3UKiJuKnuPM24LS5NRjjY4u+3GI2b64ixsJuyu3bs/6/etn\n"
	"Yu0pSNw861yoLxDpsJkjSvn+n+rCEmxpFBgSfo9OWTk=\n"
	"-----END EC PRIVATE KEY-----\n",
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	"MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj50Lhyl6uaawICCAAw\n"
	"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBi+/cSbs37l1vVwVBcHF90EgZBe\n"
	"1dvEnLTKUtqZklkzK+o0eZFLa28XLt2h99dJLYUFU7L2oqJWds2xPQNOe2hosKaS\n"
	"FZIOxcXtdIGTjsLyG6eud04JtByR7yqw7ObnqdviJyeLW9Nokhz0tfkuTP+dg1Ro\n"
	"GjPrHBh+nUp/s8JAjPt9uL2KB+tr8TT+rA8TrqBBc+XzMIambesFUNCsy1AOy6Y=\n"
	"-----END ENCRYPTED PRIVATE KEY-----\n",
};

static void encrypted_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(encrypted) / sizeof(encrypted[0]); i++) {
		struct tls_server_cfg cfg = pair_server_cfg(&files);
		char path[128];

		text_file(encrypted[i], path);
		cfg.key_file = path;
		refuse_server(&cfg, -EACCES, path, "encrypted, and no password was given");
		cfg.key_password = "wrong";
		refuse_server(&cfg, -EINVAL, path, "password");
		cfg.key_password =
			"secret"; /* the key can be read now, but belongs to another certificate */
		refuse_server(&cfg, -EINVAL, path, "is not the key of the certificate in");
	}
}

static void both_in_one_file(void **state)
{
	struct tls_server_cfg cfg = pair_server_cfg(&files);
	struct tls_client_cfg client = pair_client_cfg(&pki);
	char *cert, *key, path[128];
	size_t cert_len, key_len;
	struct pair *p;

	(void)state;
	assert_int_equal(file_read(files.cert, 1 << 20, &cert, &cert_len), 0);
	assert_int_equal(file_read(files.key, 1 << 20, &key, &key_len), 0);
	for (int key_first = 0; key_first < 2; key_first++) {
		pki_path(&pki, "both", path);
		pki_write(path, key_first ? key : cert, key_first ? key_len : cert_len);
		pki_write(path, key_first ? cert : key, key_first ? cert_len : key_len);
		cfg.cert_file = cfg.key_file = path;
		p = pair_of(&client, &cfg, "vpn.example.net");
		assert_true(pair_shake(p));
		pair_free(p);
	}
	file_free(cert, cert_len);
	file_free(key, key_len);
}

static void hashes(void **state)
{
	struct tls_server_cfg cfg = pair_server_cfg(&files);
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct pair *p = pair_of(&client, &cfg, "vpn.example.net");
	uint8_t sha1[2][SHA1_LEN], sha256[2][SHA256_LEN], want[SHA256_LEN];
	struct bytes der = bytes_of(files.der, files.der_len);

	(void)state;
	assert_true(pair_shake(p));
	tls_binding_hashes(p->server.tls, sha1[0], sha256[0]);
	tls_binding_hashes(p->client.tls, sha1[1], sha256[1]);
	assert_memory_equal(sha1[0], sha1[1], SHA1_LEN);
	assert_memory_equal(sha256[0], sha256[1], SHA256_LEN);
	digest_sha1(&der, 1, want);
	assert_memory_equal(sha1[0], want, SHA1_LEN);
	digest_sha256(&der, 1, want);
	assert_memory_equal(sha256[0], want, SHA256_LEN);
	pair_free(p);
}

static void refuse_client(const char *ca_file, int rc, const char *words)
{
	struct tls_client_cfg cfg = { .ca_file = ca_file };
	struct error err = { "" };
	struct tls_ctx *ctx;

	assert_int_equal(tls_ctx_client(&cfg, &ctx, &err), rc);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in: %s", words, err.text);
}

static void authorities(void **state)
{
	char path[128];

	(void)state;
	refuse_client("/nonexistent/ca.pem", -ENOENT, "/nonexistent/ca.pem");
	text_file("nothing\n", path);
	refuse_client(path, -EINVAL, "no usable certificate of an authority in it");
	pki_path(&pki, "folder", path);
	assert_int_equal(mkdir(path, 0700), 0);
	refuse_client(path, -EINVAL, "no usable certificate of an authority in it");
	rmdir(path);
	setenv("SSL_CERT_FILE", "/nonexistent/env.pem", 1);
	refuse_client(NULL, -ENOENT, "/nonexistent/env.pem");
	unsetenv("SSL_CERT_FILE");
}

/*
 * An authority with an unknown kind of key, or a damaged one, does not affect the others of a
 * bundle; nor do other files in a folder.
 */
static void bundles(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct tls_server_cfg server = pair_server_cfg(&files);
	static const char damaged[] =
		"# two\n-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n";
	char *ca, path[128];
	struct pair *p;
	size_t len;

	(void)state;
	assert_int_equal(file_read(pki.ca_file, 1 << 20, &ca, &len), 0);
	pki_path(&pki, "bundle", path);
	pki_write(path, damaged, strlen(damaged));
	pki_write(path, ca, len);
	file_free(ca, len);
	client.ca_file = path;
	p = pair_of(&client, &server, "vpn.example.net");
	assert_true(pair_shake(p));
	pair_free(p);
	client.ca_file = pki.folder;
	p = pair_of(&client, &server, "vpn.example.net");
	assert_true(pair_shake(p));
	pair_free(p);
}

/* A server reloads: sessions of the old context continue, new ones get the new certificate. */
static void reload(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pki);
	struct tls_server_cfg old = pair_server_cfg(&files), new;
	struct pair *p = pair_of(&client, &old, "vpn.example.net"), *q;
	struct pki_files renewed;
	uint8_t text[8];
	int result;

	(void)state;
	assert_true(pair_shake(p));
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &renewed);
	new = pair_server_cfg(&renewed);
	tls_ctx_release(p->server.ctx); /* the session holds it now */
	p->server.ctx = NULL;
	q = pair_of(&client, &new, "vpn.example.net");
	assert_true(pair_shake(q));
	assert_memory_equal(tls_peer_leaf(q->client.tls).at, renewed.der, renewed.der_len);
	assert_int_equal(tls_write(p->server.tls, (const uint8_t *)"still", 6), 0);
	assert_int_equal(pair_read(&p->client, text, sizeof(text), &result), 6);
	pair_free(p);
	pair_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_certificates),
		cmocka_unit_test(server_keys),
		cmocka_unit_test(key_readable_by_all),
		cmocka_unit_test(what_clients_will_refuse),
		cmocka_unit_test(chains_that_clients_may_refuse),
		cmocka_unit_test(encrypted_keys),
		cmocka_unit_test(both_in_one_file),
		cmocka_unit_test(hashes),
		cmocka_unit_test(authorities),
		cmocka_unit_test(bundles),
		cmocka_unit_test(reload),
	};

	return cmocka_run_group_tests(tests, make_files, drop_files);
}
