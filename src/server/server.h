/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server: many clients on one TUN device. It terminates TLS, SSTP and PPP, assigns addresses,
 * and moves packets between each client's tunnel and the device. The kernel does forwarding and NAT.
 */
#ifndef SSTP_SERVER_SERVER_H
#define SSTP_SERVER_SERVER_H

#include "server/reload_report.h"
#include "server/server_cfg.h"
#include "tunnel/reason.h"

struct server;

/* Runs until a signal. Returns why it ended or could not start; errors have been logged. */
enum tunnel_reason server_run(const struct server_cfg *cfg);

/*
 * Reads the users, the certificates and what else can change again, as SIGHUP does. Call it in the
 * main thread. What can't be read stays unchanged. `report` need not be initialized.
 */
void server_reload(struct server *srv, struct reload_report *report);

unsigned server_worker_count(const struct server_cfg *cfg); /* how many threads it will have */

#endif
