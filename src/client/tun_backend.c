/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves packets between a tunnel and a device, and sets up the network around it. */
#include "client/tun_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lockdown.h"
#include "client/name_lookup.h"
#include "client/route_hosts.h"
#include "client/script.h"
#include "net/sockopt.h"
#include "tun/merge.h"
#include "util/alloc.h"

struct tun_backend {
	struct backend base;
	const struct tun_backend_cfg *cfg;
	struct backend_client *client;
	struct netdev *netdev;
	struct tun *tun;
	struct merge *merge;
	struct loop_watch watch, exit_watch, process_watch;
	struct packet packet; /* the last one read, for tunnel_send_block */
	struct host *host;    /* NULL with --script, and if the network is not ours to set up */
	struct route_hosts *route_hosts; /* NULL without --route-host */
	struct lockdown *lockdown;       /* NULL without --lockdown */
	struct name_lookup_cfg lookup;   /* of the server's name, while the network is locked */
	bool was_asked_to_end;
	struct scripts scripts;
	struct link_addrs link;
	bool is_up;
	bool is_up_due; /* the script, or --up, is to run when the host's network is set up */
	bool was_up;    /* once at least */
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

	if (is_closed)
		log_info(t->client->log, "%s: its other end is closed", t->base.name);
	else
		log_error(t->client->log, "%s: %s", t->base.name, strerror(-error));
	loop_watch_events(t->client->loop, &t->watch, 0);
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
	int error = tun_read_turn(t->tun, &t->packet, send_packet, t);

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

static struct script_env script_env_of(const struct tun_backend *t, enum script_reason reason)
{
	bool is_up = reason == SCRIPT_CONNECT || reason == SCRIPT_RECONNECT;
	const struct tun_backend_cfg *cfg = t->cfg;

