/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of tls/key_store.h: a key as it is kept, and decoded for one use. */
#ifndef SSTP_TLS_KEY_SLOT_H
#define SSTP_TLS_KEY_SLOT_H

#include "tls/key_store.h"
#include "tls/wolf.h"

enum {
	KEY_DER_ROOM = 2560, /* RSA of 4096 bits has 2,375 bytes as PKCS #8 */
	KEY_ED25519_LEN = 32,
	KEY_RSA_MAX_LEN = 512,
	KEY_REJECT_LEN = 32,
};

enum key_kind { KEY_KIND_RSA = 1, KEY_KIND_ECC, KEY_KIND_ED25519 };

struct key_slot {
	uint32_t number; /* 0: free */
	unsigned refs;
	enum key_kind kind;
	bool is_client, decrypts;
	uint8_t reject[KEY_REJECT_LEN]; /* for malformed secrets */
	size_t der_len;
	uint8_t der[KEY_DER_ROOM]; /* of Ed25519 the seed alone, ... */
	uint8_t public
		[KEY_ED25519_LEN]; /* ... and what follows from it, which each signature needs */
};

struct key_signer {
	WC_RNG rng;
};

struct key_decoded {
	enum key_kind kind;
	union {
		RsaKey rsa;
		ecc_key ecc;
		ed25519_key ed25519;
	} u;
};

/* These return the library's result. key_forget follows them all, and wipes. */
int key_decode(struct key_decoded *d, const struct key_slot *slot);
int key_decode_der(struct key_decoded *d, enum key_kind kind, const uint8_t *der, size_t len);
void key_forget(struct key_decoded *d);

/* ---- key_read.c: reads the files of a pair. 0, or -errno with err filled */

/* Also fills in the stand-in and is_exposed. */
int key_read(struct key_slot *slot, const struct key_pair *pair, struct key_loaded *k,
	     struct error *err);
/* The certificates alone, though the file may have the key too: PEM, which the caller frees. */
int key_read_certs(const struct key_pair *pair, char **text, size_t *len, struct error *err);

/* ---- key_sign.c: one use of a key. 0 or -errno */

int key_sign(const struct key_slot *slot, struct key_signer *k, uint8_t scheme, struct bytes what,
	     struct writer *out);
int key_decrypt(const struct key_slot *slot, struct key_signer *k, struct bytes what,
		struct writer *out);

#endif
