/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One attempt to connect, in a child: its process enters the sandbox, and cannot leave it to ask the user at the
 * terminal for another password. This process only waits, and passes signals on.
 */
#ifndef SSTP_CLI_ATTEMPT_H
#define SSTP_CLI_ATTEMPT_H

#include "client/client.h"

/* Runs it in a child, which fills in cfg->refusal of this process. Returns what it returned, 0 to 255. */
int attempt_run(struct client_cfg *cfg, int (*run)(void *arg, struct client_cfg *cfg), void *arg);

#endif
