/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Seals and opens large AES-GCM records with faster code than the library's (crypto/gcm), through
 * the library's crypto callback, which the library calls for every algorithm before it uses its own
 * code.
 */
#ifndef SSTP_TLS_CRYPTOCB_H
#define SSTP_TLS_CRYPTOCB_H

#include "tls/wolf.h"

/* Call it once, after wolfSSL_Init. Without faster code it registers nothing. */
void cryptocb_register(void);
void cryptocb_use(WOLFSSL_CTX *wolf);

#endif
