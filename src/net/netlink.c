/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rtnetlink, rtnetlink(7): one socket, one request at a time, each with NLM_F_ACK. The kernel handles a
 * request inside our send, so its reply is available when we read. Replies to an earlier request
 * (left by a failed read) are skipped.
 */
#include "net/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/netlink_request.h"
#include "util/log.h"

enum { REPLY_SIZE = 8192 }; /* the kernel's are a page at most */

struct netlink {
	int fd;
	uint32_t seq, port;
	uint32_t mark; /* of packets in look-ups of routes; 0: none */
	struct nlmsg request;
	uint8_t reply[REPLY_SIZE];
};

/* since 4.12 and 4.3; without them errors have no text and acknowledgements are longer */
static void ask_for_more(int fd)
{
	static const int on = 1;

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

int netlink_adopt(int fd, struct netlink **out)
{
	struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(own);
	struct netlink *nl;

	if (getsockname(fd, (struct sockaddr *)&own, &len))
		return -errno;
	nl = calloc(1, sizeof(*nl));
	if (!nl)
		return -ENOMEM;
	nl->fd = fd;
	nl->port = own.nl_pid;
	ask_for_more(fd);
	*out = nl;
	return 0;
}

int netlink_open(struct netlink **out)
{
	static const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), error;

	if (fd < 0)
		return -errno;
	error = bind(fd, (const struct sockaddr *)&any, sizeof(any)) ? -errno
								     : netlink_adopt(fd, out);
	if (error)
		close(fd);
	return error;
}

int netlink_fd(const struct netlink *nl)
{
	return nl->fd;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	close(nl->fd);
	free(nl);
}

/* ---- a request and its reply */

struct nlmsg *netlink_request(struct netlink *nl, uint16_t type, uint16_t flags, const void *body,
			      size_t len)
{
	nlmsg_begin(&nl->request, type, NLM_F_REQUEST | NLM_F_ACK | flags, ++nl->seq);
	nlmsg_put_body(&nl->request, body, len);
	return &nl->request;
}

/* The kernel's error text (extended acknowledgement) comes after the request, if that is repeated. */
static void log_kernel_text(const struct nlmsghdr *h, struct reader body, uint32_t request_len)
{
	struct nlattr_in a;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		get_bytes(&body, NLMSG_ALIGN(request_len) - sizeof(struct nlmsghdr));
	while (nlattr_next(&body, &a)) {
		const char *text = (const char *)a.value.at;

		if (a.type == NLMSGERR_ATTR_MSG)
			log_debug(NULL, "netlink: %.*s", (int)strnlen(text, a.value.len), text);
	}
}

/* That something exists already is often the wanted answer, as in each look whether it is still there. */
static int acknowledged(const struct nlmsghdr *h, struct reader body)
{
	struct nlmsgerr e;

	get_copy(&body, &e, sizeof(e));
	if (body.bad)
		return -EBADMSG;
	if (e.error != -EEXIST)
		log_kernel_text(h, body, e.msg.nlmsg_len);
	return e.error;
}

/* The end of a list: its error, which old kernels leave out. */
static int ended(struct reader body)
{
	int error;

	get_copy(&body, &error, sizeof(error));
	return error;
}

/* True when these bytes complete our request; its result is in *error. */
static bool is_complete(struct netlink *nl, size_t len, netlink_data *data, void *arg, int *error)
{
	struct reader messages = reader_of(nl->reply, len), body;
	struct nlmsghdr h;

	while (nlmsg_next(&messages, &h, &body)) {
		if (h.nlmsg_seq != nl->seq || h.nlmsg_pid != nl->port)
			continue;
		if (h.nlmsg_type == NLMSG_ERROR) {
			*error = acknowledged(&h, body);
			return true;
		}
		if (h.nlmsg_type == NLMSG_DONE) {
			*error = ended(body);
			return true;
		}
		if (data)
			data(&h, body, arg);
	}
	return false;
}

