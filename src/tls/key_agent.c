/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/key_agent.h"

#include <errno.h>
#include <stdlib.h>

#include "tls/tls_error.h"
#include "tls/tls_session.h"
#include "util/syscall_advice.h"
#include "util/secret.h"

#if TLS_HAS_CERT_CB /* which comes with the callbacks for keys */

struct question {
	uint8_t kind, scheme;
	uint32_t number;
};

/* Asks; the reply's content is in the reader. 0 or -errno. */
static int ask(struct key_agent *a, struct question q, struct bytes data, uint8_t *reply,
	       size_t room, struct reader *content)
{
	uint8_t head[KEY_HEAD_LEN];
	struct writer w = writer_of(head, sizeof(head));
	ssize_t len;
	int error;

	put_u8(&w, q.kind);
	put_u8(&w, q.scheme);
	put_u32(&w, q.number);
	len = a->ask(a, bytes_of(head, sizeof(head)), data, reply, room);
	*content = reader_of(reply, len < 0 ? 0 : (size_t)len);
	error = (int32_t)get_u32(content);
	if (len < 0)
		return (int)len;
	return content->bad || error > 0 ? -EBADMSG : error;
}

/* ---- loading */

static void put_path(struct writer *w, const char *path)
{
	put_u16(w, (uint16_t)strlen(path));
	put_bytes(w, path, strlen(path));
}

static int fail(const char *key_file, int error, const struct reader *text, struct error *err)
{
	if (text->left)
		tls_error_set(err, "%.*s", (int)text->left, (const char *)text->at);
	else
		tls_error_set(err, "%s: the key process does not give it: %s%s", key_file,
			      strerror(-error),
			      error == -EPIPE || error == -ECONNRESET
				      ? ": it has ended; limits on memory or threads may be too "
					"low (ulimit -v, -u, TasksMax=)"
				      : syscall_advice(error));
	return error;
}

static int load(struct key_agent *a, const char *cert_file, const char *key_file,
		struct key_loaded *k, struct error *err)
{
	uint8_t names[8 * 1024], reply[KEY_REPLY_HEAD_LEN + 16 + KEY_STAND_IN_MAX];
	struct writer w = writer_of(names, sizeof(names));
	struct reader r;
	int error;

	put_path(&w, cert_file);
	put_path(&w, key_file);
	error = w.full ? -ENAMETOOLONG
		       : ask(a, (struct question){ .kind = KEY_LOAD }, bytes_of(names, w.len),
			     reply, sizeof(reply), &r);
	if (w.full)
		r = reader_of(NULL, 0);
	if (error)
		return fail(key_file, error, &r, err);
	k->number = get_u32(&r);
	k->is_exposed = get_u8(&r) & KEY_IS_EXPOSED;
	k->certs_len = get_u32(&r);
	k->stand_in_len = r.left;
	get_copy(&r, k->stand_in, r.left < sizeof(k->stand_in) ? r.left : sizeof(k->stand_in));
	return r.bad || r.left ? fail(key_file, -EBADMSG, &(struct reader){ 0 }, err) : 0;
}

static int load_piece(struct key_agent *a, struct key_apart *k, size_t at, size_t *len)
{
	uint8_t from[4], *reply = malloc(KEY_REPLY_MAX);
	struct reader r;
	int error = -ENOMEM;

	store_u32(from, (uint32_t)at);
	if (reply)
		error = ask(a, (struct question){ .kind = KEY_CERTS, .number = k->loaded.number },
			    bytes_of(from, sizeof(from)), reply, KEY_REPLY_MAX, &r);
	if (!error && (!r.left || r.left > k->loaded.certs_len - at))
		error = -EBADMSG;
	if (!error) {
		*len = r.left;
		memcpy(k->certs + at, r.at, r.left);
	}
	free(reply);
	return error;
}

static int load_certs(struct key_agent *a, struct key_apart *k)
{
	size_t at = 0, len = 0;
	int error = 0;

	k->certs = calloc(1, k->loaded.certs_len + 1);
	if (!k->certs)
		return -ENOMEM;
	for (; !error && at < k->loaded.certs_len; at += len)
		error = load_piece(a, k, at, &len);
	return error;
}

int key_agent_load(struct key_agent *a, const char *cert_file, const char *key_file,
		   struct key_apart *k, struct error *err)
{
	int error;

	*k = (struct key_apart){ .certs = NULL };
	error = load(a, cert_file, key_file, &k->loaded, err);
	if (error)
		return error;
	error = load_certs(a, k);
	if (!error)
		return 0;
	free(k->certs);
	key_agent_drop(a, k->loaded.number);
	return fail(cert_file, error, &(struct reader){ 0 }, err);
}

