/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contexts: made at start and at a reload, shared by all sessions of their kind, freed with the
 * last of them.
 */
#ifndef SSTP_TLS_OPEN_H
#define SSTP_TLS_OPEN_H

#include "tls/cfg.h"
#include "util/error.h"

struct tls_ctx;

/* 0, or -errno with err filled: which file, what is wrong with it, what would be right. */
int tls_ctx_client(const struct tls_client_cfg *cfg, struct tls_ctx **out, struct error *err);
int tls_ctx_server(const struct tls_server_cfg *cfg, struct tls_ctx **out, struct error *err);
/* Contexts are counted: sessions hold one each, so a new one can take over at any time. */
void tls_ctx_release(struct tls_ctx *ctx);
/* Server: is its certificate for a server of that name? */
bool tls_ctx_is_for(const struct tls_ctx *ctx, const char *name);
struct tls_ctx *tls_ctx_hold(struct tls_ctx *ctx); /* the same one, to be released once more */

#endif
