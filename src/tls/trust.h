/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the server's certificate is accepted. */
#ifndef SSTP_TLS_TRUST_H
#define SSTP_TLS_TRUST_H

#include "tls/ctx.h"
#include "tls/tls_session.h"

/*
 * wolfSSL's verify callback; the session is the store's userCtx. The library calls it for
 * certificates in which it finds an error, and always for the leaf. Sets is_leaf_good or the error
 * text.
 */
int trust_verify(int is_ok, WOLFSSL_X509_STORE_CTX *store);

/*
 * The same decision about certificates that were accepted in an earlier handshake, in TLS 1.3; it leaves
 * nothing in the session. Else *why is the reason.
 */
bool trust_again(struct tls *t, const struct bytes *certs, size_t count, struct error *why);

/* Copies the peer's certificate; false: there is another already, or no memory. */
bool trust_keep_leaf(struct tls *t, struct bytes leaf);

/* Refuses the certificate of this session's peer; the text is the reason. */
void trust_refuse(struct tls *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
