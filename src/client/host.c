/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses, routes and DNS of the tunnel's device, and the host routes to the server.
 *
 * "All traffic" is 0.0.0.0/1 and 128.0.0.0/1: together they cover everything, and each is longer
 * than the default route, which stays unchanged. All IPv6 is ::/1 and 8000::/1 in the same way,
 * once the server's side has advertised a prefix and a router. Until then, and if it never does,
 * these two are unreachable, so that programs use IPv4 at once; these unreachable routes exist from
 * the first host_up on, with the worst metric. A --route for IPv6 exists from the start, and so
 * fails closed. In a table of the tunnel's own, with rules (policy.h), one default route takes the
 * place of two halves.
 */
#include "client/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/dns.h"
#include "client/excluded.h"
#include "client/policy.h"
#include "client/resolv_conf.h"
#include "client/server_route.h"
#include "client/state.h"
#include "client/route_check.h"
#include "dns/message.h"
#include "net/netlink.h"
#include "net/netlink_watch.h"
#include "tun/tun.h"
#include "util/clock.h"
#include "util/syscall_advice.h"

enum {
	PREFIX6_LEN = 64, /* prefix length of link-local and autoconfigured addresses */
	CHECKS_MAX = 8,   /* the number of --route destinations that are checked after set-up */
	PUSHED_MAX = LINK_ROUTES_MAX + IP6_ROUTES_MAX, /* routes from the server's side */
};

static const struct ip_prefix halves4[] = {
	{ { .family = AF_INET, .bytes = { 0 } }, 1 },
	{ { .family = AF_INET, .bytes = { 128 } }, 1 },
};
static const struct ip_prefix halves6[] = {
	{ { .family = AF_INET6, .bytes = { 0 } }, 1 },
	{ { .family = AF_INET6, .bytes = { 128 } }, 1 },
};
/* in a table of the tunnel's own, where there is no other default route */
static const struct ip_prefix whole4[] = { { { .family = AF_INET }, 0 } };
static const struct ip_prefix whole6[] = { { { .family = AF_INET6 }, 0 } };

/* A route into the tunnel. */
struct own_route {
	struct ip_prefix dst;
	bool is_default6; /* only if the server's side forwards IPv6 and gives us an address */
	bool is_up;
};

struct host {
	struct host_cfg cfg;
	const struct log *log;
	struct netlink *nl;
	struct own_route *route;
	size_t route_count;
	/* to DNS servers that no other route of ours covers */
	struct own_route dns_route[LINK_DNS_MAX];
	struct own_route pushed[PUSHED_MAX]; /* routes from the server's side */
	struct own_route *named;             /* to addresses of names, HOST_NAMED_MAX */
	const struct ip_prefix *all4, *all6; /* the routes that cover all of a family */
	size_t part_count;                   /* their number */
	uint64_t ip6_ms;                     /* when the lifetimes of link.ip6 were told */
	bool has_all4;                       /* all IPv4 goes into the tunnel */
	bool has_warned_of_loopback;
	struct state state;
	struct server_routes to_server;
	struct excluded_routes excluded;
	struct policy policy; /* cfg.has_rules */
	struct dns dns;
	/* The server's: by DHCP, and those of IPv6. Empty: none. */
	char domains[1 + IP6_DOMAINS_MAX][DNS_NAME_MAX + 1];
	const char *search[DNS_NAMES_MAX];
	size_t search_count;
	struct link_addrs link;          /* as set on the device */
	struct ip_addr server;           /* AF_UNSPEC: not connected yet */
	struct server_route_limit limit; /* with programs that remove our routes */
	struct netlink_watch watch;
	struct loop_timer again; /* check again even if nothing changes */
	bool was_checked;        /* the packets' routes were checked; once is enough */
};

static const char *rights_hint(int error)
{
	return error == -EPERM ? " (this needs root, or the capability CAP_NET_ADMIN)"
			       : syscall_advice(error);
}

static int failed(const struct host *h, int error, const char *what)
{
	log_error(h->log, "%s: %s: %s%s", h->cfg.device, what, strerror(-error),
		  rights_hint(error));
	return error;
}

/* ---- opening */

static bool is_same_prefix(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_prefix_has(a, &b->addr);
}

/* An excluded network gets another route. */
static bool is_excluded(const struct host *h, const struct ip_prefix *dst)
{
	for (size_t i = 0; i < h->cfg.excluded_count; i++)
		if (is_same_prefix(&h->cfg.excluded[i], dst))
			return true;
	return false;
}

static void want_route(struct host *h, const struct ip_prefix *dst, bool is_default6)
{
	if (is_excluded(h, dst))
		return;
	for (size_t i = 0; i < h->route_count; i++)
		if (is_same_prefix(&h->route[i].dst, dst))
			return;
	h->route[h->route_count++] = (struct own_route){ .dst = *dst, .is_default6 = is_default6 };
}

static void want_all4(struct host *h)
{
	for (size_t i = 0; i < h->part_count; i++)
		want_route(h, &h->all4[i], false);
}

static void want_all6(struct host *h, bool is_default6)
{
	for (size_t i = 0; i < h->part_count; i++)
		want_route(h, &h->all6[i], is_default6);
}

static int want_routes(struct host *h)
{
	h->all4 = h->cfg.has_rules ? whole4 : halves4;
	h->all6 = h->cfg.has_rules ? whole6 : halves6;
	h->part_count = h->cfg.has_rules ? 1 : 2;
	h->has_all4 = h->cfg.default_route;
	h->route = calloc(h->cfg.route_count + 6, sizeof(*h->route));
	if (!h->route)
		return -ENOMEM;
	for (size_t i = 0; i < h->cfg.route_count; i++) {
		const struct ip_prefix *r = &h->cfg.routes[i];

		if (r->len)
			want_route(h, r, false);
		else if (r->addr.family == AF_INET6)
			want_all6(h, false);
		else
			h->has_all4 = true;
	}
	if (h->has_all4) {
		want_all4(h);
		want_all6(h, true);
	}
	return 0;
}

