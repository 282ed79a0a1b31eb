/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verifies signatures of certificates, using wolfCrypt. */
#include "tls/signature.h"

#include <stdlib.h>

#include "tls/der.h"
#include "tls/spki.h"
#include "tls/wolf.h"

#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/signature.h>

enum { RSA_MAX_LEN = 512 }; /* 4096 bits */

struct algorithm {
	enum { RSA_PKCS1, RSA_PSS, ECDSA, ED25519 } kind;
	enum wc_HashType hash; /* not ED25519 */
	int mgf, salt_len;     /* RSA_PSS */
	struct bytes params;   /* RSA_PSS: with their header */
};

/* NULL counts as no parameters: RSA has it, and some authorities write it for ECDSA too. */
static bool has_no_parameters(const struct reader *r)
{
	return !r->left || (r->left == 2 && r->at[0] == 5 && r->at[1] == 0);
}

/* RFC 4055 section 2.1: 2.16.840.1.101.3.4.2.1 to .3. Parameters are NULL or absent. */
static bool read_hash(struct reader *r, enum wc_HashType *hash)
{
	static const enum wc_HashType hashes[] = { WC_HASH_TYPE_SHA256, WC_HASH_TYPE_SHA384,
						   WC_HASH_TYPE_SHA512 };
	static const uint8_t sha2[] = { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2 };
	struct reader alg = der_enter(r, DER_SEQUENCE);
	struct bytes oid = der_get(&alg, DER_OID).body;

	if (!has_no_parameters(&alg))
		return false;
	if (alg.bad || oid.len != sizeof(sha2) + 1 || memcmp(oid.at, sha2, sizeof(sha2)) != 0 ||
	    oid.at[sizeof(sha2)] < 1 || oid.at[sizeof(sha2)] > 3)
		return false;
	*hash = hashes[oid.at[sizeof(sha2)] - 1];
	return true;
}

static int mgf_of(enum wc_HashType hash)
{
	switch (hash) {
	case WC_HASH_TYPE_SHA256:
		return WC_MGF1SHA256;
	case WC_HASH_TYPE_SHA384:
		return WC_MGF1SHA384;
	default:
		return WC_MGF1SHA512;
	}
}

/*
 * TLS 1.3 and public authorities use a salt as long as the hash; openssl's default was the longest
 * salt possible.
 */
static bool read_salt(struct reader *params, struct algorithm *a)
{
	struct reader salt;
	struct bytes len;

	a->salt_len = 20; /* RFC 4055 section 3.1 */
	if (!der_is_next(params, DER_CONTEXT_CONSTRUCTED | 2))
		return true;
	salt = der_enter(params, DER_CONTEXT_CONSTRUCTED | 2);
	len = der_get_natural(&salt);
	if (salt.bad || salt.left || len.len > 2)
		return false;
	a->salt_len = len.len > 1 ? len.at[0] << 8 | len.at[1] : len.at[0];
	return TLS_HAS_LONG_SALT || a->salt_len <= wc_HashGetDigestSize(a->hash);
}

/* RFC 4055 section 3.1. The defaults use SHA-1, so the first two fields must be present. */
static bool read_pss(struct reader *r, struct algorithm *a)
{
	struct der all = der_get(r, DER_SEQUENCE);
	struct reader params = reader_of(all.body.at, all.body.len);
	struct reader hash = der_enter(&params, DER_CONTEXT_CONSTRUCTED | 0);
	struct reader mask = der_enter(&params, DER_CONTEXT_CONSTRUCTED | 1), mgf1;
	enum wc_HashType of_mask;
	struct bytes oid, trailer = { 0 };

	mgf1 = der_enter(&mask, DER_SEQUENCE);
	oid = der_get(&mgf1, DER_OID).body;
	if (!read_hash(&hash, &a->hash) || hash.left || !read_hash(&mgf1, &of_mask) || mgf1.left)
		return false;
	if (!read_salt(&params, a))
		return false;
	if (der_is_next(&params, DER_CONTEXT_CONSTRUCTED | 3)) {
		trailer = der_get(&params, DER_CONTEXT_CONSTRUCTED | 3).body;
		if (!x509_is(trailer, DER_INTEGER, 1, 1)) /* trailerFieldBC, the only one */
			return false;
	}
	a->kind = RSA_PSS;
	a->mgf = mgf_of(a->hash);
	a->params = all.whole;
	return !params.bad && !params.left && !r->bad && !r->left && !mask.bad && !mask.left &&
	       !mgf1.bad && of_mask == a->hash &&
	       x509_is(oid, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8);
}

static bool read_algorithm(struct bytes id, struct algorithm *a)
{
	static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1 };
	static const uint8_t ecdsa[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3 };
	static const enum wc_HashType hashes[] = { WC_HASH_TYPE_SHA256, WC_HASH_TYPE_SHA384,
						   WC_HASH_TYPE_SHA512 };
	struct reader r = reader_of(id.at, id.len);
	struct bytes oid = der_get(&r, DER_OID).body;
	uint8_t last = oid.len ? oid.at[oid.len - 1] : 0;

	if (r.bad)
		return false;
	if (x509_is(oid, 0x2b, 0x65, 0x70)) { /* RFC 8410 section 3: no parameters */
		*a = (struct algorithm){ .kind = ED25519 };
		return !r.left;
	}
	if (oid.len == sizeof(rsa) + 1 && !memcmp(oid.at, rsa, sizeof(rsa))) {
		if (last == 10)
			return read_pss(&r, a);
		if (last < 11 || last > 13)
			return false;
		*a = (struct algorithm){ .kind = RSA_PKCS1, .hash = hashes[last - 11] };
		return has_no_parameters(&r);
	}
	if (oid.len != sizeof(ecdsa) + 1 || memcmp(oid.at, ecdsa, sizeof(ecdsa)) != 0 || last < 2 ||
	    last > 4)
		return false;
	*a = (struct algorithm){ .kind = ECDSA, .hash = hashes[last - 2] };
	return has_no_parameters(&r);
}

