/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --listen, and the sockets that systemd gives. */
#ifndef SSTP_CLI_LISTEN_OPTION_H
#define SSTP_CLI_LISTEN_OPTION_H

#include "server/server_cfg.h"
#include "util/error.h"

enum { LISTENS_MAX = 64 };

struct listen_list {
	struct listen_addr at[LISTENS_MAX];
	size_t count;
};

bool set_listen(void *to, const char *value, struct error *err); /* struct listen_list */
void clear_listen(void *to);

/*
 * Adds the sockets that systemd has given to this process (sd_listen_fds(3)); an address of the list that
 * one of them has is left out. With neither, port 443 of all addresses. False with err filled: a
 * descriptor is no listening socket.
 */
bool listen_complete(struct listen_list *l, struct error *err);

#endif
