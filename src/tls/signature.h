/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verifies the signature on a certificate with the key of another. Only these are accepted: RSA
 * (PKCS #1 v1.5, and PSS with the same hash for message and mask) and ECDSA, each with SHA-256,
 * SHA-384 or SHA-512, and Ed25519; with the keys listed in spki.h.
 */
#ifndef SSTP_TLS_SIGNATURE_H
#define SSTP_TLS_SIGNATURE_H

#include "tls/x509.h"

enum signature_result {
	SIGNATURE_GOOD,
	SIGNATURE_BAD,
	SIGNATURE_NOT_ALLOWED, /* an algorithm or a key that is not in the list */
};

/* Whether the key of `issuer` signed it. Checks the algorithm before the signature. */
enum signature_result signature_check_signed(const struct x509_signed *s,
					     const struct x509 *issuer);

/* Whether the key of `issuer` signed `cert`. */
enum signature_result signature_check(const struct x509 *cert, const struct x509 *issuer);

#endif
