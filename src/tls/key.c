/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes keys and signs with them, using wolfCrypt. */
#include "tls/key.h"

#include <stdlib.h>

#include "crypto/digest.h"
#include "tls/der.h"
#include "tls/wolf.h"
#include "util/secret.h"

enum {
	P256_LEN = 32,
	RSA_BITS = 2048,
	RSA_EXPONENT = 65537,
	SIGNATURE_MAX = 512,
};

struct cert_key {
	bool is_rsa;
	WC_RNG rng;
	union {
		ecc_key ecc;
		RsaKey rsa;
	};
};

static int make_ecc(struct cert_key *k)
{
	int rc = wc_ecc_init(&k->ecc);

	return rc ? rc : wc_ecc_make_key(&k->rng, P256_LEN, &k->ecc);
}

static int make_rsa(struct cert_key *k)
{
	int rc = wc_InitRsaKey(&k->rsa, NULL);

	if (!rc)
		rc = wc_MakeRsaKey(&k->rsa, RSA_BITS, RSA_EXPONENT, &k->rng);
	if (!rc) /* random numbers, with which the library blinds the signing */
		rc = wc_RsaSetRNG(&k->rsa, &k->rng);
	return rc;
}

struct cert_key *key_make(bool is_rsa)
{
	struct cert_key *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->is_rsa = is_rsa;
	if (wc_InitRng(&k->rng)) {
		free(k);
		return NULL;
	}
	if (is_rsa ? make_rsa(k) : make_ecc(k)) {
		key_free(k);
		return NULL;
	}
	return k;
}

void key_free(struct cert_key *k)
{
	if (!k)
		return;
	if (k->is_rsa)
		wc_FreeRsaKey(&k->rsa);
	else
		wc_ecc_free(&k->ecc);
	wc_FreeRng(&k->rng);
	secret_wipe(k, sizeof(*k));
	free(k);
}

bool key_is_rsa(const struct cert_key *k)
{
	return k->is_rsa;
}

/* wolfCrypt reads keys through pointers that are not const. */
static struct cert_key *loose(const struct cert_key *k)
{
	return (struct cert_key *)(uintptr_t)k;
}

void key_put_spki(const struct cert_key *k, struct writer *w)
{
	uint8_t *to = w->at + w->len;
	word32 room = (word32)(w->room - w->len);
	int len = k->is_rsa ? wc_RsaKeyToPublicDer(&loose(k)->rsa, to, room)
			    : wc_EccPublicKeyToDer(&loose(k)->ecc, to, room, 1);

	if (w->full || len <= 0)
		w->full = true;
	else
		w->len += (size_t)len;
}

/*
 * RFC 5208: the version, the algorithm as in the SubjectPublicKeyInfo, the key in its own format.
 */
void key_put_pkcs8(const struct cert_key *k, struct writer *w)
{
	uint8_t spki[KEY_DER_MAX], own[KEY_DER_MAX];
	struct writer sw = writer_of(spki, sizeof(spki));
	struct reader r, body;
	struct der alg;
	size_t at = der_begin(w, DER_SEQUENCE);
	int len = k->is_rsa ? wc_RsaKeyToDer(&loose(k)->rsa, own, sizeof(own))
			    : wc_EccKeyToDer(&loose(k)->ecc, own, sizeof(own));

	key_put_spki(k, &sw);
	r = reader_of(spki, sw.len);
	body = der_enter(&r, DER_SEQUENCE);
	alg = der_get(&body, DER_SEQUENCE);
	if (body.bad || len <= 0)
		w->full = true;
	der_put(w, DER_INTEGER, "\0", 1);
	put_bytes(w, alg.whole.at, alg.whole.len);
	der_put(w, DER_OCTET_STRING, own, len > 0 ? (size_t)len : 0);
	der_end(w, at);
	secret_wipe(own, sizeof(own));
}

void key_put_signature_alg(const struct cert_key *k, struct writer *w)
{
	static const uint8_t ecdsa_with_sha256[] = { 0x30, 10,   6,    8, 0x2a, 0x86,
						     0x48, 0xce, 0x3d, 4, 3,    2 };
	static const uint8_t rsa_with_sha256[] = { 0x30, 13,   6, 9, 0x2a, 0x86, 0x48, 0x86,
						   0xf7, 0x0d, 1, 1, 11,   5,    0 };

	if (k->is_rsa)
		put_bytes(w, rsa_with_sha256, sizeof(rsa_with_sha256));
	else
		put_bytes(w, ecdsa_with_sha256, sizeof(ecdsa_with_sha256));
}

static int sign_ecc(struct cert_key *k, const uint8_t hash[SHA256_LEN], uint8_t *to, word32 *len)
{
	return wc_ecc_sign_hash(hash, SHA256_LEN, to, len, &k->rng, &k->ecc);
}

/* RFC 8017 section 9.2: the hash in a DigestInfo; the library pads it. */
static int sign_rsa(struct cert_key *k, const uint8_t hash[SHA256_LEN], uint8_t *to, word32 *len)
{
	uint8_t info[19 + SHA256_LEN] = { 0x30, 49, 0x30, 13, 6, 9, 0x60, 0x86, 0x48,      1,
					  0x65, 3,  4,    2,  1, 5, 0,    4,    SHA256_LEN };
	int n;

	memcpy(info + 19, hash, SHA256_LEN);
	n = wc_RsaSSL_Sign(info, sizeof(info), to, *len, &k->rsa, &k->rng);
	*len = n > 0 ? (word32)n : 0;
	return n > 0 ? 0 : n;
}

void key_put_signature(const struct cert_key *k, struct bytes what, struct writer *w)
{
	uint8_t signature[1 + SIGNATURE_MAX] = { 0 }; /* begins with the count of unused bits */
	uint8_t hash[SHA256_LEN];
	word32 len = SIGNATURE_MAX;

	digest_sha256(&what, 1, hash);
	if (k->is_rsa ? sign_rsa(loose(k), hash, signature + 1, &len)
		      : sign_ecc(loose(k), hash, signature + 1, &len))
		w->full = true;
	else
		der_put(w, DER_BIT_STRING, signature, 1 + len);
}
