/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves packets between a tunnel and a device. */
#include "client/tun_backend.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/name_lookup.h"
#include "client/route_hosts.h"
#include "tun/merge.h"
#include "util/alloc.h"

struct tun_backend {
	struct backend base;
	const struct tun_backend_cfg *cfg;
	struct backend_client *client;
	struct host_setup *setup;
	struct host_setup_user user;
	struct merge *merge;
	struct loop_watch watch;
	struct packet packet;            /* the last one read, for tunnel_send_block */
	struct route_hosts *route_hosts; /* NULL without --route-host */
	struct name_lookup_cfg lookup;   /* of the server's name, while the network is locked */
	bool was_asked_to_end;
};

static struct tun_backend *tun_backend_of(struct backend *b)
{
	return container_of(b, struct tun_backend, base);
}

/* ---- packets */

/* The device was removed, or the other end of a given descriptor was closed. */
static void lost(struct tun_backend *t, int error)
{
	bool is_closed = error == -EPIPE;

	loop_watch_events(t->client->loop, &t->watch, 0);
	if (is_closed && t->cfg->host.source.kind == NETDEV_FOR_SCRIPT)
		return; /* it ends, and we end with its status; or it only closed its socket */
	if (is_closed)
		log_info(t->client->log, "%s: its other end is closed", t->base.name);
	else
		log_error(t->client->log, "%s: %s", t->base.name, tun_strerror(error));
	t->client->end(t->client, is_closed ? REASON_NONE : REASON_NETWORK, 0);
}

static void send_packet(void *arg, struct packet *p, const struct tun_offload *off)
{
	struct tun_backend *t = arg;

	tunnel_send_block(t->client->tunnel, p, off);
}

static void from_tun(struct loop_watch *w, uint32_t events)
{
	struct tun_backend *t = container_of(w, struct tun_backend, watch);
	int error = tun_read_turn(t->setup->tun, &t->packet, send_packet, t);

	(void)events;
	if (error)
		lost(t, error);
}

static void to_tun(struct packet_sink *sink, struct tunnel *from, const struct packet *p)
{
	struct tun_backend *t = container_of(sink, struct tun_backend, base.sink);

	(void)from;
	if (t->route_hosts && route_hosts_take(t->route_hosts, p))
		return;
	merge_add(t->merge, p);
}

static void flush_tun(struct packet_sink *sink)
{
	merge_flush(container_of(sink, struct tun_backend, base.sink)->merge);
}

/* ---- the host's network */

static int before_connect(struct backend *b, const struct sockaddr_storage *server)
{
	struct host_setup *s = tun_backend_of(b)->setup;

	return s->ops->before_connect(s, server);
}

static const struct resolve_method *before_lookup(struct backend *b, bool again)
{
	struct tun_backend *t = tun_backend_of(b);
	struct host_name_lookup how;

	t->setup->ops->before_lookup(t->setup, again, &how);
	if (!how.is_marked)
		return NULL;
	name_lookup_init(&t->lookup);
	t->lookup.mark = t->cfg->host.mark;
	memcpy(t->lookup.servers, how.servers, sizeof(how.servers));
	t->lookup.server_count = how.server_count;
	return &t->lookup.method;
}

static int up(struct backend *b, const struct link_addrs *given)
{
	struct tun_backend *t = tun_backend_of(b);
	struct link_addrs link =
		link_addrs_with_dns(given, t->cfg->host.dns, t->cfg->host.dns_count);
	int result = t->setup->ops->up(t->setup, given);

	if (result < 0)
		return result;
	if (t->route_hosts)
		route_hosts_up(t->route_hosts, &link);
	loop_watch_events(t->client->loop, &t->watch, EPOLLIN);
	return result == HOST_SETUP_LATER ? BACKEND_LATER : 0;
}

static int down(struct backend *b, bool will_return)
{
	struct tun_backend *t = tun_backend_of(b);

	loop_watch_events(t->client->loop, &t->watch, 0);
	if (t->route_hosts)
		route_hosts_down(t->route_hosts);
	return t->setup->ops->down(t->setup, will_return) == HOST_SETUP_LATER ? BACKEND_LATER : 0;
}

