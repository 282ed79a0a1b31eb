/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PKCS #12 (RFC 7292), the files in which Windows and others keep a certificate with its key, .p12 or
 * .pfx. Read are those that are authenticated by a password (HMAC with SHA-1 or SHA-2) and encrypted by
 * PBES2 (PBKDF2 and AES-CBC, RFC 8018), as openssl 3 and Windows write them, or by triple DES, as older
 * programs do.
 */
#ifndef SSTP_TLS_PKCS12_H
#define SSTP_TLS_PKCS12_H

#include "util/bytes.h"
#include "util/error.h"

/*
 * Writes the certificate, the others and the key as PEM, terminated; `out` needs room for twice the
 * file (crypto/private_key.h tells whether it is one). NULL, or why not, as the end of a sentence.
 */
const char *pkcs12_to_pem(struct bytes file, const char *password, struct writer *out);

#endif