static enum signature_result check_pss(const struct x509_signed *c, const struct algorithm *a,
				       RsaKey *key)
{
	uint8_t hash[WC_MAX_DIGEST_SIZE], out[RSA_MAX_LEN], sig[RSA_MAX_LEN];
	int len = wc_HashGetDigestSize(a->hash), out_len;

	if (c->signature.len > sizeof(sig) ||
	    wc_Hash(a->hash, c->tbs.at, (word32)c->tbs.len, hash, (word32)len))
		return SIGNATURE_BAD;
	memcpy(sig, c->signature.at, c->signature.len); /* the library's parameter is not const */
	out_len = wc_RsaPSS_Verify_ex(sig, (word32)c->signature.len, out, sizeof(out), a->hash,
				      a->mgf, a->salt_len, key);
	if (out_len <= 0 || wc_RsaPSS_CheckPadding_ex(hash, (word32)len, out, (word32)out_len,
						      a->hash, a->salt_len, 0))
		return SIGNATURE_BAD;
	return SIGNATURE_GOOD;
}

static enum signature_result verify(const struct x509_signed *c, const struct algorithm *a,
				    enum wc_SignatureType type, void *key, size_t key_len)
{
	return wc_SignatureVerify(a->hash, type, c->tbs.at, (word32)c->tbs.len, c->signature.at,
				  (word32)c->signature.len, key, (word32)key_len)
		       ? SIGNATURE_BAD
		       : SIGNATURE_GOOD;
}

static enum signature_result check_rsa(const struct x509_signed *c, const struct algorithm *a,
				       struct bytes spki)
{
	enum signature_result result = SIGNATURE_BAD;
	word32 at = 0;
	RsaKey key;

	if (wc_InitRsaKey(&key, NULL))
		return SIGNATURE_BAD;
	if (!wc_RsaPublicKeyDecode(spki.at, &at, &key, (word32)spki.len))
		result = a->kind == RSA_PSS
				 ? check_pss(c, a, &key)
				 : verify(c, a, WC_SIGNATURE_TYPE_RSA_W_ENC, &key, sizeof(key));
	wc_FreeRsaKey(&key);
	return result;
}

static enum signature_result check_ecdsa(const struct x509_signed *c, const struct algorithm *a,
					 struct bytes spki)
{
	enum signature_result result = SIGNATURE_BAD;
	word32 at = 0;
	ecc_key key;

	if (wc_ecc_init(&key))
		return SIGNATURE_BAD;
	if (!wc_EccPublicKeyDecode(spki.at, &at, &key, (word32)spki.len))
		result = verify(c, a, WC_SIGNATURE_TYPE_ECC, &key, sizeof(key));
	wc_ecc_free(&key);
	return result;
}

static enum signature_result check_ed25519(const struct x509_signed *c, struct bytes spki)
{
	enum signature_result result = SIGNATURE_BAD;
#if TLS_HAS_ED25519
	int is_good = 0;
	word32 at = 0;
	ed25519_key key;

	if (wc_ed25519_init(&key))
		return SIGNATURE_BAD;
	if (!wc_Ed25519PublicKeyDecode(spki.at, &at, &key, (word32)spki.len) &&
	    !wc_ed25519_verify_msg(c->signature.at, (word32)c->signature.len, c->tbs.at,
				   (word32)c->tbs.len, &is_good, &key) &&
	    is_good == 1)
		result = SIGNATURE_GOOD;
	wc_ed25519_free(&key);
#else
	(void)c;
	(void)spki;
#endif
	return result;
}

/* RFC 4055 section 1.2: a PSS-only key may specify the parameters. */
static bool is_key_for(const struct spki *k, const struct algorithm *a)
{
	switch (a->kind) {
	case RSA_PKCS1:
		return k->kind == SPKI_RSA;
	case RSA_PSS:
		return k->kind == SPKI_RSA ||
		       (k->kind == SPKI_RSA_PSS &&
			(!k->params.len || bytes_equal(k->params, a->params)));
	case ECDSA:
		return k->kind == SPKI_EC;
	case ED25519:
		break;
	}
	return k->kind == SPKI_ED25519;
}

enum signature_result signature_check_signed(const struct x509_signed *s, const struct x509 *issuer)
{
	struct algorithm a = { .mgf = 0 };
	struct spki key;

	if (!read_algorithm(s->algorithm, &a) || !spki_read(issuer->spki, &key) ||
	    !spki_is_accepted(&key) || !is_key_for(&key, &a))
		return SIGNATURE_NOT_ALLOWED;
	switch (a.kind) {
	case RSA_PKCS1:
	case RSA_PSS:
		return check_rsa(s, &a, issuer->spki);
	case ECDSA:
		return check_ecdsa(s, &a, issuer->spki);
	case ED25519:
		break;
	}
	return check_ed25519(s, issuer->spki);
}

enum signature_result signature_check(const struct x509 *cert, const struct x509 *issuer)
{
	return signature_check_signed(&cert->sig, issuer);
}