	return (struct script_env){
		.command = cfg->script                 ? cfg->script
			   : reason == SCRIPT_PRE_INIT ? NULL
			   : is_up                     ? cfg->up
						       : cfg->down,
		.option = cfg->script ? NULL
			  : is_up     ? "up"
				      : "down",
		.device = t->base.name,
		.mtu = t->link.mtu,
		.gateway = t->link.server,
		.link = reason == SCRIPT_PRE_INIT ? NULL : &t->link,
		.routes = t->cfg->routes,
		.route_count = t->cfg->default_route ? 0 : t->cfg->route_count,
		.is_split = !t->cfg->default_route,
		.excluded = t->cfg->excluded,
		.excluded_count = t->cfg->excluded_count,
		.dns_names = t->cfg->dns_names,
		.log = t->client->log,
	};
}

/* Runs in the background: packets are still forwarded. */
static void run_script(struct tun_backend *t, enum script_reason reason)
{
	struct script_env env = script_env_of(t, reason);

	if (env.command)
		scripts_add(&t->scripts, reason, &env);
}

static bool has_scripts(const struct tun_backend *t)
{
	return t->cfg->script || t->cfg->up || t->cfg->down;
}

/* Whether no set-up or restore is in progress. */
static bool is_settled(const struct tun_backend *t)
{
	return scripts_are_idle(&t->scripts) && !t->is_up_due &&
	       (!t->host || host_is_settled(t->host));
}

/* --up finds the network as it is set up, with its DNS servers. */
static void run_up(struct tun_backend *t)
{
	t->is_up_due = false;
	run_script(t, t->was_up ? SCRIPT_RECONNECT : SCRIPT_CONNECT);
	t->was_up = true;
}

static void host_settled(void *arg)
{
	struct tun_backend *t = arg;

	if (t->is_up_due && t->is_up)
		run_up(t);
	if (scripts_are_idle(&t->scripts))
		t->client->settled(t->client);
}

/* A network that --up could not complete is not used, as with OpenVPN's --up. */
static void script_failed(struct scripts *s, enum script_reason reason, int result)
{
	struct tun_backend *t = container_of(s, struct tun_backend, scripts);

	(void)result;
	if (t->cfg->script || (reason != SCRIPT_CONNECT && reason != SCRIPT_RECONNECT))
		return;
	log_error(t->client->log, "--up has failed: the connection ends");
	t->client->end(t->client, REASON_HOOK, 0);
}

static void scripts_done(struct scripts *s)
{
	struct tun_backend *t = container_of(s, struct tun_backend, scripts);

	t->client->settled(t->client);
}

static void open_scripts(struct tun_backend *t)
{
	t->scripts.loop = t->client->loop;
	t->scripts.log = t->client->log;
	t->scripts.idle = scripts_done;
	t->scripts.failed = script_failed;
	scripts_open(&t->scripts);
}

static void close_scripts(struct tun_backend *t)
{
	struct script_env env;

	if (!has_scripts(t) || !t->client)
		return;
	env = script_env_of(t, SCRIPT_DISCONNECT);
	scripts_close(&t->scripts, t->was_up && env.command ? &env : NULL);
}

/* The table may have been chosen just now. */
static int lock_table(struct tun_backend *t)
{
	return t->lockdown && t->host ? lockdown_table(t->lockdown, host_table(t->host)) : 0;
}

/* Without a host route, the connection would be sent into the tunnel that is down. */
static int before_connect(struct backend *b, const struct sockaddr_storage *server)
{
	struct tun_backend *t = tun_backend_of(b);
	struct ip_addr addr = ip_from_sockaddr(server);
	int error = t->lockdown ? lockdown_permit(t->lockdown, server) : 0;

	if (!error && t->host)
		error = host_route_to_server(t->host, &addr);
	return error ? error : lock_table(t);
}

/* The name servers are the host's own, since `down` has restored them. */
static const struct resolve_method *before_lookup(struct backend *b, bool again)
{
	struct tun_backend *t = tun_backend_of(b);

	if (t->host && again)
		host_route_to_name_servers(t->host);
	if (!t->lockdown || lockdown_permits_dns(t->lockdown))
		return NULL;
	name_lookup_init(&t->lookup);
	t->lookup.mark = t->cfg->mark;
	t->lookup.server_count =
		host_name_servers(NULL, t->lookup.servers, NAME_LOOKUP_SERVERS_MAX);
	return &t->lookup.method;
}

static bool is_same_list(const struct ip_addr *a, size_t a_count, const struct ip_addr *b,
			 size_t b_count)
{
	bool is_same = a_count == b_count;

	for (size_t i = 0; i < a_count && is_same; i++)
		is_same = ip_equal(&a[i], &b[i]);
	return is_same;
}

static bool has_same_domains(const struct link_addrs *a, const struct link_addrs *b)
{
	bool is_same = !strcmp(a->domain, b->domain) && a->ip6.domain_count == b->ip6.domain_count;

	for (size_t i = 0; i < a->ip6.domain_count && is_same; i++)
		is_same = !strcmp(a->ip6.domains[i], b->ip6.domains[i]);
	return is_same;
}

/* Whether a script would get any new value. Lifetimes are not passed to scripts. */
static bool has_changed(const struct link_addrs *was, const struct link_addrs *is)
{
	struct ip_addr were6 = script_ipv6_address(was), are6 = script_ipv6_address(is);

	return !ip_equal(&was->own, &is->own) || !ip_equal(&was->peer, &is->peer) ||
	       !ip_equal(&was->own_ll, &is->own_ll) || !ip_equal(&were6, &are6) ||
	       was->mtu != is->mtu || was->delegated.len != is->delegated.len ||
	       !ip_equal(&was->delegated.addr, &is->delegated.addr) ||
	       was->route_count != is->route_count ||
	       memcmp(was->routes, is->routes, is->route_count * sizeof(*is->routes)) != 0 ||
	       !has_same_domains(was, is) ||
	       !is_same_list(was->dns, was->dns_count, is->dns, is->dns_count);
}

/* The failure of --script is logged, but does not end the tunnel; that of --up does. */
static int up(struct backend *b, const struct link_addrs *given)
{
	struct tun_backend *t = tun_backend_of(b);
	struct link_addrs link = link_addrs_with_dns(given, t->cfg->dns, t->cfg->dns_count);
	bool is_changed = !t->is_up || has_changed(&t->link, &link);
	int error = 0;

	t->link = link;
	if (t->lockdown)
		error = lockdown_permit_only(t->lockdown, &link.server);
	if (error)
		return error;
	if (t->host)
		error = host_up(t->host, &t->link);
	if (!error)
		error = lock_table(t);
	if (!error)
		error = netdev_up(t->netdev, &t->link);
	if (error)
		return error;
	if (t->route_hosts)
		route_hosts_up(t->route_hosts, &t->link);
	t->is_up = true;
	t->is_up_due = t->is_up_due || is_changed;
	if (t->is_up_due && (!t->host || host_is_settled(t->host)))
		run_up(t);
	loop_watch_events(t->client->loop, &t->watch, EPOLLIN);
	return is_settled(t) ? 0 : BACKEND_LATER;
}

/* The server's name can be looked up once the host's own DNS is restored. */
static int down(struct backend *b, bool will_return)
{
	struct tun_backend *t = tun_backend_of(b);

	t->is_up = t->is_up_due = false;
	loop_watch_events(t->client->loop, &t->watch, 0);
	if (t->route_hosts)
		route_hosts_down(t->route_hosts);
	if (t->host)
		host_pause(t->host);
	if (will_return && t->was_up)
		run_script(t, SCRIPT_ATTEMPT_RECONNECT);
	return !t->host || host_is_settled(t->host) ? 0 : BACKEND_LATER;
}

/* ---- start and end */

static enum tunnel_reason open_packets(struct tun_backend *t)
{
	int error = merge_open(t->tun, &t->merge);

