/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server: many clients behind one TUN device. It terminates TLS, SSTP and PPP, hands out
 * addresses, and moves packets between each client's tunnel and the device. Forwarding and NAT are
 * the host's business.
 */
#ifndef SSTP_SERVER_SERVER_H
#define SSTP_SERVER_SERVER_H

#include "server/server_cfg.h"
#include "tunnel/reason.h"

/* Runs until a signal. Why it ended, or could not begin; everything has been logged. */
enum tunnel_reason server_run(const struct server_cfg *cfg);

#endif
