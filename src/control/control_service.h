/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket of a program: its place, its routes, the events. */
#ifndef SSTP_CONTROL_CONTROL_SERVICE_H
#define SSTP_CONTROL_CONTROL_SERVICE_H

#include "control/control.h"
#include "control/place.h"
#include "util/ip.h"

enum { CONTROL_METRICS_MAX = 8 };

struct control_settings {
	bool is_off; /* no socket */
	struct control_place_cfg place;
	/* TCP, for the public routes: --metrics */
	struct sockaddr_storage metrics[CONTROL_METRICS_MAX];
	size_t metrics_count;
};

struct control_service {
	struct control *control; /* NULL: not open */
	struct control_place place;
};

/*
 * Opens it. False, after logging why: the socket that was asked for can't be had. Without a socket
 * of the default name the program goes on.
 */
bool control_service_open(struct control_service *s, const struct control_settings *settings,
			  const struct control_cfg *cfg);
void control_service_close(struct control_service *s);

#endif
