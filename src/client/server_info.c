/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the server's side for routes, name servers and a domain. */
#include "client/server_info.h"

#include "util/secret.h"

/* ---- packets */

static struct server_info *info_of(struct packet_sink *sink)
{
	return container_of(sink, struct server_info, sink);
}

static bool is_dhcp(const struct packet *p)
{
	const uint8_t *udp = p->at + p->h.ip_len;

	return !p->h.is_v6 && p->h.proto == IPPROTO_UDP && !p->h.is_fragment &&
	       p->h.total >= p->h.ip_len + UDP_HDR_LEN && load_u16(udp) == DHCP_SERVER_PORT &&
	       load_u16(udp + 2) == DHCP_CLIENT_PORT;
}

static void drain(struct server_info *s);

static void deliver(struct packet_sink *sink, struct tunnel *from, const struct packet *p)
{
	struct server_info *s = info_of(sink);

	if (is_dhcp(p) && inform_input(&s->engine, p->at, p->h.total))
		drain(s);
	else
		s->backend->deliver(s->backend, from, p);
}

static void flush(struct packet_sink *sink)
{
	struct packet_sink *backend = info_of(sink)->backend;

	backend->flush(backend);
}

static void has_room(struct packet_sink *sink)
{
	struct packet_sink *backend = info_of(sink)->backend;

	backend->has_room(backend);
}

/* ---- life */

static void log_info_of(const struct server_info *s)
{
	const struct dhcp_info *i = &s->engine.info;

	if (s->engine.has_reply)
		log_info(s->log, "the server's side gives %zu routes%s%s", i->route_count,
			 *i->domain ? ", domain " : "", i->domain);
	else
		log_debug(s->log, "dhcp: no reply to DHCPINFORM");
}

static void end(struct server_info *s)
{
	loop_timer_stop(s->loop, &s->timer);
	tunnel_set_sink(s->tunnel, s->backend);
	s->is_on = false;
}

static void drain(struct server_info *s)
{
	bool is_done = false;
	enum inform_out out;
	struct bytes packet;

	while ((out = inform_next(&s->engine, &packet)) != INFORM_NONE) {
		if (out == INFORM_PACKET)
			tunnel_send_own(s->tunnel, s->engine.packet, packet.len);
		else
			is_done = true;
	}
	loop_timer_set(s->loop, &s->timer, inform_deadline(&s->engine));
	if (!is_done)
		return;
	end(s);
	log_info_of(s);
	s->changed(s);
}

static void on_timer(struct loop_timer *timer)
{
	struct server_info *s = container_of(timer, struct server_info, timer);

	inform_tick(&s->engine, loop_now(s->loop));
	drain(s);
}

void server_info_start(struct server_info *s, const struct ip_addr *own)
{
	uint32_t id;

	if (s->was_on)
		return;
	secret_random(&id, sizeof(id));
	s->was_on = s->is_on = true;
	s->timer.expired = on_timer;
	s->sink = (struct packet_sink){
		.deliver = deliver,
		.flush = flush,
		.has_room = s->backend->has_room ? has_room : NULL,
	};
	tunnel_set_sink(s->tunnel, &s->sink);
	inform_start(&s->engine, own, id, loop_now(s->loop));
	drain(s);
}

void server_info_stop(struct server_info *s)
{
	if (s->is_on)
		loop_timer_stop(s->loop, &s->timer);
	s->is_on = s->was_on = false;
}

_Static_assert((int)LINK_ROUTES_MAX == (int)DHCP_ROUTES_MAX, "all routes fit");
_Static_assert((int)LINK_DOMAIN_SIZE == (int)DHCP_DOMAIN_SIZE, "the domain fits");

const struct dhcp_info *server_info_reply(const struct server_info *s)
{
	return s->was_on && !s->is_on && s->engine.has_reply ? &s->engine.info : NULL;
}

void server_info_get(const struct server_info *s, struct link_addrs *link)
{
	const struct dhcp_info *i = server_info_reply(s);

	link->is_informed = !s->is_on;
	if (!i)
		return;
	memcpy(link->routes, i->routes, sizeof(link->routes));
	link->route_count = i->route_count;
	memcpy(link->domain, i->domain, sizeof(link->domain));
}
