/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets between a tunnel and a device, and the network set up around it. */
#include "client/device.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/script.h"
#include "tun/merge.h"
#include "util/alloc.h"

struct device {
	struct outlet outlet;
	const struct device_cfg *cfg;
	struct outlet_client *client;
	struct place *place;
	struct tun *tun;
	struct merge *merge;
	struct loop_watch watch, exit_watch;
	uint8_t *packet;   /* TUN_PACKET_MAX bytes, for tunnel_send_block */
	struct host *host; /* NULL with --script, and where the network is not ours to set up */
	struct scripts scripts;
	struct link_addrs link;
	bool is_up;
	bool was_up; /* at any time */
};

static struct device *device_of(struct outlet *o)
{
	return container_of(o, struct device, outlet);
}

/* ---- packets */

/* The device is gone, or the other end of what we were given. */
static void lost(struct device *d, int error)
{
	bool is_closed = error == -EPIPE;

	if (is_closed)
		log_info(d->client->log, "%s: its other end is closed", d->outlet.name);
	else
		log_error(d->client->log, "%s: %s", d->outlet.name, strerror(-error));
	loop_watch_events(d->client->loop, &d->watch, 0);
	d->client->end(d->client, is_closed ? EXIT_OK : EXIT_NETCONF);
}

static void from_tun(struct loop_watch *w, uint32_t events)
{
	struct device *d = container_of(w, struct device, watch);
	struct tun_offload off;
	size_t bytes = 0;

	(void)events;
	for (int i = 0; i < TUN_TURN_PACKETS && bytes < TUN_TURN_BYTES; i++) {
		ssize_t n = tun_read(d->tun, d->packet, TUN_PACKET_MAX, &off);

		if (n == -EAGAIN)
			return;
		if (n == -EPROTO)
			continue;
		if (n < 0) {
			lost(d, (int)n);
			return;
		}
		bytes += (size_t)n;
		tunnel_send_block(d->client->tunnel, &d->packet, (size_t)n, &off);
	}
}

static void to_tun(struct packet_sink *sink, struct tunnel *from, uint8_t *packet, size_t len)
{
	(void)from;
	merge_add(container_of(sink, struct device, outlet.sink)->merge, packet, len);
}

static void flush_tun(struct packet_sink *sink)
{
	merge_flush(container_of(sink, struct device, outlet.sink)->merge);
}

/* ---- the host's network */

static struct script_env script_env_of(const struct device *d, enum script_reason reason)
{
	return (struct script_env){
		.command = d->cfg->script,
		.device = d->outlet.name,
		.mtu = d->link.mtu,
		.gateway = d->link.server,
		.link = reason == SCRIPT_PRE_INIT ? NULL : &d->link,
		.routes = d->cfg->routes,
		.route_count = d->cfg->default_route ? 0 : d->cfg->route_count,
		.log = d->client->log,
	};
}

/* Beside the loop: packets go on meanwhile. */
static void run_script(struct device *d, enum script_reason reason)
{
	struct script_env env = script_env_of(d, reason);

	if (d->cfg->script)
		scripts_add(&d->scripts, reason, &env);
}

/* Nothing is being set up, or put back, beside the loop. */
static bool is_settled(const struct device *d)
{
	return scripts_are_idle(&d->scripts) && (!d->host || host_is_settled(d->host));
}

static void host_settled(void *arg)
{
	struct device *d = arg;

	d->client->settled(d->client);
}

static void scripts_done(struct scripts *s)
{
	struct device *d = container_of(s, struct device, scripts);

	d->client->settled(d->client);
}

static void open_scripts(struct device *d)
{
	d->scripts.loop = d->client->loop;
	d->scripts.log = d->client->log;
	d->scripts.idle = scripts_done;
	scripts_open(&d->scripts);
}