static void open_state(struct host *h)
{
	const char *dir = h->cfg.state_dir;
	int error;

	host_recover(dir, h->cfg.resolv_conf, h->log);
	error = state_open(&h->state, dir, h->cfg.device, h->cfg.pid);
	if (error)
		log_warn(h->log,
			 "cannot write to %s (%s): changes on this host are undone at the "
			 "end, but not after a crash",
			 dir, strerror(-error));
}

static void dns_settled(struct dns *d)
{
	struct host *h = container_of(d, struct host, dns);

	h->cfg.settled(h->cfg.arg);
}

static void open_dns(struct host *h)
{
	dns_init(&h->dns, h->cfg.device, h->cfg.resolv_conf, &h->state, h->log);
	h->dns.names = h->cfg.dns_names;
	h->dns.is_only_file = h->cfg.dns == HOST_DNS_FILE;
	if (h->cfg.dns == HOST_DNS_FD)
		h->dns.fd = h->cfg.resolv_conf_fd;
	h->dns.netns_fd = h->cfg.is_foreign ? h->cfg.netns_fd : -1;
	h->dns.forward = h->cfg.dns_forward;
	h->dns.settled = dns_settled;
	if (h->cfg.loop)
		dns_use_loop(&h->dns, h->cfg.loop);
}

static void check_now(struct host *h)
{
	uint64_t at = host_check(h, loop_now(h->cfg.loop));

	loop_timer_set(h->cfg.loop, &h->again, at);
}

static void on_change(struct netlink_watch *w)
{
	check_now(container_of(w, struct host, watch));
}

static void on_again(struct loop_timer *t)
{
	check_now(container_of(t, struct host, again));
}

static void open_watch(struct host *h)
{
	int error;

	h->watch.changed = on_change;
	h->again.expired = on_again;
	error = netlink_watch_open(&h->watch, h->cfg.loop);
	if (error)
		log_warn(h->log, "cannot watch for changes of this host's network: %s",
			 strerror(-error));
}

int host_open(const struct host_cfg *cfg, struct host **out)
{
	struct host *h = calloc(1, sizeof(*h));
	int error;

	if (!h) {
		netlink_close(cfg->netlink);
		return -ENOMEM;
	}
	h->cfg = *cfg;
	h->log = cfg->log;
	h->nl = cfg->netlink;
	h->state.fd = -1;
	if (!h->cfg.resolv_conf)
		h->cfg.resolv_conf = "/etc/resolv.conf";
	if (!h->cfg.state_dir)
		h->cfg.state_dir = HOST_STATE_DIR;
	error = want_routes(h);
	if (!error && !h->nl)
		error = netlink_open(&h->nl);
	if (error) {
		failed(h, error, "netlink");
		host_close(h);
		return error;
	}
	/* fails without IPv6 in the kernel, which is fine */
	netlink_link_no_autoaddr(h->nl, cfg->ifindex);
	netlink_link_queue_len(h->nl, cfg->ifindex, TUN_QUEUE_LEN);
	if (!cfg->is_foreign)
		open_state(h);
	open_dns(h);
	h->to_server = (struct server_routes){
		.nl = h->nl,
		.state = &h->state,
		.log = h->log,
		.tunnel_ifindex = cfg->ifindex,
		.table = cfg->table,
		.mark = cfg->lookup_mark,
	};
	h->excluded = (struct excluded_routes){
		.nl = h->nl,
		.state = &h->state,
		.log = h->log,
		.tunnel_ifindex = cfg->ifindex,
		.table = cfg->table,
		.is_throw = cfg->has_rules,
		.at = cfg->excluded,
		.count = cfg->excluded_count,
	};
	h->policy = (struct policy){
		.nl = h->nl,
		.state = &h->state,
		.log = h->log,
		.mark = cfg->mark,
	};
	if (cfg->loop && !cfg->is_foreign)
		open_watch(h);
	*out = h;
	return 0;
}

/* ---- recovery after a crash */

static struct route block_of(const struct ip_prefix *part, uint32_t table)
{
	return (struct route){
		.dst = *part,
		.table = table,
		.metric = UINT32_MAX,
		.protocol = NETLINK_PROTO_OURS,
		.unreachable = true,
	};
}

static void unblock_ipv6(struct netlink *nl, uint32_t table)
{
	static const struct ip_prefix *const parts[] = { &halves6[0], &halves6[1], &whole6[0] };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct route r = block_of(parts[i], table);

		netlink_route_del(nl, &r);
	}
}

/* Returns true if all of them are removed. */
static bool remove_routes(struct state_facts *f, const struct log *log)
{
	struct netlink *nl;
	bool done = true;

	if (netlink_open(&nl))
		return false;
	for (size_t i = 0; i < f->route_count; i++) {
		int error = netlink_route_del(nl, &f->route[i]);

		if (!error)
			log_info(log, "removed the route to %s, left by an sstp that crashed",
				 ip_print(&f->route[i].dst.addr).text);
		done = done && error != -EPERM;
	}
	for (size_t i = 0; i < f->excluded_count; i++) {
		struct route *r = &f->excluded[i];
		int error;

		r->protocol = NETLINK_PROTO_OURS;
		error = netlink_route_del(nl, r);
		if (!error)
			log_info(log,
				 "removed the route to %s, which was excluded, left by an sstp "
				 "that crashed",
				 ip_prefix_print(&r->dst).text);
		done = done && error != -EPERM;
	}
	if (f->rule_table) {
		log_info(log, "removed the rules for table %u, left by an sstp that crashed",
			 f->rule_table);
		done = policy_undo(nl, f) != -EPERM && done;
	}
	if (f->blocks_ipv6) {
		unblock_ipv6(nl, f->block_table);
		log_info(log, "removed the block of IPv6, left by an sstp that crashed");
	}
	if (f->delegated.addr.family) {
		struct route r = block_of(&f->delegated, f->block_table);

		if (!netlink_route_del(nl, &r))
			log_info(
				log,
				"removed the unreachable route to %s, left by an sstp that crashed",
				ip_prefix_print(&f->delegated).text);
	}
	netlink_close(nl);
	return done;
}

