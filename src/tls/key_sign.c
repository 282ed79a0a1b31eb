/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signs what TLS signs, and decrypts the secrets of RSA key exchange. For each the key is decoded again, as the
 * library does in its own handshakes: so the threads share nothing that a signature changes.
 */
#include <errno.h>

#include "crypto/digest.h"
#include "tls/der.h"
#include "tls/key_slot.h"
#include "util/secret.h"

/* ---- a key for one use */

static int init(struct key_decoded *d)
{
	switch (d->kind) {
	case KEY_KIND_RSA:
		return wc_InitRsaKey(&d->u.rsa, NULL);
	case KEY_KIND_ECC:
		return wc_ecc_init(&d->u.ecc);
	case KEY_KIND_ED25519:
		break;
	}
	return wc_ed25519_init(&d->u.ed25519);
}

void key_forget(struct key_decoded *d)
{
	switch (d->kind) {
	case KEY_KIND_RSA:
		wc_FreeRsaKey(&d->u.rsa);
		break;
	case KEY_KIND_ECC:
		wc_ecc_free(&d->u.ecc);
		break;
	case KEY_KIND_ED25519:
		wc_ed25519_free(&d->u.ed25519);
		break;
	}
	secret_wipe(d, sizeof(*d));
}

static int read_der(struct key_decoded *d, const uint8_t *der, size_t len)
{
	word32 at = 0;

	switch (d->kind) {
	case KEY_KIND_RSA:
		return wc_RsaPrivateKeyDecode(der, &at, &d->u.rsa, (word32)len);
	case KEY_KIND_ECC:
		return wc_EccPrivateKeyDecode(der, &at, &d->u.ecc, (word32)len);
	case KEY_KIND_ED25519:
		break;
	}
	return wc_Ed25519PrivateKeyDecode(der, &at, &d->u.ed25519, (word32)len);
}

int key_decode_der(struct key_decoded *d, enum key_kind kind, const uint8_t *der, size_t len)
{
	int rc;

	d->kind = kind;
	rc = init(d);
	return rc ? rc : read_der(d, der, len);
}

int key_decode(struct key_decoded *d, const struct key_slot *slot)
{
	int rc;

	if (slot->kind != KEY_KIND_ED25519)
		return key_decode_der(d, slot->kind, slot->der, slot->der_len);
	d->kind = slot->kind;
	rc = init(d);
	return rc ? rc
		  : wc_ed25519_import_private_key(slot->der, KEY_ED25519_LEN, slot->public,
						  KEY_ED25519_LEN, &d->u.ed25519);
}

/* ---- what is signed */

static bool is_hash_len(size_t len)
{
	return len == SHA256_LEN || len == WC_SHA384_DIGEST_SIZE || len == WC_SHA512_DIGEST_SIZE;
}

/* RFC 8017 section 9.2, note 1: of SHA-256, SHA-384, SHA-512. */
static bool is_digest_info(struct bytes b)
{
	static const uint8_t oid[] = { DER_OID, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2 };
	struct reader r = reader_of(b.at, b.len), info = der_enter(&r, DER_SEQUENCE);
	struct reader alg = der_enter(&info, DER_SEQUENCE);
	const uint8_t *begin = get_bytes(&alg, sizeof(oid));
	uint8_t which = get_u8(&alg);
	struct bytes hash = der_get(&info, DER_OCTET_STRING).body;

	if (alg.left)
		der_get(&alg, 0x05); /* NULL */
	if (!begin || alg.bad || alg.left || info.bad || info.left || r.bad || r.left)
		return false;
	return !memcmp(begin, oid, sizeof(oid)) && which >= 1 && which <= 3 &&
	       hash.len == (size_t)(which + 1) * 16;
}

/* RFC 8446 section 4.4.3 */
static bool is_tls13(struct bytes b, bool is_client)
{
	static const char server[] = "TLS 1.3, server CertificateVerify",
			  client[] = "TLS 1.3, client CertificateVerify";
	enum { SPACES = 64 };

	for (size_t i = 0; i < SPACES; i++)
		if (i >= b.len || b.at[i] != ' ')
			return false;
	return b.len > SPACES + sizeof(server) && is_hash_len(b.len - SPACES - sizeof(server)) &&
	       !memcmp(b.at + SPACES, is_client ? client : server, sizeof(server));
}

/*
 * TLS 1.2: a server signs both randoms and its key share (RFC 8422 section 5.4), a client all messages of the
 * handshake, of which the first is its ClientHello (section 5.8).
 */
static bool is_tls12(struct bytes b, bool is_client)
{
	enum { RANDOMS = 64, NAMED_CURVE = 3, CLIENT_HELLO = 1 };
	struct reader r = reader_of(b.at, b.len);

	if (is_client)
		return get_u8(&r) == CLIENT_HELLO && !get_u8(&r) && r.left > RANDOMS;
	get_bytes(&r, RANDOMS);
	if (get_u8(&r) != NAMED_CURVE)
		return false;
	get_u16(&r);
	get_bytes(&r, get_u8(&r));
	return !r.bad && !r.left;
}

struct scheme {
	enum key_kind kind;
	int mgf;
	enum wc_HashType hash;
	size_t hash_len;
};

static const struct scheme schemes[] = {
	[KEY_ECDSA] = { .kind = KEY_KIND_ECC },
	[KEY_RSA] = { .kind = KEY_KIND_RSA },
	[KEY_PSS_256] = { KEY_KIND_RSA, WC_MGF1SHA256, WC_HASH_TYPE_SHA256, SHA256_LEN },
	[KEY_PSS_384] = { KEY_KIND_RSA, WC_MGF1SHA384, WC_HASH_TYPE_SHA384, WC_SHA384_DIGEST_SIZE },
	[KEY_PSS_512] = { KEY_KIND_RSA, WC_MGF1SHA512, WC_HASH_TYPE_SHA512, WC_SHA512_DIGEST_SIZE },
	[KEY_ED25519] = { .kind = KEY_KIND_ED25519 },
};

