/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's certificate and key. */
#ifndef SSTP_TLS_IDENTITY_H
#define SSTP_TLS_IDENTITY_H

#include "tls/cfg.h"
#include "tls/ctx.h"
#include "util/bytes.h"
#include "util/error.h"

/*
 * Loads both into the context, by cfg->keys if that is set, and stores the certificate's hashes. 0 or -errno
 * with err filled.
 */
int identity_load(struct tls_ctx *ctx, const struct tls_server_cfg *cfg, struct error *err);

/* Whether the key in the PEM text of cfg->key_file can be used; else the errors of identity_load. */
int identity_check_key(const struct tls_server_cfg *cfg, struct bytes text, struct error *err);
bool identity_key_is_exposed(const char *key_file); /* all users can read it */

#endif