	t->packet.at = alloc_get(TUN_PACKET_MAX);
	if (!error && !t->packet.at)
		error = -ENOMEM;
	if (!error) {
		t->watch =
			(struct loop_watch){ .fd = tun_fd(t->tun), .events = 0, .ready = from_tun };
		error = loop_watch(t->client->loop, &t->watch);
	}
	if (!error)
		return REASON_NONE;
	log_error(t->client->log, "%s: %s", t->base.name, strerror(-error));
	return REASON_SYSTEM;
}

/* When the script sets the device up, the kernel would add a link-local address of its own. */
static void disable_autoaddr(struct netdev *n)
{
	if (n->netlink || !netlink_open(&n->netlink))
		netlink_link_no_autoaddr(n->netlink, n->ifindex);
}

static enum host_dns host_dns_of(const struct netdev *n)
{
	switch (n->dns) {
	case NETDEV_DNS_HOST:
		return HOST_DNS_AUTO;
	case NETDEV_DNS_FILE:
		return HOST_DNS_FILE;
	case NETDEV_DNS_FD:
		return HOST_DNS_FD;
	case NETDEV_DNS_NONE:
		break;
	}
	return HOST_DNS_NONE;
}

static struct netlink *take_netlink(struct netdev *n)
{
	struct netlink *netlink = n->netlink;

