/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/tcp_ports.h"

void tcp_ports_add(struct tcp_ports *p, uint16_t port)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->at[i] == port)
			return;
	if (p->count < TCP_PORTS_MAX)
		p->at[p->count++] = port;
}

void tcp_ports_permit(const struct tcp_ports *p, struct landlock_cfg *cfg)
{
	bool are_all_known = p->count < TCP_PORTS_MAX;

	cfg->ports = are_all_known ? p->at : NULL;
	cfg->port_count = are_all_known ? p->count : 0;
}
