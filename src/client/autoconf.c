/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/autoconf.h"

#include <string.h>

static void log_address(struct autoconf *a)
{
	struct slaac_config c;

	slaac_config(&a->engine, loop_now(a->loop), &c);
	if (!c.addr_count || ip_equal(&c.addrs[0].addr, &a->said))
		return;
	a->said = c.addrs[0].addr;
	log_info(a->log, "IPv6 address %s%s", ip_print(&a->said).text,
		 c.has_router ? "" : ", and no router for other networks");
}

static void drain(struct autoconf *a)
{
	uint8_t packet[IP6_PACKET_MAX];
	bool has_changed = false;
	struct slaac_out out;

	while (slaac_next(&a->engine, &out)) {
		if (out.type == SLAAC_OUT_CHANGED) {
			has_changed = true;
			continue;
		}
		memcpy(packet, out.packet.at, out.packet.len);
		tunnel_send_own(a->tunnel, packet, out.packet.len);
	}
	loop_timer_set(a->loop, &a->timer, slaac_deadline(&a->engine));
	if (!has_changed)
		return;
	log_address(a);
	a->changed(a);
}

static void on_timer(struct loop_timer *timer)
{
	struct autoconf *a = container_of(timer, struct autoconf, timer);

	slaac_tick(&a->engine, loop_now(a->loop));
	drain(a);
}

void autoconf_start(struct autoconf *a, const uint8_t iid[IP6_IID_LEN])
{
	struct slaac_cfg cfg = { .log = a->log };

	memcpy(cfg.own_iid, iid, sizeof(cfg.own_iid));
	slaac_init(&a->engine, &cfg);
	a->timer.expired = on_timer;
	a->is_on = true;
	slaac_start(&a->engine, loop_now(a->loop));
	drain(a);
}

void autoconf_input(struct autoconf *a, struct bytes packet)
{
	if (!a->is_on)
		return;
	slaac_input(&a->engine, packet.at, packet.len, loop_now(a->loop));
	drain(a);
}

void autoconf_stop(struct autoconf *a)
{
	if (a->is_on)
		loop_timer_stop(a->loop, &a->timer);
	a->is_on = false;
}

void autoconf_get(const struct autoconf *a, struct slaac_config *out)
{
	if (a->is_on)
		slaac_config(&a->engine, loop_now(a->loop), out);
	else
		*out = (struct slaac_config){ .is_settled = false };
}
