/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library needs one thing of the server's certificates: the server's key, which signs the
 * handshake. All else is judged by path.c and trust.c, which understand more kinds of certificates
 * than the library does. So the library is given a certificate in which there is nothing but the key.
 */
#ifndef SSTP_TLS_BARE_CERT_H
#define SSTP_TLS_BARE_CERT_H

#include "util/bytes.h"

struct WOLFSSL_CTX;

enum { BARE_CERT_MAX = 1024 }; /* with an RSA key of 4096 bits it is some 650 bytes long */

/* For a client's context. Where the library lacks the callback, it must parse the certificates. */
void bare_cert_use(struct WOLFSSL_CTX *wolf);

/* Writes such a certificate; nothing when the key is not accepted. */
void bare_cert_put(struct writer *w, struct bytes spki);

#endif
