/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The callback comes after the library has tried to parse a certificate, and its answer is what counts.
 * A certificate that x509.c cannot read keeps the library's answer; trust.c refuses it.
 */
#include "tls/bare_cert.h"

#if TLS_HAS_CERT_CB

#include "tls/der.h"
#include "tls/session.h"
#include "tls/spki.h"
#include "tls/x509.h"

#include <wolfssl/wolfcrypt/asn.h>
#if LIBWOLFSSL_VERSION_HEX >= \
	0x05009000 /* from there on its own headers have it for its tests alone */
void wolfSSL_CTX_SetProcessPeerCertCb(WOLFSSL_CTX *ctx,
				      int (*callback)(WOLFSSL *ssl, DecodedCert *cert));
#endif

static const uint8_t version_3[] = { DER_CONTEXT_CONSTRUCTED | 0, 3, DER_INTEGER, 1, 2 };
static const uint8_t algorithm[] = {
	DER_SEQUENCE, 10, DER_OID, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2
}; /* ecdsa-with-SHA256 */
static const uint8_t name[] = { DER_SEQUENCE, 0 };

static void put_validity(struct writer *w)
{
	static const char dates[2][14] = { "200101000000Z", "491231235959Z" };
	size_t at = der_begin(w, DER_SEQUENCE);

	der_put(w, DER_UTC_TIME, dates[0], 13);
	der_put(w, DER_UTC_TIME, dates[1], 13);
	der_end(w, at);
}

/* Nobody looks at the signature. */
static void put_bare(struct writer *w, struct bytes spki)
{
	size_t at = der_begin(w, DER_SEQUENCE), tbs = der_begin(w, DER_SEQUENCE);

	put_bytes(w, version_3, sizeof(version_3));
	der_put(w, DER_INTEGER, "\1", 1);
	put_bytes(w, algorithm, sizeof(algorithm));
	put_bytes(w, name, sizeof(name));
	put_validity(w);
	put_bytes(w, name, sizeof(name));
	put_bytes(w, spki.at, spki.len);
	der_end(w, tbs);
	put_bytes(w, algorithm, sizeof(algorithm));
	der_put(w, DER_BIT_STRING, "\0\0", 2);
	der_end(w, at);
}

/* A key that is not accepted is not shown: trust.c refuses it, and the library has none. */
static int show_bare(WOLFSSL *ssl, DecodedCert *cert)
{
	struct tls *t = wolfSSL_GetIOReadCtx(ssl);
	struct writer w = writer_of(t->bare_cert, TLS_BARE_CERT_MAX);
	struct x509 x;
	struct spki key;

	if (!x509_read(bytes_of(cert->source, cert->maxIdx), &x))
		return NOT_COMPILED_IN; /* the library's answer stays */
	if (spki_read(x.spki, &key) && spki_is_accepted(&key))
		put_bare(&w, x.spki);
	if (w.full)
		return ASN_PARSE_E;
	wc_FreeDecodedCert(cert);
	wc_InitDecodedCert(cert, w.at, (word32)w.len, NULL);
	return w.len ? wc_ParseCert(cert, CERT_TYPE, NO_VERIFY, NULL) : 0;
}

void bare_cert_use(WOLFSSL_CTX *wolf)
{
	wolfSSL_CTX_SetProcessPeerCertCb(wolf, show_bare);
}

#else

void bare_cert_use(WOLFSSL_CTX *wolf)
{
	(void)wolf;
}

#endif
