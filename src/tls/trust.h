/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the server's certificate is accepted. */
#ifndef SSTP_TLS_TRUST_H
#define SSTP_TLS_TRUST_H

#include "tls/ctx.h"
#include "tls/session.h"

/*
 * wolfSSL's verify callback; the session is the store's userCtx. It is called for certificates
 * that the library finds fault with, and for the leaf in any case. Sets is_leaf_good or the
 * error's words.
 */
int trust_verify(int is_ok, WOLFSSL_X509_STORE_CTX *store);

/* The certificate of this session's peer is refused; why, in words. */
void trust_refuse(struct tls *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
