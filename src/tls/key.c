/* Making keys and signing with them, over wolfCrypt. */
#include "tls/key.h"

#include <stdlib.h>

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
	if (!rc) /* the library blinds what it signs, with these */
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
 * RFC 5208: the version, the algorithm as it stands in the SubjectPublicKeyInfo, the key in its
 * own form.
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
	static const uint8_t ecdsa_with_sha256[] = { 0x30, 10,	 6,    8, 0x2a, 0x86,
						     0x48, 0xce, 0x3d, 4, 3,	2 };
	static const uint8_t rsa_with_sha256[] = { 0x30, 13,   6, 9, 0x2a, 0x86, 0x48, 0x86,
						   0xf7, 0x0d, 1, 1, 11,   5,	 0 };

	if (k->is_rsa)
		put_bytes(w, rsa_with_sha256, sizeof(rsa_with_sha256));
	else
		put_bytes(w, ecdsa_with_sha256, sizeof(ecdsa_with_sha256));
}

void key_put_signature(const struct cert_key *k, struct bytes what, struct writer *w)
{
	uint8_t signature[1 + SIGNATURE_MAX] = { 0 }; /* begins with the count of unused bits */
	word32 len = SIGNATURE_MAX;
	enum wc_SignatureType type =
		k->is_rsa ? WC_SIGNATURE_TYPE_RSA_W_ENC : WC_SIGNATURE_TYPE_ECC;
	void *key = k->is_rsa ? (void *)&loose(k)->rsa : (void *)&loose(k)->ecc;
	word32 key_len = k->is_rsa ? sizeof(k->rsa) : sizeof(k->ecc);

	/* the length of an RSA signature must be given exactly */
	if (k->is_rsa)
		len = (word32)wc_RsaEncryptSize(&loose(k)->rsa);
	if (wc_SignatureGenerate(WC_HASH_TYPE_SHA256, type, what.at, (word32)what.len,
				 signature + 1, &len, key, key_len, &loose(k)->rng))
		w->full = true;
	else
		der_put(w, DER_BIT_STRING, signature, 1 + len);
}
