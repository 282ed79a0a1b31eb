/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A private key for a certificate that we make. */
#ifndef SSTP_TLS_KEY_H
#define SSTP_TLS_KEY_H

#include "util/bytes.h"

enum { KEY_DER_MAX = 2048 }; /* RSA-2048 as PKCS#8 is some 1220 bytes */

struct cert_key;

/* ECDSA P-256 or RSA-2048; NULL: out of memory, or an error of the library. */
struct cert_key *key_make(bool is_rsa);
void key_free(struct cert_key *k); /* wipes; NULL is fine */

/* These write DER; after an error the writer is full. */
void key_put_spki(const struct cert_key *k, struct writer *w);  /* SubjectPublicKeyInfo */
void key_put_pkcs8(const struct cert_key *k, struct writer *w); /* PrivateKeyInfo, not encrypted */
/* The AlgorithmIdentifier of the key's signatures, and a signature of `what` (with SHA-256). */
void key_put_signature_alg(const struct cert_key *k, struct writer *w);
void key_put_signature(const struct cert_key *k, struct bytes what, struct writer *w);

bool key_is_rsa(const struct cert_key *k);

#endif
