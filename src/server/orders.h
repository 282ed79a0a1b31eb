/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a RADIUS server or an administrator asks for while sessions go on: to end them, or to change
 * the limits of one. The functions run in any thread but the workers'; they find sessions in the
 * registry and call their workers.
 */
#ifndef SSTP_SERVER_ORDERS_H
#define SSTP_SERVER_ORDERS_H

#include "auth/radius.h"

struct server_state;

struct radius_orders orders_of(struct server_state *shared);
/* Ends the sessions that are meant; `why` is a constant. Returns how many were found. */
unsigned orders_end(struct server_state *shared, const struct radius_target *target,
		    const char *why);

#endif
