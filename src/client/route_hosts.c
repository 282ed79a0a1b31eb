/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks up names whose addresses become routes. */
#include "client/route_hosts.h"

#include <stdlib.h>

#include "util/checksum.h"
#include "util/secret.h"

enum {
	PACKET_SIZE = IPV6_HDR_LEN + UDP_HDR_LEN + DNS_QUERY_MAX,
	PORT_MIN = 49152, /* RFC 6335 section 6 */
	TTL = 64,
};

struct route_hosts {
	struct route_hosts_cfg cfg;
	struct follow engine;
	struct loop_timer timer;
	bool is_up;
	struct ip_addr own4, own6; /* AF_UNSPEC: none */
	struct ip_addr servers[LINK_DNS_MAX];
	size_t server_count;
	uint16_t port; /* ours; another one after each connect */
};

static uint16_t random_id(void *arg)
{
	uint16_t id;

	(void)arg;
	secret_random(&id, sizeof(id));
	return id;
}

/* ---- packets */

static void put_ip(struct writer *w, const struct ip_addr *from, const struct ip_addr *to,
		   size_t payload)
{
	bool is_v4 = from->family == AF_INET;

	if (is_v4) {
		put_u16(w, IPV4_VERSION_IHL << 8);
		put_u16(w, (uint16_t)(IPV4_HDR_LEN + payload));
		put_u16(w, 0);
		put_u16(w, IPV4_DF);
		put_u16(w, TTL << 8 | IPPROTO_UDP);
		put_u16(w, 0);
	} else {
		put_u32(w, (uint32_t)IPV6_VERSION << 24);
		put_u16(w, (uint16_t)payload);
		put_u16(w, IPPROTO_UDP << 8 | TTL);
	}
	put_bytes(w, from->bytes, is_v4 ? IPV4_ADDR_LEN : IPV6_ADDR_LEN);
	put_bytes(w, to->bytes, is_v4 ? IPV4_ADDR_LEN : IPV6_ADDR_LEN);
	if (is_v4)
		put_u16_at(w, IPV4_CHECKSUM_AT, (uint16_t)~checksum_sum(w->at, IPV4_HDR_LEN));
}

static size_t put_packet(uint8_t to[PACKET_SIZE], const struct ip_addr *from,
			 const struct ip_addr *server, uint16_t port, struct bytes message)
{
	struct writer w = writer_of(to, PACKET_SIZE);
	size_t len = UDP_HDR_LEN + message.len, udp;
	struct headers h;
	uint16_t sum;

	put_ip(&w, from, server, len);
	udp = w.len;
	put_u16(&w, port);
	put_u16(&w, DNS_PORT);
	put_u16(&w, (uint16_t)len);
	put_u16(&w, 0);
	put_bytes(&w, message.at, message.len);
	if (w.full || !headers_parse(&h, to, w.len))
		return 0;
	sum = checksum_fold(headers_pseudo(&h, to, len) + checksum_sum(to + udp, len));
	put_u16_at(&w, udp + UDP_CHECKSUM_AT, sum == UINT16_MAX ? sum : (uint16_t)~sum);
	return w.len;
}

/* Without an address of that family the query is lost, and the next server's turn comes. */
static void send_query(struct route_hosts *r, const struct follow_out *out)
{
	const struct ip_addr *from = out->server.family == AF_INET ? &r->own4 : &r->own6;
	uint8_t packet[PACKET_SIZE];
	size_t len;

	if (from->family == AF_UNSPEC)
		return;
	len = put_packet(packet, from, &out->server, r->port, out->message);
	if (len)
		tunnel_send_own(r->cfg.tunnel, packet, len);
}

static void report(struct route_hosts *r)
{
	struct ip_addr addrs[ROUTE_HOSTS_ADDRS_MAX];
	size_t count = follow_addresses(&r->engine, addrs, ROUTE_HOSTS_ADDRS_MAX);

	r->cfg.changed(r->cfg.arg, addrs, count);
}

static void drain(struct route_hosts *r)
{
	struct follow_out out;
	enum follow_out_type type;

	while ((type = follow_next(&r->engine, &out)) != FOLLOW_NONE) {
		if (type == FOLLOW_QUERY)
			send_query(r, &out);
		else if (type == FOLLOW_CHANGE)
			report(r);
		else
			log_warn(r->cfg.log, "--route-host %s: no DNS server of the VPN answers",
				 out.name);
	}
	loop_timer_set(r->cfg.loop, &r->timer, follow_deadline(&r->engine));
}

static void on_timer(struct loop_timer *timer)
{
	struct route_hosts *r = container_of(timer, struct route_hosts, timer);

	follow_tick(&r->engine, loop_now(r->cfg.loop));
	drain(r);
}

bool route_hosts_take(struct route_hosts *r, const struct packet *p)
{
	const uint8_t *udp = p->at + p->h.ip_len;
	struct ip_addr from;

	if (p->h.proto != IPPROTO_UDP || p->h.is_fragment || !r->is_up ||
	    p->h.total < p->h.ip_len + UDP_HDR_LEN || load_u16(udp) != DNS_PORT ||
	    load_u16(udp + 2) != r->port)
		return false;
	from = packet_src(p);
	if (!follow_message(&r->engine, &from,
			    bytes_of(udp + UDP_HDR_LEN, p->h.total - p->h.ip_len - UDP_HDR_LEN),
			    loop_now(r->cfg.loop)))
		return false;
	drain(r);
	return true;
}

/* ---- life */

struct route_hosts *route_hosts_open(const struct route_hosts_cfg *cfg)
{
	struct route_hosts *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->cfg = *cfg;
	r->timer.expired = on_timer;
	follow_open(&r->engine, random_id, NULL);
	for (size_t i = 0; i < cfg->count; i++)
		follow_add(&r->engine, cfg->names[i]);
	return r;
}

static bool has_changed(const struct route_hosts *r, const struct link_addrs *link)
{
	if (!r->is_up || r->server_count != link->dns_count)
		return true;
	for (size_t i = 0; i < link->dns_count; i++)
		if (!ip_equal(&r->servers[i], &link->dns[i]))
			return true;
	return false;
}

void route_hosts_up(struct route_hosts *r, const struct link_addrs *link)
{
	bool must_start = has_changed(r, link);

	r->own4 = link->own;
	r->own6 = link->ip6.addr_count ? link->ip6.addrs[0].addr : (struct ip_addr){ 0 };
	if (!must_start)
		return;
	if (!link->dns_count && !r->is_up)
		log_warn(r->cfg.log, "--route-host: the VPN has no DNS server; --dns names one");
	r->is_up = true;
	r->server_count = link->dns_count;
	memcpy(r->servers, link->dns, sizeof(r->servers));
	r->port = (uint16_t)(PORT_MIN | random_id(NULL));
	follow_start(&r->engine, r->servers, r->server_count, loop_now(r->cfg.loop));
	drain(r);
}

void route_hosts_down(struct route_hosts *r)
{
	r->is_up = false;
	follow_stop(&r->engine);
	loop_timer_stop(r->cfg.loop, &r->timer);
}

void route_hosts_close(struct route_hosts *r)
{
	if (!r)
		return;
	loop_timer_stop(r->cfg.loop, &r->timer);
	free(r);
}
