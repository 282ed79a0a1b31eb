/*
 * rtnetlink over libmnl: one socket, one request at a time, each with an acknowledgement asked for.
 * The kernel handles a request inside our send, so its answer is there when we come to read it.
 * Answers to another request than ours (one that a failed read left behind) are passed over.
 */
#include "net/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"

/* Requests are of a few attributes; answers hold the request again, or one route. */
enum { BUFFER_LEN = 8192 };

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
	unsigned port;
	union { /* for the alignment */
		struct nlmsghdr header;
		uint8_t bytes[BUFFER_LEN];
	} request, answer;
};

/* What to do with a message that carries data; NULL: none is expected. */
typedef void on_data(const struct nlmsghdr *m, struct route *out);

int netlink_open(struct netlink **out)
{
	struct netlink *nl = calloc(1, sizeof(*nl));
	int on = 1, error;

	if (!nl)
		return -ENOMEM;
	nl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->socket)
		goto failed;
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID))
		goto failed;
	nl->port = mnl_socket_get_portid(nl->socket);
	/* since 4.12 and 4.3; without them errors have no text and acknowledgements are longer */
	mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	*out = nl;
	return 0;

failed:
	error = errno;
	netlink_close(nl);
	return -error;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	if (nl->socket)
		mnl_socket_close(nl->socket);
	free(nl);
}

/* ---- a request and its answer */

static struct nlmsghdr *request(struct netlink *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(nl->request.bytes);

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	m->nlmsg_seq = ++nl->seq;
	return m;
}

static int log_kernels_words(const struct nlattr *a, void *arg)
{
	(void)arg;
	if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG && !mnl_attr_validate(a, MNL_TYPE_NUL_STRING))
		log_debug(NULL, "netlink: %s", mnl_attr_get_str(a));
	return MNL_CB_OK;
}

/* The kernel's own words (extended acknowledgement) come behind the request, if it is repeated. */
static void read_kernels_words(const struct nlmsghdr *m, const struct nlmsgerr *e)
{
	size_t offset = sizeof(*e);

	if (!(m->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(m->nlmsg_flags & NLM_F_CAPPED))
		offset += mnl_nlmsg_get_payload_len(&e->msg);
	mnl_attr_parse(m, (unsigned)offset, log_kernels_words, NULL);
}

static int acknowledged(const struct nlmsghdr *m)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(m);

	if (mnl_nlmsg_get_payload_len(m) < sizeof(*e))
		return -EBADMSG;
	read_kernels_words(m, e);
	return e->error;
}

/* True when these bytes held the end of our request, told in *rc. */
static bool answered(struct netlink *nl, size_t len, on_data *data, struct route *out, int *rc)
{
	const struct nlmsghdr *m = &nl->answer.header;
	int left = (int)len;

	for (; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
		if (m->nlmsg_seq != nl->seq || m->nlmsg_pid != nl->port)
			continue;
		if (m->nlmsg_type == NLMSG_ERROR) {
			*rc = acknowledged(m);
			return true;
		}
		if (data)
			data(m, out);
	}
	return false;
}

static int ask(struct netlink *nl, on_data *data, struct route *out)
{
	const struct nlmsghdr *m = &nl->request.header;
	ssize_t len;
	int rc;

	do
		len = mnl_socket_sendto(nl->socket, m, m->nlmsg_len);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(nl->socket, nl->answer.bytes, BUFFER_LEN);
		if (len < 0 && errno != EINTR)
			return -errno;
	} while (len < 0 || !answered(nl, (size_t)len, data, out, &rc));
	return rc;
}

/* ---- addresses as attributes */

static unsigned addr_bits(const struct ip_addr *a)
{
	return a->family == AF_INET ? 32 : a->family == AF_INET6 ? 128 : 0;
}

static void put_addr(struct nlmsghdr *m, uint16_t type, const struct ip_addr *a)
{
	mnl_attr_put(m, type, addr_bits(a) / 8, a->bytes);
}

/* False when the length is not that of an address of this family. */
static bool addr_from(struct ip_addr *to, int family, const void *bytes, size_t len)
{
	struct ip_addr a = { .family = (sa_family_t)family };

	if (!len || len != addr_bits(&a) / 8)
		return false;
	memcpy(a.bytes, bytes, len);
	*to = a;
	return true;
}

