/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contexts: made at start and at a reload, shared by all sessions of their kind, and freed with the
 * last session.
 */
#ifndef SSTP_TLS_OPEN_H
#define SSTP_TLS_OPEN_H

#include <time.h>

#include "tls/cert_name.h"
#include "tls/cfg.h"
#include "tls/hello.h"
#include "util/error.h"

struct tls_ctx;
struct tls_tickets;

/* 0, or -errno with err filled: which file, what is wrong with it, how to correct it. */
int tls_ctx_client(const struct tls_client_cfg *cfg, struct tls_ctx **out, struct error *err);
int tls_ctx_server(const struct tls_server_cfg *cfg, struct tls_ctx **out, struct error *err);
/*
 * For connections without TLS, from a terminator that has one of these certificates (PEM files): their
 * sessions pass bytes as they are, and have the certificates' hashes for the crypto binding.
 */
int tls_ctx_plain(const char *const *files, size_t count, struct tls_ctx **out, struct error *err);
/*
 * Contexts are reference-counted: each session holds its own, so a new one can be used at any time.
 */
void tls_ctx_release(struct tls_ctx *ctx);
/* Replaces the pins of a client's context that has one. False: that is not a pin. */
bool tls_ctx_use_pin(struct tls_ctx *ctx, const char *pin);

/*
 * A client's: its sessions resume former ones, and keep their own tickets. The store outlives them, and all are
 * of one thread. Without a store each handshake is a full one.
 */
void tls_ctx_use_tickets(struct tls_ctx *ctx, struct tls_tickets *store);

/* ---- the certificate of a server's context */

enum cert_match tls_ctx_match(const struct tls_ctx *ctx, const char *name);
/* Whether the first name of one's certificate is a name of the other's. */
bool tls_ctx_shares_name(const struct tls_ctx *ctx, const struct tls_ctx *other);
uint8_t tls_ctx_key(const struct tls_ctx *ctx); /* HELLO_RSA, HELLO_ECDSA, HELLO_ED25519 */
time_t tls_ctx_expires(const struct tls_ctx *ctx);

struct tls_ctx *tls_ctx_hold(struct tls_ctx *ctx); /* adds a reference */

#endif
