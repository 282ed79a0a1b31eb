/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rtnetlink requests for links, addresses and routes. Each call is one request and waits for the
 * kernel's reply, which comes at once. All return 0 or -errno; the kernel's error text goes to the debug
 * log. The caller decides about -EEXIST (adding what exists), -ESRCH (removing a missing route) and
 * -EADDRNOTAVAIL (a missing address), -ENODEV, and the errors of a kernel or a device without IPv6
 * (-EAFNOSUPPORT, -EOPNOTSUPP, -EACCES, -EINVAL).
 */
#ifndef SSTP_NET_NETLINK_H
#define SSTP_NET_NETLINK_H

#include <net/if.h>

#include "util/ip.h"

struct netlink;

/* RTA_METRICS in the kernel's format: mtu, advmss, initcwnd and so on, with their locks. */
struct route_metrics {
	uint8_t len; /* 0: none */
	uint8_t at[200];
};

enum { NETLINK_PROTO_OURS = 83 }; /* ip route: "proto 83" */

struct route {
	struct ip_prefix dst;
	struct ip_addr via; /* AF_UNSPEC: none, the destination is on the link */
	struct ip_addr src; /* preferred source; AF_UNSPEC: the kernel chooses */
	unsigned ifindex;   /* 0: none (with `via` the kernel finds it) */
	uint32_t table;     /* 0: main */
	uint32_t metric;    /* 0: the kernel's default */
	uint8_t protocol; /* RTPROT_..., the program that made it; 0: static; when deleting: any */
	bool unreachable; /* type unreachable, no device */
	bool is_throw;    /* type throw, no device: the next rule decides */
	struct route_metrics metrics; /* not compared when a route is deleted */
};

int netlink_open(struct netlink **out);
/*
 * Takes ownership of a socket that was opened in another network namespace and came from there as a
 * descriptor (netns.h), unless it fails.
 */
int netlink_adopt(int fd, struct netlink **out);
int netlink_fd(const struct netlink *nl);
void netlink_close(struct netlink *nl); /* NULL is fine */

/* The index of a device in the socket's namespace, which if_nametoindex may not see. */
int netlink_link_index(struct netlink *nl, const char *name, unsigned *ifindex);
/* Whether the device has no link layer (ARPHRD_NONE), as those of TUN and WireGuard. */
bool netlink_link_is_layer3(struct netlink *nl, unsigned ifindex);
/* False: somebody has set it down, or removed it. */
bool netlink_link_is_up(struct netlink *nl, unsigned ifindex);

int netlink_link_up(struct netlink *nl, unsigned ifindex, uint32_t mtu); /* mtu 0: unchanged */
/* How many packets may wait to be sent; of a TUN device: to be read by us. */
int netlink_link_queue_len(struct netlink *nl, unsigned ifindex, uint32_t packets);
/* The device's group (ip link set group); 0 is every device's at first. */
int netlink_link_group(struct netlink *nl, unsigned ifindex, uint32_t group);
/* The kernel generates no IPv6 link-local address: we set it (IPV6CP). */
int netlink_link_no_autoaddr(struct netlink *nl, unsigned ifindex);

/*
 * `peer` AF_UNSPEC or NULL: none; else a point-to-point address pair (then prefix_len is the
 * peer's). The routes of an IPv6 address (itself, peer) appear a moment after the reply.
 */
int netlink_addr_add(struct netlink *nl, unsigned ifindex, const struct ip_addr *local,
		     unsigned prefix_len, const struct ip_addr *peer);
int netlink_addr_del(struct netlink *nl, unsigned ifindex, const struct ip_addr *local,
		     unsigned prefix_len, const struct ip_addr *peer);
/*
 * Adds an IPv6 address with these lifetimes in seconds (UINT32_MAX: infinite), or changes its lifetimes.
 * It adds no route to its prefix.
 */
int netlink_addr6_set(struct netlink *nl, unsigned ifindex, const struct ip_addr *addr,
		      unsigned prefix_len, uint32_t preferred_s, uint32_t valid_s);
/* The same if the address is not there; else -EEXIST. */
int netlink_addr6_add(struct netlink *nl, unsigned ifindex, const struct ip_addr *addr,
		      unsigned prefix_len, uint32_t preferred_s, uint32_t valid_s);

/*
 * Waits until packets to this IPv6 address, which was set on a device that is up, are received. The kernel
 * adds the local route a moment after the call that sets the address, in a work queue, and until then drops
 * what arrives, as the reply to a first packet. False: not within NETLINK_ADDR6_WAIT_MS.
 */
enum { NETLINK_ADDR6_WAIT_MS = 100 };
bool netlink_addr6_wait(struct netlink *nl, const struct ip_addr *addr);

int netlink_route_add(struct netlink *nl, const struct route *r);     /* fails with -EEXIST */
int netlink_route_replace(struct netlink *nl, const struct route *r); /* adds or replaces */
int netlink_route_del(struct netlink *nl, const struct route *r);
/* The calls below that ask the kernel for a route do so for packets with this mark; 0: without one. */
void netlink_set_mark(struct netlink *nl, uint32_t mark);
/*
 * How a packet to `dst` would go now: via, src, ifindex, table. Results are also -ENETUNREACH (there is
 * no route) and -EHOSTUNREACH (an unreachable one). `out` can be added as a host route, once its table
 * is set.
 */
int netlink_route_get(struct netlink *nl, const struct ip_addr *dst, struct route *out);
/*
 * The same with what the route itself sets: metrics and preferred source. (The source from
 * netlink_route_get is the one that the kernel has chosen.)
 */
int netlink_route_get_whole(struct netlink *nl, const struct ip_addr *dst, struct route *out);
/*
 * The route that the kernel finds for `dst`, as it is in its table: out->dst is its own prefix,
 * out->metric its own. Before Linux 4.13: as netlink_route_get.
 */
int netlink_route_match(struct netlink *nl, const struct ip_addr *dst, struct route *out);
/*
 * How a packet would go without this device: by the main table alone, longest prefix and lowest metric
 * first. Rules are ignored: only the kernel could apply them, and it can't leave a device out. The host
 * route `besides` to `dst` is ignored too (NULL: none); of several next hops its next hop is preferred,
 * so that the result does not change while the routes don't.
 */
int netlink_route_without(struct netlink *nl, const struct ip_addr *dst, unsigned ifindex,
			  const struct route *besides, struct route *out);
/* The same with the routes of this device alone. */
int netlink_route_on(struct netlink *nl, const struct ip_addr *dst, unsigned ifindex,
		     const struct route *besides, struct route *out);

/*
 * The main table's longest route, of any program but sstp (NETLINK_PROTO_OURS), that covers all of
 * `dst`, without this device. out->dst is its own prefix. `prefer` as `besides` above.
 */
int netlink_route_over(struct netlink *nl, const struct ip_prefix *dst, unsigned ifindex,
		       const struct route *prefer, struct route *out);

/* Whether there is any route of this family in the table. */
int netlink_table_has_routes(struct netlink *nl, sa_family_t family, uint32_t table, bool *has);

#endif