static int send_request(struct netlink *nl)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct bytes m = nlmsg_end(&nl->request);
	ssize_t sent;

	do
		sent = sendto(nl->fd, m.at, m.len, 0, (const struct sockaddr *)&kernel,
			      sizeof(kernel));
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Returns the length of the message; 0: nothing for us; or -errno. */
static ssize_t receive(struct netlink *nl)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(nl->fd, nl->reply, REPLY_SIZE, MSG_TRUNC, (struct sockaddr *)&from,
			       &from_len);

	if (len < 0)
		return errno == EINTR ? 0 : -errno;
	if (from.nl_pid) /* any process may write to us; 0 is the kernel */
		return 0;
	return len > REPLY_SIZE ? -EMSGSIZE : len;
}

int netlink_ask(struct netlink *nl, netlink_data *data, void *arg)
{
	ssize_t len;
	int error = send_request(nl);

	if (error)
		return error;
	do {
		len = receive(nl);
		if (len < 0)
			return (int)len;
	} while (!is_complete(nl, (size_t)len, data, arg, &error));
	return error;
}

/* ---- addresses as attributes */

static unsigned addr_bits(const struct ip_addr *a)
{
	return a->family == AF_INET ? 32 : a->family == AF_INET6 ? 128 : 0;
}

static void put_addr(struct nlmsg *m, uint16_t type, const struct ip_addr *a)
{
	nlmsg_put(m, type, a->bytes, addr_bits(a) / 8);
}

/* *to is unchanged when the length is not that of an address of this family. */
static void read_addr(struct bytes value, sa_family_t family, struct ip_addr *to)
{
	struct ip_addr a = { .family = family };

	if (!value.len || value.len != addr_bits(&a) / 8)
		return;
	memcpy(a.bytes, value.at, value.len);
	*to = a;
}

/* ---- links */

int netlink_link_up(struct netlink *nl, unsigned ifindex, uint32_t mtu)
{
	struct ifinfomsg link = { .ifi_index = (int)ifindex,
				  .ifi_flags = IFF_UP,
				  .ifi_change = IFF_UP };
	struct nlmsg *m = netlink_request(nl, RTM_NEWLINK, 0, &link, sizeof(link));

	if (mtu)
		nlmsg_put_u32(m, IFLA_MTU, mtu);
	return netlink_ask(nl, NULL, NULL);
}

static void read_index(const struct nlmsghdr *h, struct reader body, void *arg)
{
	struct ifinfomsg link;

	get_copy(&body, &link, sizeof(link));
	if (h->nlmsg_type == RTM_NEWLINK && !body.bad)
		*(unsigned *)arg = (unsigned)link.ifi_index;
}

int netlink_link_index(struct netlink *nl, const char *name, unsigned *ifindex)
{
	struct ifinfomsg link = { .ifi_index = 0 };
	int error;

	*ifindex = 0;
	nlmsg_put(netlink_request(nl, RTM_GETLINK, 0, &link, sizeof(link)), IFLA_IFNAME, name,
		  strlen(name) + 1);
	error = netlink_ask(nl, read_index, ifindex);
	return !error && !*ifindex ? -ENODEV : error;
}

static void read_link(const struct nlmsghdr *h, struct reader body, void *arg)
{
	struct ifinfomsg link;

	get_copy(&body, &link, sizeof(link));
	if (h->nlmsg_type == RTM_NEWLINK && !body.bad)
		*(struct ifinfomsg *)arg = link;
}

/* Type ARPHRD_VOID and no flags: there is no such device. */
static struct ifinfomsg ask_link(struct netlink *nl, unsigned ifindex)
{
	struct ifinfomsg asked = { .ifi_index = (int)ifindex }, link = { .ifi_type = ARPHRD_VOID };

	netlink_request(nl, RTM_GETLINK, 0, &asked, sizeof(asked));
	netlink_ask(nl, read_link, &link);
	return link;
}

bool netlink_link_is_layer3(struct netlink *nl, unsigned ifindex)
{
	return ask_link(nl, ifindex).ifi_type == ARPHRD_NONE;
}

bool netlink_link_is_up(struct netlink *nl, unsigned ifindex)
{
	return ask_link(nl, ifindex).ifi_flags & IFF_UP;
}