struct recovery {
	const struct log *log;
};

static void undo(void *arg, struct state_facts *f)
{
	const struct log *log = ((struct recovery *)arg)->log;
	int error;

	if (state_is_here(f) && remove_routes(f, log)) {
		f->route_count = f->excluded_count = 0;
		f->blocks_ipv6 = false;
		f->delegated = (struct ip_prefix){ .len = 0 };
	}
	if (*f->resolv_conf) {
		error = resolv_conf_recover(f->resolv_conf, log);
		if (!error || error == -ENOENT)
			*f->resolv_conf = '\0';
	}
	if (*f->resolvconf) {
		dns_recover_resolvconf(f->resolvconf, log);
		*f->resolvconf = '\0';
	}
}

void host_recover(const char *state_dir, const char *resolv_conf, const struct log *log)
{
	struct recovery recovery = { log };

	state_each_dead(state_dir ? state_dir : HOST_STATE_DIR, undo, &recovery);
	/* resolv.conf names its backup, so it can be restored even if a reboot removed the state */
	resolv_conf_recover(resolv_conf ? resolv_conf : "/etc/resolv.conf", log);
}

/* ---- the route to the server */

static bool is_covered(const struct host *h, const struct ip_addr *a)
{
	for (size_t i = 0; i < h->route_count; i++)
		if (ip_prefix_has(&h->route[i].dst, a))
			return true;
	for (size_t i = 0; i < PUSHED_MAX; i++)
		if (h->pushed[i].is_up && ip_prefix_has(&h->pushed[i].dst, a))
			return true;
	return false;
}

static struct route route_of(const struct host *h, const struct own_route *own)
{
	return (struct route){
		.dst = own->dst,
		.ifindex = h->cfg.ifindex,
		.table = h->cfg.table,
		.metric = h->cfg.metric,
	};
}

/* Whether the route would send the connection to the server into the tunnel itself. */
static bool is_to(const struct own_route *own, const struct ip_addr *server)
{
	return ip_equal(&own->dst.addr, server) &&
	       own->dst.len == (server->family == AF_INET ? 32 : 128);
}

static void clear_route(struct host *h, struct own_route *own)
{
	struct route r = route_of(h, own);

	if (own->is_up)
		netlink_route_del(h->nl, &r);
	own->is_up = false;
}

static void clear_routes_to(struct host *h, const struct ip_addr *server)
{
	for (size_t i = 0; i < h->route_count; i++)
		if (is_to(&h->route[i], server))
			clear_route(h, &h->route[i]);
	for (size_t i = 0; i < LINK_DNS_MAX; i++)
		if (is_to(&h->dns_route[i], server))
			clear_route(h, &h->dns_route[i]);
	for (size_t i = 0; i < PUSHED_MAX; i++)
		if (is_to(&h->pushed[i], server))
			clear_route(h, &h->pushed[i]);
	for (size_t i = 0; h->named && i < HOST_NAMED_MAX; i++)
		if (is_to(&h->named[i], server))
			clear_route(h, &h->named[i]);
}

/* With rules the table is chosen late, so that another sstp that starts now does not get it too. */
static int choose_table(struct host *h)
{
	int error;

	if (!h->cfg.has_rules || h->policy.table)
		return 0;
	error = h->cfg.table ? 0 : policy_find_table(h->nl, &h->cfg.table);
	if (error)
		return failed(h, error, "no free routing table");
	h->policy.table = h->to_server.table = h->excluded.table = h->cfg.table;
	return 0;
}

/*
 * With rules the mark keeps packets to the server out of the tunnel. But where the kernel checks the
 * source of what comes in, it looks for the way back without the mark.
 */
static bool needs_host_route(const struct host *h, const struct ip_addr *server)
{
	return is_covered(h, server) &&
	       (!h->cfg.has_rules || (server->family == AF_INET && policy_source_is_checked()));
}

int host_route_to_server(struct host *h, const struct ip_addr *server)
{
	int error;

	if (h->cfg.is_foreign)
		return 0;
	error = choose_table(h);
	if (error)
		return error;
	clear_routes_to(h, server);
	if (!needs_host_route(h, server))
		return 0;
	error = server_route_keep(&h->to_server, server);
	return error == -EPERM ? failed(h, error, "route to the server") : error;
}

uint32_t host_table(const struct host *h)
{
	return h->cfg.table;
}

/* Of systemd-resolved: the servers that it asks. Its own address is the only one in resolv.conf. */
#define RESOLVED_SERVERS "/run/systemd/resolve/resolv.conf"

enum { NAME_SERVERS_MAX = 3 }; /* as the C libraries' resolvers; MAXNS of resolv.h */

static size_t add_those_in(const char *path, struct ip_addr *to, size_t count, size_t max)
{
	struct ip_addr servers[NAME_SERVERS_MAX];
	size_t found = resolv_conf_servers(path, servers, NAME_SERVERS_MAX);

	for (size_t i = 0; i < found && count < max; i++)
		if (!ip_is_loopback(&servers[i]) && !ip_is_link_local(&servers[i]))
			to[count++] = servers[i];
	return count;
}

size_t host_name_servers(const char *resolv_conf, struct ip_addr *to, size_t max)
{
	size_t count = add_those_in(resolv_conf ? resolv_conf : "/etc/resolv.conf", to, 0, max);

	return add_those_in(RESOLVED_SERVERS, to, count, max);
}