	n->netlink = NULL;
	return netlink;
}

static void named_changed(void *arg, const struct ip_addr *addrs, size_t count)
{
	struct tun_backend *t = arg;

	host_set_named(t->host, addrs, count);
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

static enum tunnel_reason open_own_host(struct tun_backend *t)
{
	const struct tun_backend_cfg *cfg = t->cfg;
	struct netdev *n = t->netdev;
	struct host_cfg host = {
		.device = n->name,
		.ifindex = n->ifindex,
		.is_foreign = n->is_foreign,
		.netlink = take_netlink(n),
		.default_route = cfg->default_route,
		.ipv6_outside = cfg->ipv6_outside,
		.routes = cfg->routes,
		.route_count = cfg->route_count,
		.excluded = cfg->excluded,
		.excluded_count = cfg->excluded_count,
		.table = cfg->table,
		.metric = cfg->metric,
		.has_rules = cfg->has_rules,
		.mark = cfg->mark,
		.lookup_mark = lockdown_is_by_rules(t->lockdown) ? cfg->mark : 0,
		.dns = cfg->no_dns ? HOST_DNS_NONE : host_dns_of(n),
		.dns_names = cfg->dns_names,
		.resolv_conf = n->resolv_conf,
		.resolv_conf_fd = n->resolv_conf_fd,
		.netns_fd = n->netns_fd,
		.loop = t->client->loop,
		.settled = host_settled,
		.arg = t,
		.log = t->client->log,
	};

	return host_open(&host, &t->host) ? REASON_NETWORK : open_route_hosts(t);
}

/* Without our own set-up the namespace's netlink socket, if there is one, is not needed. */
static enum tunnel_reason open_host(struct tun_backend *t)
{
	struct netdev *n = t->netdev;

	if (has_scripts(t))
		open_scripts(t);
	if (!n->is_bare && !t->cfg->script)
		return open_own_host(t);
	if (!n->is_bare)
		disable_autoaddr(n);
	netlink_close(take_netlink(n));
	run_script(t, SCRIPT_PRE_INIT);
	return REASON_NONE;
}

/* The program at the other end need not send anything; what it sends is ignored. */
static void from_exit_fd(struct loop_watch *w, uint32_t events)
{
	struct tun_backend *t = container_of(w, struct tun_backend, exit_watch);
	char drain[256];

	if (!(events & (EPOLLHUP | EPOLLERR)) && read(w->fd, drain, sizeof(drain)) > 0)
		return;
	loop_unwatch(t->client->loop, w);
	t->was_asked_to_end = true;
	log_info(t->client->log, "descriptor %d is closed at its other end", w->fd);
	t->client->end(t->client, REASON_NONE, 0);
}

static enum tunnel_reason watch_exit_fd(struct tun_backend *t)
{
	int fd = t->cfg->exit_fd, error;

	if (fd < 0)
		return REASON_NONE;
	fcntl(fd, F_SETFD, FD_CLOEXEC); /* a script would keep it open */
	t->exit_watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = from_exit_fd };
	error = loop_watch(t->client->loop, &t->exit_watch);
	if (!error)
		return REASON_NONE;
	log_error(t->client->log, "--exit-fd %d: %s: it must be the end of a pipe or of a socket",
		  fd, strerror(-error));
	return REASON_SETTINGS;
}

static void on_process_gone(struct loop_watch *w, uint32_t events)
{
	struct tun_backend *t = container_of(w, struct tun_backend, process_watch);

	(void)events;
	loop_unwatch(t->client->loop, w);
	log_info(t->client->log, "process %ld has ended, and its network with it",
		 (long)t->netdev->process);
	t->client->end(t->client, REASON_NONE, 0);
}

static void watch_process(struct tun_backend *t)
{
	if (t->netdev->process_fd < 0)
		return;
	t->process_watch = (struct loop_watch){ .fd = t->netdev->process_fd,
						.events = EPOLLIN,
						.ready = on_process_gone };
	loop_watch(t->client->loop, &t->process_watch); /* if this fails, only a signal ends us */
}

/* Builds the environment of --script-tun's program. */
static void make_environment(void *arg, struct env *env)
{
	struct tun_backend *t = arg;
	struct script_env script_env = {
		.device = t->base.name,
		.mtu = t->link.mtu,
		.gateway = t->link.server,
		.link = &t->link,
		.dns_names = t->cfg->dns_names,
		.log = t->client->log,
	};

	script_environment(env, SCRIPT_CONNECT, &script_env);
}

static void program_ended(void *arg, int status)
{
	struct tun_backend *t = arg;

	t->client->end(t->client, REASON_NONE, status);
}

static enum tunnel_reason open_netdev(struct tun_backend *t)
{
	struct netdev_cfg cfg = {
		.tun = { .name = t->cfg->interface, .offload = !t->cfg->no_offload },
		.tuns = &t->tun,
		.queues = 1,
		.wants_dns = !t->cfg->no_dns,
		.loop = t->client->loop,
		.log = t->client->log,
		.environment = make_environment,
		.ended = program_ended,
		.arg = t,
	};
	enum tunnel_reason reason = netdev_open(&t->cfg->source, &cfg, &t->netdev);

