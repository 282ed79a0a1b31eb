/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads private keys and certificates from their files, in the process that keeps the keys. */
#include <errno.h>
#include <stdlib.h>

#include "tls/cert_load.h"
#include "tls/der.h"
#include "tls/identity.h"
#include "tls/key_slot.h"
#include "tls/pem.h"
#include "tls/tls_error.h"
#include "util/file.h"
#include "util/secret.h"

enum { LEAF_MAX = 100 * 1024 };

/* ---- stand-ins */

static void put_small(struct writer *w)
{
	der_put(w, DER_INTEGER, "\1", 1);
}

/* Of the public half alone; RFC 8017 appendix A.1.2. */
static void put_rsa_stand_in(struct writer *w, RsaKey *key)
{
	uint8_t e[8], n[1 + KEY_RSA_MAX_LEN] = { 0 };
	word32 e_len = sizeof(e), n_len = KEY_RSA_MAX_LEN;
	size_t at = der_begin(w, DER_SEQUENCE);

	if (wc_RsaFlattenPublicKey(key, e, &e_len, n + 1, &n_len))
		w->full = true;
	der_put(w, DER_INTEGER, "\0", 1);
	der_put(w, DER_INTEGER, n[1] & 0x80 ? n : n + 1, n_len + (n[1] >> 7));
	der_put(w, DER_INTEGER, e, e_len);
	for (int i = 0; i < 6; i++) /* d, p, q and what follows from them */
		put_small(w);
	der_end(w, at);
}

/* RFC 5915 */
static void put_ecc_stand_in(struct writer *w, ecc_key *key)
{
	size_t at = der_begin(w, DER_SEQUENCE), params;
	uint8_t secret[MAX_ECC_BYTES] = { 0 };
	word32 len = (word32)wc_ecc_size(key), oid_len = 0;
	const byte *oid = NULL;

	if (len > sizeof(secret) || wc_ecc_get_oid(key->dp->oidSum, &oid, &oid_len) < 0) {
		w->full = true;
		return;
	}
	secret[len - 1] = 1;
	put_small(w);
	der_put(w, DER_OCTET_STRING, secret, len);
	params = der_begin(w, DER_CONTEXT_CONSTRUCTED | 0);
	der_put(w, DER_OID, oid, oid_len);
	der_end(w, params);
	der_end(w, at);
}

/* With its own public half: the library would compare that of the certificate with the private half. */
static void put_ed25519_stand_in(struct writer *w)
{
	uint8_t seed[KEY_ED25519_LEN] = { 1 }, public[KEY_ED25519_LEN];
	ed25519_key key;
	int len = -1;

	if (!wc_ed25519_init(&key) && !wc_ed25519_import_private_only(seed, sizeof(seed), &key) &&
	    !wc_ed25519_make_public(&key, public, sizeof(public)) &&
	    !wc_ed25519_import_private_key(seed, sizeof(seed), public, sizeof(public), &key))
		len = wc_Ed25519KeyToDer(&key, w->at, (word32)w->room);
	wc_ed25519_free(&key);
	w->len = len > 0 ? (size_t)len : 0;
	w->full = len <= 0;
}

static bool put_stand_in(struct key_decoded *d, struct key_loaded *k)
{
	struct writer w = writer_of(k->stand_in, sizeof(k->stand_in));

	switch (d->kind) {
	case KEY_KIND_RSA:
		put_rsa_stand_in(&w, &d->u.rsa);
		break;
	case KEY_KIND_ECC:
		put_ecc_stand_in(&w, &d->u.ecc);
		break;
	case KEY_KIND_ED25519:
		put_ed25519_stand_in(&w);
		break;
	}
	k->stand_in_len = w.len;
	return !w.full;
}

/* What Ed25519 needs for a signature is not computed for each one. */
static int take_ed25519(struct key_slot *slot, ed25519_key *key)
{
	word32 len = KEY_ED25519_LEN;
	int rc = wc_ed25519_export_private_only(key, slot->der, &len);

	slot->der_len = len;
	return rc ? rc : wc_ed25519_make_public(key, slot->public, KEY_ED25519_LEN);
}

