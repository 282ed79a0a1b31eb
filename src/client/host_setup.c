/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client needs privileges for, done in this process. */
#include "client/host_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/lockdown.h"
#include "client/script.h"
#include "client/state.h"
#include "net/sockopt.h"

struct local_setup {
	struct host_setup base;
	const struct host_setup_cfg *cfg;
	const struct host_setup_user *user;
	struct netdev *netdev;
	struct loop_watch process_watch, exit_watch;
	struct host *host; /* NULL with --script, and if the network is not ours to set up */
	struct lockdown *lockdown; /* NULL without --lockdown */
	struct scripts scripts;
	struct link_addrs link;
	bool is_up;
	bool is_up_due; /* the script, or --up, is to run when the host's network is set up */
	bool was_up;    /* once at least */
	bool was_asked; /* by exit_fd */
	bool is_restored;
};

static struct local_setup *local_setup_of(struct host_setup *s)
{
	return container_of(s, struct local_setup, base);
}

/* ---- scripts */

static struct script_env script_env_of(const struct local_setup *t, enum script_reason reason)
{
	bool is_up = reason == SCRIPT_CONNECT || reason == SCRIPT_RECONNECT;
	const struct host_setup_cfg *cfg = t->cfg;

	return (struct script_env){
		.command = cfg->script                 ? cfg->script
			   : reason == SCRIPT_PRE_INIT ? NULL
			   : is_up                     ? cfg->up
						       : cfg->down,
		.option = cfg->script ? NULL
			  : is_up     ? "up"
				      : "down",
		.device = t->base.name,
		.pid = t->cfg->pid,
		.mtu = t->link.mtu,
		.gateway = t->link.server,
		.link = reason == SCRIPT_PRE_INIT ? NULL : &t->link,
		.routes = t->cfg->routes,
		.route_count = t->cfg->default_route ? 0 : t->cfg->route_count,
		.is_split = !t->cfg->default_route,
		.excluded = t->cfg->excluded,
		.excluded_count = t->cfg->excluded_count,
		.dns_names = t->cfg->dns_names,
		.log = t->user->log,
	};
}

/* Runs in the background: packets are still forwarded. */
static void run_script(struct local_setup *t, enum script_reason reason)
{
	struct script_env env = script_env_of(t, reason);

	if (env.command)
		scripts_add(&t->scripts, reason, &env);
}

static bool has_scripts(const struct local_setup *t)
{
	return t->cfg->script || t->cfg->up || t->cfg->down;
}

/* Whether no set-up or restore is in progress. */
static bool is_settled(const struct local_setup *t)
{
	return scripts_are_idle(&t->scripts) && !t->is_up_due &&
	       (!t->host || host_is_settled(t->host));
}

/* --up finds the network as it is set up, with its DNS servers. */
static void run_up(struct local_setup *t)
{
	t->is_up_due = false;
	run_script(t, t->was_up ? SCRIPT_RECONNECT : SCRIPT_CONNECT);
	t->was_up = true;
}

static void host_settled(void *arg)
{
	struct local_setup *t = arg;

	if (t->is_up_due && t->is_up)
		run_up(t);
	if (scripts_are_idle(&t->scripts))
		t->user->settled(t->user->arg);
}

/* A network that --up could not complete is not used, as with OpenVPN's --up. */
static void script_failed(struct scripts *s, enum script_reason reason, int result)
{
	struct local_setup *t = container_of(s, struct local_setup, scripts);

	(void)result;
	if (t->cfg->script || (reason != SCRIPT_CONNECT && reason != SCRIPT_RECONNECT))
		return;
	log_error(t->user->log, "--up has failed: the connection ends");
	t->user->end(t->user->arg, REASON_HOOK, 0);
}

static void scripts_done(struct scripts *s)
{
	struct local_setup *t = container_of(s, struct local_setup, scripts);

	t->user->settled(t->user->arg);
}

static void open_scripts(struct local_setup *t)
{
	t->scripts.loop = t->user->loop;
	t->scripts.log = t->user->log;
	t->scripts.idle = scripts_done;
	t->scripts.failed = script_failed;
	scripts_open(&t->scripts);
}

static void close_scripts(struct local_setup *t)
{
	struct script_env env;

	if (!has_scripts(t) || !t->user)
		return;
	env = script_env_of(t, SCRIPT_DISCONNECT);
	scripts_close(&t->scripts, t->was_up && env.command ? &env : NULL);
}

/* ---- while it runs */

/* The table may have been chosen just now. */
static int lock_table(struct local_setup *t)
{
	return t->lockdown && t->host ? lockdown_table(t->lockdown, host_table(t->host)) : 0;
}

