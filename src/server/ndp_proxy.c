/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/ndp_proxy.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ip6/nd_proxy.h"
#include "util/log.h"

enum {
	READS_PER_TURN = 64,
	PACKET_SIZE = 1500,
	NEXT_HEADER_AT = 6, /* RFC 8200 section 3 */
	ICMP_TYPE_AT = 40,
};

struct ndp_proxy {
	struct ndp_proxy_cfg cfg;
	char interface[IF_NAMESIZE];
	unsigned ifindex;
	struct loop_watch watch;
};

static struct sockaddr_ll link_of(const struct ndp_proxy *n)
{
	return (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = (int)n->ifindex,
		.sll_halen = ND_LINK_ADDR_LEN,
	};
}

/* ---- what arrives */

/* The interface's own link-layer address, as it is now. */
static bool own_link(const struct ndp_proxy *n, uint8_t to[ND_LINK_ADDR_LEN])
{
	struct sockaddr_ll own = { 0 };
	socklen_t len = sizeof(own);

	if (getsockname(n->watch.fd, (struct sockaddr *)&own, &len) ||
	    own.sll_hatype != ARPHRD_ETHER || own.sll_halen != ND_LINK_ADDR_LEN)
		return false;
	memcpy(to, own.sll_addr, ND_LINK_ADDR_LEN);
	return true;
}

