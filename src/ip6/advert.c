/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ip6/advert.h"

#include <string.h>

enum {
	FLAGS_DHCP = 0x80 | 0x40, /* RFC 4861 section 4.2 */
	TIMERS_LEN = 8, /* Reachable Time, Retrans Timer: not used, without address resolution */

	OPT_PREFIX = 3, /* section 4.6 */
	OPT_MTU = 5,
	OPT_SERVERS = 25, /* RFC 8106 */
	OPT_DOMAINS = 31,
	OPT_ROUTE = 24, /* RFC 4191 section 2.3 */

	PREFIX_BODY_LEN = 30,
	PREFIX_FLAG_AUTONOMOUS = 0x40,
	ROUTE_PREFERENCE = 0x18,
	ROUTE_PREFERENCE_RESERVED = 0x10,
	PREFIX_LEN = 64, /* RFC 4862 section 5.5.3 d: and the identifier's 64 bits make 128 */
	ADDR_LEN = 16,
	LABEL_MAX = 63, /* RFC 1035 section 2.3.4 */
};

/* To all nodes, or to us. */
static bool is_to_us(const struct ip_addr *to, const uint8_t own_iid[IP6_IID_LEN])
{
	static const struct ip_addr all_nodes = { AF_INET6, { 0xff, 2, [15] = 1 } };
	struct ip_addr own = ip_link_local(own_iid);

	return ip_equal(to, &all_nodes) || ip_equal(to, &own);
}

bool advert_get(const uint8_t *packet, size_t len, const uint8_t own_iid[IP6_IID_LEN],
		struct advert *a)
{
	struct nd_message m;
	struct nd_option o;
	struct reader r;

	if (!nd_get(packet, len, &m) || m.type != ND_ROUTER_ADVERTISEMENT ||
	    !ip_is_link_local(&m.from) || !is_to_us(&m.to, own_iid))
		return false;
	a->router = m.from;
	get_u8(&m.body); /* Cur Hop Limit */
	a->has_dhcp = get_u8(&m.body) & FLAGS_DHCP;
	a->lifetime_s = get_u16(&m.body);
	get_bytes(&m.body, TIMERS_LEN);
	a->options = r = m.body;
	while (nd_option_next(&r, &o))
		;
	return !r.bad;
}

/* ---- options */

/* False for ::/8 (loopback, IPv4-mapped and the like), link-local and multicast addresses. */
static bool is_for_hosts(const struct ip_addr *a)
{
	return a->bytes[0] != 0 && a->bytes[0] != 0xff && !ip_is_link_local(a);
}

static void read_prefix(struct reader r, struct advert_option *o)
{
	bool is_whole = r.left == PREFIX_BODY_LEN;
	uint8_t len = get_u8(&r), flags = get_u8(&r);
	uint32_t valid = get_u32(&r), preferred = get_u32(&r);
	struct ip_addr a = { .family = AF_INET6 };

	get_u32(&r); /* Reserved2 */
	get_copy(&r, a.bytes, PREFIX_LEN / 8);
	if (!is_whole || len != PREFIX_LEN || !(flags & PREFIX_FLAG_AUTONOMOUS) ||
	    preferred > valid || !is_for_hosts(&a))
		return;
	o->type = ADVERT_PREFIX;
	o->prefix.addr = a;
	o->prefix.preferred_s = preferred;
	o->prefix.valid_s = valid;
}

static void read_mtu(struct reader r, struct advert_option *o)
{
	get_u16(&r); /* Reserved */
	o->mtu = get_u32(&r);
	if (!r.left && o->mtu >= IP6_MIN_MTU)
		o->type = ADVERT_MTU;
}

static bool overlap(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len < b->len ? ip_prefix_has(a, &b->addr) : ip_prefix_has(b, &a->addr);
}