void host_route_to_name_servers(struct host *h)
{
	struct ip_addr servers[2 * NAME_SERVERS_MAX];
	size_t count = 0;

	if (!h->cfg.is_foreign)
		count = host_name_servers(h->cfg.resolv_conf, servers, 2 * NAME_SERVERS_MAX);
	for (size_t i = 0; i < count; i++)
		host_route_to_server(h, &servers[i]);
}

/* ---- the device */

/*
 * Adds the new address before it removes the old one: a device without an address loses its routes.
 */
static int change_addr(struct host *h, const struct ip_addr *from, const struct ip_addr *to,
		       unsigned len)
{
	int error = 0;

	if (ip_equal(from, to))
		return 0;
	if (to->family != AF_UNSPEC)
		error = netlink_addr_add(h->nl, h->cfg.ifindex, to, len, NULL);
	if (error && error != -EEXIST)
		return error;
	if (from->family != AF_UNSPEC)
		netlink_addr_del(h->nl, h->cfg.ifindex, from, len, NULL);
	return 0;
}

/*
 * Whether the address is used by the connection to the server, at one of its ends: setting it would
 * cut the connection.
 */
static bool is_of_the_connection(struct host *h, const struct link_addrs *link)
{
	struct route route;
	int error;

	if (h->cfg.is_foreign || link->own.family == AF_UNSPEC)
		return false;
	if (ip_equal(&link->own, &link->server))
		return true;
	netlink_set_mark(h->nl, h->cfg.lookup_mark);
	error = netlink_route_get(h->nl, &link->server, &route);
	netlink_set_mark(h->nl, 0);
	return !error && link->server.family == link->own.family &&
	       route.ifindex != h->cfg.ifindex && ip_equal(&route.src, &link->own);
}

static int set_ipv4(struct host *h, const struct link_addrs *link)
{
	int error;

	if (is_of_the_connection(h, link)) {
		log_error(h->log,
			  "%s: the server gave us the address %s, which the connection to "
			  "the server uses: the server's user file or address pool must be "
			  "corrected",
			  h->cfg.device, ip_print(&link->own).text);
		return -EADDRINUSE;
	}
	error = change_addr(h, &h->link.own, &link->own, 32);
	if (error)
		return failed(h, error, ip_print(&link->own).text);
	h->link.own = link->own;
	return 0;
}

/* A failure is not fatal, as with all of IPv6. */
static void set_link_local(struct host *h, const struct link_addrs *link)
{
	int error = change_addr(h, &h->link.own_ll, &link->own_ll, PREFIX6_LEN);

	if (error)
		log_debug(h->log, "%s: %s: %s", h->cfg.device, ip_print(&link->own_ll).text,
			  strerror(-error));
	else
		h->link.own_ll = link->own_ll;
}

static bool has_addr6(const struct slaac_config *c, const struct ip_addr *addr)
{
	for (size_t i = 0; i < c->addr_count; i++)
		if (ip_equal(&c->addrs[i].addr, addr))
			return true;
	return false;
}

/* Adds the new ones first, as with IPv4. */
static void set_global6(struct host *h, const struct slaac_config *ip6)
{
	for (size_t i = 0; i < ip6->addr_count; i++) {
		const struct slaac_addr *a = &ip6->addrs[i];
		int error = netlink_addr6_set(h->nl, h->cfg.ifindex, &a->addr, PREFIX6_LEN,
					      a->preferred_s, a->valid_s);

		if (error)
			log_warn(h->log, "%s: %s: %s", h->cfg.device, ip_print(&a->addr).text,
				 strerror(-error));
		else if (!netlink_addr6_wait(h->nl, &a->addr))
			log_debug(h->log, "%s: %s: not in use yet", h->cfg.device,
				  ip_print(&a->addr).text);
	}
	for (size_t i = 0; i < h->link.ip6.addr_count; i++)
		if (!has_addr6(ip6, &h->link.ip6.addrs[i].addr))
			netlink_addr_del(h->nl, h->cfg.ifindex, &h->link.ip6.addrs[i].addr,
					 PREFIX6_LEN, NULL);
	h->link.ip6 = *ip6;
	h->ip6_ms = clock_now_ms();
}

/* After a reconnect IPv4 may be up before we know whether IPv6 has changed. */
static void set_ipv6(struct host *h, const struct link_addrs *link)
{
	if (link->own_ll.family || link->ip6.is_settled)
		set_link_local(h, link);
	if (link->ip6.is_settled)
		set_global6(h, &link->ip6);
}

static int set_route(struct host *h, struct own_route *own)
{
	struct route r = route_of(h, own);
	struct ip_text dst = ip_prefix_print(&own->dst);
	int error = netlink_route_add(h->nl, &r);

	if (!error || (error == -EEXIST && own->is_up)) {
		own->is_up = true;
		return 0;
	}
	if (own->dst.addr.family == AF_INET6) {
		log_warn(h->log, "%s: route %s: %s; IPv6 routing is unchanged", h->cfg.device,
			 dst.text, strerror(-error));
		return 0;
	}
	if (error == -EEXIST) {
		log_error(h->log,
			  "%s: there is a route to %s already, perhaps another VPN's: remove it, "
			  "choose others by --route and --no-default-route, or give ours another "
			  "--metric",
			  h->cfg.device, dst.text);
		return error;
	}
	log_error(h->log, "%s: route %s: %s%s", h->cfg.device, dst.text, strerror(-error),
		  rights_hint(error));
	return error;
}

/*
 * With a worse metric than the tunnel's routes. If another program has an equal route, that is
 * enough; our own from a crash in another namespace is replaced.
 */
static int block_part(struct host *h, const struct ip_prefix *part)
{
	struct route r = block_of(part, h->cfg.table);
	int error = netlink_route_add(h->nl, &r);

	if (error == -EEXIST && !netlink_route_del(h->nl, &r))
		error = netlink_route_add(h->nl, &r);
	return error == -EEXIST ? 0 : error;
}