/* Without a host route, the connection would be sent into the tunnel that is down. */
static int before_connect(struct host_setup *s, const struct sockaddr_storage *server)
{
	struct local_setup *t = local_setup_of(s);
	struct ip_addr addr = ip_from_sockaddr(server);
	int error = t->lockdown ? lockdown_permit(t->lockdown, server) : 0;

	if (!error && t->host)
		error = host_route_to_server(t->host, &addr);
	return error ? error : lock_table(t);
}

/* The name servers are the host's own, since `down` has restored them. */
static void before_lookup(struct host_setup *s, bool again, struct host_name_lookup *how)
{
	struct local_setup *t = local_setup_of(s);

	*how = (struct host_name_lookup){ .is_marked = false };
	if (t->host && again)
		host_route_to_name_servers(t->host);
	if (!t->lockdown || lockdown_permits_dns(t->lockdown))
		return;
	how->is_marked = true;
	how->server_count = host_name_servers(NULL, how->servers, NAME_LOOKUP_SERVERS_MAX);
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

static bool has_same_routes(const struct ip_prefix *a, size_t a_count, const struct ip_prefix *b,
			    size_t b_count)
{
	bool is_same = a_count == b_count;

	for (size_t i = 0; i < a_count && is_same; i++)
		is_same = a[i].len == b[i].len && ip_equal(&a[i].addr, &b[i].addr);
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
	       !has_same_routes(was->routes, was->route_count, is->routes, is->route_count) ||
	       !has_same_routes(was->ip6.routes, was->ip6.route_count, is->ip6.routes,
				is->ip6.route_count) ||
	       !has_same_domains(was, is) ||
	       !is_same_list(was->dns, was->dns_count, is->dns, is->dns_count);
}

/* The failure of --script is logged, but does not end the tunnel; that of --up does. */
static int up(struct host_setup *s, const struct link_addrs *given)
{
	struct local_setup *t = local_setup_of(s);
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
	t->is_up = true;
	t->is_up_due = t->is_up_due || is_changed;
	if (t->is_up_due && (!t->host || host_is_settled(t->host)))
		run_up(t);
	return is_settled(t) ? 0 : HOST_SETUP_LATER;
}

/* The server's name can be looked up once the host's own DNS is restored. */
static int down(struct host_setup *s, bool will_return)
{
	struct local_setup *t = local_setup_of(s);

	t->is_up = t->is_up_due = false;
	if (t->host)
		host_pause(t->host);
	if (will_return && t->was_up)
		run_script(t, SCRIPT_ATTEMPT_RECONNECT);
	return !t->host || host_is_settled(t->host) ? 0 : HOST_SETUP_LATER;
}

static void set_named(struct host_setup *s, const struct ip_addr *addrs, size_t count)
{
	struct local_setup *t = local_setup_of(s);

	if (t->host)
		host_set_named(t->host, addrs, count);
}

static bool take_signal(struct host_setup *s, const struct signalfd_siginfo *info)
{
	struct local_setup *t = local_setup_of(s);

	if (info->ssi_signo == SIGCHLD)
		scripts_child(&t->scripts);
	if (info->ssi_signo == SIGCHLD && t->host)
		host_child(t->host);
	return t->netdev && netdev_signal(t->netdev, info);
}

/* ---- start and end */

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

static enum tunnel_reason open_own_host(struct local_setup *t)
{
	const struct host_setup_cfg *cfg = t->cfg;
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
		.dns_forward = cfg->dns_forward,
		.pid = cfg->pid,
		.loop = t->user->loop,
		.settled = host_settled,
		.arg = t,
		.log = t->user->log,
	};

	return host_open(&host, &t->host) ? REASON_NETWORK : REASON_NONE;
}

/* Without our own set-up the namespace's netlink socket, if there is one, is not needed. */
static enum tunnel_reason open_host(struct local_setup *t)
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

static void on_process_gone(struct loop_watch *w, uint32_t events)
{
	struct local_setup *t = container_of(w, struct local_setup, process_watch);

	(void)events;
	loop_unwatch(t->user->loop, w);
	log_info(t->user->log, "process %ld has ended, and its network with it",
		 (long)t->netdev->process);
	t->user->end(t->user->arg, REASON_NONE, 0);
}

static void watch_process(struct local_setup *t)
{
	if (t->netdev->process_fd < 0)
		return;
	t->process_watch = (struct loop_watch){ .fd = t->netdev->process_fd,
						.events = EPOLLIN,
						.ready = on_process_gone };
	loop_watch(t->user->loop, &t->process_watch); /* if this fails, only a signal ends us */
}

/* Builds the environment of --script-tun's program. */
static void make_environment(void *arg, struct env *env)
{
	struct local_setup *t = arg;
	struct script_env script_env = {
		.device = t->base.name,
		.pid = t->cfg->pid,
		.mtu = t->link.mtu,
		.gateway = t->link.server,
		.link = &t->link,
		.dns_names = t->cfg->dns_names,
		.log = t->user->log,
	};

	script_environment(env, SCRIPT_CONNECT, &script_env);
}

