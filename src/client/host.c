/*
 * Addresses, routes and DNS of the tunnel's device, and the host routes to the server.
 *
 * "All traffic" is 0.0.0.0/1 and 128.0.0.0/1: together they cover everything, each is longer than
 * the default route, and that stays as it is underneath. All IPv6 is ::/1 and 8000::/1 in the same
 * way, once the server's side has advertised a prefix and a router; a --route to IPv6 is there from
 * the start, and so fails closed.
 */
#include "client/host.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "client/dns.h"
#include "client/state.h"
#include "net/netlink.h"
#include "tun/tun.h"

enum { PREFIX6_LEN = 64 }; /* of link-local addresses, and of those made of a prefix */

/* A route into the tunnel. */
struct own_route {
	struct ip_prefix dst;
	bool is_default6; /* only where the server's side forwards IPv6, and gives us an address */
	bool is_up;
};

struct host {
	struct host_cfg cfg;
	const struct log *log;
	struct netlink *nl;
	struct own_route *route;
	size_t route_count;
	struct state state; /* its facts hold the routes to servers */
	struct dns dns;
	struct outlet_link link; /* as the device has it now */
	struct route last_way; /* by which a server was reached last; dst AF_UNSPEC: none yet */
};

static const char *hint(int error)
{
	return error == -EPERM ? " (this needs root, or the capability CAP_NET_ADMIN)" : "";
}

static int failed(const struct host *h, int error, const char *what)
{
	log_error(h->log, "%s: %s: %s%s", h->cfg.device, what, strerror(-error), hint(error));
	return error;
}

/* ---- opening */

static bool is_same_prefix(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_prefix_has(a, &b->addr);
}

static void want_route(struct host *h, const struct ip_prefix *dst, bool is_default6)
{
	for (size_t i = 0; i < h->route_count; i++)
		if (is_same_prefix(&h->route[i].dst, dst))
			return;
	h->route[h->route_count++] = (struct own_route){ .dst = *dst, .is_default6 = is_default6 };
}

static int want_routes(struct host *h)
{
	static const struct ip_prefix halves[] = {
		{ { .family = AF_INET, .bytes = { 0 } }, 1 },
		{ { .family = AF_INET, .bytes = { 128 } }, 1 },
		{ { .family = AF_INET6, .bytes = { 0 } }, 1 },
		{ { .family = AF_INET6, .bytes = { 128 } }, 1 },
	};

	h->route = calloc(h->cfg.route_count + 4, sizeof(*h->route));
	if (!h->route)
		return -ENOMEM;
	for (size_t i = 0; i < h->cfg.route_count; i++)
		want_route(h, &h->cfg.routes[i], false);
	for (size_t i = 0; h->cfg.default_route && i < 4; i++)
		want_route(h, &halves[i], halves[i].addr.family == AF_INET6);
	return 0;
}

static void open_state(struct host *h)
{
	const char *dir = h->cfg.state_dir;
	int error;

	host_recover(dir, h->cfg.resolv_conf, h->log);
	error = state_open(&h->state, dir, h->cfg.device);
	if (error)
		log_warn(h->log,
			 "nothing can be written down in %s (%s): what is changed on this host is "
			 "put back at the end, but not after a crash",
			 dir, strerror(-error));
}

static void open_dns(struct host *h)
{
	dns_init(&h->dns, h->cfg.device, h->cfg.resolv_conf, &h->state, h->log);
	h->dns.is_only_file = h->cfg.dns == HOST_DNS_FILE;
	if (h->cfg.dns == HOST_DNS_FD)
		h->dns.fd = h->cfg.resolv_conf_fd;
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
	netlink_link_no_autoaddr(h->nl, cfg->ifindex); /* a kernel without IPv6 refuses */
	netlink_link_queue_len(h->nl, cfg->ifindex, TUN_QUEUE_LEN);
	if (!cfg->is_elsewhere)
		open_state(h);
	open_dns(h);
	*out = h;
	return 0;
}

/* ---- what the dead left */

