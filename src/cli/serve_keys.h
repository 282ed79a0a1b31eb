/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's private keys in a process of their own (tls/key_process.h). */
#ifndef SSTP_CLI_SERVE_KEYS_H
#define SSTP_CLI_SERVE_KEYS_H

#include "server/server_cfg.h"
#include "tls/key_process.h"

/*
 * Starts the process, which may load the pairs of cfg->certs and of the RADIUS servers, and those that
 * cfg->read_again finds later. 0 or -errno.
 */
int serve_keys_start(const struct server_cfg *cfg, struct key_process **out);

#endif
