/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a RADIUS server asks for while sessions go on: to end them, or to change the limits of one.
 * The functions run in RADIUS' thread; they find sessions in the registry and call their workers.
 */
#ifndef SSTP_SERVER_ORDERS_H
#define SSTP_SERVER_ORDERS_H

#include "auth/radius.h"

struct server_state;

struct radius_orders orders_of(struct server_state *shared);

#endif