static void close_scripts(struct device *d)
{
	struct script_env env;

	if (!d->cfg->script || !d->client)
		return;
	env = script_env_of(d, SCRIPT_DISCONNECT);
	scripts_close(&d->scripts, d->was_up ? &env : NULL);
}

/* Without a way past the tunnel, the connection would be sent into the tunnel that is down. */
static int before_connect(struct outlet *o, const struct ip_addr *server)
{
	struct device *d = device_of(o);

	return d->host ? host_route_to_server(d->host, server) : 0;
}

static bool is_same_list(const struct ip_addr *a, size_t a_count, const struct ip_addr *b,
			 size_t b_count)
{
	bool is_same = a_count == b_count;

	for (size_t i = 0; i < a_count && is_same; i++)
		is_same = ip_equal(&a[i], &b[i]);
	return is_same;
}

/* Would a script be told anything that it has not been told? Lifetimes are not. */
static bool has_news(const struct link_addrs *was, const struct link_addrs *is)
{
	struct ip_addr were6 = script_ipv6_address(was), are6 = script_ipv6_address(is);

	return !ip_equal(&was->own, &is->own) || !ip_equal(&was->peer, &is->peer) ||
	       !ip_equal(&was->own_ll, &is->own_ll) || !ip_equal(&were6, &are6) ||
	       was->mtu != is->mtu ||
	       !is_same_list(was->dns, was->dns_count, is->dns, is->dns_count);
}

/* What a script says of itself is logged, and is its user's to judge. */
static int up(struct outlet *o, const struct link_addrs *link)
{
	struct device *d = device_of(o);
	bool is_news = !d->is_up || has_news(&d->link, link);
	int error = 0;

	d->link = *link;
	if (d->host)
		error = host_up(d->host, link);
	else if (is_news)
		run_script(d, d->was_up ? SCRIPT_RECONNECT : SCRIPT_CONNECT);
	if (!error && d->place->ops->up)
		error = d->place->ops->up(d->place, link);
	if (error)
		return error;
	d->is_up = d->was_up = true;
	loop_watch_events(d->client->loop, &d->watch, EPOLLIN);
	return is_settled(d) ? 0 : OUTLET_LATER;
}

/* The server's name may be looked up once the host's own DNS is back. */
static int down(struct outlet *o, bool will_return)
{
	struct device *d = device_of(o);

	d->is_up = false;
	loop_watch_events(d->client->loop, &d->watch, 0);
	if (d->host)
		host_pause(d->host);
	if (will_return)
		run_script(d, SCRIPT_ATTEMPT_RECONNECT);
	return !d->host || host_is_settled(d->host) ? 0 : OUTLET_LATER;
}

/* ---- start and end */

static enum exit_code open_packets(struct device *d)
{
	int error = merge_open(d->tun, &d->merge);

	d->packet = alloc_get(TUN_PACKET_MAX);
	if (!error && !d->packet)
		error = -ENOMEM;
	if (!error) {
		d->watch =
			(struct loop_watch){ .fd = tun_fd(d->tun), .events = 0, .ready = from_tun };
		error = loop_watch(d->client->loop, &d->watch);
	}
	if (!error)
		return EXIT_OK;
	log_error(d->client->log, "%s: %s", d->outlet.name, strerror(-error));
	return EXIT_OTHER;
}

/* A script brings the device up, and would find an address that the kernel has made up. */
static void keep_kernel_out(struct host_cfg *host)
{
	if (host->netlink || !netlink_open(&host->netlink))
		netlink_link_no_autoaddr(host->netlink, host->ifindex);
}

/* The namespace's netlink socket, if there is one, is not needed without it. */
static enum exit_code open_host(struct device *d, struct place_device *made)
{
	if (!made->is_bare && !d->cfg->script)
		return host_open(&made->host, &d->host) ? EXIT_NETCONF : EXIT_OK;
	if (!made->is_bare)
		keep_kernel_out(&made->host);
	netlink_close(made->host.netlink);
	if (d->cfg->script)
		open_scripts(d);
	run_script(d, SCRIPT_PRE_INIT);
	return EXIT_OK;
}