	if (reason)
		return reason;
	t->base.name = t->netdev->name;
	watch_process(t);
	return REASON_NONE;
}

/* Without the permission each attempt to connect would fail. */
static enum tunnel_reason check_mark(const struct tun_backend *t)
{
	int fd, error;

	if (!t->cfg->mark)
		return REASON_NONE;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	error = fd < 0 ? -errno : sockopt_mark(fd, t->cfg->mark);
	if (fd >= 0)
		close(fd);
	if (!error)
		return REASON_NONE;
	log_error(
		t->client->log,
		"the connection to the server cannot be marked (--mark, --policy-rules, --lockdown): %s%s",
		strerror(-error),
		error == -EPERM ? " (this needs root, or the capability CAP_NET_ADMIN)" : "");
	return REASON_NETWORK;
}

static enum tunnel_reason lock(struct tun_backend *t)
{
	struct lockdown_cfg cfg = {
		.server = t->cfg->lockdown,
		.is_resolved = t->cfg->is_resolved,
		.has_several = t->cfg->has_several,
		.excluded = t->cfg->excluded,
		.excluded_count = t->cfg->excluded_count,
		.mark = t->cfg->mark,
		.log = t->client->log,
	};

	if (!t->cfg->lockdown)
		return REASON_NONE;
	return lockdown_open(&cfg, &t->lockdown) ? REASON_NETWORK : REASON_NONE;
}

static enum tunnel_reason open_backend(struct backend *b, struct backend_client *client)
{
	struct tun_backend *t = tun_backend_of(b);
	enum tunnel_reason reason;

	t->client = client;
	reason = lock(t);
	if (!reason)
		reason = check_mark(t);
	if (!reason)
		reason = open_netdev(t);
	if (!reason && t->lockdown && lockdown_device(t->lockdown, t->base.name))
		reason = REASON_NETWORK;
	if (!reason)
		reason = open_host(t);
	if (!reason)
		reason = open_packets(t);
	return reason ? reason : watch_exit_fd(t);
}

static bool take_signal(struct backend *b, const struct signalfd_siginfo *info)
{
	struct tun_backend *t = tun_backend_of(b);

	if (info->ssi_signo != SIGCHLD && info->ssi_signo != SIGUSR1 && info->ssi_signo != SIGUSR2)
		t->was_asked_to_end = true;
	if (info->ssi_signo == SIGCHLD)
		scripts_child(&t->scripts);
	if (info->ssi_signo == SIGCHLD && t->host)
		host_child(t->host);
	return t->netdev && netdev_signal(t->netdev, info);
}

/*
 * A tunnel that has ended by itself must not expose what it protected. An attempt that never
 * succeeded leaves the host as it was.
 */
static bool must_unlock(const struct tun_backend *t)
{
	return t->was_asked_to_end || (!t->was_up && !lockdown_was_locked(t->lockdown));
}

static void close_backend(struct backend *b)
{
	struct tun_backend *t = tun_backend_of(b);

	close_scripts(t);
	route_hosts_close(t->route_hosts);
	host_close(t->host);
	if (t->client) {
		loop_unwatch(t->client->loop, &t->watch);
		loop_unwatch(t->client->loop, &t->exit_watch);
		loop_unwatch(t->client->loop, &t->process_watch);
	}
	merge_close(t->merge);
	tun_close(t->tun);
	netdev_close(t->netdev);
	if (t->lockdown)
		lockdown_close(t->lockdown, must_unlock(t));
	alloc_put(t->packet.at);
	free(t);
}

static const struct backend_ops ops = {
	.open = open_backend,
	.before_lookup = before_lookup,
	.before_connect = before_connect,
	.up = up,
	.down = down,
	.signal = take_signal,
	.close = close_backend,
};

struct backend *tun_backend_new(const struct tun_backend_cfg *cfg)
{
	struct tun_backend *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->cfg = cfg;
	t->base = (struct backend){
		.ops = &ops,
		.sink = { .deliver = to_tun, .flush = flush_tun },
		.name = cfg->interface,
		.wants_dns = !cfg->no_dns || cfg->script || cfg->route_host_count,
	};
	return &t->base;
}
