/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel is asked for over rtnetlink: links, addresses, routes. Each call is one request
 * and waits for the kernel's answer, which comes at once. All return 0 or -errno, and the kernel's
 * words on a failure go to the debug log. -EEXIST on adding what is there, -ESRCH (route) and
 * -EADDRNOTAVAIL (address) on removing what is not, -ENODEV, and what a kernel or a device without
 * IPv6 says (-EAFNOSUPPORT, -EOPNOTSUPP, -EACCES, -EINVAL) are the caller's to judge.
 */
#ifndef SSTP_NET_NETLINK_H
#define SSTP_NET_NETLINK_H

#include <net/if.h>

#include "util/ip.h"

struct netlink;

/* RTA_METRICS as the kernel has it: mtu, advmss, initcwnd and so on, with their locks. */
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
	uint8_t protocol;   /* who made it, RTPROT_...; 0: static. Of a route to delete: any */
	bool unreachable;   /* type unreachable, no device */
	struct route_metrics metrics; /* not compared when a route is deleted */
};

int netlink_open(struct netlink **out);
/*
 * The socket of one that was opened in another network namespace, and came from there as a
 * descriptor (netns.h): ours from now on, unless this fails.
 */
int netlink_adopt(int fd, struct netlink **out);
int netlink_fd(const struct netlink *nl);
void netlink_close(struct netlink *nl); /* NULL is fine */

/* Its index in the socket's namespace, where if_nametoindex may not see it. */
int netlink_link_index(struct netlink *nl, const char *name, unsigned *ifindex);

int netlink_link_up(struct netlink *nl, unsigned ifindex, uint32_t mtu); /* mtu 0: as it is */
/* So many packets wait to be sent; of a TUN device: to be read by us. */
int netlink_link_queue_len(struct netlink *nl, unsigned ifindex, uint32_t packets);
/* IPv6 link-local addresses are ours to set (IPV6CP), not the kernel's to invent. */
int netlink_link_no_autoaddr(struct netlink *nl, unsigned ifindex);

/*
 * `peer` AF_UNSPEC or NULL: none; else a point-to-point address pair (then prefix_len is the
 * peer's). The routes of an IPv6 address (itself, peer) are there a moment after the answer.
 */
int netlink_addr_add(struct netlink *nl, unsigned ifindex, const struct ip_addr *local,
		     unsigned prefix_len, const struct ip_addr *peer);
int netlink_addr_del(struct netlink *nl, unsigned ifindex, const struct ip_addr *local,
		     unsigned prefix_len, const struct ip_addr *peer);
/*
 * An IPv6 address that is valid for so many seconds, and preferred as a source for some of them
 * (UINT32_MAX: for ever): adds it, or changes its lifetimes. It brings no route to its prefix.
 */
int netlink_addr6_set(struct netlink *nl, unsigned ifindex, const struct ip_addr *addr,
		      unsigned prefix_len, uint32_t preferred_s, uint32_t valid_s);

int netlink_route_add(struct netlink *nl, const struct route *r);     /* fails with -EEXIST */
int netlink_route_replace(struct netlink *nl, const struct route *r); /* adds or replaces */
int netlink_route_del(struct netlink *nl, const struct route *r);
/*
 * How a packet to `dst` would go now: via, src, ifindex, table. dst is a whole address. Answers too
 * are -ENETUNREACH (there is no route) and -EHOSTUNREACH (an unreachable one). `out` is fit to be
 * added as a host route, once its table is set.
 */
int netlink_route_get(struct netlink *nl, const struct ip_addr *dst, struct route *out);
/*
 * The same with what its route's owner has decided besides: metrics and preferred source. (The
 * source that netlink_route_get tells is the one that the kernel has chosen.)
 */
int netlink_route_get_whole(struct netlink *nl, const struct ip_addr *dst, struct route *out);
/*
 * The route that the kernel finds for `dst`, as it is in its table: out->dst is its own prefix,
 * out->metric its own. Before Linux 4.13: as netlink_route_get.
 */
int netlink_route_match(struct netlink *nl, const struct ip_addr *dst, struct route *out);
/*
 * How it would go if this device were not there: by the main table alone, longest prefix and least
 * metric first. Rules are not looked at, which only the kernel could do, and it can't leave a device
 * out. Nor is `besides`, a host route to `dst` (NULL: all are considered); of several next hops its
 * one is preferred, so that nothing seems to change where nothing has.
 */
int netlink_route_without(struct netlink *nl, const struct ip_addr *dst, unsigned ifindex,
			  const struct route *besides, struct route *out);

/* The priority of the first rule that leads to this table. -ENOENT: none does. */
int netlink_rule_of_table(struct netlink *nl, sa_family_t family, uint32_t table, uint32_t *pref);

#endif