/* ---- links */

static struct nlmsghdr *link_request(struct netlink *nl, unsigned ifindex)
{
	struct nlmsghdr *m = request(nl, RTM_NEWLINK, 0);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(m, sizeof(*link));

	link->ifi_index = (int)ifindex;
	return m;
}

int netlink_link_up(struct netlink *nl, unsigned ifindex, uint32_t mtu)
{
	struct nlmsghdr *m = link_request(nl, ifindex);
	struct ifinfomsg *link = mnl_nlmsg_get_payload(m);

	link->ifi_flags = link->ifi_change = IFF_UP;
	if (mtu)
		mnl_attr_put_u32(m, IFLA_MTU, mtu);
	return ask(nl, NULL, NULL);
}

int netlink_link_no_autoaddr(struct netlink *nl, unsigned ifindex)
{
	struct nlmsghdr *m = link_request(nl, ifindex);
	struct nlattr *families = mnl_attr_nest_start(m, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(m, AF_INET6);

	mnl_attr_put_u8(m, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(m, inet6);
	mnl_attr_nest_end(m, families);
	return ask(nl, NULL, NULL);
}

/* ---- addresses */

static int change_addr(struct netlink *nl, uint16_t type, uint16_t flags, unsigned ifindex,
		       const struct ip_addr *local, unsigned prefix_len, const struct ip_addr *peer)
{
	bool has_peer = peer && peer->family != AF_UNSPEC;
	struct nlmsghdr *m = request(nl, type, flags);
	struct ifaddrmsg *addr = mnl_nlmsg_put_extra_header(m, sizeof(*addr));

	if (prefix_len > addr_bits(local) || (has_peer && peer->family != local->family))
		return -EINVAL;
	addr->ifa_family = (uint8_t)local->family;
	addr->ifa_prefixlen = (uint8_t)prefix_len;
	addr->ifa_index = ifindex;
	if (local->family == AF_INET6)
		addr->ifa_flags = IFA_F_NODAD; /* it would wait a second, for nobody */
	put_addr(m, IFA_LOCAL, local);
	put_addr(m, IFA_ADDRESS, has_peer ? peer : local);
	return ask(nl, NULL, NULL);
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

/* ---- routes */

static void put_via(struct nlmsghdr *m, const struct route *r)
{
	uint8_t bytes[sizeof(struct rtvia) + sizeof(r->via.bytes)] = { 0 };
	sa_family_t family = r->via.family;

	if (family == AF_UNSPEC)
		return;
	if (family == r->dst.addr.family) {
		put_addr(m, RTA_GATEWAY, &r->via);
		return;
	}
	/* a gateway of the other family: struct rtvia is the family and the address */
	memcpy(bytes, &family, sizeof(family));
	memcpy(bytes + sizeof(family), r->via.bytes, sizeof(r->via.bytes));
	mnl_attr_put(m, RTA_VIA, sizeof(family) + addr_bits(&r->via) / 8, bytes);
}

static void put_route(struct nlmsghdr *m, const struct route *r)
{
	uint32_t table = r->table ? r->table : RT_TABLE_MAIN;
	struct ip_addr dst = ip_mask(&r->dst.addr, r->dst.len);

	put_addr(m, RTA_DST, &dst);
	mnl_attr_put_u32(m, RTA_TABLE, table);
	if (r->metric)
		mnl_attr_put_u32(m, RTA_PRIORITY, r->metric);
	if (r->unreachable)
		return;
	put_via(m, r);
	if (r->src.family != AF_UNSPEC)
		put_addr(m, RTA_PREFSRC, &r->src);
	if (r->ifindex)
		mnl_attr_put_u32(m, RTA_OIF, r->ifindex);
}

static uint8_t scope_of(const struct route *r)
{
	bool on_link = r->via.family == AF_UNSPEC && !r->unreachable;

	return on_link && r->dst.addr.family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

static int change_route(struct netlink *nl, uint16_t type, uint16_t flags, const struct route *r,
			unsigned hop_flags)
{
	struct nlmsghdr *m = request(nl, type, flags);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(m, sizeof(*route));

	if (!addr_bits(&r->dst.addr) || r->dst.len > addr_bits(&r->dst.addr))
		return -EINVAL;
	route->rtm_family = (uint8_t)r->dst.addr.family;
	route->rtm_dst_len = (uint8_t)r->dst.len;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_type = r->unreachable ? RTN_UNREACHABLE : RTN_UNICAST;
	route->rtm_scope = type == RTM_DELROUTE ? (uint8_t)RT_SCOPE_NOWHERE : scope_of(r);
	route->rtm_flags = hop_flags;
	put_route(m, r);
	return ask(nl, NULL, NULL);
}

/*
 * The kernel refuses a gateway that it has no on-link route to. Hosting companies have such default
 * gateways ("onlink"), and a look-up does not tell: so a refused one is said to be on its device.
 */
static int put_in_route(struct netlink *nl, uint16_t flags, const struct route *r)
{
	int rc = change_route(nl, RTM_NEWROUTE, NLM_F_CREATE | flags, r, 0);

	if ((rc == -ENETUNREACH || rc == -EHOSTUNREACH) && r->via.family != AF_UNSPEC && r->ifindex)
		rc = change_route(nl, RTM_NEWROUTE, NLM_F_CREATE | flags, r, RTNH_F_ONLINK);
	return rc;
}

int netlink_route_add(struct netlink *nl, const struct route *r)
{
	return put_in_route(nl, NLM_F_EXCL, r);
}

int netlink_route_replace(struct netlink *nl, const struct route *r)
{
	return put_in_route(nl, NLM_F_REPLACE, r);
}

int netlink_route_del(struct netlink *nl, const struct route *r)
{
	return change_route(nl, RTM_DELROUTE, 0, r, 0);
}

/* ---- looking a route up */

static void read_via(const struct nlattr *a, struct route *out)
{
	const uint8_t *bytes = mnl_attr_get_payload(a);
	size_t len = mnl_attr_get_payload_len(a);
	sa_family_t family;

	if (len < sizeof(family))
		return;
	memcpy(&family, bytes, sizeof(family));
	addr_from(&out->via, family, bytes + sizeof(family), len - sizeof(family));
}

static uint32_t read_u32(const struct nlattr *a)
{
	return mnl_attr_validate(a, MNL_TYPE_U32) ? 0 : mnl_attr_get_u32(a);
}

static int read_attr(const struct nlattr *a, void *arg)
{
	struct route *out = arg;
	int family = out->dst.addr.family;
	const void *bytes = mnl_attr_get_payload(a);
	size_t len = mnl_attr_get_payload_len(a);

	switch (mnl_attr_get_type(a)) {
	case RTA_GATEWAY:
		addr_from(&out->via, family, bytes, len);
		break;
	case RTA_VIA:
		read_via(a, out);
		break;
	case RTA_PREFSRC:
		addr_from(&out->src, family, bytes, len);
		break;
	case RTA_OIF:
		out->ifindex = read_u32(a);
		break;
	case RTA_TABLE:
		out->table = read_u32(a);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static void read_route(const struct nlmsghdr *m, struct route *out)
{
	if (m->nlmsg_type == RTM_NEWROUTE && mnl_nlmsg_get_payload_len(m) >= sizeof(struct rtmsg))
		mnl_attr_parse(m, sizeof(struct rtmsg), read_attr, out);
}

int netlink_route_get(struct netlink *nl, const struct ip_addr *dst, struct route *out)
{
	struct nlmsghdr *m = request(nl, RTM_GETROUTE, 0);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(m, sizeof(*route));

	*out = (struct route){ .dst = { *dst, addr_bits(dst) } };
	if (!out->dst.len)
		return -EINVAL;
	route->rtm_family = (uint8_t)dst->family;
	route->rtm_dst_len = (uint8_t)out->dst.len;
	route->rtm_flags = RTM_F_LOOKUP_TABLE; /* or RTA_TABLE says main, whatever is true */
	put_addr(m, RTA_DST, dst);
	return ask(nl, read_route, out);
}