bool advert_is_route(const struct ip_prefix *p)
{
	static const struct ip_prefix never[] = {
		{ { .family = AF_INET6 }, 64 }, /* ::1, IPv4-mapped and the like */
		{ { .family = AF_INET6, .bytes = { 0xfe, 0x80 } }, 10 },
		{ { .family = AF_INET6, .bytes = { 0xff } }, 8 },
	};
	struct ip_addr network = ip_mask(&p->addr, p->len);

	if (p->addr.family != AF_INET6 || !ip_equal(&network, &p->addr))
		return false;
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (overlap(p, &never[i]))
			return false;
	return true;
}

/*
 * The prefix may be cut after its last bit that counts, in units of eight bytes. The preference
 * chooses between routers, and the tunnel has one other end: that it is valid is enough.
 */
static void read_route(struct reader r, struct advert_option *o)
{
	struct ip_prefix dst = { { .family = AF_INET6 }, get_u8(&r) };
	bool is_reserved = (get_u8(&r) & ROUTE_PREFERENCE) == ROUTE_PREFERENCE_RESERVED;
	uint32_t lifetime = get_u32(&r);

	if (r.left > ADDR_LEN || dst.len > r.left * 8 || is_reserved)
		return;
	get_copy(&r, dst.addr.bytes, r.left);
	dst.addr = ip_mask(&dst.addr, dst.len);
	if (dst.len && !advert_is_route(&dst))
		return;
	o->type = ADVERT_ROUTE;
	o->route.dst = dst;
	o->route.lifetime_s = lifetime;
}

static void read_list(struct reader r, enum advert_type type, struct advert_option *o)
{
	get_u16(&r); /* Reserved */
	o->list.lifetime_s = get_u32(&r);
	o->list.body = r;
	o->type = type;
}

bool advert_option_next(struct reader *options, struct advert_option *o)
{
	struct nd_option raw;

	if (!nd_option_next(options, &raw))
		return false;
	o->type = ADVERT_OTHER;
	switch (raw.type) {
	case OPT_PREFIX:
		read_prefix(raw.body, o);
		break;
	case OPT_MTU:
		read_mtu(raw.body, o);
		break;
	case OPT_SERVERS:
		read_list(raw.body, ADVERT_SERVERS, o);
		break;
	case OPT_ROUTE:
		read_route(raw.body, o);
		break;
	case OPT_DOMAINS:
		read_list(raw.body, ADVERT_DOMAINS, o);
		break;
	default:
		break;
	}
	return true;
}

bool advert_server_next(struct reader *list, struct ip_addr *server)
{
	*server = (struct ip_addr){ .family = AF_INET6 };
	while (list->left >= ADDR_LEN) {
		get_copy(list, server->bytes, ADDR_LEN);
		/* a link-local address would need the device's name */
		if (is_for_hosts(server))
			return true;
	}
	return false;
}

static bool is_host_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* Appends a label; false: it has a byte that host names don't have, or there is no room. */
static bool put_label(struct writer *w, struct reader label)
{
	if (w->len)
		put_u8(w, '.');
	while (label.left) {
		uint8_t c = get_u8(&label);

		if (!is_host_char(c))
			return false;
		put_u8(w, c);
	}
	return !w->full;
}

/* Reads one name of the list, which is not compressed (RFC 8106 section 5.2). `is_good`: usable. */
static bool read_name(struct reader *list, struct writer *w, bool *is_good)
{
	*is_good = true;
	while (list->left) {
		uint8_t len = get_u8(list);
		struct reader label;

		if (!len)
			return true;
		if (len > LABEL_MAX)
			return false;
		label = get_reader(list, len);
		if (list->bad)
			return false;
		*is_good = put_label(w, label) && *is_good;
	}
	return false;
}

bool advert_domain_next(struct reader *list, char name[IP6_DOMAIN_SIZE])
{
	bool is_good = false;

	while (list->left) {
		struct writer w = writer_of(name, IP6_DOMAIN_SIZE - 1);

		if (!read_name(list, &w, &is_good))
			return false;
		name[w.len] = '\0';
		if (is_good && w.len) /* an empty one is the padding */
			return true;
	}
	return false;
}
