/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server may still do once it reads from the network: name look-ups, and connections to other servers. */
#ifndef SSTP_SERVER_SERVER_SANDBOX_H
#define SSTP_SERVER_SERVER_SANDBOX_H

#include "proc/sandbox.h"
#include "server/server_cfg.h"

/*
 * After all is open and the helper is sealed, and before the first thread. 0, or -errno, logged: the server must
 * end. Without a helper the server does itself what needs the rights of the start, so it has no sandbox.
 */
int server_sandbox_enter(const struct server_cfg *cfg, bool has_helper,
			 struct sandbox_report *report);

#endif