/* A solicitation is answered to the host that sent it, duplicate address detection to all. */
static void reply(const struct ndp_proxy *n, const struct nd_proxy_packet *p,
		  const struct sockaddr_ll *from)
{
	static const uint8_t to_all_nodes[ND_LINK_ADDR_LEN] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct sockaddr_ll to = link_of(n);
	uint8_t own[ND_LINK_ADDR_LEN], packet[ND_PROXY_PACKET_MAX];
	size_t len;

	if (!own_link(n, own))
		return;
	memcpy(to.sll_addr, p->type == ND_PROXY_DETECTS ? to_all_nodes : from->sll_addr,
	       ND_LINK_ADDR_LEN);
	len = nd_proxy_reply(p, own, packet);
	/* one that is lost is solicited again */
	if (sendto(n->watch.fd, packet, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		log_debug(NULL, "%s: neighbor advertisement: %s", n->interface, strerror(errno));
}

static void take(const struct ndp_proxy *n, const uint8_t *packet, size_t len,
		 const struct sockaddr_ll *from)
{
	struct nd_proxy_packet p;

	nd_proxy_get(packet, len, &p);
	if (p.type == ND_PROXY_OTHER || !ip_prefix_has(&n->cfg.network, &p.target))
		return;
	if (p.type != ND_PROXY_SOLICITS)
		n->cfg.other_has(n->cfg.arg, &p.target);
	if (p.type != ND_PROXY_HAS && n->cfg.is_client(n->cfg.arg, &p.target))
		reply(n, &p, from);
}

static void on_ready(struct loop_watch *w, uint32_t events)
{
	const struct ndp_proxy *n = container_of(w, struct ndp_proxy, watch);
	uint8_t packet[PACKET_SIZE];
	struct sockaddr_ll from = { 0 };

	(void)events;
	for (unsigned i = 0; i < READS_PER_TURN; i++) {
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(w->fd, packet, sizeof(packet), MSG_DONTWAIT,
				       (struct sockaddr *)&from, &from_len);

		if (len < 0) /* also ENETDOWN, once, when the interface goes down */
			return;
		if (from.sll_pkttype != PACKET_OUTGOING)
			take(n, packet, (size_t)len, &from);
	}
}

/* ---- looking for others with an address */

static struct ip_addr addr_of(const struct sockaddr *sa)
{
	struct sockaddr_storage copy = { 0 };

	memcpy(&copy, sa, sizeof(struct sockaddr_in6));
	return ip_from_sockaddr(&copy);
}

static bool is_ipv6(const struct ifaddrs *at)
{
	return at->ifa_addr && at->ifa_addr->sa_family == AF_INET6;
}

static bool is_own_address(const struct ip_addr *a)
{
	struct ifaddrs *all;
	bool is_own = false;

	if (getifaddrs(&all))
		return false;
	for (const struct ifaddrs *at = all; at && !is_own; at = at->ifa_next)
		if (is_ipv6(at)) {
			struct ip_addr own = addr_of(at->ifa_addr);

			is_own = ip_equal(&own, a);
		}
	freeifaddrs(all);
	return is_own;
}

/* A member of the group also has the switches on the way send these solicitations here (RFC 4541). */
static int join(const struct ndp_proxy *n, const struct ip_addr *group)
{
	struct ipv6_mreq request = { .ipv6mr_interface = n->ifindex };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	memcpy(&request.ipv6mr_multiaddr, group->bytes, sizeof(request.ipv6mr_multiaddr));
	if (!setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof(request)))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int ndp_proxy_probe(const struct ndp_proxy *n, const struct ip_addr *a)
{
	struct ip_addr group = nd_solicited_node(a);
	struct sockaddr_ll to = link_of(n);
	uint8_t packet[ND_PROXY_PACKET_MAX];
	size_t len = nd_proxy_probe(a, packet);
	int fd = is_own_address(a) ? -EADDRINUSE : join(n, &group);

	if (fd < 0)
		return fd;
	/* RFC 2464 section 7 */
	to.sll_addr[0] = to.sll_addr[1] = 0x33;
	memcpy(to.sll_addr + 2, group.bytes + 12, 4);
	if (sendto(n->watch.fd, packet, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		log_debug(NULL, "%s: neighbor solicitation: %s", n->interface, strerror(errno));
	return fd;
}

/* ---- start and end */

static bool find_interface(const struct ndp_proxy_cfg *cfg, char to[IF_NAMESIZE])
{
	struct ifaddrs *all;

	*to = '\0';
	if (getifaddrs(&all))
		return false;
	for (const struct ifaddrs *at = all; at && !*to; at = at->ifa_next)
		if (is_ipv6(at)) {
			struct ip_addr own = addr_of(at->ifa_addr);

			if (ip_prefix_has(&cfg->network, &own))
				strncpy(to, at->ifa_name, IF_NAMESIZE - 1);
		}
	freeifaddrs(all);
	return *to;
}

static enum tunnel_reason choose_interface(struct ndp_proxy *n)
{
	const struct ndp_proxy_cfg *cfg = &n->cfg;

	if (strcmp(cfg->interface, "auto") != 0) {
		strncpy(n->interface, cfg->interface, IF_NAMESIZE - 1);
	} else if (!find_interface(cfg, n->interface)) {
		log_error(NULL,
			  "--ndp-proxy auto: no interface of this host has an address in "
			  "--ipv6-network %s",
			  ip_prefix_print(&cfg->network).text);
		return REASON_NETWORK;
	}
	n->ifindex = if_nametoindex(n->interface);
	if (n->ifindex)
		return REASON_NONE;
	log_error(NULL, "--ndp-proxy %s: there is no such interface", n->interface);
	return REASON_NETWORK;
}

/* Only Neighbor Discovery: the socket must not see all IPv6 traffic of the interface. */
static int attach_filter(int fd)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NEXT_HEADER_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ICMP_TYPE_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICITATION, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERTISEMENT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET_SIZE),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	static const struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* With protocol 0 nothing is received before the filter is there. */
static int open_socket(struct ndp_proxy *n)
{
	struct sockaddr_ll at = link_of(n);
	uint8_t own[ND_LINK_ADDR_LEN];

	n->watch.fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->watch.fd < 0 || attach_filter(n->watch.fd) ||
	    bind(n->watch.fd, (struct sockaddr *)&at, sizeof(at)))
		return -errno;
	if (!own_link(n, own))
		return -EOPNOTSUPP;
	n->watch.events = EPOLLIN;
	n->watch.ready = on_ready;
	return loop_watch(n->cfg.loop, &n->watch);
}

enum tunnel_reason ndp_proxy_open(const struct ndp_proxy_cfg *cfg, struct ndp_proxy **out)
{
	struct ndp_proxy *n = calloc(1, sizeof(*n));
	enum tunnel_reason reason;
	int error;

	if (!n)
		return REASON_SYSTEM;
	n->cfg = *cfg;
	n->watch.fd = -1;
	*out = n;
	reason = choose_interface(n);
	if (reason)
		return reason;
	error = open_socket(n);
	if (!error) {
		log_info(NULL, "answering neighbor solicitations for clients on %s", n->interface);
		return REASON_NONE;
	}
	log_error(NULL, "--ndp-proxy %s: %s", n->interface,
		  error == -EOPNOTSUPP ? "the interface has no Ethernet addresses, so no host "
					 "solicits neighbors there"
		  : error == -EPERM    ? "Operation not permitted (this needs root, or the "
					 "capability CAP_NET_RAW)"
				       : strerror(-error));
	return REASON_NETWORK;
}

void ndp_proxy_close(struct ndp_proxy *n)
{
	if (!n)
		return;
	if (n->watch.is_watched)
		loop_unwatch(n->cfg.loop, &n->watch);
	if (n->watch.fd >= 0)
		close(n->watch.fd);
	free(n);
}

const char *ndp_proxy_interface(const struct ndp_proxy *n)
{
	return n->interface;
}