void key_agent_drop(struct key_agent *a, uint32_t number)
{
	uint8_t reply[KEY_REPLY_HEAD_LEN];
	struct reader r;

	ask(a, (struct question){ .kind = KEY_DROP, .number = number }, bytes_of(NULL, 0), reply,
	    sizeof(reply), &r);
}

/* ---- the library's callbacks. The DER that they get is the stand-in's. */

/* Returns the length, or an error of the library. */
static int use_key(WOLFSSL *ssl, enum key_question kind, uint8_t scheme, struct bytes what,
		   uint8_t *to, size_t room)
{
	struct tls *t = wolfSSL_GetIOReadCtx(ssl);
	struct question q = { (uint8_t)kind, scheme, t->ctx->key_number };
	uint8_t reply[KEY_REPLY_HEAD_LEN + KEY_SIGNATURE_MAX];
	struct reader r;
	int len = WC_HW_E, error = ask(t->ctx->keys, q, what, reply, sizeof(reply), &r);

	if (!error && (!r.left || r.left > room))
		error = -EBADMSG;
	if (!error) {
		len = (int)r.left;
		memcpy(to, r.at, r.left);
	} else {
		tls_error_set(tls_error_room(&t->error), "the key process gives no signature: %s",
			      strerror(-error));
	}
	if (kind == KEY_DECRYPT)
		secret_wipe(reply, sizeof(reply));
	return len;
}

static int sign_ecc(WOLFSSL *ssl, const unsigned char *in, unsigned in_len, unsigned char *out,
		    word32 *out_len, const unsigned char *der, unsigned der_len, void *arg)
{
	int len = use_key(ssl, KEY_SIGN, KEY_ECDSA, bytes_of(in, in_len), out, *out_len);

	(void)der;
	(void)der_len;
	(void)arg;
	*out_len = len > 0 ? (word32)len : 0;
	return len > 0 ? 0 : len;
}

static int sign_ed25519(WOLFSSL *ssl, const unsigned char *in, unsigned in_len, unsigned char *out,
			unsigned *out_len, const unsigned char *der, unsigned der_len, void *arg)
{
	int len = use_key(ssl, KEY_SIGN, KEY_ED25519, bytes_of(in, in_len), out, *out_len);

	(void)der;
	(void)der_len;
	(void)arg;
	*out_len = len > 0 ? (unsigned)len : 0;
	return len > 0 ? 0 : len;
}

static int sign_rsa(WOLFSSL *ssl, const unsigned char *in, unsigned in_len, unsigned char *out,
		    word32 *out_len, const unsigned char *der, unsigned der_len, void *arg)
{
	(void)der;
	(void)der_len;
	(void)arg;
	return use_key(ssl, KEY_SIGN, KEY_RSA, bytes_of(in, in_len), out, *out_len);
}

static int sign_pss(WOLFSSL *ssl, const unsigned char *in, unsigned in_len, unsigned char *out,
		    unsigned *out_len, int hash, int mgf, const unsigned char *der,
		    unsigned der_len, void *arg)
{
	uint8_t scheme = mgf == WC_MGF1SHA256   ? KEY_PSS_256
			 : mgf == WC_MGF1SHA384 ? KEY_PSS_384
						: KEY_PSS_512;

	(void)hash;
	(void)der;
	(void)der_len;
	(void)arg;
	return use_key(ssl, KEY_SIGN, scheme, bytes_of(in, in_len), out, *out_len);
}

/* The secret is written over its ciphertext. */
static int decrypt(WOLFSSL *ssl, unsigned char *in, unsigned in_len, unsigned char **out,
		   const unsigned char *der, unsigned der_len, void *arg)
{
	(void)der;
	(void)der_len;
	(void)arg;
	*out = in;
	return use_key(ssl, KEY_DECRYPT, 0, bytes_of(in, in_len), in, in_len);
}

void key_agent_sign_for(struct tls_ctx *ctx)
{
	WOLFSSL_CTX *wolf = ctx->wolf;

	wolfSSL_CTX_SetEccSignCb(wolf, sign_ecc);
	wolfSSL_CTX_SetEd25519SignCb(wolf, sign_ed25519);
	wolfSSL_CTX_SetRsaSignCb(wolf, sign_rsa);
	wolfSSL_CTX_SetRsaPssSignCb(wolf, sign_pss);
	wolfSSL_CTX_SetRsaDecCb(wolf, decrypt);
}

#else

int key_agent_load(struct key_agent *a, const char *cert_file, const char *key_file,
		   struct key_apart *k, struct error *err)
{
	(void)a;
	(void)cert_file;
	(void)k;
	tls_error_set(err, "%s: the TLS library cannot use a key of another process", key_file);
	return -ENOTSUP;
}

void key_agent_drop(struct key_agent *a, uint32_t number)
{
	(void)a;
	(void)number;
}

void key_agent_sign_for(struct tls_ctx *ctx)
{
	(void)ctx;
}

#endif
