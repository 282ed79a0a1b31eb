/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signature on a certificate, by the key of another. What is not named here is not accepted:
 * RSA (PKCS #1 v1.5, and PSS whose hash, mask and salt go together) and ECDSA, each over SHA-256,
 * SHA-384 or SHA-512, and Ed25519; with the keys that spki.h names.
 */
#ifndef SSTP_TLS_SIGNATURE_H
#define SSTP_TLS_SIGNATURE_H

#include "tls/x509.h"

enum signature_result {
	SIGNATURE_GOOD,
	SIGNATURE_BAD,
	SIGNATURE_NOT_ALLOWED, /* an algorithm or a key that is not in the list */
};

/* Whether the key of `issuer` signed it. The algorithm is judged before the signature. */
enum signature_result signature_check_signed(const struct x509_signed *s,
					     const struct x509 *issuer);

/* Whether the key of `issuer` signed `cert`. */
enum signature_result signature_check(const struct x509 *cert, const struct x509 *issuer);

#endif
