/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A handshake with ourselves, before anybody else comes. */
#ifndef SSTP_TLS_REHEARSAL_H
#define SSTP_TLS_REHEARSAL_H

#include <stdbool.h>

#include "tls/ctx.h"

/* Whether that client gets through to that server; else `err` says why not. */
bool rehearse(struct tls_ctx *client, struct tls_ctx *server, struct error *err);

#endif