/* ---- keys */

static bool use(struct key_slot *slot, struct key_decoded *d, const uint8_t *der, size_t len,
		struct key_loaded *k)
{
	slot->kind = d->kind;
	slot->der_len = len;
	memcpy(slot->der, der, len);
	return put_stand_in(d, k) &&
	       (d->kind != KEY_KIND_ED25519 || !take_ed25519(slot, &d->u.ed25519));
}

/* Finds out of which kind it is. */
static bool take_der(struct key_slot *slot, const uint8_t *der, size_t len, struct key_loaded *k)
{
	bool is_good = false;

	for (int kind = KEY_KIND_RSA; kind <= KEY_KIND_ED25519 && !is_good; kind++) {
		struct key_decoded d;

		is_good = len <= KEY_DER_ROOM &&
			  !key_decode_der(&d, (enum key_kind)kind, der, len) &&
			  use(slot, &d, der, len, k);
		key_forget(&d);
	}
	return is_good;
}

static int take_pem(struct key_slot *slot, const char *text, size_t len,
		    const struct key_pair *pair, struct key_loaded *k, struct error *err)
{
	uint8_t *der = malloc(len + 1);
	int der_len = der ? wc_KeyPemToDer((const unsigned char *)text, (int)len, der, (int)len,
					   pair->password)
			  : MEMORY_E;
	bool is_good = der_len > 0 && take_der(slot, der, (size_t)der_len, k);

	if (der)
		secret_wipe(der, len);
	free(der);
	if (is_good)
		return 0;
	tls_error_set(err, "%s: the private key cannot be read: %s", pair->key_file,
		      tls_strerror(der_len < 0 ? der_len : ASN_PARSE_E).text);
	return -EINVAL;
}

int key_read(struct key_slot *slot, const struct key_pair *pair, struct key_loaded *k,
	     struct error *err)
{
	const struct tls_server_cfg cfg = { .cert_file = pair->cert_file,
					    .key_file = pair->key_file,
					    .key_password = pair->password,
					    .is_client_identity = pair->is_client };
	char *text;
	size_t len;
	int error = cert_load_text(pair->key_file, "private key", pair->password, &text, &len, err);

	if (error)
		return error;
	error = identity_check_key(&cfg, bytes_of(text, len), err);
	if (!error)
		error = take_pem(slot, text, len, pair, k, err);
	file_free(text, len);
	k->is_exposed = identity_key_is_exposed(pair->key_file);
	return error;
}

/* ---- certificates */

static int copy_certs(struct bytes text, char **to, size_t *len, struct error *err)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----",
			  end[] = "-----END CERTIFICATE-----\n";
	struct writer w = writer_of(malloc(text.len + 1), text.len + 1);
	struct bytes block;

	if (!w.at) {
		tls_error_set(err, "out of memory");
		return -ENOMEM;
	}
	while (pem_next_cert(&text, &block)) {
		put_bytes(&w, begin, sizeof(begin) - 1);
		put_bytes(&w, block.at, block.len);
		put_bytes(&w, end, sizeof(end) - 1);
	}
	*to = (char *)w.at;
	*len = w.len;
	return 0;
}

int key_read_certs(const struct key_pair *pair, char **to, size_t *to_len, struct error *err)
{
	uint8_t *leaf = malloc(LEAF_MAX);
	char *text = NULL;
	size_t len = 0, leaf_len;
	int error =
		cert_load_text(pair->cert_file, "certificate", pair->password, &text, &len, err);

	if (!leaf && !error) {
		tls_error_set(err, "out of memory");
		error = -ENOMEM;
	}
	if (!error)
		error = cert_first(bytes_of(text, len), pair->cert_file, leaf, LEAF_MAX, &leaf_len,
				   err);
	if (!error)
		error = copy_certs(bytes_of(text, len), to, to_len, err);
	if (text)
		file_free(text, len);
	free(leaf);
	return error;
}