/* Whoever holds the other end need not say anything, and nothing that it says is for us. */
static void from_exit_fd(struct loop_watch *w, uint32_t events)
{
	struct device *d = container_of(w, struct device, exit_watch);
	char drain[256];

	if (!(events & (EPOLLHUP | EPOLLERR)) && read(w->fd, drain, sizeof(drain)) > 0)
		return;
	loop_unwatch(d->client->loop, w);
	log_info(d->client->log, "descriptor %d is closed at its other end", w->fd);
	d->client->end(d->client, EXIT_OK);
}

static enum exit_code watch_exit_fd(struct device *d)
{
	int fd = d->cfg->exit_fd, error;

	if (fd < 0)
		return EXIT_OK;
	fcntl(fd, F_SETFD, FD_CLOEXEC); /* a script would hold it open */
	d->exit_watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = from_exit_fd };
	error = loop_watch(d->client->loop, &d->exit_watch);
	if (!error)
		return EXIT_OK;
	log_error(d->client->log, "--exit-fd %d: %s: it must be the end of a pipe or of a socket",
		  fd, strerror(-error));
	return EXIT_USAGE;
}

static enum exit_code open_device(struct outlet *o, struct outlet_client *client)
{
	struct device *d = device_of(o);
	const struct device_cfg *cfg = d->cfg;
	struct tun_cfg tun = { .name = cfg->interface, .offload = !cfg->no_offload };
	struct place_device made = {
		.host = {
			.default_route = cfg->default_route,
			.ipv6_outside = cfg->ipv6_outside,
			.loop = client->loop,
			.routes = cfg->routes,
			.route_count = cfg->route_count,
			.table = cfg->table,
			.dns = cfg->dns,
			.settled = host_settled,
			.arg = d,
			.log = client->log,
		},
	};
	enum exit_code code;

	d->client = client;
	code = d->place->ops->open(d->place, client, &tun, &made);
	if (code)
		return code;
	d->tun = made.tun;
	made.host.device = d->outlet.name = made.name;
	code = open_host(d, &made);
	if (!code)
		code = open_packets(d);
	return code ? code : watch_exit_fd(d);
}

static bool take_signal(struct outlet *o, const struct signalfd_siginfo *info)
{
	struct device *d = device_of(o);
	struct place *p = d->place;

	if (info->ssi_signo == SIGCHLD)
		scripts_child(&d->scripts);
	if (info->ssi_signo == SIGCHLD && d->host)
		host_child(d->host);
	return p->ops->signal && p->ops->signal(p, info);
}

static void close_device(struct outlet *o)
{
	struct device *d = device_of(o);

	close_scripts(d);
	host_close(d->host);
	if (d->client) {
		loop_unwatch(d->client->loop, &d->watch);
		loop_unwatch(d->client->loop, &d->exit_watch);
	}
	merge_close(d->merge);
	tun_close(d->tun);
	d->place->ops->close(d->place);
	alloc_put(d->packet);
	free(d);
}

static const struct outlet_ops ops = {
	.open = open_device,
	.before_connect = before_connect,
	.up = up,
	.down = down,
	.signal = take_signal,
	.close = close_device,
};

struct outlet *device_outlet(const struct device_cfg *cfg)
{
	struct device *d = cfg->place ? calloc(1, sizeof(*d)) : NULL;

	if (!d) {
		if (cfg->place)
			cfg->place->ops->close(cfg->place);
		return NULL;
	}
	d->cfg = cfg;
	d->place = cfg->place;
	d->outlet = (struct outlet){
		.ops = &ops,
		.sink = { .deliver = to_tun, .flush = flush_tun },
		.name = cfg->interface,
		.wants_dns = cfg->dns != HOST_DNS_NONE || cfg->script,
	};
	return &d->outlet;
}
