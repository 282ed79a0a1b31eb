/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server: many clients behind one TUN device. It terminates TLS, SSTP and PPP, hands out
 * addresses, and moves packets between each client's tunnel and the device. Forwarding and NAT are
 * the host's business.
 */
#ifndef SSTP_SERVER_SERVER_H
#define SSTP_SERVER_SERVER_H

#include "server/server_cfg.h"
#include "util/exit_code.h"

/* Runs until a signal. An exit code; everything has been logged. */
enum exit_code server_run(const struct server_cfg *cfg);

#endif
