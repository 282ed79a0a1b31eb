/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An in-memory handshake that proves that the server's key and certificate match. */
#ifndef SSTP_TLS_SELF_TEST_H
#define SSTP_TLS_SELF_TEST_H

#include <stdbool.h>

#include "tls/ctx.h"

/* True when a handshake between the two contexts succeeds; else `err` is set. */
bool tls_self_test(struct tls_ctx *client, struct tls_ctx *server, struct error *err);

#endif
