/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library calls the callback after it has tried to parse a certificate, and uses the callback's
 * result. A certificate that x509.c cannot read keeps the library's result; trust.c refuses it.
 */
#include "tls/bare_cert.h"

#include "tls/der.h"
#include "tls/tls_session.h"
#include "tls/spki.h"
#include "tls/wolf.h"
#include "tls/x509.h"

static const uint8_t version_3[] = { DER_CONTEXT_CONSTRUCTED | 0, 3, DER_INTEGER, 1, 2 };
static const uint8_t name[] = { DER_SEQUENCE, 0 };

/* In TLS 1.2 the library's server takes this field as the kind of the key. */
static void put_algorithm(struct writer *w, enum spki_kind kind)
{
	static const uint8_t rsa[] = { DER_SEQUENCE, 13,   DER_OID, 9, 0x2a, 0x86, 0x48, 0x86,
				       0xf7,         0x0d, 1,       1, 11,   5,    0 };
	static const uint8_t ecdsa[] = { DER_SEQUENCE, 10,   DER_OID, 8, 0x2a, 0x86,
					 0x48,         0xce, 0x3d,    4, 3,    2 };
	static const uint8_t ed25519[] = { DER_SEQUENCE, 5, DER_OID, 3, 0x2b, 0x65, 0x70 };

	if (kind == SPKI_EC)
		put_bytes(w, ecdsa, sizeof(ecdsa));
	else if (kind == SPKI_ED25519)
		put_bytes(w, ed25519, sizeof(ed25519));
	else
		put_bytes(w, rsa, sizeof(rsa));
}

static void put_validity(struct writer *w)
{
	size_t at = der_begin(w, DER_SEQUENCE);

	der_put(w, DER_UTC_TIME, "200101000000Z", 13);
	der_put(w, DER_UTC_TIME, "491231235959Z", 13);
	der_end(w, at);
}

/* The signature is never verified. */
void bare_cert_put(struct writer *w, struct bytes spki)
{
	size_t at, tbs;
	struct spki key;

	if (!spki_read(spki, &key) || !spki_is_accepted(&key))
		return;
	at = der_begin(w, DER_SEQUENCE);
	tbs = der_begin(w, DER_SEQUENCE);
	put_bytes(w, version_3, sizeof(version_3));
	der_put(w, DER_INTEGER, "\1", 1);
	put_algorithm(w, key.kind);
	put_bytes(w, name, sizeof(name));
	put_validity(w);
	put_bytes(w, name, sizeof(name));
	put_bytes(w, spki.at, spki.len);
	der_end(w, tbs);
	put_algorithm(w, key.kind);
	der_put(w, DER_BIT_STRING, "\0\0", 2);
	der_end(w, at);
}

#if TLS_HAS_CERT_CB

#include <wolfssl/wolfcrypt/asn.h>

/*
 * Declared in an internal header, which 5.9.0 and later make available to the library's tests only.
 */
void wolfSSL_CTX_SetProcessPeerCertCb(WOLFSSL_CTX *ctx,
				      int (*callback)(WOLFSSL *ssl, DecodedCert *cert));

/* A key that is not accepted is not passed on: trust.c refuses it, and the library has no key. */
static int pass_bare(WOLFSSL *ssl, DecodedCert *cert)
{
	struct tls *t = wolfSSL_GetIOReadCtx(ssl);
	struct writer w = writer_of(t->bare_cert, BARE_CERT_MAX);
	struct x509 x;

	if (!x509_read(bytes_of(cert->source, cert->maxIdx), &x))
		return NOT_COMPILED_IN; /* keeps the library's result */
	bare_cert_put(&w, x.spki);
	if (w.full)
		return ASN_PARSE_E;
	wc_FreeDecodedCert(cert);
	wc_InitDecodedCert(cert, w.at, (word32)w.len, NULL);
	return w.len ? wc_ParseCert(cert, CERT_TYPE, NO_VERIFY, NULL) : 0;
}

void bare_cert_use(WOLFSSL_CTX *wolf)
{
	wolfSSL_CTX_SetProcessPeerCertCb(wolf, pass_bare);
}

#else

void bare_cert_use(WOLFSSL_CTX *wolf)
{
	(void)wolf;
}

#endif