/* Fails on a host without IPv6, where no block is needed. */
static int block_ipv6(struct host *h)
{
	struct state_facts *f = &h->state.facts;
	static const struct ip_addr anywhere = { .family = AF_INET6, .bytes = { 0x2a } };
	struct route r;
	int error = 0;

	if (!h->has_all4 || h->cfg.ipv6_outside || f->blocks_ipv6)
		return 0;
	f->blocks_ipv6 = true;
	f->block_table = h->cfg.table;
	state_save(&h->state);
	for (size_t i = 0; i < h->part_count && !error; i++)
		error = block_part(h, &h->all6[i]);
	if (!error || netlink_route_get(h->nl, &anywhere, &r))
		return 0;
	log_error(h->log,
		  "%s: IPv6 outside of the tunnel cannot be blocked: %s%s "
		  "(--allow-ipv6-outside permits it)",
		  h->cfg.device, strerror(-error), rights_hint(error));
	return error;
}

/*
 * What is not used of a delegated prefix is unreachable (RFC 7084 WPD-5): else its packets would go
 * back and forth between us and the server. Networks on other devices have longer prefixes.
 */
static void set_delegated(struct host *h, const struct ip_prefix *prefix)
{
	struct state_facts *f = &h->state.facts;
	struct route old = block_of(&f->delegated, h->cfg.table);
	int error = 0;

	if (f->delegated.len == prefix->len && ip_equal(&f->delegated.addr, &prefix->addr))
		return;
	if (f->delegated.addr.family)
		netlink_route_del(h->nl, &old);
	f->delegated = *prefix;
	f->block_table = h->cfg.table;
	state_save(&h->state);
	if (prefix->addr.family)
		error = block_part(h, prefix);
	if (error)
		log_warn(h->log, "%s: no unreachable route to %s: %s", h->cfg.device,
			 ip_prefix_print(prefix).text, strerror(-error));
}

/* Leaves this route unchanged until we know what IPv6 the server gives. */
static void set_default6(struct host *h, struct own_route *own, const struct slaac_config *ip6)
{
	if (!ip6->is_settled)
		return;
	if (ip6->has_router && ip6->addr_count)
		set_route(h, own);
	else
		clear_route(h, own);
}

static int set_routes(struct host *h, const struct link_addrs *link)
{
	int error = 0;

	for (size_t i = 0; i < h->route_count && !error; i++) {
		struct own_route *own = &h->route[i];

		if (is_to(own, &link->own)) /* needs no route: it is our address */
			continue;
		if (!h->cfg.is_foreign && is_to(own, &link->server))
			log_warn(h->log,
				 "%s: no route to %s in spite of --route: it is the address of the "
				 "server itself, outside of the tunnel",
				 h->cfg.device, ip_print(&link->server).text);
		else if (own->is_default6)
			set_default6(h, own, &link->ip6);
		else if (own->dst.addr.family == AF_INET6 || link->own.family == AF_INET)
			error = set_route(h, own);
	}
	return error;
}

/* After the routes, so that the table is complete when packets get there. */
static int set_rules(struct host *h)
{
	int error = h->cfg.has_rules ? policy_up(&h->policy) : 0;

	return error ? failed(h, error, "rules (ip rule) cannot be added") : 0;
}

/* ---- routes from the server's side */

static bool is_among(const struct ip_prefix *p, const struct ip_prefix *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_same_prefix(p, &list[i]))
			return true;
	return false;
}

static struct own_route *find_pushed(struct host *h, const struct ip_prefix *dst)
{
	struct own_route *is_free = NULL;

	for (size_t i = 0; i < PUSHED_MAX; i++)
		if (!h->pushed[i].is_up)
			is_free = &h->pushed[i];
		else if (is_same_prefix(&h->pushed[i].dst, dst))
			return &h->pushed[i];
	return is_free;
}

/*
 * Whether the host has a route to this network, with whatever metric. A few of its addresses are looked
 * up: the first one and the host's own have routes to themselves.
 */
static bool has_own_route(struct host *h, const struct ip_prefix *dst)
{
	unsigned bits = dst->addr.family == AF_INET ? 32 : 128;
	uint8_t probes = dst->len + 2 <= bits ? 4 : 1;
	struct ip_addr a = dst->addr;
	struct route r;

	for (uint8_t i = 0; !h->cfg.table && i < probes; i++) {
		a.bytes[bits / 8 - 1] = dst->addr.bytes[bits / 8 - 1] | i;
		if (!netlink_route_match(h->nl, &a, &r) && r.ifindex != h->cfg.ifindex &&
		    is_same_prefix(&r.dst, dst))
			return true;
	}
	return false;
}

/*
 * What the user gives goes first, and the host's own routes stay. The connection to the server gets a
 * host route if this one covers it.
 */
static void set_pushed(struct host *h, const struct link_addrs *link, const struct ip_prefix *dst)
{
	struct own_route *own = find_pushed(h, dst);
	struct route r;
	int error;

	if (!own || own->is_up || is_excluded(h, dst))
		return;
	*own = (struct own_route){ .dst = *dst };
	if (is_to(own, &link->own) || (!h->cfg.is_foreign && is_to(own, &link->server)))
		return;
	own->is_up = true; /* for host_route_to_server */
	if (ip_prefix_has(dst, &link->server) && host_route_to_server(h, &link->server)) {
		own->is_up = false;
		return;
	}
	r = route_of(h, own);
	error = has_own_route(h, dst) ? -EEXIST : netlink_route_add(h->nl, &r);
	own->is_up = !error;
	if (error)
		log_info(h->log, "%s: the server's route to %s is not used: %s", h->cfg.device,
			 ip_prefix_print(dst).text,
			 error == -EEXIST ? "there is one already" : strerror(-error));
}

