/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key in a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), and whether it is accepted. */
#ifndef SSTP_TLS_SPKI_H
#define SSTP_TLS_SPKI_H

#include "util/bytes.h"

enum spki_kind {
	SPKI_OTHER,
	SPKI_RSA,     /* RFC 3279 section 2.3.1 */
	SPKI_RSA_PSS, /* RFC 4055 section 1.2: for RSASSA-PSS only */
	SPKI_EC,      /* RFC 5480 section 2.1.1 */
	SPKI_ED25519, /* RFC 8410 section 3 */
};

struct spki {
	enum spki_kind kind;
	unsigned rsa_bits;     /* of the modulus */
	bool has_bad_exponent; /* RSA: under 3, even, or longer than 32 bits */
	const char
		*curve; /* "P-256"; NULL: none that is accepted, or parameters in place of a name */
	struct bytes params; /* of the algorithm, with their header; empty: none */
};

/* False when it is malformed. */
bool spki_read(struct bytes der, struct spki *k);

/*
 * RSA of 2048 to 4096 bits, ECDSA with P-256, P-384 or P-521 by name, Ed25519 if the library has
 * it. An RSA exponent has at most 32 bits: with a long one a verification costs as much as a
 * thousand others. Curves given by explicit parameters are not accepted, even equal ones
 * (CVE-2020-0601).
 */
#define SPKI_ACCEPTED "RSA of 2048 to 4096 bits, ECDSA with P-256, P-384 or P-521, or Ed25519"
bool spki_is_accepted(const struct spki *k);

#endif