/* Only what TLS signs. */
static bool is_signed_by_tls(const struct key_slot *slot, uint8_t scheme, struct bytes what)
{
	if (!scheme || scheme >= sizeof(schemes) / sizeof(*schemes) ||
	    schemes[scheme].kind != slot->kind)
		return false;
	switch (scheme) {
	case KEY_ECDSA:
		return is_hash_len(what.len);
	case KEY_RSA:
		return is_digest_info(what);
	case KEY_ED25519: /* a client's key first signs as a server in the check that it is the certificate's */
		return is_tls13(what, false) || is_tls12(what, false) ||
		       (slot->is_client && (is_tls13(what, true) || is_tls12(what, true)));
	default:
		return what.len == schemes[scheme].hash_len;
	}
}

/* Returns the length or the library's error. */
static int sign(struct key_decoded *d, uint8_t scheme, struct bytes what, WC_RNG *rng, uint8_t *to)
{
	const struct scheme *s = &schemes[scheme];
	word32 len = KEY_SIGNATURE_MAX, in = (word32)what.len;
	int rc;

	switch (scheme) {
	case KEY_ECDSA:
		rc = wc_ecc_sign_hash(what.at, in, to, &len, rng, &d->u.ecc);
		return rc ? rc : (int)len;
	case KEY_ED25519:
		rc = wc_ed25519_sign_msg(what.at, in, to, &len, &d->u.ed25519);
		return rc ? rc : (int)len;
	case KEY_RSA:
		return wc_RsaSSL_Sign(what.at, in, to, len, &d->u.rsa, rng);
	default:
		return wc_RsaPSS_Sign(what.at, in, to, len, s->hash, s->mgf, &d->u.rsa, rng);
	}
}

static int sign_now(const struct key_slot *slot, struct key_signer *k, uint8_t scheme,
		    struct bytes what, struct writer *out)
{
	uint8_t *to = put_gap(out, KEY_SIGNATURE_MAX);
	struct key_decoded d;
	int rc;

	if (!to)
		return -EMSGSIZE;
	rc = key_decode(&d, slot);
	if (!rc)
		rc = sign(&d, scheme, what, &k->rng, to);
	key_forget(&d);
	out->len -= KEY_SIGNATURE_MAX - (size_t)(rc > 0 ? rc : 0);
	return rc > 0 ? 0 : -EIO;
}

int key_sign(const struct key_slot *slot, struct key_signer *k, uint8_t scheme, struct bytes what,
	     struct writer *out)
{
	return is_signed_by_tls(slot, scheme, what) ? sign_now(slot, k, scheme, what, out) : -EPERM;
}

/* ---- RSA key exchange */

/* The secret that a malformed content gets. */
static void reject(const struct key_slot *slot, struct bytes what, uint8_t secret[KEY_SECRET_LEN])
{
	const struct bytes parts[] = { bytes_of(slot->reject, KEY_REJECT_LEN), what,
				       bytes_of("\1", 1) };
	uint8_t hashes[2 * SHA256_LEN];

	digest_sha256(parts, 2, hashes);
	digest_sha256(parts, 3, hashes + SHA256_LEN);
	memcpy(secret, hashes, KEY_SECRET_LEN);
	secret_wipe(hashes, sizeof(hashes));
}

/* In the same time whether the content was malformed or not. */
static int decrypt(struct key_decoded *d, const struct key_slot *slot, struct bytes what,
		   WC_RNG *rng, uint8_t secret[KEY_SECRET_LEN])
{
	uint8_t block[KEY_RSA_MAX_LEN + KEY_SECRET_LEN] = { 0 };
	uint8_t *at = block;
	int len;
	uint8_t differs, mask;

	memcpy(block, what.at, what.len);
	if (wc_RsaSetRNG(&d->u.rsa, rng))
		return -EIO;
	reject(slot, what, secret);
	len = wc_RsaPrivateDecryptInline(block, (word32)what.len, &at, &d->u.rsa);
	differs = (uint8_t)(((unsigned)len ^ KEY_SECRET_LEN) | (unsigned)len >> 8);
	mask = (uint8_t)((differs | (uint8_t)-differs) >> 7); /* 1: differs */
	mask = (uint8_t)(mask - 1);                           /* 0xff: it is a secret */
	for (size_t i = 0; i < KEY_SECRET_LEN; i++)
		secret[i] = (uint8_t)((secret[i] & ~mask) | (at[i] & mask));
	secret_wipe(block, sizeof(block));
	return 0;
}

static int decrypt_now(const struct key_slot *slot, struct key_signer *k, struct bytes what,
		       struct writer *out)
{
	uint8_t *to = put_gap(out, KEY_SECRET_LEN);
	struct key_decoded d;
	int error;

	if (!to)
		return -EMSGSIZE;
	error = key_decode(&d, slot) ? -EIO : 0;
	if (!error && (int)what.len != wc_RsaEncryptSize(&d.u.rsa))
		error = -EBADMSG;
	if (!error)
		error = decrypt(&d, slot, what, &k->rng, to);
	key_forget(&d);
	return error;
}

int key_decrypt(const struct key_slot *slot, struct key_signer *k, struct bytes what,
		struct writer *out)
{
	if (slot->kind != KEY_KIND_RSA || !slot->decrypts || what.len > KEY_RSA_MAX_LEN)
		return -EPERM;
	return decrypt_now(slot, k, what, out);
}
