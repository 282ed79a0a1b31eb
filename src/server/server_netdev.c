/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's TUN device, here or in another network namespace. */
#include "server/server_netdev.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "net/nft.h"
#include "server/forwarding.h"
#include "util/syscall_advice.h"
#include "util/secret.h"

/* ---- checks of the host, which run in the device's network namespace */

static void warn_of_forwarding(const struct server_cfg *cfg)
{
	if (forwarding_is_off(AF_INET))
		log_warn(NULL,
			 "IPv4 forwarding is off: clients can reach only this host (--nat any "
			 "turns it on, or sysctl net.ipv4.ip_forward=1)");
	if (cfg->ipv6_network.addr.family && forwarding_is_off(AF_INET6))
		log_warn(NULL,
			 "IPv6 forwarding is off: clients can reach only this host (--nat any "
			 "turns it on, or sysctl net.ipv6.conf.all.forwarding=1)");
}

static struct ip_addr addr_of(const struct sockaddr *sa)
{
	struct sockaddr_storage copy = { 0 };

	memcpy(&copy, sa,
	       sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					 : sizeof(struct sockaddr_in));
	return ip_from_sockaddr(&copy);
}

static unsigned count_ones(const struct ip_addr *mask)
{
	unsigned n = 0;

	while (n < 8 * sizeof(mask->bytes) && mask->bytes[n / 8] & 0x80 >> n % 8)
		n++;
	return n;
}

/*
 * An overlap is meant where the host answers ARP for its clients; else some addresses are
 * unreachable.
 */
static void warn_if_overlapping(const struct ifaddrs *at, const struct ip_prefix *pool,
				const char *option)
{
	struct ip_addr addr, mask;
	struct ip_prefix net;

	if (!at->ifa_addr || at->ifa_addr->sa_family != pool->addr.family || !at->ifa_netmask)
		return;
	addr = addr_of(at->ifa_addr);
	mask = addr_of(at->ifa_netmask);
	net = (struct ip_prefix){ addr, count_ones(&mask) };
	if (ip_prefix_has(&net, &pool->addr) || ip_prefix_has(pool, &addr))
		log_warn(NULL,
			 "%s %s overlaps %s of %s, which this host already has: "
			 "choose another network",
			 option, ip_prefix_print(pool).text, ip_prefix_print(&net).text,
			 at->ifa_name);
}

static void warn_of_overlaps(const struct server_cfg *cfg)
{
	struct ifaddrs *all;

	if (getifaddrs(&all))
		return;
	for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
		warn_if_overlapping(at, &cfg->network, "--ipv4-network");
		if (!cfg->ndp_proxy)
			warn_if_overlapping(at, &cfg->ipv6_network, "--ipv6-network");
		warn_if_overlapping(at, &cfg->delegate_network, "--ipv6-delegate");
	}
	freeifaddrs(all);
}

/* *fd: the socket for nat_open. */
static int prepare_nat(const struct server_cfg *cfg, int *fd)
{
	int error = forwarding_turn_on(AF_INET);

	if (!error && cfg->ipv6_network.addr.family)
		error = forwarding_turn_on(AF_INET6);
	if (error)
		return error;
	if (cfg->nat_out && !if_nametoindex(cfg->nat_out))
		log_warn(NULL, "--nat %s: this host has no interface of that name (yet)",
			 cfg->nat_out);
	*fd = nft_socket();
	if (*fd >= 0)
		return 0;
	log_error(NULL, "--nat: this kernel has no nf_tables: %s%s", strerror(-*fd),
		  syscall_advice(*fd));
	return *fd;
}

static int prepare(void *arg, int *fd)
{
	const struct server_cfg *cfg = arg;

	warn_of_overlaps(cfg);
	if (cfg->nat)
		return prepare_nat(cfg, fd);
	warn_of_forwarding(cfg);
	return 0;
}

/* ---- setting the device up: the pool's first address, and the link-local one for IPV6CP */

static int set_addresses(const struct server_cfg *cfg, const struct ip_addr *own,
			 struct server_netdev *d)
{
	struct ip_addr ll, none = { 0 };
	int error = netlink_link_up(d->netlink, d->netdev->ifindex, cfg->mtu);