/* Of one family: exactly these from now on. */
static void set_pushed_list(struct host *h, const struct link_addrs *link, sa_family_t family,
			    const struct ip_prefix *list, size_t count)
{
	for (size_t i = 0; i < PUSHED_MAX; i++)
		if (h->pushed[i].is_up && h->pushed[i].dst.addr.family == family &&
		    !is_among(&h->pushed[i].dst, list, count))
			clear_route(h, &h->pushed[i]);
	for (size_t i = 0; i < count; i++)
		set_pushed(h, link, &list[i]);
}

/* IPv6 routes need an address that others can reply to. */
static void set_pushed_routes(struct host *h, const struct link_addrs *link)
{
	const struct slaac_config *ip6 = &link->ip6;

	if (link->is_informed)
		set_pushed_list(h, link, AF_INET, link->routes, link->route_count);
	if (ip6->is_settled)
		set_pushed_list(h, link, AF_INET6, ip6->routes,
				ip6->addr_count ? ip6->route_count : 0);
}

/* ---- routes to the addresses of names */

static bool is_in_list(const struct ip_addr *a, const struct ip_addr *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ip_equal(&list[i], a))
			return true;
	return false;
}

static struct own_route *find_named(struct host *h, const struct ip_addr *a)
{
	struct own_route *is_free = NULL;

	for (size_t i = 0; i < HOST_NAMED_MAX; i++)
		if (!h->named[i].is_up)
			is_free = &h->named[i];
		else if (ip_equal(&h->named[i].dst.addr, a))
			return &h->named[i];
	return is_free;
}

static void set_named(struct host *h, const struct ip_addr *a)
{
	struct own_route *own = find_named(h, a);
	struct route r;
	int error;

	if (!own || own->is_up || ip_equal(a, &h->link.own) || ip_is_link_local(a))
		return;
	if (!h->cfg.is_foreign && ip_equal(a, &h->server)) {
		log_warn(h->log,
			 "%s: no route to %s in spite of --route-host: it is the address of the "
			 "server itself, outside of the tunnel",
			 h->cfg.device, ip_print(a).text);
		return;
	}
	*own = (struct own_route){ .dst = { *a, a->family == AF_INET ? 32 : 128 } };
	r = route_of(h, own);
	error = netlink_route_add(h->nl, &r);
	own->is_up = !error;
	/* -EEXIST: another route of ours leads there, or the host's own */
	if (error && error != -EEXIST)
		log_warn(h->log, "%s: route %s: %s", h->cfg.device, ip_print(a).text,
			 strerror(-error));
}

void host_set_named(struct host *h, const struct ip_addr *addrs, size_t count)
{
	if (!h->named)
		h->named = calloc(HOST_NAMED_MAX, sizeof(*h->named));
	if (!h->named)
		return;
	for (size_t i = 0; i < HOST_NAMED_MAX; i++)
		if (h->named[i].is_up && !is_in_list(&h->named[i].dst.addr, addrs, count))
			clear_route(h, &h->named[i]);
	for (size_t i = 0; i < count; i++)
		set_named(h, &addrs[i]);
}

/* The longest route decides. */
static bool is_routed_to_tunnel(const struct host *h, const struct ip_addr *a)
{
	int excluded = excluded_len(&h->excluded, a);

	for (size_t i = 0; i < h->route_count; i++)
		if (h->route[i].is_up && ip_prefix_has(&h->route[i].dst, a) &&
		    (int)h->route[i].dst.len > excluded)
			return true;
	for (size_t i = 0; i < PUSHED_MAX; i++)
		if (h->pushed[i].is_up && ip_prefix_has(&h->pushed[i].dst, a) &&
		    (int)h->pushed[i].dst.len > excluded)
			return true;
	return false;
}

static void set_dns_route(struct host *h, const struct link_addrs *link, const struct ip_addr *dns)
{
	struct own_route *own = NULL;
	struct route r;
	int error;

	for (size_t i = 0; i < LINK_DNS_MAX; i++)
		if (h->dns_route[i].is_up && ip_equal(&h->dns_route[i].dst.addr, dns))
			return;
		else if (!h->dns_route[i].is_up)
			own = &h->dns_route[i];
	if (!h->cfg.is_foreign && ip_equal(dns, &link->server)) {
		log_warn(h->log,
			 "DNS: %s is the address of the server itself: it is reached "
			 "outside of the tunnel",
			 ip_print(dns).text);
		return;
	}
	if (!own || ip_equal(dns, &link->own) || ip_is_link_local(dns) || ip_is_loopback(dns) ||
	    is_routed_to_tunnel(h, dns))
		return;
	*own = (struct own_route){ .dst = { *dns, dns->family == AF_INET ? 32 : 128 } };
	r = route_of(h, own);
	error = netlink_route_add(h->nl, &r);
	own->is_up = !error;
	if (error)
		log_warn(h->log, "DNS: no route through %s to the server %s: %s", h->cfg.device,
			 ip_print(dns).text, strerror(-error));
}

/*
 * The DNS servers that we set are reached through the tunnel, even if no other route leads there.
 */
static void set_dns_routes(struct host *h, const struct link_addrs *link)
{
	size_t count = h->cfg.dns == HOST_DNS_NONE ? 0 : link->dns_count;

	for (size_t i = 0; i < LINK_DNS_MAX; i++)
		if (!is_in_list(&h->dns_route[i].dst.addr, link->dns, count))
			clear_route(h, &h->dns_route[i]);
	for (size_t i = 0; i < count; i++)
		set_dns_route(h, link, &link->dns[i]);
}

static bool has_same_dns(const struct link_addrs *a, const struct link_addrs *b)
{
	if (a->dns_count != b->dns_count)
		return false;
	for (size_t i = 0; i < a->dns_count; i++)
		if (!ip_equal(&a->dns[i], &b->dns[i]))
			return false;
	return true;
}

