/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/dhcp6_setup.h"

#include "client/machine_id.h"
#include "util/secret.h"

static struct dhcp6_setup *setup_of(struct packet_sink *sink)
{
	return container_of(sink, struct dhcp6_setup, sink);
}

static void drain(struct dhcp6_setup *d)
{
	uint8_t packet[DHCP6_PACKET_MAX];
	bool has_changed = false;
	struct dhcp6_out out;

	while (dhcp6_client_next(&d->engine, &out)) {
		if (out.type == DHCP6_OUT_CHANGED) {
			has_changed = true;
			continue;
		}
		memcpy(packet, out.packet.at, out.packet.len);
		tunnel_send_own(d->tunnel, packet, out.packet.len);
	}
	loop_timer_set(d->loop, &d->timer, dhcp6_client_deadline(&d->engine));
	if (has_changed)
		d->changed(d);
}

static void on_timer(struct loop_timer *timer)
{
	struct dhcp6_setup *d = container_of(timer, struct dhcp6_setup, timer);

	dhcp6_client_tick(&d->engine, loop_now(d->loop));
	drain(d);
}

/* ---- packets */

static bool is_reply(const struct packet *p)
{
	const uint8_t *udp = p->at + p->h.ip_len;

	return p->h.is_v6 && p->h.is_bare && p->h.proto == IPPROTO_UDP &&
	       p->h.total >= p->h.ip_len + UDP_HDR_LEN && load_u16(udp) == DHCP6_SERVER_PORT &&
	       load_u16(udp + 2) == DHCP6_CLIENT_PORT;
}

static void deliver(struct packet_sink *sink, struct tunnel *from, const struct packet *p)
{
	struct dhcp6_setup *d = setup_of(sink);

	if (d->is_on && is_reply(p) &&
	    dhcp6_client_input(&d->engine, p->at, p->h.total, loop_now(d->loop)))
		drain(d);
	else
		d->backend->deliver(d->backend, from, p);
}

static void flush(struct packet_sink *sink)
{
	struct packet_sink *backend = setup_of(sink)->backend;

	backend->flush(backend);
}

static void has_room(struct packet_sink *sink)
{
	struct packet_sink *backend = setup_of(sink)->backend;

	backend->has_room(backend);
}

/* ---- life */

/*
 * A server may remember what it gave to this host, so the identifier is the same one each time, if the
 * host has a machine-id.
 */
static void make_uuid(uint8_t uuid[DHCP6_UUID_LEN])
{
	uint8_t digest[SHA256_LEN];

	if (machine_id_digest("sstp DHCPv6 client", "", "", digest))
		memcpy(uuid, digest, DHCP6_UUID_LEN);
	else
		secret_random(uuid, DHCP6_UUID_LEN);
}

static void make_engine(struct dhcp6_setup *d)
{
	struct dhcp6_client_cfg cfg = {
		.wants_prefix = d->wants_prefix,
		.prefix_len = d->prefix_len,
		.log = d->log,
	};

	make_uuid(cfg.uuid);
	secret_random(&cfg.seed, sizeof(cfg.seed));
	cfg.seed |= 1;
	dhcp6_client_init(&d->engine, &cfg);
	d->timer.expired = on_timer;
	d->has_engine = true;
}

void dhcp6_setup_start(struct dhcp6_setup *d, const uint8_t iid[IP6_IID_LEN])
{
	if (d->is_on)
		return;
	if (!d->has_engine)
		make_engine(d);
	d->sink = (struct packet_sink){
		.deliver = deliver,
		.flush = flush,
		.has_room = d->backend->has_room ? has_room : NULL,
	};
	d->is_on = true;
	dhcp6_client_start(&d->engine, iid, loop_now(d->loop));
	drain(d);
}

void dhcp6_setup_stop(struct dhcp6_setup *d)
{
	if (!d->is_on)
		return;
	d->is_on = false;
	loop_timer_stop(d->loop, &d->timer);
	dhcp6_client_stop(&d->engine);
}

void dhcp6_setup_release(struct dhcp6_setup *d)
{
	uint8_t packet[DHCP6_PACKET_MAX];
	size_t len = d->is_on ? dhcp6_client_release(&d->engine, loop_now(d->loop), packet) : 0;

	if (len)
		tunnel_send_own(d->tunnel, packet, len);
}

void dhcp6_setup_get(const struct dhcp6_setup *d, struct dhcp6_config *out)
{
	if (d->has_engine)
		dhcp6_client_config(&d->engine, loop_now(d->loop), out);
	else
		*out = (struct dhcp6_config){ .server_count = 0 };
}