static void program_ended(void *arg, int status)
{
	struct local_setup *t = arg;

	t->user->end(t->user->arg, REASON_NONE, status);
}

static enum tunnel_reason open_netdev(struct local_setup *t)
{
	struct netdev_cfg cfg = {
		.tun = { .name = t->cfg->interface, .offload = !t->cfg->no_offload },
		.tuns = &t->base.tun,
		.queues = 1,
		.wants_dns = !t->cfg->no_dns,
		.loop = t->user->loop,
		.log = t->user->log,
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
static enum tunnel_reason check_mark(const struct local_setup *t)
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
		t->user->log,
		"the connection to the server cannot be marked (--mark, --policy-rules, --lockdown): %s%s",
		strerror(-error),
		error == -EPERM ? " (this needs root, or the capability CAP_NET_ADMIN)" : "");
	return REASON_NETWORK;
}

/* The program at the other end need not send anything; what it sends is ignored. */
static void from_exit_fd(struct loop_watch *w, uint32_t events)
{
	struct local_setup *t = container_of(w, struct local_setup, exit_watch);
	char drain[256];

	if (!(events & (EPOLLHUP | EPOLLERR)) && read(w->fd, drain, sizeof(drain)) > 0)
		return;
	loop_unwatch(t->user->loop, w);
	t->was_asked = true;
	log_info(t->user->log, "descriptor %d is closed at its other end", w->fd);
	t->user->end(t->user->arg, REASON_NONE, 0);
}

static enum tunnel_reason watch_exit_fd(struct local_setup *t)
{
	int fd = t->cfg->exit_fd, error;

	if (fd < 0)
		return REASON_NONE;
	fcntl(fd, F_SETFD, FD_CLOEXEC); /* a script would keep it open */
	t->exit_watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = from_exit_fd };
	error = loop_watch(t->user->loop, &t->exit_watch);
	if (!error)
		return REASON_NONE;
	log_error(t->user->log, "--exit-fd %d: %s: it must be the end of a pipe or of a socket", fd,
		  strerror(-error));
	return REASON_SETTINGS;
}

static enum tunnel_reason lock(struct local_setup *t)
{
	struct lockdown_cfg cfg = {
		.server = t->cfg->lockdown,
		.is_resolved = t->cfg->is_resolved,
		.has_several = t->cfg->has_several,
		.excluded = t->cfg->excluded,
		.excluded_count = t->cfg->excluded_count,
		.mark = t->cfg->mark,
		.loop = t->user->loop,
		.log = t->user->log,
	};

	if (!t->cfg->lockdown)
		return REASON_NONE;
	return lockdown_open(&cfg, &t->lockdown) ? REASON_NETWORK : REASON_NONE;
}

static enum tunnel_reason open_setup(struct host_setup *s, const struct host_setup_user *user)
{
	struct local_setup *t = local_setup_of(s);
	enum tunnel_reason reason;

	t->user = user;
	state_wait_for_dying(HOST_STATE_DIR);
	reason = lock(t);
	if (!reason)
		reason = check_mark(t);
	if (!reason)
		reason = open_netdev(t);
	if (!reason && t->lockdown && lockdown_device(t->lockdown, t->base.name))
		reason = REASON_NETWORK;
	if (!reason)
		reason = open_host(t);
	return reason ? reason : watch_exit_fd(t);
}

/*
 * A tunnel that has ended by itself must not expose what it protected. An attempt that never
 * succeeded leaves the host as it was.
 */
static bool must_unlock(const struct local_setup *t, bool was_asked)
{
	return was_asked || t->was_asked || (!t->was_up && !lockdown_was_locked(t->lockdown));
}

static void restore(struct host_setup *s)
{
	struct local_setup *t = local_setup_of(s);

	if (t->is_restored)
		return;
	t->is_restored = true;
	close_scripts(t);
	host_close(t->host);
	t->host = NULL;
	if (t->user) {
		loop_unwatch(t->user->loop, &t->process_watch);
		loop_unwatch(t->user->loop, &t->exit_watch);
	}
}

static void close_setup(struct host_setup *s, bool was_asked)
{
	struct local_setup *t = local_setup_of(s);

	netdev_close(t->netdev);
	if (t->lockdown)
		lockdown_close(t->lockdown, must_unlock(t, was_asked));
	free(t);
}

struct host_setup *host_setup_new(const struct host_setup_cfg *cfg)
{
	static const struct host_setup_ops ops = {
		.open = open_setup,
		.before_lookup = before_lookup,
		.before_connect = before_connect,
		.up = up,
		.down = down,
		.set_named = set_named,
		.signal = take_signal,
		.restore = restore,
		.close = close_setup,
	};
	struct local_setup *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->cfg = cfg;
	t->base = (struct host_setup){ .ops = &ops, .name = cfg->interface };
	return &t->base;
}
