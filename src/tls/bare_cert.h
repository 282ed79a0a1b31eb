/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library needs only the key of the server's certificate, which signs the handshake. path.c and
 * trust.c check everything else, and understand more kinds of certificates than the library does.
 * So the library gets a certificate that contains only the key.
 */
#ifndef SSTP_TLS_BARE_CERT_H
#define SSTP_TLS_BARE_CERT_H

#include "util/bytes.h"

struct WOLFSSL_CTX;

enum { BARE_CERT_MAX = 1024 }; /* with an RSA key of 4096 bits it has some 650 bytes */

/* For a client's context. If the library lacks the callback, it must parse the certificates. */
void bare_cert_use(struct WOLFSSL_CTX *wolf);

/* Writes such a certificate; nothing when the key is not accepted. */
void bare_cert_put(struct writer *w, struct bytes spki);

#endif
