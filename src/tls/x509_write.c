/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a certificate, in the order of RFC 5280 section 4.1. */
#include "tls/x509_write.h"

#include <stdio.h>

#include "crypto/digest.h"
#include "tls/der.h"
#include "tls/x509.h"
#include "util/secret.h"

enum {
	SERIAL_LEN = 16,
	KEY_ID_LEN = 20,
	TBS_MAX = 16 * 1024,
};

static const uint8_t server_auth[] = { 0x2b, 6, 1, 5, 5, 7, 3, 1 };
const struct bytes x509_server_auth = { server_auth, sizeof(server_auth) };

static void put_serial(struct writer *w)
{
	uint8_t serial[SERIAL_LEN];

	secret_random(serial, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and no shorter encoding */
	der_put(w, DER_INTEGER, serial, sizeof(serial));
}

static void put_time(struct writer *w, time_t t)
{
	char text[20];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	if (tm.tm_year >= 50 && tm.tm_year < 150) /* 1950 to 2049: two digits of the year */
		der_put(w, DER_UTC_TIME, text + 2, strlen(text) - 2);
	else
		der_put(w, DER_GENERALIZED_TIME, text, strlen(text));
}

static void put_validity(struct writer *w, const struct x509_draft *d)
{
	size_t at = der_begin(w, DER_SEQUENCE);

	put_time(w, d->not_before);
	put_time(w, d->not_after);
	der_end(w, at);
}

/* `last` is the last byte of the extension's OID, 2.5.29.last. */
static void put_extension(struct writer *w, uint8_t last, bool is_critical, struct bytes value)
{
	size_t at = der_begin(w, DER_SEQUENCE);

	der_put(w, DER_OID, (const uint8_t[]){ 0x55, 0x1d, last }, 3);
	if (is_critical)
		der_put(w, DER_BOOLEAN, "\xff", 1);
	der_put(w, DER_OCTET_STRING, value.at, value.len);
	der_end(w, at);
}

static void put_basic_constraints(struct writer *w, bool is_ca)
{
	static const uint8_t ca[] = { 0x30, 3, 1, 1, 0xff }, no_ca[] = { 0x30, 0 };

	put_extension(w, 19, true,
		      is_ca ? bytes_of(ca, sizeof(ca)) : bytes_of(no_ca, sizeof(no_ca)));
}

/*
 * Section 4.2.1.3: a server's key signs handshakes, and old peers also encrypt with an RSA key.
 */
static void put_key_usage(struct writer *w, const struct x509_draft *d)
{
	static const uint8_t sign[] = { 3, 2, 7, 0x80 }, sign_and_encipher[] = { 3, 2, 5, 0xa0 },
			     cert_and_crl_sign[] = { 3, 2, 1, 0x06 };
	const uint8_t *bits = d->is_ca             ? cert_and_crl_sign
			      : key_is_rsa(d->key) ? sign_and_encipher
						   : sign;

	put_extension(w, 15, true, bytes_of(bits, 4));
}

/*
 * RFC 7093 section 2, method 1, but over the whole SubjectPublicKeyInfo: any unique value is valid.
 */
static void put_key_id(struct writer *w, struct bytes spki)
{
	uint8_t id[2 + SHA256_LEN] = { DER_OCTET_STRING, KEY_ID_LEN };

	digest_sha256(&spki, 1, id + 2);
	put_extension(w, 14, false, bytes_of(id, 2 + KEY_ID_LEN));
}

/* A SEQUENCE around `body`, as the value of an extension. */
static void put_list_extension(struct writer *w, uint8_t last, struct bytes body)
{
	uint8_t list[TBS_MAX];
	struct writer lw = writer_of(list, sizeof(list));

	der_put(&lw, DER_SEQUENCE, body.at, body.len);
	if (lw.full)
		w->full = true;
	put_extension(w, last, false, bytes_of(list, lw.len));
}

static void put_purpose(struct writer *w, struct bytes oid)
{
	uint8_t body[64];
	struct writer bw = writer_of(body, sizeof(body));

	der_put(&bw, DER_OID, oid.at, oid.len);
	put_list_extension(w, 37, bytes_of(body, bw.len));
}

static void put_extensions(struct writer *w, const struct x509_draft *d, struct bytes spki)
{
	size_t outer = der_begin(w, DER_CONTEXT_CONSTRUCTED | 3), list = der_begin(w, DER_SEQUENCE);

	put_basic_constraints(w, d->is_ca);
	put_key_usage(w, d);
	put_key_id(w, spki);
	if (d->purpose.len)
		put_purpose(w, d->purpose);
	if (d->san.at)
		put_list_extension(w, 17, d->san);
	der_end(w, list);
	der_end(w, outer);
}

static void put_tbs(struct writer *w, const struct x509_draft *d)
{
	static const uint8_t version_3[] = { 0xa0, 3, 2, 1, 2 };
	uint8_t spki[KEY_DER_MAX];
	struct writer kw = writer_of(spki, sizeof(spki));
	size_t at = der_begin(w, DER_SEQUENCE);

	key_put_spki(d->key, &kw);
	put_bytes(w, version_3, sizeof(version_3));
	put_serial(w);
	key_put_signature_alg(d->signer, w);
	put_bytes(w, d->issuer.at, d->issuer.len);
	put_validity(w, d);
	put_bytes(w, d->subject.at, d->subject.len);
	put_bytes(w, spki, kw.len);
	put_extensions(w, d, bytes_of(spki, kw.len));
	der_end(w, at);
	if (kw.full)
		w->full = true;
}

bool x509_write(const struct x509_draft *d, struct writer *w)
{
	uint8_t tbs[TBS_MAX];
	struct writer tw = writer_of(tbs, sizeof(tbs));
	size_t at = der_begin(w, DER_SEQUENCE);

	put_tbs(&tw, d);
	put_bytes(w, tbs, tw.len);
	key_put_signature_alg(d->signer, w);
	if (!tw.full)
		key_put_signature(d->signer, bytes_of(tbs, tw.len), w);
	der_end(w, at);
	return !w->full && !tw.full;
}

void x509_put_name(struct writer *w, const char *common_name)
{
	size_t name = der_begin(w, DER_SEQUENCE), rdn = der_begin(w, DER_SET);
	size_t attr = der_begin(w, DER_SEQUENCE);

	der_put(w, DER_OID, "\x55\x04\x03", 3);
	der_put(w, DER_UTF8_STRING, common_name, strlen(common_name));
	der_end(w, attr);
	der_end(w, rdn);
	der_end(w, name);
}

void x509_put_dns(struct writer *w, const char *name)
{
	der_put(w, X509_NAME_DNS, name, strlen(name));
}

void x509_put_ip(struct writer *w, const uint8_t *at, size_t len)
{
	der_put(w, X509_NAME_IP, at, len);
}