	secret_random(d->own_iid, sizeof(d->own_iid));
	d->own_iid[0] &= (uint8_t)~0x02; /* RFC 5072 section 4.1: not globally unique */
	ll = ip_link_local(d->own_iid);
	if (!error)
		error = netlink_addr_add(d->netlink, d->netdev->ifindex, own, cfg->network.len,
					 &none);
	if (!error && cfg->ipv6 && netlink_addr_add(d->netlink, d->netdev->ifindex, &ll, 64, &none))
		log_debug(NULL, "no IPv6 address on the device: IPv6 is disabled on this host");
	return error;
}

static enum tunnel_reason open_netlink(struct server_netdev *d)
{
	int error = d->netlink ? 0 : netlink_open(&d->netlink);

	if (error)
		log_error(NULL, "netlink: %s%s", strerror(-error), syscall_advice(error));
	return error ? REASON_NETWORK : REASON_NONE;
}

static enum tunnel_reason open_netdev(const struct server_cfg *cfg, struct server_netdev *d)
{
	struct server_cfg copy = *cfg;
	struct netdev_source source = {
		.kind = cfg->netns ? NETDEV_IN_NETNS : NETDEV_HERE,
		.netns = cfg->netns,
		.userns = cfg->userns,
	};
	struct netdev_cfg netdev = {
		.tun = {
			.name = cfg->interface,
			.offload = !cfg->no_offload,
			.multi_queue = d->queues > 1,
		},
		.tuns = d->tuns,
		.queues = d->queues,
		.prepare = prepare,
		.prepared_fd = &d->nft_fd,
		.arg = &copy,
	};
	enum tunnel_reason reason = netdev_open(&source, &netdev, &d->netdev);

	if (reason)
		return reason;
	d->netlink = d->netdev->netlink;
	d->netdev->netlink = NULL;
	return open_netlink(d);
}

static int route_delegated(const struct server_cfg *cfg, struct server_netdev *d)
{
	struct route way = { .dst = cfg->delegate_network, .ifindex = d->netdev->ifindex };

	return cfg->delegate_network.addr.family ? netlink_route_replace(d->netlink, &way) : 0;
}

/* The route to the whole network comes with the address. */
static enum tunnel_reason set_ipv6_network(const struct server_cfg *cfg, const struct ip_addr *own,
					   struct server_netdev *d)
{
	int error = 0;

	if (own->family)
		error = netlink_addr_add(d->netlink, d->netdev->ifindex, own, cfg->ipv6_network.len,
					 NULL);
	if (!error)
		error = route_delegated(cfg, d);
	if (!error)
		return REASON_NONE;
	log_error(NULL, "cannot set up %s with %s of --ipv6-network %s: %s%s", d->netdev->name,
		  ip_print(own).text, ip_prefix_print(&cfg->ipv6_network).text, strerror(-error),
		  error == -EACCES ? " (is IPv6 disabled on this host?)" : "");
	return REASON_NETWORK;
}

static enum tunnel_reason set_nat(const struct server_cfg *cfg, struct server_netdev *d)
{
	int fd = d->nft_fd;

	d->nft_fd = -1;
	return cfg->nat && nat_open(fd, d->netdev->name, cfg->nat_out, &d->nat) ? REASON_NETWORK
										: REASON_NONE;
}

static enum tunnel_reason set_up(const struct server_cfg *cfg, const struct ip_addr *own,
				 const struct ip_addr *own_ipv6, struct server_netdev *d)
{
	enum tunnel_reason reason;
	int error;

	netlink_link_no_autoaddr(d->netlink, d->netdev->ifindex);
	netlink_link_queue_len(d->netlink, d->netdev->ifindex, TUN_QUEUE_LEN);
	error = set_addresses(cfg, own, d);
	if (error) {
		log_error(NULL, "cannot set up %s with %s of %s: %s", d->netdev->name,
			  ip_print(own).text, ip_prefix_print(&cfg->network).text,
			  strerror(-error));
		return REASON_NETWORK;
	}
	reason = set_ipv6_network(cfg, own_ipv6, d);
	return reason ? reason : set_nat(cfg, d);
}

enum tunnel_reason server_netdev_open(const struct server_cfg *cfg, uint32_t own,
				      const struct ip_addr *own_ipv6, struct server_netdev *d)
{
	struct ip_addr own_addr = ip_from_v4(own);
	enum tunnel_reason reason;

	d->nft_fd = -1;
	reason = open_netdev(cfg, d);
	if (!reason)
		reason = set_up(cfg, &own_addr, own_ipv6, d);
	if (d->nft_fd >= 0)
		close(d->nft_fd);
	return reason;
}