/* True: it is another than before. */
static bool set_domain(char to[DNS_NAME_MAX + 1], const char *given)
{
	char domain[DNS_NAME_MAX + 1] = "";

	if (*given && !dns_name_normalize(given, domain))
		*domain = '\0';
	if (!strcmp(domain, to))
		return false;
	memcpy(to, domain, sizeof(domain));
	return true;
}

static void add_search(struct host *h, const char *domain)
{
	for (size_t i = 0; i < h->search_count; i++)
		if (!strcmp(h->search[i], domain))
			return;
	if (*domain && h->search_count < DNS_NAMES_MAX)
		h->search[h->search_count++] = domain;
}

/*
 * The server's domains are searched after the user's. What is not known yet after a reconnect stays as
 * it was. True: they are others than before.
 */
static bool set_domains(struct host *h, const struct link_addrs *link)
{
	const struct dns_names *names = &h->cfg.dns_names;
	const struct slaac_config *ip6 = &link->ip6;
	bool is_new = link->is_informed && set_domain(h->domains[0], link->domain);

	for (size_t i = 0; i < IP6_DOMAINS_MAX && ip6->is_settled; i++)
		if (set_domain(h->domains[1 + i], i < ip6->domain_count ? ip6->domains[i] : ""))
			is_new = true;
	if (!is_new)
		return false;
	h->search_count = 0;
	for (size_t i = 0; i < names->search_count; i++)
		add_search(h, names->search[i]);
	for (size_t i = 0; i < 1 + IP6_DOMAINS_MAX; i++)
		add_search(h, h->domains[i]);
	h->dns.names.search = h->search;
	h->dns.names.search_count = h->search_count;
	return true;
}

static void set_dns(struct host *h, const struct link_addrs *link)
{
	if (h->cfg.dns == HOST_DNS_NONE)
		return;
	if (!set_domains(h, link) && dns_is_up(&h->dns) && has_same_dns(&h->link, link))
		return;
	dns_up(&h->dns, link->dns, link->dns_count);
	memcpy(h->link.dns, link->dns, sizeof(h->link.dns));
	h->link.dns_count = link->dns_count;
}

/*
 * Checks two arbitrary addresses if all traffic goes into the tunnel, one address of each --route,
 * and the DNS servers.
 */
static bool check_route(struct host *h, const struct ip_addr *a)
{
	return !is_routed_to_tunnel(h, a) ||
	       route_check(h->nl, h->log, h->cfg.device, h->cfg.ifindex, a);
}

static void check_routes(struct host *h)
{
	static const struct ip_addr any4[] = { { .family = AF_INET, .bytes = { 45, 0, 0, 1 } },
					       { .family = AF_INET, .bytes = { 185, 0, 0, 1 } } };
	static const struct ip_addr any6 = { .family = AF_INET6, .bytes = { 0x2a, 1, [15] = 1 } };
	bool is_right = true;

	/* the user's rules decide what uses a table of its own */
	if ((h->cfg.table && !h->cfg.has_rules) || h->was_checked)
		return;
	h->was_checked = true;
	for (size_t i = 0; h->has_all4 && i < 2 && is_right; i++)
		is_right = check_route(h, &any4[i]);
	if (h->has_all4 && !h->cfg.ipv6_outside && excluded_len(&h->excluded, &any6) < 0)
		route_check(h->nl, h->log, h->cfg.device, h->cfg.ifindex, &any6);
	for (size_t i = 0; i < h->route_count && i < CHECKS_MAX && is_right; i++) {
		struct ip_addr a = h->route[i].dst.addr;

		if (h->route[i].dst.len < 2 || !h->route[i].is_up)
			continue;
		if (h->route[i].dst.len <= (a.family == AF_INET ? 30u : 126u))
			a.bytes[a.family == AF_INET ? 3 : 15] |= 1;
		is_right = check_route(h, &a);
	}
	for (size_t i = 0; i < LINK_DNS_MAX && is_right; i++)
		if (h->dns_route[i].is_up)
			is_right = route_check(h->nl, h->log, h->cfg.device, h->cfg.ifindex,
					       &h->dns_route[i].dst.addr);
}

/* What listens there has a connection to the network, which is not known here. */
static void warn_of_loopback(struct host *h, const struct ip_addr *server)
{
	if (!h->has_all4 || h->cfg.is_foreign || !ip_is_loopback(server) ||
	    h->has_warned_of_loopback)
		return;
	h->has_warned_of_loopback = true;
	log_warn(h->log,
		 "the connection goes to this host itself (%s): what the proxy there connects to "
		 "must stay outside of the tunnel (--exclude NETWORK), or the tunnel breaks",
		 ip_print(server).text);
}

int host_up(struct host *h, const struct link_addrs *link)
{
	int error = netlink_link_up(h->nl, h->cfg.ifindex, link->mtu);

	if (error)
		return failed(h, error, "could not be brought up");
	if (link->server.family != AF_UNSPEC)
		server_routes_keep_only(&h->to_server, &link->server);
	h->server = link->server;
	error = choose_table(h);
	if (!error)
		error = set_ipv4(h, link);
	if (error)
		return error;
	set_ipv6(h, link);
	warn_of_loopback(h, &link->server);
	excluded_up(&h->excluded); /* before the tunnel's routes, so that no packet gets into it */
	error = set_routes(h, link);
	if (!error)
		error = block_ipv6(h);
	if (!error)
		error = set_rules(h);
	if (error)
		return error;
	set_delegated(h, &link->delegated);
	set_pushed_routes(h, link);
	set_dns_routes(h, link);
	set_dns(h, link);
	check_routes(h);
	return 0;
}

void host_pause(struct host *h)
{
	if (!h->cfg.is_foreign)
		dns_down(&h->dns);
}

