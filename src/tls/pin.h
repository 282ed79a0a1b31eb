/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pins: the hash of a key or of a certificate, given by the user in place of a chain of trust.
 * "pin-sha256:BASE64" is the hash of the SubjectPublicKeyInfo, as in curl and openconnect; it stays
 * valid when the certificate is renewed with the same key. "sha256:HEX" is the hash of the
 * certificate, as browsers and `openssl x509 -fingerprint -sha256` show it, with or without colons.
 */
#ifndef SSTP_TLS_PIN_H
#define SSTP_TLS_PIN_H

#include "crypto/digest.h"
#include "tls/x509.h"

struct pin {
	bool is_of_key;
	uint8_t hash[SHA256_LEN];
};

struct pin_text {
	char text[80];
};

bool pin_parse(const char *text, struct pin *p);
/* The pin of a certificate: the hash of its key, or of the certificate. */
struct pin pin_of(const struct x509 *x, bool is_of_key);
bool pin_equal(const struct pin *a, const struct pin *b);
struct pin_text pin_print(const struct pin *p);

#endif
