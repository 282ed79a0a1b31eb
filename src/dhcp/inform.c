/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks for routes, name servers and a domain, a few times. */
#include "dhcp/inform.h"

static void begin_try(struct inform *e, uint64_t now_ms)
{
	e->must_send = true;
	e->at_ms = now_ms + ((uint64_t)INFORM_FIRST_MS << e->tries);
	e->tries++;
}

static void finish(struct inform *e)
{
	e->must_send = false;
	e->is_done = true;
	e->at_ms = UINT64_MAX;
}

void inform_start(struct inform *e, const struct ip_addr *own, uint32_t id, uint64_t now_ms)
{
	memset(e, 0, sizeof(*e));
	e->own = *own;
	e->id = id;
	begin_try(e, now_ms);
}

bool inform_input(struct inform *e, const uint8_t *packet, size_t len)
{
	struct dhcp_message m;

	if (e->at_ms == UINT64_MAX || !dhcp_get(packet, len, &m) || m.type != DHCP_ACK ||
	    m.id != e->id)
		return false;
	e->info = m.info;
	e->has_reply = true;
	finish(e);
	return true;
}

void inform_tick(struct inform *e, uint64_t now_ms)
{
	if (now_ms < e->at_ms)
		return;
	if (e->tries < INFORM_TRIES)
		begin_try(e, now_ms);
	else
		finish(e);
}

uint64_t inform_deadline(const struct inform *e)
{
	return e->at_ms;
}

enum inform_out inform_next(struct inform *e, struct bytes *packet)
{
	if (e->must_send) {
		e->must_send = false;
		*packet = bytes_of(e->packet, dhcp_put_inform(e->packet, &e->own, e->id));
		return INFORM_PACKET;
	}
	if (!e->is_done)
		return INFORM_NONE;
	e->is_done = false;
	return INFORM_DONE;
}
