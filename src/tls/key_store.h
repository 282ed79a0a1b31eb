/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Private keys, in the process that has them. It reads them from their files, and signs with them what TLS
 * signs and nothing else. Several threads use it.
 */
#ifndef SSTP_TLS_KEY_STORE_H
#define SSTP_TLS_KEY_STORE_H

#include "tls/key_message.h"
#include "util/bytes.h"
#include "util/error.h"

/* A certificate with its key, which may be used. The strings stay the caller's. */
struct key_pair {
	const char *cert_file, *key_file; /* may be the same */
	const char *password;             /* NULL: the key is not encrypted */
	bool is_client;                   /* for a client's certificate */
	bool decrypts;                    /* also used for RSA key exchange */
};

enum { KEY_PAIRS_MAX = 64, KEYS_MAX = 96 };

struct key_store;
struct key_signer; /* what each thread has: random numbers */

int key_store_open(struct key_store **out); /* 0 or -errno */
void key_store_close(struct key_store *s);  /* wipes; NULL is fine */
/* Permits to load this pair. False: there are too many. */
bool key_store_permit(struct key_store *s, const struct key_pair *pair);
/* Called when a pair is asked for that is not permitted: it may permit more. */
void key_store_use_reread(struct key_store *s, void (*reread)(struct key_store *s));

struct key_signer *key_signer_new(void);
void key_signer_free(struct key_signer *k);

struct key_loaded {
	uint32_t number;
	bool is_exposed;
	size_t certs_len;
	/*
	 * A private key in DER of the same kind and size, and for RSA with the same public half; its private half is
	 * no secret and does not fit. The library wants a key and learns all of this from it, but it signs by
	 * callbacks (tls/key_agent.h).
	 */
	uint8_t stand_in[KEY_STAND_IN_MAX];
	size_t stand_in_len;
};

/*
 * These return 0 or -errno. key_store_load fills in err, with the same texts as when the process loads the
 * key itself. A key that is loaded again has the same number.
 */
int key_store_load(struct key_store *s, const char *cert_file, const char *key_file,
		   struct key_loaded *k, struct error *err);
int key_store_certs(struct key_store *s, uint32_t number, size_t from, struct writer *out);
int key_store_sign(struct key_store *s, struct key_signer *k, uint32_t number, uint8_t scheme,
		   struct bytes what, struct writer *out);
/*
 * Always gives a secret for a key that decrypts: where the content is malformed, one that depends on the content
 * and on a secret of this key, so nobody can find out by it what is malformed.
 */
int key_store_decrypt(struct key_store *s, struct key_signer *k, uint32_t number, struct bytes what,
		      struct writer *out);
int key_store_drop(struct key_store *s, uint32_t number);

#endif
