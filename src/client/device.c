/* Packets between a tunnel and a TUN device, and the network set up around it. */
#include "client/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/script.h"
#include "tun/merge.h"

struct device {
	struct outlet outlet;
	const struct device_cfg *cfg;
	struct outlet_client *client;
	struct tun *tun;
	struct merge *merge;
	struct loop_watch watch;
	uint8_t *packet;   /* TUN_PACKET_MAX bytes */
	struct host *host; /* NULL with --script */
	struct outlet_link link;
	bool was_up; /* at any time */
};

static struct device *device_of(struct outlet *o)
{
	return container_of(o, struct device, outlet);
}

/* ---- packets */

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
			log_error(d->client->log, "%s: %s", d->outlet.name, strerror((int)-n));
			loop_watch_events(d->client->loop, w, 0);
			d->client->end(d->client, EXIT_NETCONF);
			return;
		}
		bytes += (size_t)n;
		tunnel_send(d->client->tunnel, d->packet, (size_t)n, &off);
	}
}

static void to_tun(struct port *port, struct tunnel *from, uint8_t *packet, size_t len)
{
	(void)from;
	merge_add(container_of(port, struct device, outlet.port)->merge, packet, len);
}

static void flush_tun(struct port *port)
{
	merge_flush(container_of(port, struct device, outlet.port)->merge);
}

/* ---- the host's network */

static int run_script(struct device *d, enum script_reason reason)
{
	struct script_env env = {
		.command = d->cfg->script,
		.device = d->outlet.name,
		.mtu = d->link.mtu,
		.gateway = d->link.server,
		.link = reason == SCRIPT_PRE_INIT ? NULL : &d->link,
		.routes = d->cfg->routes,
		.route_count = d->cfg->default_route ? 0 : d->cfg->route_count,
		.log = d->client->log,
	};

	return d->cfg->script ? script_run(reason, &env) : 0;
}

/* Without a way past the tunnel, the connection would be sent into the tunnel that is down. */
static int before_connect(struct outlet *o, const struct ip_addr *server)
{
	struct device *d = device_of(o);

	return d->host ? host_route_to_server(d->host, server) : 0;
}

/* What a script says of itself is logged, and is its user's to judge. */
static int up(struct outlet *o, const struct outlet_link *link)
{
	struct device *d = device_of(o);
	int error = 0;

	d->link = *link;
	if (d->host)
		error = host_up(d->host, link);
	else
		run_script(d, d->was_up ? SCRIPT_RECONNECT : SCRIPT_CONNECT);
	if (error)
		return error;
	d->was_up = true;
	loop_watch_events(d->client->loop, &d->watch, EPOLLIN);
	return 0;
}

static void down(struct outlet *o, bool will_return)
{
	struct device *d = device_of(o);

	loop_watch_events(d->client->loop, &d->watch, 0);
	if (d->host)
		host_pause(d->host);
	if (will_return)
		run_script(d, SCRIPT_ATTEMPT_RECONNECT);
}

/* ---- start and end */

static enum exit_code open_tun(struct device *d)
{
	struct tun_cfg cfg = { .name = d->cfg->interface, .offload = !d->cfg->no_offload };
	int error = tun_open(&cfg, &d->tun);

	if (!error)
		error = merge_open(d->tun, &d->merge);
	if (!error) {
		d->outlet.name = tun_name(d->tun);
		d->watch =
			(struct loop_watch){ .fd = tun_fd(d->tun), .events = 0, .ready = from_tun };
		error = loop_watch(d->client->loop, &d->watch);
	}
	if (!error)
		return EXIT_OK;
	tun_complain(d->client->log, &cfg, error);
	return EXIT_NETCONF;
}

static enum exit_code open_host(struct device *d)
{
	struct host_cfg cfg = {
		.device = d->outlet.name,
		.ifindex = tun_ifindex(d->tun),
		.default_route = d->cfg->default_route,
		.routes = d->cfg->routes,
		.route_count = d->cfg->route_count,
		.table = d->cfg->table,
		.dns = d->cfg->dns,
		.log = d->client->log,
	};

	if (d->cfg->script) {
		run_script(d, SCRIPT_PRE_INIT);
		return EXIT_OK;
	}
	host_recover(NULL, NULL, d->client->log);
	return host_open(&cfg, &d->host) ? EXIT_NETCONF : EXIT_OK;
}

static enum exit_code open_device(struct outlet *o, struct outlet_client *client)
{
	struct device *d = device_of(o);
	enum exit_code code;

	d->client = client;
	d->packet = malloc(TUN_PACKET_MAX);
	if (!d->packet) {
		log_error(client->log, "%s", strerror(ENOMEM));
		return EXIT_OTHER;
	}
	code = open_tun(d);
	return code ? code : open_host(d);
}

static void close_device(struct outlet *o)
{
	struct device *d = device_of(o);

	if (d->was_up)
		run_script(d, SCRIPT_DISCONNECT);
	host_close(d->host);
	if (d->watch.is_watched)
		loop_unwatch(d->client->loop, &d->watch);
	merge_close(d->merge);
	tun_close(d->tun);
	free(d->packet);
	free(d);
}

static const struct outlet_ops ops = {
	.open = open_device,
	.before_connect = before_connect,
	.up = up,
	.down = down,
	.close = close_device,
};

struct outlet *device_outlet(const struct device_cfg *cfg)
{
	struct device *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->cfg = cfg;
	d->outlet = (struct outlet){
		.ops = &ops,
		.port = { to_tun, flush_tun },
		.name = cfg->interface,
		.wants_dns = cfg->dns != HOST_DNS_NONE || cfg->script,
	};
	return &d->outlet;
}