bool host_is_settled(const struct host *h)
{
	return dns_is_settled(&h->dns);
}

void host_child(struct host *h)
{
	dns_child(&h->dns);
}

/* ---- when the host has changed */

static void log_addr_restored(struct host *h, const struct ip_addr *a)
{
	log_info(h->log, "%s: the address %s was removed by another program; added it again",
		 h->cfg.device, ip_print(a).text);
}

/* Returns whether it was missing and was added again. */
static bool restore_addr(struct host *h, const struct ip_addr *a, unsigned len)
{
	if (a->family == AF_UNSPEC || netlink_addr_add(h->nl, h->cfg.ifindex, a, len, NULL))
		return false;
	log_addr_restored(h, a);
	return true;
}

/* The seconds that are left of a lifetime. */
static uint32_t left_of(uint32_t lifetime_s, uint64_t passed_s)
{
	if (lifetime_s == UINT32_MAX) /* infinite */
		return lifetime_s;
	return passed_s < lifetime_s ? lifetime_s - (uint32_t)passed_s : 0;
}

/* The kernel removes an address itself when its lifetime is over. */
static bool restore_global6(struct host *h, const struct slaac_addr *a)
{
	uint64_t passed_s = (clock_now_ms() - h->ip6_ms) / 1000;
	uint32_t valid_s = left_of(a->valid_s, passed_s);

	if (!valid_s || netlink_addr6_add(h->nl, h->cfg.ifindex, &a->addr, PREFIX6_LEN,
					  left_of(a->preferred_s, passed_s), valid_s))
		return false;
	log_addr_restored(h, &a->addr);
	return true;
}

/* The kernel removes IPv6 addresses from a device that is set down. */
static bool restore_addrs(struct host *h)
{
	bool any;

	if (!netlink_link_is_up(h->nl, h->cfg.ifindex))
		return false;
	any = restore_addr(h, &h->link.own, 32);
	any = restore_addr(h, &h->link.own_ll, PREFIX6_LEN) || any;
	for (size_t i = 0; i < h->link.ip6.addr_count; i++)
		any = restore_global6(h, &h->link.ip6.addrs[i]) || any;
	return any;
}

/* Returns whether it was missing and was added again. */
static bool restore_route(struct host *h, const struct route *r)
{
	if (netlink_route_add(h->nl, r))
		/* usually -EEXIST; or the user has removed the device or set it down */
		return false;
	log_info(h->log, "%s: the route %s was removed by another program; added it again",
		 h->cfg.device, ip_prefix_print(&r->dst).text);
	return true;
}

static bool restore_own(struct host *h, const struct own_route *own)
{
	struct route r = route_of(h, own);

	return own->is_up && restore_route(h, &r);
}

/* Without a pause: else IPv6 would leave past the tunnel in the meantime. */
static void block_again(struct host *h)
{
	for (size_t i = 0; h->state.facts.blocks_ipv6 && i < h->part_count; i++) {
		struct route r = block_of(&h->all6[i], h->cfg.table);

		netlink_route_add(h->nl, &r);
	}
}

uint64_t host_check(struct host *h, uint64_t now_ms)
{
	uint64_t again = server_routes_check(&h->to_server, now_ms), own_again;
	uint64_t excluded_again = excluded_check(&h->excluded, now_ms);
	bool any;

	again = excluded_again < again ? excluded_again : again;
	block_again(h);
	if (server_route_must_pause(&h->limit, now_ms, &own_again))
		return own_again < again ? own_again : again;
	any = restore_addrs(h); /* first: routes need them */
	for (size_t i = 0; i < h->route_count; i++)
		any = restore_own(h, &h->route[i]) || any;
	for (size_t i = 0; i < LINK_DNS_MAX; i++)
		any = restore_own(h, &h->dns_route[i]) || any;
	for (size_t i = 0; i < PUSHED_MAX; i++)
		any = restore_own(h, &h->pushed[i]) || any;
	for (size_t i = 0; h->named && i < HOST_NAMED_MAX; i++)
		any = restore_own(h, &h->named[i]) || any;
	any = policy_check(&h->policy) || any;
	if (any && server_route_count(&h->limit, now_ms))
		log_warn(h->log,
			 "%s: another program removes the addresses, routes or rules each time; "
			 "adding them again in %d s",
			 h->cfg.device, SERVER_ROUTE_PAUSE_MS / 1000);
	return again;
}

/* ---- the end */

/* The device may have been removed already, and all of this with it. */
static void clear_device(struct host *h)
{
	static const struct link_addrs nothing = { .ip6 = { .is_settled = true } };

	policy_drop(&h->policy);
	for (size_t i = 0; i < h->route_count; i++)
		clear_route(h, &h->route[i]);
	for (size_t i = 0; i < LINK_DNS_MAX; i++)
		clear_route(h, &h->dns_route[i]);
	for (size_t i = 0; i < PUSHED_MAX; i++)
		clear_route(h, &h->pushed[i]);
	for (size_t i = 0; h->named && i < HOST_NAMED_MAX; i++)
		clear_route(h, &h->named[i]);
	if (h->state.facts.blocks_ipv6)
		unblock_ipv6(h->nl, h->cfg.table);
	h->state.facts.blocks_ipv6 = false;
	set_delegated(h, &nothing.delegated);
	set_ipv4(h, &nothing);
	set_ipv6(h, &nothing);
}

void host_close(struct host *h)
{
	if (!h)
		return;
	if (h->watch.loop)
		loop_timer_stop(h->watch.loop, &h->again);
	netlink_watch_close(&h->watch);
	if (h->nl) {
		dns_close(&h->dns);
		clear_device(h);
		excluded_drop(&h->excluded);
		server_routes_drop(&h->to_server);
	}
	state_close(&h->state);
	netlink_close(h->nl);
	free(h->route);
	free(h->named);
	free(h);
}
