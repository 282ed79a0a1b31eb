/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TCP ports to which a process may still connect in its sandbox, each once. */
#ifndef SSTP_PROC_TCP_PORTS_H
#define SSTP_PROC_TCP_PORTS_H

#include "proc/landlock.h"

enum { TCP_PORTS_MAX = 128 };

/* All zero at first. */
struct tcp_ports {
	uint16_t at[TCP_PORTS_MAX];
	size_t count;
};

void tcp_ports_add(struct tcp_ports *p, uint16_t port);
/* Permits these alone, or all ports if there are TCP_PORTS_MAX or more. `p` must stay as long as `cfg`. */
void tcp_ports_permit(const struct tcp_ports *p, struct landlock_cfg *cfg);

#endif
