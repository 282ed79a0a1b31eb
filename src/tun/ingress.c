/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tun/ingress.h"

#include "util/bytes.h"

enum {
	IPV4_OPT_END = 0, /* RFC 791 section 3.1 */
	IPV4_OPT_NOP = 1,
	IPV4_OPT_LOOSE_ROUTE = 131,
	IPV4_OPT_STRICT_ROUTE = 137,
	ICMP4_REDIRECT = 5,             /* RFC 792 */
	ICMP4_ROUTER_ADVERTISEMENT = 9, /* RFC 1256 */

	IPV6_FRAGMENT_BODY = IPV6_FRAGMENT_LEN - 2, /* without Next Header and Reserved */
	IPV6_OFFSET_MASK = 0xfff8,
	EXTENSIONS_MAX = 8, /* the order recommended by RFC 8200 section 4.1 has seven */

	ICMP6_ERROR_FIRST = 1, /* RFC 4443 */
	ICMP6_ERROR_LAST = 4,
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_EXTENDED_ECHO_REQUEST = 160, /* RFC 8335 */
	ICMP6_EXTENDED_ECHO_REPLY = 161,
	ICMP6_NEIGHBOR_FIRST = 133, /* RFC 4861 section 4 */
	ICMP6_NEIGHBOR_LAST = 137,
};

/* ---- IPv4 */

static bool has_source_route(struct reader options)
{
	while (options.left) {
		uint8_t type = get_u8(&options), len;

		if (type == IPV4_OPT_END)
			return false;
		if (type == IPV4_OPT_NOP)
			continue;
		len = get_u8(&options);
		if (type == IPV4_OPT_LOOSE_ROUTE || type == IPV4_OPT_STRICT_ROUTE || len < 2)
			return true;
		get_bytes(&options, len - 2u);
	}
	return options.bad;
}

static enum ingress examine_v4(const struct packet *p)
{
	struct reader r = reader_of(p->at, p->h.total);
	uint8_t type;

	get_bytes(&r, IPV4_HDR_LEN);
	if (has_source_route(get_reader(&r, p->h.ip_len - IPV4_HDR_LEN)))
		return INGRESS_DROP;
	if (p->h.proto != IPPROTO_ICMP || load_u16(p->at + IPV4_FRAGMENT_AT) & IPV4_OFFSET_MASK)
		return INGRESS_PASS;
	type = get_u8(&r);
	return r.bad || type == ICMP4_REDIRECT || type == ICMP4_ROUTER_ADVERTISEMENT ? INGRESS_DROP
										     : INGRESS_PASS;
}

/* ---- IPv6 */

/* A walk along the chain of headers; r points past the header that `next` was read from. */
struct chain {
	struct reader r;
	uint8_t next;
	unsigned count;
	bool is_fragment; /* the first one of a packet */
	bool is_later;    /* a later one: its payload does not begin with a header */
	bool is_bad;
};

static void take_routing(struct chain *c, struct reader body)
{
	get_u8(&body);     /* the type: any */
	if (get_u8(&body)) /* Segments Left */
		c->is_bad = true;
}

static void take_fragment(struct chain *c, struct reader body)
{
	if (c->is_fragment)
		c->is_bad = true; /* a fragment of a fragment */
	c->is_fragment = true;
	c->is_later = get_u16(&body) & IPV6_OFFSET_MASK;
}

/* False at the last header of the chain. */
static bool take_extension(struct chain *c)
{
	struct reader body, ahead = c->r;
	uint8_t type = c->next, next = get_u8(&ahead);
	size_t len = get_u8(&ahead);

	switch (type) {
	case IPPROTO_HOPOPTS:
		c->is_bad = c->count; /* RFC 8200 section 4.3: only right after the IPv6 header */
		len = len * 8 + 6;
		break;
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		len = len * 8 + 6;
		break;
	case IPPROTO_AH: /* RFC 4302 section 2.2: in units of four bytes */
		len = len * 4 + 6;
		break;
	case IPPROTO_FRAGMENT:
		len = IPV6_FRAGMENT_BODY;
		break;
	default:
		return false;
	}
	body = get_reader(&ahead, len);
	if (type == IPPROTO_ROUTING)
		take_routing(c, body);
	else if (type == IPPROTO_FRAGMENT)
		take_fragment(c, body);
	c->r = ahead;
	c->next = next;
	if (body.bad || ++c->count > EXTENSIONS_MAX)
		c->is_bad = true;
	return !c->is_bad && !c->is_later;
}

static enum ingress examine_icmp6(const struct chain *c)
{
	struct reader r = c->r;
	uint8_t type = get_u8(&r);

	if (r.bad)
		return INGRESS_DROP;
	if (type >= ICMP6_ERROR_FIRST && type <= ICMP6_ERROR_LAST)
		return INGRESS_PASS;
	if (type >= ICMP6_NEIGHBOR_FIRST && type <= ICMP6_NEIGHBOR_LAST && !c->count)
		return INGRESS_NEIGHBOR;
	switch (type) {
	case ICMP6_ECHO_REQUEST:
	case ICMP6_ECHO_REPLY:
	case ICMP6_EXTENDED_ECHO_REQUEST:
	case ICMP6_EXTENDED_ECHO_REPLY:
		return INGRESS_PASS;
	default:
		return INGRESS_DROP;
	}
}

/* headers_parse is lenient; this walk is strict. */
static enum ingress examine_v6(const struct packet *p)
{
	struct chain c = {
		.r = reader_of(p->at + IPV6_HDR_LEN, p->h.total - IPV6_HDR_LEN),
		.next = p->at[IPV6_NEXT_AT],
	};

	while (take_extension(&c))
		;
	if (c.is_bad)
		return INGRESS_DROP;
	return c.is_later || c.next != IPPROTO_ICMPV6 ? INGRESS_PASS : examine_icmp6(&c);
}

enum ingress ingress_examine(const struct packet *p)
{
	return p->h.is_v6 ? examine_v6(p) : examine_v4(p);
}
