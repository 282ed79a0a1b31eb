/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's certificate and key. */
#ifndef SSTP_TLS_IDENTITY_H
#define SSTP_TLS_IDENTITY_H

#include "tls/cfg.h"
#include "tls/ctx.h"
#include "util/error.h"

/* Loads both into the context and stores the certificate's hashes. 0 or -errno with err filled. */
int identity_load(struct tls_ctx *ctx, const struct tls_server_cfg *cfg, struct error *err);

#endif