int netlink_link_queue_len(struct netlink *nl, unsigned ifindex, uint32_t packets)
{
	struct ifinfomsg link = { .ifi_index = (int)ifindex };
	struct nlmsg *m = netlink_request(nl, RTM_NEWLINK, 0, &link, sizeof(link));

	nlmsg_put_u32(m, IFLA_TXQLEN, packets);
	return netlink_ask(nl, NULL, NULL);
}

int netlink_link_group(struct netlink *nl, unsigned ifindex, uint32_t group)
{
	struct ifinfomsg link = { .ifi_index = (int)ifindex };
	struct nlmsg *m = netlink_request(nl, RTM_NEWLINK, 0, &link, sizeof(link));

	nlmsg_put_u32(m, IFLA_GROUP, group);
	return netlink_ask(nl, NULL, NULL);
}

int netlink_link_no_autoaddr(struct netlink *nl, unsigned ifindex)
{
	struct ifinfomsg link = { .ifi_index = (int)ifindex };
	struct nlmsg *m = netlink_request(nl, RTM_NEWLINK, 0, &link, sizeof(link));
	size_t families = nlmsg_nest(m, IFLA_AF_SPEC), inet6 = nlmsg_nest(m, AF_INET6);

	nlmsg_put_u8(m, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nlmsg_nest_end(m, inet6);
	nlmsg_nest_end(m, families);
	return netlink_ask(nl, NULL, NULL);
}

/* ---- addresses */

static int change_addr(struct netlink *nl, uint16_t type, uint16_t flags, unsigned ifindex,
		       const struct ip_addr *local, unsigned prefix_len, const struct ip_addr *peer)
{
	bool has_peer = peer && peer->family != AF_UNSPEC;
	struct ifaddrmsg addr = {
		.ifa_family = (uint8_t)local->family,
		.ifa_prefixlen = (uint8_t)prefix_len,
		.ifa_index = ifindex,
		/* duplicate detection would take a second, and the link has no other hosts */
		.ifa_flags = local->family == AF_INET6 ? IFA_F_NODAD : 0,
	};
	struct nlmsg *m = netlink_request(nl, type, flags, &addr, sizeof(addr));

	if (prefix_len > addr_bits(local) || (has_peer && peer->family != local->family))
		return -EINVAL;
	put_addr(m, IFA_LOCAL, local);
	put_addr(m, IFA_ADDRESS, has_peer ? peer : local);
	return netlink_ask(nl, NULL, NULL);
}

int netlink_addr_add(struct netlink *nl, unsigned ifindex, const struct ip_addr *local,
		     unsigned prefix_len, const struct ip_addr *peer)
{
	return change_addr(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, local, prefix_len,
			   peer);
}

int netlink_addr_del(struct netlink *nl, unsigned ifindex, const struct ip_addr *local,
		     unsigned prefix_len, const struct ip_addr *peer)
{
	return change_addr(nl, RTM_DELADDR, 0, ifindex, local, prefix_len, peer);
}

static int addr6_request(struct netlink *nl, uint16_t flags, unsigned ifindex,
			 const struct ip_addr *addr, unsigned prefix_len,
			 const struct ifa_cacheinfo *lifetimes)
{
	struct ifaddrmsg header = {
		.ifa_family = AF_INET6,
		.ifa_prefixlen = (uint8_t)prefix_len,
		.ifa_index = ifindex,
	};
	struct nlmsg *m;

	if (addr->family != AF_INET6 || prefix_len > 128)
		return -EINVAL;
	m = netlink_request(nl, RTM_NEWADDR, NLM_F_CREATE | flags, &header, sizeof(header));
	put_addr(m, IFA_LOCAL, addr);
	nlmsg_put_u32(m, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
	nlmsg_put(m, IFA_CACHEINFO, lifetimes, sizeof(*lifetimes));
	return netlink_ask(nl, NULL, NULL);
}

int netlink_addr6_set(struct netlink *nl, unsigned ifindex, const struct ip_addr *addr,
		      unsigned prefix_len, uint32_t preferred_s, uint32_t valid_s)
{
	return addr6_request(nl, NLM_F_REPLACE, ifindex, addr, prefix_len,
			     &(struct ifa_cacheinfo){ .ifa_prefered = preferred_s,
						      .ifa_valid = valid_s });
}

int netlink_addr6_add(struct netlink *nl, unsigned ifindex, const struct ip_addr *addr,
		      unsigned prefix_len, uint32_t preferred_s, uint32_t valid_s)
{
	return addr6_request(nl, NLM_F_EXCL, ifindex, addr, prefix_len,
			     &(struct ifa_cacheinfo){ .ifa_prefered = preferred_s,
						      .ifa_valid = valid_s });
}

/* ---- routes */

static void put_via(struct nlmsg *m, const struct route *r)
{
	sa_family_t family = r->via.family;
	uint8_t bytes[sizeof(family) + sizeof(r->via.bytes)];

	if (family == AF_UNSPEC)
		return;
	if (family == r->dst.addr.family) {
		put_addr(m, RTA_GATEWAY, &r->via);
		return;
	}
	/* a gateway of the other family: struct rtvia is the family and the address */
	memcpy(bytes, &family, sizeof(family));
	memcpy(bytes + sizeof(family), r->via.bytes, sizeof(r->via.bytes));
	nlmsg_put(m, RTA_VIA, bytes, sizeof(family) + addr_bits(&r->via) / 8);
}

static void put_route(struct nlmsg *m, const struct route *r)
{
	struct ip_addr dst = ip_mask(&r->dst.addr, r->dst.len);

	put_addr(m, RTA_DST, &dst);
	nlmsg_put_u32(m, RTA_TABLE, r->table ? r->table : RT_TABLE_MAIN);
	if (r->metric)
		nlmsg_put_u32(m, RTA_PRIORITY, r->metric);
	if (r->unreachable || r->is_throw)
		return;
	put_via(m, r);
	if (r->src.family != AF_UNSPEC)
		put_addr(m, RTA_PREFSRC, &r->src);
	if (r->ifindex)
		nlmsg_put_u32(m, RTA_OIF, r->ifindex);
	if (r->metrics.len)
		nlmsg_put(m, RTA_METRICS, r->metrics.at, r->metrics.len);
}

static uint8_t scope_of(const struct route *r)
{
	bool on_link = r->via.family == AF_UNSPEC && !r->unreachable && !r->is_throw;

	return on_link && r->dst.addr.family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

static int change_route(struct netlink *nl, uint16_t type, uint16_t flags, const struct route *r,
			unsigned hop_flags)
{
	struct rtmsg route = {
		.rtm_family = (uint8_t)r->dst.addr.family,
		.rtm_dst_len = (uint8_t)r->dst.len,
		.rtm_protocol = r->protocol ? r->protocol : RTPROT_STATIC,
		.rtm_type = r->unreachable ? RTN_UNREACHABLE
			    : r->is_throw  ? RTN_THROW
					   : RTN_UNICAST,
		.rtm_scope = type == RTM_DELROUTE ? (uint8_t)RT_SCOPE_NOWHERE : scope_of(r),
		.rtm_flags = hop_flags,
	};

	if (!addr_bits(&r->dst.addr) || r->dst.len > addr_bits(&r->dst.addr))
		return -EINVAL;
	if (type == RTM_DELROUTE)
		route.rtm_protocol = r->protocol; /* 0: any */
	put_route(netlink_request(nl, type, flags, &route, sizeof(route)), r);
	return netlink_ask(nl, NULL, NULL);
}

/*
 * The kernel refuses a gateway that it has no on-link route to. Hosting companies have such default
 * gateways ("onlink"), and a look-up does not show that flag: so a refused route is added with it.
 */
static int add_route(struct netlink *nl, uint16_t flags, const struct route *r)
{
	int error = change_route(nl, RTM_NEWROUTE, NLM_F_CREATE | flags, r, 0);

	if ((error == -ENETUNREACH || error == -EHOSTUNREACH) && r->via.family != AF_UNSPEC &&
	    r->ifindex)
		error = change_route(nl, RTM_NEWROUTE, NLM_F_CREATE | flags, r, RTNH_F_ONLINK);
	return error;
}

int netlink_route_add(struct netlink *nl, const struct route *r)
{
	return add_route(nl, NLM_F_EXCL, r);
}

int netlink_route_replace(struct netlink *nl, const struct route *r)
{
	return add_route(nl, NLM_F_REPLACE, r);
}

int netlink_route_del(struct netlink *nl, const struct route *r)
{
	struct route bare = *r;

	bare.metrics.len = 0;
	return change_route(nl, RTM_DELROUTE, 0, &bare, 0);
}

/* ---- looking a route up */

static void read_via(struct bytes value, struct ip_addr *to)
{
	struct reader r = reader_of(value.at, value.len);
	sa_family_t family;

	get_copy(&r, &family, sizeof(family));
	read_addr(bytes_of(r.at, r.left), family, to);
}

static void read_attrs(struct reader body, struct route *out);

/* The next of several next hops; false at the end. */
static bool read_hop(struct reader *r, struct route *out)
{
	struct rtnexthop hop;
	size_t len;

	get_copy(r, &hop, sizeof(hop));
	if (r->bad || hop.rtnh_len < sizeof(hop))
		return false;
	out->via = (struct ip_addr){ .family = AF_UNSPEC };
	out->ifindex = (unsigned)hop.rtnh_ifindex;
	len = hop.rtnh_len - sizeof(hop);
	read_attrs(get_reader(r, len), out);
	get_bytes(r, r->left < NLMSG_ALIGN(len) - len ? r->left : NLMSG_ALIGN(len) - len);
	return !r->bad;
}

static bool is_same_hop(const struct route *a, const struct route *b)
{
	return a->ifindex == b->ifindex && ip_equal(&a->via, &b->via);
}

/* Takes the next hop that *out has already, if it is among them; else the first. */
static void read_hops(struct bytes value, struct route *out)
{
	struct reader r = reader_of(value.at, value.len);
	struct route wanted = *out, hop = *out, first;
	bool has_first = false;

	while (r.left && read_hop(&r, &hop)) {
		if (is_same_hop(&hop, &wanted))
			return;
		if (!has_first)
			first = hop;
		has_first = true;
	}
	if (has_first)
		*out = first;
}

static void read_metrics(struct bytes value, struct route_metrics *to)
{
	to->len = 0;
	if (value.len > sizeof(to->at))
		return;
	memcpy(to->at, value.at, value.len);
	to->len = (uint8_t)value.len;
}

static void read_attrs(struct reader body, struct route *out)
{
	sa_family_t family = out->dst.addr.family;
	struct nlattr_in a;

	while (nlattr_next(&body, &a)) {
		switch (a.type) {
		case RTA_DST:
			read_addr(a.value, family, &out->dst.addr);
			break;
		case RTA_GATEWAY:
			read_addr(a.value, family, &out->via);
			break;
		case RTA_VIA:
			read_via(a.value, &out->via);
			break;
		case RTA_MULTIPATH:
			read_hops(a.value, out);
			break;
		case RTA_PREFSRC:
			read_addr(a.value, family, &out->src);
			break;
		case RTA_OIF:
			out->ifindex = nlattr_u32(&a);
			break;
		case RTA_TABLE:
			out->table = nlattr_u32(&a);
			break;
		case RTA_PRIORITY:
			out->metric = nlattr_u32(&a);
			break;
		case RTA_METRICS:
			read_metrics(a.value, &out->metrics);
			break;
		default:
			break;
		}
	}
}

static void read_route(const struct nlmsghdr *h, struct reader body, void *arg)
{
	struct route *out = arg;
	struct rtmsg m;

	get_copy(&body, &m, sizeof(m));
	if (h->nlmsg_type != RTM_NEWROUTE || body.bad || m.rtm_dst_len > addr_bits(&out->dst.addr))
		return;
	out->dst.len = m.rtm_dst_len;
	out->unreachable = m.rtm_type != RTN_UNICAST && m.rtm_type != RTN_LOCAL;
	read_attrs(body, out);
}

void netlink_set_mark(struct netlink *nl, uint32_t mark)
{
	nl->mark = mark;
}

static int look_up(struct netlink *nl, const struct ip_addr *dst, unsigned flags, struct route *out)
{
	struct rtmsg route = {
		.rtm_family = (uint8_t)dst->family,
		.rtm_dst_len = (uint8_t)addr_bits(dst),
		.rtm_flags = RTM_F_LOOKUP_TABLE | flags, /* else RTA_TABLE is always main */
	};

	struct nlmsg *m;

	if (!addr_bits(dst))
		return -EINVAL;
	m = netlink_request(nl, RTM_GETROUTE, 0, &route, sizeof(route));
	put_addr(m, RTA_DST, dst);
	if (nl->mark)
		nlmsg_put_u32(m, RTA_MARK, nl->mark);
	return netlink_ask(nl, read_route, out);
}

int netlink_route_get(struct netlink *nl, const struct ip_addr *dst, struct route *out)
{
	int error;

	*out = (struct route){ .dst = { *dst, addr_bits(dst) } };
	error = look_up(nl, dst, 0, out);
	out->dst = (struct ip_prefix){ *dst, addr_bits(dst) };
	out->metric = 0;      /* it belongs to the route that was found, not to a host route */
	out->metrics.len = 0; /* they may include an MTU learned from the path */
	return error;
}

int netlink_route_match(struct netlink *nl, const struct ip_addr *dst, struct route *out)
{
	*out = (struct route){ .dst = { { .family = dst->family }, 0 } };
	return look_up(nl, dst, RTM_F_FIB_MATCH, out);
}

bool netlink_addr6_wait(struct netlink *nl, const struct ip_addr *addr)
{
	const struct timespec ms = { .tv_nsec = 1000 * 1000 };
	struct route r;

	for (int i = 0; i < NETLINK_ADDR6_WAIT_MS; i++) {
		if (!netlink_route_get(nl, addr, &r) && r.table == RT_TABLE_LOCAL)
			return true;
		nanosleep(&ms, NULL);
	}
	return false;
}

int netlink_route_get_whole(struct netlink *nl, const struct ip_addr *dst, struct route *out)
{
	int error = netlink_route_get(nl, dst, out);
	struct route whole;

	out->src.family = AF_UNSPEC;
	if (error || out->table == RT_TABLE_LOCAL || netlink_route_match(nl, dst, &whole))
		return error;
	out->metrics = whole.metrics;
	if (whole.dst.len < addr_bits(dst)) /* else it may be chosen by the kernel */
		out->src = whole.src;
	return 0;
}

/* ---- finding a route in a dump of the table */

struct search {
	struct ip_prefix dst;
	unsigned not_ifindex, only_ifindex; /* only_ifindex 0: any */
	uint8_t not_protocol;               /* 0: any */
	const struct route *besides;        /* left out */
	const struct route *prefer;         /* of several next hops, its own */
	struct route best;
	bool found;
};

static bool is_usable(const struct nlmsghdr *h, const struct rtmsg *m, const struct search *s)
{
	return h->nlmsg_type == RTM_NEWROUTE && m->rtm_family == s->dst.addr.family &&
	       m->rtm_dst_len <= s->dst.len &&
	       (!s->not_protocol || m->rtm_protocol != s->not_protocol) &&
	       m->rtm_type == RTN_UNICAST && !m->rtm_src_len &&
	       !(m->rtm_flags & (RTM_F_CLONED | RTNH_F_DEAD | RTNH_F_LINKDOWN));
}

static bool is_left_out(const struct route *r, const struct search *s)
{
	return r->ifindex == s->not_ifindex || (s->only_ifindex && r->ifindex != s->only_ifindex) ||
	       (s->besides && r->dst.len == s->dst.len && is_same_hop(r, s->besides));
}

static bool is_better(const struct route *r, const struct search *s)
{
	return !s->found || r->dst.len > s->best.dst.len ||
	       (r->dst.len == s->best.dst.len && r->metric < s->best.metric);
}

static void prefer_hop(struct reader body, const struct route *hop, struct route *r)
{
	struct nlattr_in a;

	while (nlattr_next(&body, &a)) {
		if (a.type != RTA_MULTIPATH)
			continue;
		r->via = hop->via;
		r->ifindex = hop->ifindex;
		read_hops(a.value, r);
	}
}

static void consider_route(const struct nlmsghdr *h, struct reader body, void *arg)
{
	struct search *s = arg;
	struct rtmsg m;
	struct route r;

	get_copy(&body, &m, sizeof(m));
	if (body.bad || !is_usable(h, &m, s))
		return;
	/* a default route has no RTA_DST */
	r = (struct route){ .dst = { { .family = s->dst.addr.family }, m.rtm_dst_len } };
	read_attrs(body, &r);
	if (s->prefer)
		prefer_hop(body, s->prefer, &r);
	if (r.table != RT_TABLE_MAIN || !r.ifindex || is_left_out(&r, s) ||
	    !ip_prefix_has(&r.dst, &s->dst.addr) || !is_better(&r, s))
		return;
	s->best = r;
	s->found = true;
}

static int search_main(struct netlink *nl, struct search *s, struct route *out)
{
	struct rtmsg route = { .rtm_family = (uint8_t)s->dst.addr.family };
	int error;

	netlink_request(nl, RTM_GETROUTE, NLM_F_DUMP, &route, sizeof(route));
	error = netlink_ask(nl, consider_route, s);
	if (!error && !s->found)
		error = -ENETUNREACH;
	if (error)
		return error;
	*out = s->best;
	out->metric = 0;
	return 0;
}

static int search_host_route(struct netlink *nl, struct search *s, struct route *out)
{
	int error = search_main(nl, s, out);

	if (!error)
		out->dst = s->dst;
	return error;
}

int netlink_route_without(struct netlink *nl, const struct ip_addr *dst, unsigned ifindex,
			  const struct route *besides, struct route *out)
{
	struct search s = {
		.dst = { *dst, addr_bits(dst) },
		.not_ifindex = ifindex,
		.besides = besides,
		.prefer = besides,
	};

	return search_host_route(nl, &s, out);
}

int netlink_route_on(struct netlink *nl, const struct ip_addr *dst, unsigned ifindex,
		     const struct route *besides, struct route *out)
{
	struct search s = {
		.dst = { *dst, addr_bits(dst) },
		.only_ifindex = ifindex,
		.besides = besides,
		.prefer = besides,
	};

	return search_host_route(nl, &s, out);
}

int netlink_route_over(struct netlink *nl, const struct ip_prefix *dst, unsigned ifindex,
		       const struct route *prefer, struct route *out)
{
	struct search s = {
		.dst = *dst,
		.not_ifindex = ifindex,
		.not_protocol = NETLINK_PROTO_OURS,
		.prefer = prefer,
	};

	return search_main(nl, &s, out);
}

/* ---- whether a table has routes */

struct table_search {
	uint32_t table;
	bool found;
};

static void consider_table(const struct nlmsghdr *h, struct reader body, void *arg)
{
	struct table_search *s = arg;
	struct rtmsg m;
	struct route r = { .table = 0 };

	get_copy(&body, &m, sizeof(m));
	if (body.bad || h->nlmsg_type != RTM_NEWROUTE || m.rtm_flags & RTM_F_CLONED)
		return;
	r.table = m.rtm_table;
	read_attrs(body, &r);
	s->found = s->found || r.table == s->table;
}

int netlink_table_has_routes(struct netlink *nl, sa_family_t family, uint32_t table, bool *has)
{
	struct rtmsg route = { .rtm_family = (uint8_t)family };
	struct table_search s = { .table = table };
	int error;

	netlink_request(nl, RTM_GETROUTE, NLM_F_DUMP, &route, sizeof(route));
	error = netlink_ask(nl, consider_table, &s);
	*has = s.found;
	return error;
}
