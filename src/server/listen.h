/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listening sockets: of addresses, of paths, and given by systemd. */
#ifndef SSTP_SERVER_LISTEN_H
#define SSTP_SERVER_LISTEN_H

#include "server/server_cfg.h"

struct listen_text {
	char text[160];
};

/* "[::]:443", "unix:/run/sstp/tls.sock", "http://127.0.0.1:8080" */
struct listen_text listen_print(const struct listen_addr *at);

/* Whether there is one socket for all workers. */
bool listen_is_single(const struct listen_addr *at);

/*
 * A listening socket, or -errno. `shared`: the kernel spreads connections over several sockets. A Unix
 * socket that a process which has ended left at the path is replaced.
 */
int listen_open(const struct listen_addr *at, bool shared);
/* Removes a path that listen_open made. */
void listen_remove(const struct listen_addr *at);

#endif