static void settled(void *arg)
{
	struct tun_backend *t = arg;

	t->client->settled(t->client);
}

static void must_end(void *arg, enum tunnel_reason reason, int status)
{
	struct tun_backend *t = arg;

	t->client->end(t->client, reason, status);
}

static void named_changed(void *arg, const struct ip_addr *addrs, size_t count)
{
	struct tun_backend *t = arg;

	t->setup->ops->set_named(t->setup, addrs, count);
}

/* ---- start and end */

static enum tunnel_reason open_packets(struct tun_backend *t)
{
	int error = merge_open(t->setup->tun, &t->merge);

	t->packet.at = alloc_get(TUN_PACKET_MAX);
	if (!error && !t->packet.at)
		error = -ENOMEM;
	if (!error) {
		t->watch = (struct loop_watch){ .fd = tun_fd(t->setup->tun),
						.events = 0,
						.ready = from_tun };
		error = loop_watch(t->client->loop, &t->watch);
	}
	if (!error)
		return REASON_NONE;
	log_error(t->client->log, "%s: %s", t->base.name, strerror(-error));
	return REASON_SYSTEM;
}

static enum tunnel_reason open_route_hosts(struct tun_backend *t)
{
	struct route_hosts_cfg cfg = {
		.loop = t->client->loop,
		.tunnel = t->client->tunnel,
		.log = t->client->log,
		.names = t->cfg->route_hosts,
		.count = t->cfg->route_host_count,
		.changed = named_changed,
		.arg = t,
	};

	if (!cfg.count)
		return REASON_NONE;
	t->route_hosts = route_hosts_open(&cfg);
	return t->route_hosts ? REASON_NONE : REASON_SYSTEM;
}

static enum tunnel_reason open_backend(struct backend *b, struct backend_client *client)
{
	struct tun_backend *t = tun_backend_of(b);
	enum tunnel_reason reason;

	t->client = client;
	t->user = (struct host_setup_user){
		.loop = client->loop,
		.log = client->log,
		.settled = settled,
		.end = must_end,
		.arg = t,
	};
	reason = t->setup->ops->open(t->setup, &t->user);
	t->base.name = t->setup->name;
	if (!reason)
		reason = open_route_hosts(t);
	if (!reason)
		reason = open_packets(t);
	return reason;
}

static void before_end(struct backend *b)
{
	struct host_setup *s = tun_backend_of(b)->setup;

	if (s->ops->before_end)
		s->ops->before_end(s);
}

static bool take_signal(struct backend *b, const struct signalfd_siginfo *info)
{
	struct tun_backend *t = tun_backend_of(b);

	if (info->ssi_signo != SIGCHLD && info->ssi_signo != SIGUSR1 && info->ssi_signo != SIGUSR2)
		t->was_asked_to_end = true;
	return t->setup->ops->signal(t->setup, info);
}

static void close_backend(struct backend *b)
{
	struct tun_backend *t = tun_backend_of(b);

	t->setup->ops->restore(t->setup);
	route_hosts_close(t->route_hosts);
	if (t->client)
		loop_unwatch(t->client->loop, &t->watch);
	merge_close(t->merge);
	tun_close(t->setup->tun);
	t->setup->ops->close(t->setup, t->was_asked_to_end);
	alloc_put(t->packet.at);
	free(t);
}

static const struct backend_ops ops = {
	.open = open_backend,
	.before_lookup = before_lookup,
	.before_connect = before_connect,
	.up = up,
	.down = down,
	.before_end = before_end,
	.signal = take_signal,
	.close = close_backend,
};

struct backend *tun_backend_new(const struct tun_backend_cfg *cfg, struct host_setup *setup)
{
	struct tun_backend *t = setup ? calloc(1, sizeof(*t)) : NULL;

	if (!t) {
		if (setup)
			setup->ops->close(setup, false);
		return NULL;
	}
	t->cfg = cfg;
	t->setup = setup;
	t->base = (struct backend){
		.ops = &ops,
		.sink = { .deliver = to_tun, .flush = flush_tun },
		.name = cfg->host.interface,
		.wants_dns = !cfg->host.no_dns || cfg->host.script || cfg->route_host_count,
	};
	return &t->base;
}
