/* The certificate authorities that a client trusts. */
#ifndef SSTP_TLS_AUTHORITIES_H
#define SSTP_TLS_AUTHORITIES_H

#include "tls/tls.h"
#include "tls/wolf.h"

/* From a PEM file, a directory of them, or (NULL) where this system keeps its own. 0 or -errno. */
int authorities_load(WOLFSSL_CTX *wolf, const char *path, struct tls_error *err);

#endif
