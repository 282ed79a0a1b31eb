/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/cryptocb.h"

#include "crypto/gcm.h"

#if defined(HAS_VAES) && defined(WOLF_CRYPTO_CB)

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/cryptocb.h>

enum {
	DEVICE = 1,
	MIN_LEN = 1024, /* for shorter records the library is as fast */
};

static bool is_registered;

/* Fills in how to seal or open the record; false: the library does it. */
static bool is_ours(const Aes *aes, size_t len, const byte *nonce, size_t nonce_len, size_t tag_len,
		    struct bytes aad, struct gcm *g)
{
	if (len < MIN_LEN || nonce_len != GCM_NONCE_LEN || tag_len != GCM_TAG_LEN)
		return false;
	*g = (struct gcm){
		.round_keys = aes->key, .rounds = aes->rounds, .nonce = nonce, .aad = aad
	};
	return true;
}

/* __typeof__, since older versions of the library have no name for this type. */
static int seal_record(wc_CryptoInfo *info)
{
	const __typeof__(info->cipher.aesgcm_enc) *e = &info->cipher.aesgcm_enc;
	struct bytes aad = { e->authIn, e->authInSz };
	struct gcm g;

	if (!is_ours(e->aes, e->sz, e->iv, e->ivSz, e->authTagSz, aad, &g))
		return CRYPTOCB_UNAVAILABLE;
	gcm_seal(&g, e->out, e->in, e->sz, e->authTag);
	return 0;
}

static int open_record(wc_CryptoInfo *info)
{
	const __typeof__(info->cipher.aesgcm_dec) *d = &info->cipher.aesgcm_dec;
	struct bytes aad = { d->authIn, d->authInSz };
	struct gcm g;

	if (!is_ours(d->aes, d->sz, d->iv, d->ivSz, d->authTagSz, aad, &g))
		return CRYPTOCB_UNAVAILABLE;
	return gcm_open(&g, d->out, d->in, d->sz, d->authTag) ? 0 : AES_GCM_AUTH_E;
}

static int on_request(int device, wc_CryptoInfo *info, void *arg)
{
	(void)device;
	(void)arg;
	if (info->algo_type != WC_ALGO_TYPE_CIPHER || info->cipher.type != WC_CIPHER_AES_GCM)
		return CRYPTOCB_UNAVAILABLE;
	return info->cipher.enc ? seal_record(info) : open_record(info);
}

void cryptocb_register(void)
{
	is_registered = gcm_is_available() && !wc_CryptoCb_RegisterDevice(DEVICE, on_request, NULL);
}

void cryptocb_use(WOLFSSL_CTX *wolf)
{
	if (is_registered)
		wolfSSL_CTX_SetDevId(wolf, DEVICE);
}

#else

void cryptocb_register(void)
{
}

void cryptocb_use(WOLFSSL_CTX *wolf)
{
	(void)wolf;
}

#endif
