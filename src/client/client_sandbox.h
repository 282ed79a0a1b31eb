/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sandbox of a verb that connects to servers. It can still look names up, and connect by TCP to the ports of
 * the servers and of their proxies. What it needs of files but for that has been read before.
 */
#ifndef SSTP_CLIENT_CLIENT_SANDBOX_H
#define SSTP_CLIENT_CLIENT_SANDBOX_H

#include "client/client.h"
#include "proc/sandbox.h"

struct client_sandbox {
	enum sandbox_verb verb;
	enum sandbox_mode mode;
	const struct server_ref *first; /* and those beside it: */
	const struct server_ref *more;
	size_t more_count;
	const uint16_t *ports; /* further ones to connect to */
	size_t port_count;
};

/*
 * As sandbox_enter. The log must not have a thread yet (log_writer_wait); it may have one afterwards. Logs
 * what is missing, as a line of -v.
 */
int client_sandbox_enter(const struct client_sandbox *s, struct sandbox_report *report,
			 struct error *err);

#endif
