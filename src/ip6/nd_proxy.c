/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ip6/nd_proxy.h"

enum {
	ADDR_LEN = 16,
	RESERVED_LEN = 4,
	OPT_SOURCE_LINK = 1, /* RFC 4861 section 4.6 */
	OPT_TARGET_LINK = 2,
	FLAG_SOLICITED = 0x40, /* section 4.4 */
	NODE_LEN = 3,          /* the bytes of an address in its solicited-node group */
};

static const struct ip_addr all_nodes = { AF_INET6, { 0xff, 2, [15] = 1 } };

struct ip_addr nd_solicited_node(const struct ip_addr *a)
{
	struct ip_addr group = { AF_INET6, { 0xff, 2, [11] = 1, [12] = 0xff } };

	memcpy(group.bytes + ADDR_LEN - NODE_LEN, a->bytes + ADDR_LEN - NODE_LEN, NODE_LEN);
	return group;
}

static bool is_multicast(const struct ip_addr *a)
{
	return a->bytes[0] == 0xff;
}

static bool is_unspecified(const struct ip_addr *a)
{
	static const struct ip_addr any = { .family = AF_INET6 };

	return ip_equal(a, &any);
}

/* False: an option has a wrong length. */
static bool has_good_options(struct reader options, bool *has_source)
{
	struct nd_option o;

	*has_source = false;
	while (nd_option_next(&options, &o))
		*has_source = *has_source || o.type == OPT_SOURCE_LINK;
	return !options.bad;
}

/* RFC 4861 section 7.1.1: duplicate address detection has no source. */
static enum nd_proxy_type solicitation(const struct nd_message *m, const struct ip_addr *target,
				       bool has_source)
{
	struct ip_addr group = nd_solicited_node(target);

	if (!is_unspecified(&m->from))
		return is_multicast(&m->from) ? ND_PROXY_OTHER : ND_PROXY_SOLICITS;
	return ip_equal(&m->to, &group) && !has_source ? ND_PROXY_DETECTS : ND_PROXY_OTHER;
}

void nd_proxy_get(const uint8_t *packet, size_t len, struct nd_proxy_packet *p)
{
	struct nd_message m;
	uint8_t flags;
	bool has_source;

	*p = (struct nd_proxy_packet){ .type = ND_PROXY_OTHER };
	if (!nd_get(packet, len, &m))
		return;
	p->from = m.from;
	flags = get_u8(&m.body);
	get_bytes(&m.body, RESERVED_LEN - 1);
	p->target.family = AF_INET6;
	get_copy(&m.body, p->target.bytes, ADDR_LEN);
	if (m.body.bad || is_multicast(&p->target) || !has_good_options(m.body, &has_source))
		return;
	if (m.type == ND_NEIGHBOR_SOLICITATION)
		p->type = solicitation(&m, &p->target, has_source);
	else if (m.type == ND_NEIGHBOR_ADVERTISEMENT &&
		 !(is_multicast(&m.to) && flags & FLAG_SOLICITED)) /* section 7.1.2 */
		p->type = ND_PROXY_HAS;
}

/* Without the Override flag: a host that has the address itself wins (section 7.2.8). */
size_t nd_proxy_reply(const struct nd_proxy_packet *p, const uint8_t link[ND_LINK_ADDR_LEN],
		      uint8_t to[ND_PROXY_PACKET_MAX])
{
	bool is_solicited = p->type == ND_PROXY_SOLICITS;
	struct writer w = writer_of(to, ND_PROXY_PACKET_MAX);

	nd_begin(&w, ND_NEIGHBOR_ADVERTISEMENT, &p->target, is_solicited ? &p->from : &all_nodes);
	put_u32(&w, is_solicited ? (uint32_t)FLAG_SOLICITED << 24 : 0);
	put_bytes(&w, p->target.bytes, ADDR_LEN);
	put_u8(&w, OPT_TARGET_LINK);
	put_u8(&w, 1);
	put_bytes(&w, link, ND_LINK_ADDR_LEN);
	return nd_end(&w);
}

size_t nd_proxy_probe(const struct ip_addr *a, uint8_t to[ND_PROXY_PACKET_MAX])
{
	struct writer w = writer_of(to, ND_PROXY_PACKET_MAX);
	struct ip_addr any = { .family = AF_INET6 }, group = nd_solicited_node(a);

	nd_begin(&w, ND_NEIGHBOR_SOLICITATION, &any, &group);
	put_u32(&w, 0); /* Reserved */
	put_bytes(&w, a->bytes, ADDR_LEN);
	return nd_end(&w);
}
