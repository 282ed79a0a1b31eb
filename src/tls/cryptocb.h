/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Large records of AES-GCM by faster code than the library's own (crypto/gcm), through the library's crypto
 * callback, which is asked about every algorithm before the library does it by itself.
 */
#ifndef SSTP_TLS_CRYPTOCB_H
#define SSTP_TLS_CRYPTOCB_H

#include "tls/wolf.h"

/* Once, after wolfSSL_Init. Where there is no faster code nothing is registered. */
void cryptocb_register(void);
void cryptocb_use(WOLFSSL_CTX *wolf);

#endif
