/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listens for Disconnect-Requests and CoA-Requests, in one loop, and has them carried out. */
#ifndef SSTP_AUTH_RADIUS_LISTEN_H
#define SSTP_AUTH_RADIUS_LISTEN_H

#include "auth/radius_cfg.h"
#include "auth/radius_login.h"
#include "net/loop.h"

struct radius_orders;

struct radius_listen {
	struct loop *loop;
	const struct radius_nas *nas;
	const struct radius_orders *orders;
	struct radius_dae dae;
	struct loop_watch watches[2]; /* IPv4, IPv6; fd -1: not open */
	uint8_t in[RADIUS_PACKET_MAX + 1], out[RADIUS_PACKET_MAX];
};

/* 0 or -errno. Without configured sources it opens nothing. */
int radius_listen_open(struct radius_listen *l, struct loop *loop, const struct radius_cfg *cfg,
		       const struct radius_nas *nas, const struct radius_orders *orders);
void radius_listen_close(struct radius_listen *l);

#endif
