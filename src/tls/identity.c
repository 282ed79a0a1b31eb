/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads the server's certificate and key, with an error text for each fault of the files. */
#include "tls/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "crypto/private_key.h"
#include "tls/bare_cert.h"
#include "tls/cert.h"
#include "tls/cert_load.h"
#include "tls/identity_warn.h"
#include "tls/key_agent.h"
#include "tls/spki.h"
#include "tls/tls_error.h"
#include "util/file.h"
#include "util/log.h"

enum {
	LEAF_MAX = 100 * 1024, /* clients accept no more */
};

struct pem {
	char *text;
	size_t len;
};

static bool take_chain(struct tls_ctx *ctx, const struct pem *f)
{
	return wolfSSL_CTX_use_certificate_chain_buffer(ctx->wolf, (const unsigned char *)f->text,
							(long)f->len) == WOLFSSL_SUCCESS;
}

/*
 * The library cannot parse some kinds of names. It still keeps such certificates and sends them to
 * clients if it gets the type of their key from another certificate first. check_pair finds out
 * whether that works.
 */
static bool take_unparsed_chain(struct tls_ctx *ctx, const struct pem *f, struct bytes leaf)
{
	uint8_t der[BARE_CERT_MAX];
	struct writer w = writer_of(der, sizeof(der));
	struct x509 x;

	if (!x509_read(leaf, &x))
		return false;
	bare_cert_put(&w, x.spki);
	if (!w.len || w.full ||
	    wolfSSL_CTX_use_certificate_buffer(ctx->wolf, w.at, (long)w.len,
					       WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS)
		return false;
	take_chain(ctx, f);
	return true;
}

/* The library loads some that no handshake works with, such as RSA of 8192 bits. */
static bool is_key_refused(struct bytes leaf)
{
	struct x509 x;
	struct spki key;

	return x509_read(leaf, &x) && spki_read(x.spki, &key) && !spki_is_accepted(&key);
}

static int take_cert(struct tls_ctx *ctx, const struct pem *f, const char *path, struct bytes leaf,
		     struct error *err)
{
	struct cert_info info;

	if (!(ctx->is_server && is_key_refused(leaf)) &&
	    (take_chain(ctx, f) || take_unparsed_chain(ctx, f, leaf)))
		return 0;
	cert_read(leaf, &info);
	tls_error_set(err,
		      "%s: the certificate, or one after it, cannot be used: " SPKI_ACCEPTED
		      " can; "
		      "this one's key is %s",
		      path, info.key);
	return -EINVAL;
}

/* A copy: the block that it was read into is as large as a certificate may be. */
static int keep_leaf(struct tls_ctx *ctx, struct bytes leaf, struct error *err)
{
	ctx->leaf = malloc(leaf.len);
	if (!ctx->leaf) {
		tls_error_set(err, "out of memory");
		return -ENOMEM;
	}
	memcpy(ctx->leaf, leaf.at, leaf.len);
	ctx->leaf_len = leaf.len;
	digest_sha1(&leaf, 1, ctx->cert_sha1);
	digest_sha256(&leaf, 1, ctx->cert_sha256);
	return 0;
}

static int use_certs(struct tls_ctx *ctx, const struct tls_server_cfg *cfg, const struct pem *f,
		     struct error *err)
{
	const char *path = cfg->cert_file;
	uint8_t *der = malloc(LEAF_MAX);
	struct bytes leaf = { der, 0 };
	int error = -ENOMEM;

	if (der)
		error = cert_first(bytes_of(f->text, f->len), path, der, LEAF_MAX, &leaf.len, err);
	else
		tls_error_set(err, "out of memory");
	if (!error)
		error = keep_leaf(ctx, leaf, err);
	if (!error && ctx->is_server)
		identity_warn(path, bytes_of(f->text, f->len), cfg->is_client_identity);
	if (!error)
		error = take_cert(ctx, f, path, leaf, err);
	free(der);
	return error;
}

static int load_cert(struct tls_ctx *ctx, const struct tls_server_cfg *cfg, struct error *err)
{
	struct pem f;
	int error = cert_load_text(cfg->cert_file, "certificate", cfg->key_password, &f.text,
				   &f.len, err);

	if (error)
		return error;
	error = use_certs(ctx, cfg, &f, err);
	file_free(f.text, f.len);
	return error;
}

static int give_password(char *to, int room, int is_writing, void *arg)
{
	const char *password = arg;
	size_t len = strlen(password);

	(void)is_writing;
	if (room < 0 || len > (size_t)room)
		return 0;
	memcpy(to, password, len);
	return (int)len;
}

static int take_key(WOLFSSL_CTX *wolf, const struct pem *f, const struct tls_server_cfg *cfg,
		    struct error *err)
{
	int rc;

	if (private_key_is_der(bytes_of(f->text, f->len))) {
		tls_error_set(err, "%s is DER and must be PEM: openssl pkey -inform der -in %s",
			      cfg->key_file, cfg->key_file);
		return -EINVAL;
	}
	if (!strstr(f->text, "PRIVATE KEY-----")) {
		tls_error_set(err, "%s: no private key in it (must be PEM)%s", cfg->key_file,
			      strcmp(cfg->key_file, cfg->cert_file) ? ""
			      : cfg->is_client_identity ? ": name the key's file with --client-key"
							: ": name the key's file with --key");
		return -EINVAL;
	}
	if (cert_key_is_encrypted(f->text) && !cfg->key_password) {
		tls_error_set(err, "%s: the key is encrypted, and no password was given for it",
			      cfg->key_file);
		return -EACCES;
	}
	if (cfg->key_password) {
		wolfSSL_CTX_set_default_passwd_cb_userdata(wolf,
							   (void *)(uintptr_t)cfg->key_password);
		wolfSSL_CTX_set_default_passwd_cb(wolf, give_password);
	}
	rc = wolfSSL_CTX_use_PrivateKey_buffer(wolf, (const unsigned char *)f->text, (long)f->len,
					       WOLFSSL_FILETYPE_PEM);
	wolfSSL_CTX_set_default_passwd_cb_userdata(wolf, NULL);
	if (rc == WOLFSSL_SUCCESS)
		return 0;
	tls_error_set(err, "%s: the private key cannot be read%s: %s", cfg->key_file,
		      cert_key_is_encrypted(f->text) ? " (is the password right?)" : "",
		      tls_strerror(rc).text);
	return -EINVAL;
}

static void warn_of_key(const struct tls_server_cfg *cfg)
{
	log_warn(NULL, "%s: all users of this machine can read the %s private key", cfg->key_file,
		 cfg->is_client_identity ? "client's" : "server's");
}

bool identity_key_is_exposed(const char *key_file)
{
	struct stat st;

	return !stat(key_file, &st) && (st.st_mode & S_IROTH);
}

static int load_key(struct tls_ctx *ctx, const struct tls_server_cfg *cfg, struct error *err)
{
	struct pem f;
	int error = cert_load_text(cfg->key_file, "private key", cfg->key_password, &f.text, &f.len,
				   err);

	if (error)
		return error;
	error = take_key(ctx->wolf, &f, cfg, err);
	file_free(f.text, f.len);
	if (!error && ctx->is_server && identity_key_is_exposed(cfg->key_file))
		warn_of_key(cfg);
	return error;
}

int identity_check_key(const struct tls_server_cfg *cfg, struct bytes text, struct error *err)
{
	const struct pem f = { (char *)(uintptr_t)text.at, text.len };
	WOLFSSL_CTX *wolf = wolfSSL_CTX_new(wolfSSLv23_server_method());
	int error = -ENOMEM;

	if (wolf && ctx_set_key_sizes(wolf))
		error = take_key(wolf, &f, cfg, err);
	else
		tls_error_set(err, "out of memory");
	if (wolf)
		wolfSSL_CTX_free(wolf);
	return error;
}

/* ---- the key is in another process */

static int use_key_apart(struct tls_ctx *ctx, const struct tls_server_cfg *cfg,
			 const struct key_apart *k, struct error *err)
{
	int rc = wolfSSL_CTX_use_PrivateKey_buffer(
		ctx->wolf, k->loaded.stand_in, (long)k->loaded.stand_in_len, WOLFSSL_FILETYPE_ASN1);

	if (rc != WOLFSSL_SUCCESS) {
		tls_error_set(err, "%s: the private key cannot be used: %s", cfg->key_file,
			      tls_strerror(rc).text);
		return -EINVAL;
	}
	key_agent_sign_for(ctx);
	if (ctx->is_server && k->loaded.is_exposed)
		warn_of_key(cfg);
	return 0;
}

static int load_apart(struct tls_ctx *ctx, const struct tls_server_cfg *cfg, struct error *err)
{
	struct key_apart k;
	int error = key_agent_load(cfg->keys, cfg->cert_file, cfg->key_file, &k, err);
	struct pem f = { k.certs, k.loaded.certs_len };

	if (error)
		return error;
	ctx->keys = cfg->keys;
	ctx->key_number = k.loaded.number;
	error = use_certs(ctx, cfg, &f, err);
	if (!error)
		error = use_key_apart(ctx, cfg, &k, err);
	free(k.certs);
	return error;
}

int identity_load(struct tls_ctx *ctx, const struct tls_server_cfg *cfg, struct error *err)
{
	int error;

	if (cfg->keys)
		return load_apart(ctx, cfg, err);
	error = load_cert(ctx, cfg, err);
	return error ? error : load_key(ctx, cfg, err);
}