/* True when all of it is gone. */
static bool remove_routes(struct state_facts *f, const struct log *log)
{
	struct netlink *nl;
	bool done = true;

	if (netlink_open(&nl))
		return false;
	for (size_t i = 0; i < f->route_count; i++) {
		int rc = netlink_route_del(nl, &f->route[i]);

		if (!rc)
			log_info(log, "a former sstp died: its route to %s is removed",
				 ip_print(&f->route[i].dst.addr).text);
		done = done && rc != -EPERM;
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
	int rc;

	if (state_is_here(f) && remove_routes(f, log))
		f->route_count = 0;
	if (*f->resolv_conf) {
		rc = dns_recover_file(f->resolv_conf, log);
		if (!rc || rc == -ENOENT)
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
	/* resolv.conf tells by itself, also when the state was lost with a reboot */
	dns_recover_file(resolv_conf ? resolv_conf : "/etc/resolv.conf", log);
}

/* ---- the way to the server */

static bool is_covered(const struct host *h, const struct ip_addr *a)
{
	for (size_t i = 0; i < h->route_count; i++)
		if (ip_prefix_has(&h->route[i].dst, a))
			return true;
	return false;
}

static void drop_server_route(struct host *h, size_t i)
{
	struct state_facts *f = &h->state.facts;

	netlink_route_del(h->nl, &f->route[i]);
	f->route_count--;
	memmove(&f->route[i], &f->route[i + 1], (f->route_count - i) * sizeof(f->route[i]));
	state_save(&h->state);
}

/* All that lead to `server`, or all but those. */
static void drop_server_routes(struct host *h, const struct ip_addr *server, bool to_it)
{
	struct state_facts *f = &h->state.facts;

	for (size_t i = f->route_count; i > 0; i--)
		if (ip_equal(&f->route[i - 1].dst.addr, server) == to_it)
			drop_server_route(h, i - 1);
}

/* Can the gateway of last time be reached, on the same device? */
static bool is_last_way_open(struct host *h, const struct ip_addr *server)
{
	const struct route *last = &h->last_way;
	struct route r;

	if (last->dst.addr.family != server->family || last->via.family == AF_UNSPEC)
		return false;
	return !netlink_route_without(h->nl, &last->via, h->cfg.ifindex, &r) &&
	       r.via.family == AF_UNSPEC && r.ifindex == last->ifindex;
}

/*
 * While a tunnel is down its routes stay, and cover the server: then the kernel's answer is the
 * tunnel, and we look ourselves, since the gateway may be another one by now. Where the host's
 * routes stand in other tables, by rules, that finds nothing: then it goes as it went last time.
 */
static int find_way(struct host *h, const struct ip_addr *server, struct route *way)
{
	int rc = netlink_route_get(h->nl, server, way);

	if (rc || way->ifindex != h->cfg.ifindex)
		return rc;
	rc = netlink_route_without(h->nl, server, h->cfg.ifindex, way);
	if (!rc || !is_last_way_open(h, server))
		return rc;
	*way = h->last_way;
	way->dst.addr = *server;
	return 0;
}

static int add_server_route(struct host *h, const struct route *r)
{
	struct state_facts *f = &h->state.facts;
	int rc;

	if (f->route_count == STATE_ROUTES_MAX)
		drop_server_route(h, 0);
	f->route[f->route_count++] = *r;
	state_save(&h->state);
	rc = netlink_route_add(h->nl, r);
	if (!rc) {
		log_debug(h->log, "route to the server: %s via %s", ip_prefix_print(&r->dst).text,
			  ip_print(&r->via).text);
		return 0;
	}
	f->route_count--;
	state_save(&h->state);
	/* the host has one of its own, which is the way that was found */
	return rc == -EEXIST ? 0 : failed(h, rc, "route to the server");
}

/*
 * Also when the server is on the link: what looks so may be a default route without a gateway (a
 * modem's, another tunnel's), and a --route can be longer than the link's own.
 */
int host_route_to_server(struct host *h, const struct ip_addr *server)
{
	struct route way;
	int rc;

	if (h->cfg.is_elsewhere || !is_covered(h, server))
		return 0;
	drop_server_routes(h, server, true);
	rc = find_way(h, server, &way);
	if (rc) {
		log_debug(h->log, "no way to %s but through the tunnel itself: %s",
			  ip_print(server).text, strerror(-rc));
		return rc;
	}
	if (way.table == RT_TABLE_LOCAL) /* this host itself: comes before any route of ours */
		return 0;
	way.table = h->cfg.table;
	way.src.family = AF_UNSPEC; /* the kernel's choice, which changes when the address does */
	h->last_way = way;
	return add_server_route(h, &way);
}

/* ---- the device */

/* An address of the device and its peer, if it has one. */
struct pair {
	struct ip_addr own, peer;
};

static int add_pair(struct host *h, const struct pair *p, unsigned len)
{
	int rc = 0;

	if (p->own.family != AF_UNSPEC)
		rc = netlink_addr_add(h->nl, h->cfg.ifindex, &p->own, len, &p->peer);
	return rc == -EEXIST ? 0 : rc;
}

static void del_pair(struct host *h, const struct pair *p, unsigned len)
{
	if (p->own.family != AF_UNSPEC)
		netlink_addr_del(h->nl, h->cfg.ifindex, &p->own, len, &p->peer);
}

/* What a pair is a subnet of, to the kernel. */
static const struct ip_addr *far_end(const struct pair *p)
{
	return p->peer.family != AF_UNSPEC ? &p->peer : &p->own;
}

/*
 * The new pair is there before the old one goes: with its last address a device loses its routes,
 * and packets would leave by another. But of two pairs with the same far end the second goes with
 * the first. So, where a server gave another address, the device passes through that address alone.
 */
static int change_pair(struct host *h, const struct pair *from, const struct pair *to, unsigned len)
{
	const struct pair alone = { .own = to->own };
	int rc;

	if (ip_equal(&from->own, &to->own) && ip_equal(&from->peer, &to->peer))
		return 0;
	if (ip_equal(far_end(from), far_end(to)) && !ip_equal(far_end(from), &to->own)) {
		rc = change_pair(h, from, &alone, len);
		return rc ? rc : change_pair(h, &alone, to, len);
	}
	if (ip_equal(far_end(from), far_end(to)))
		del_pair(h, from, len); /* no way around: the routes are put in anew */
	rc = add_pair(h, to, len);
	if (!rc)
		del_pair(h, from, len);
	return rc;
}

static int set_ipv4(struct host *h, const struct outlet_link *link)
{
	struct pair from = { h->link.own, h->link.peer }, to = { link->own, link->peer };
	int rc;

	if (ip_equal(&to.peer, &to.own))
		to.peer.family = AF_UNSPEC; /* the kernel takes that for none too */
	rc = change_pair(h, &from, &to, 32);
	if (rc)
		return failed(h, rc, ip_print(&link->own).text);
	h->link.own = to.own;
	h->link.peer = to.peer;
	return 0;
}

/* Not vital, as all of IPv6. */
static void set_link_local(struct host *h, const struct outlet_link *link)
{
	struct pair from = { .own = h->link.own_ll }, to = { .own = link->own_ll };
	int rc = change_pair(h, &from, &to, PREFIX6_LEN);

	if (rc)
		log_debug(h->log, "%s: %s: %s", h->cfg.device, ip_print(&link->own_ll).text,
			  strerror(-rc));
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

/* The new ones first, as with IPv4. */
static void set_global6(struct host *h, const struct slaac_config *ip6)
{
	for (size_t i = 0; i < ip6->addr_count; i++) {
		const struct slaac_addr *a = &ip6->addrs[i];
		int rc = netlink_addr6_set(h->nl, h->cfg.ifindex, &a->addr, PREFIX6_LEN,
					   a->preferred_s, a->valid_s);

		if (rc)
			log_warn(h->log, "%s: %s: %s", h->cfg.device, ip_print(&a->addr).text,
				 strerror(-rc));
	}
	for (size_t i = 0; i < h->link.ip6.addr_count; i++)
		if (!has_addr6(ip6, &h->link.ip6.addrs[i].addr))
			netlink_addr_del(h->nl, h->cfg.ifindex, &h->link.ip6.addrs[i].addr,
					 PREFIX6_LEN, NULL);
	h->link.ip6 = *ip6;
}

/* After a reconnect IPv4 may be up before it is known whether IPv6 is as it was. */
static void set_ipv6(struct host *h, const struct outlet_link *link)
{
	if (link->own_ll.family || link->ip6.is_settled)
		set_link_local(h, link);
	if (link->ip6.is_settled)
		set_global6(h, &link->ip6);
}

static struct route route_of(const struct host *h, const struct own_route *own)
{
	return (struct route){
		.dst = own->dst,
		.ifindex = h->cfg.ifindex,
		.table = h->cfg.table,
	};
}

static int set_route(struct host *h, struct own_route *own)
{
	struct route r = route_of(h, own);
	struct ip_text dst = ip_prefix_print(&own->dst);
	int rc = netlink_route_add(h->nl, &r);

	if (!rc || (rc == -EEXIST && own->is_up)) {
		own->is_up = true;
		return 0;
	}
	if (own->dst.addr.family == AF_INET6) {
		log_warn(h->log, "%s: route %s: %s; IPv6 goes as it went", h->cfg.device, dst.text,
			 strerror(-rc));
		return 0;
	}
	if (rc == -EEXIST) {
		log_error(h->log,
			  "%s: there is a route to %s already, perhaps another VPN's: remove it, "
			  "or choose others by --route and --no-default-route",
			  h->cfg.device, dst.text);
		return rc;
	}
	log_error(h->log, "%s: route %s: %s%s", h->cfg.device, dst.text, strerror(-rc),
		  hint(rc));
	return rc;
}

/* While it is not known what the server gives of IPv6, this route stays as it is. */
static void set_default6(struct host *h, struct own_route *own, const struct slaac_config *ip6)
{
	struct route r = route_of(h, own);

	if (!ip6->is_settled)
		return;
	if (ip6->has_router && ip6->addr_count) {
		set_route(h, own);
	} else if (own->is_up) {
		netlink_route_del(h->nl, &r);
		own->is_up = false;
	}
}

static int set_routes(struct host *h, const struct outlet_link *link)
{
	int rc = 0;

	for (size_t i = 0; i < h->route_count && !rc; i++) {
		struct own_route *own = &h->route[i];

		if (own->is_default6)
			set_default6(h, own, &link->ip6);
		else if (own->dst.addr.family == AF_INET6 || link->own.family == AF_INET)
			rc = set_route(h, own);
	}
	return rc;
}

static bool has_same_dns(const struct outlet_link *a, const struct outlet_link *b)
{
	if (a->dns_count != b->dns_count)
		return false;
	for (size_t i = 0; i < a->dns_count; i++)
		if (!ip_equal(&a->dns[i], &b->dns[i]))
			return false;
	return true;
}

static void set_dns(struct host *h, const struct outlet_link *link)
{
	if (h->cfg.dns == HOST_DNS_NONE || (h->dns.way && has_same_dns(&h->link, link)))
		return;
	dns_up(&h->dns, link->dns, link->dns_count);
	memcpy(h->link.dns, link->dns, sizeof(h->link.dns));
	h->link.dns_count = link->dns_count;
}

int host_up(struct host *h, const struct outlet_link *link)
{
	int rc = netlink_link_up(h->nl, h->cfg.ifindex, link->mtu);

	if (rc)
		return failed(h, rc, "could not be brought up");
	if (link->server.family != AF_UNSPEC)
		drop_server_routes(h, &link->server, false);
	rc = set_ipv4(h, link);
	if (rc)
		return rc;
	set_ipv6(h, link);
	rc = set_routes(h, link);
	if (rc)
		return rc;
	set_dns(h, link);
	return 0;
}

void host_pause(struct host *h)
{
	if (!h->cfg.is_elsewhere)
		dns_down(&h->dns);
}

/* ---- the end */

/* The device may be gone already, and all of this with it. */
static void clear_device(struct host *h)
{
	static const struct outlet_link nothing = { .ip6 = { .is_settled = true } };

	for (size_t i = 0; i < h->route_count; i++) {
		struct route r = route_of(h, &h->route[i]);

		if (h->route[i].is_up)
			netlink_route_del(h->nl, &r);
	}
	set_ipv4(h, &nothing);
	set_ipv6(h, &nothing);
}

void host_close(struct host *h)
{
	if (!h)
		return;
	if (h->nl) {
		dns_down(&h->dns);
		clear_device(h);
		while (h->state.facts.route_count)
			drop_server_route(h, h->state.facts.route_count - 1);
	}
	state_close(&h->state);
	netlink_close(h->nl);
	free(h->route);
	free(h);
}
