/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys of certificates: kinds, sizes, curves. */
#include "tls/spki.h"

#include "tls/der.h"
#include "tls/wolf.h"
#include "tls/x509.h"

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 4096, RSA_EXPONENT_MAX_BITS = 32 };

static enum spki_kind kind_of(struct bytes oid)
{
	if (x509_is(oid, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1))
		return SPKI_RSA;
	if (x509_is(oid, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10))
		return SPKI_RSA_PSS;
	if (x509_is(oid, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1))
		return SPKI_EC;
	return x509_is(oid, 0x2b, 0x65, 0x70) ? SPKI_ED25519 : SPKI_OTHER;
}

static const char *curve_of(struct bytes params)
{
	struct reader r = reader_of(params.at, params.len);
	struct bytes oid = der_get(&r, DER_OID).body;

	if (r.bad || r.left)
		return NULL;
	if (x509_is(oid, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7))
		return "P-256";
	if (x509_is(oid, 0x2b, 0x81, 4, 0, 0x22))
		return "P-384";
	return x509_is(oid, 0x2b, 0x81, 4, 0, 0x23) ? "P-521" : NULL;
}

static unsigned bits_of(struct bytes n)
{
	unsigned bits;

	while (n.len && !n.at[0])
		n = bytes_of(n.at + 1, n.len - 1);
	bits = (unsigned)n.len * 8;
	for (uint8_t top = n.len ? n.at[0] : 0xff; !(top & 0x80); top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

/* RSAPublicKey: the modulus and the exponent (RFC 8017 appendix A.1.1). */
static bool read_rsa(struct bytes bit_string, struct spki *k)
{
	struct reader r = reader_of(bit_string.at, bit_string.len), key;
	struct bytes e;

	get_u8(&r); /* unused bits */
	key = der_enter(&r, DER_SEQUENCE);
	k->rsa_bits = bits_of(der_get(&key, DER_INTEGER).body);
	e = der_get(&key, DER_INTEGER).body;
	k->has_bad_exponent =
		bits_of(e) < 2 || bits_of(e) > RSA_EXPONENT_MAX_BITS || !(e.at[e.len - 1] & 1);
	return !key.bad && !key.left && !r.left;
}

bool spki_read(struct bytes der, struct spki *k)
{
	struct reader r = reader_of(der.at, der.len), key = der_enter(&r, DER_SEQUENCE);
	struct reader alg = der_enter(&key, DER_SEQUENCE);
	struct bytes bits = der_get(&key, DER_BIT_STRING).body;

	*k = (struct spki){ .kind = kind_of(der_get(&alg, DER_OID).body) };
	k->params = bytes_of(alg.at, alg.left);
	if (alg.bad || key.bad || key.left || r.left)
		return false;
	if (k->kind == SPKI_EC)
		k->curve = curve_of(k->params);
	return (k->kind != SPKI_RSA && k->kind != SPKI_RSA_PSS) || read_rsa(bits, k);
}

bool spki_is_accepted(const struct spki *k)
{
	switch (k->kind) {
	case SPKI_RSA:
	case SPKI_RSA_PSS:
		return k->rsa_bits >= RSA_MIN_BITS && k->rsa_bits <= RSA_MAX_BITS &&
		       !k->has_bad_exponent;
	case SPKI_EC:
		return k->curve;
	case SPKI_ED25519:
		return TLS_HAS_ED25519;
	case SPKI_OTHER:
		break;
	}
	return false;
}
