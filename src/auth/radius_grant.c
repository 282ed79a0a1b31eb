/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes of an Access-Accept to the fields of a grant, by a table. */
#include "auth/radius_grant.h"

#include <stdio.h>

#include "ip6/advert.h"
#include "util/text.h"

enum {
	SERVICE_FRAMED = 2, /* RFC 2865 section 5.6 */
	FRAMED_PPP = 1,     /* section 5.7 */
	INTERIM_MIN_S = 60, /* RFC 2869 section 5.16 */
	MTU_MIN = 576,
	MTU_MAX = 1500,
};

/* RFC 2865 section 5.8: the user may choose, and the NAS shall choose */
#define ADDRESS_OF_USER UINT32_C(0xffffffff)
#define ADDRESS_OF_NAS UINT32_C(0xfffffffe)

/* ---- values that are text */

static bool copy_text(struct bytes from, char *to, size_t size)
{
	if (from.len >= size || (from.len && memchr(from.at, '\0', from.len)))
		return false;
	snprintf(to, size, "%.*s", (int)from.len, (const char *)from.at);
	return true;
}

static struct bytes word_of(struct bytes *text)
{
	struct bytes word;

	*text = text_trim(*text);
	if (!text_cut(text, ' ', &word)) {
		word = *text;
		text->len = 0;
	}
	return word;
}

/* Without a length it is that of the address' class (RFC 2865 section 5.22). */
static unsigned length_by_class(const struct ip_addr *a)
{
	if (a->family == AF_INET6)
		return 128;
	if (!memcmp(a->bytes + 1, "\0\0\0", 3) && a->bytes[0] < 128)
		return 8;
	if (!memcmp(a->bytes + 2, "\0\0", 2) && a->bytes[0] < 192)
		return 16;
	return a->bytes[3] ? 32 : 24;
}

/* The gateway and the metrics do not matter: the route is to the session. */
bool radius_route_parse(struct bytes text, struct ip_prefix *to)
{
	char word[64];

	if (!copy_text(word_of(&text), word, sizeof(word)) || !ip_prefix_parse(word, to))
		return false;
	if (!strchr(word, '/'))
		to->len = length_by_class(&to->addr);
	to->addr = ip_mask(&to->addr, to->len);
	return true;
}

bool radius_amount_parse(struct bytes text, uint64_t *amount)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
		if (n > UINT32_MAX)
			return false;
		n = n * 10 + text.at[i] - '0';
	}
	if (!i)
		return false;
	if (i + 1 == text.len) {
		static const char units[] = "kMGKmg";
		const char *unit = strchr(units, text.at[i++]);

		if (!unit || !*unit)
			return false;
		for (size_t power = (size_t)(unit - units) % 3 + 1; power; power--) {
			if (n > UINT64_MAX / 1000)
				return false;
			n *= 1000;
		}
	}
	*amount = n;
	return i == text.len;
}

bool radius_rate_parse(struct bytes text, uint64_t *up, uint64_t *down)
{
	struct bytes word = word_of(&text), first;

	if (!text_cut(&word, '/', &first))
		return radius_amount_parse(word, up) && radius_amount_parse(word, down);
	return radius_amount_parse(first, up) && radius_amount_parse(word, down);
}

/* ---- attributes */

static bool take_address(struct auth_grant *g, struct bytes v)
{
	uint32_t address = radius_number(v);

	if (address == ADDRESS_OF_USER || address == ADDRESS_OF_NAS)
		address = 0;
	else if (!ip_v4_is_host(address))
		return false;
	g->ipv4 = address;
	return true;
}

static bool take_netmask(struct auth_grant *g, struct bytes v)
{
	uint32_t host = ~radius_number(v);

	if (v.len != sizeof(host) || (host & (host + 1)))
		return false;
	for (g->ipv4_len = 32; host; host >>= 1)
		g->ipv4_len--;
	return true;
}

static bool take_mtu(struct auth_grant *g, struct bytes v)
{
	uint32_t mtu = radius_number(v);

	if (mtu < MTU_MIN || mtu > MTU_MAX)
		return false;
	g->mtu = (uint16_t)mtu;
	return true;
}

static bool take_route(struct auth_grant *g, struct bytes v)
{
	if (g->route_count == AUTH_ROUTES_MAX || !radius_route_parse(v, &g->routes[g->route_count]))
		return false;
	g->route_count++;
	return true;
}

static bool take_class(struct auth_grant *g, struct bytes v)
{
	if (g->class_count == AUTH_CLASSES_MAX || v.len > AUTH_CLASS_LEN)
		return false;
	g->class[g->class_count].len = (uint8_t)v.len;
	memcpy(g->class[g->class_count++].bytes, v.at, v.len);
	return true;
}

static bool take_interim(struct auth_grant *g, struct bytes v)
{
	uint32_t s = radius_number(v);

	g->interim_s = s && s < INTERIM_MIN_S ? INTERIM_MIN_S : s;
	return v.len == sizeof(s);
}

/* One at most: what several together mean is not defined (RFC 2865 section 5.11). */
static bool take_filter(struct auth_grant *g, struct bytes v)
{
	return !g->filter[0] && v.len && copy_text(v, g->filter, sizeof(g->filter));
}

/* All addresses of a session are from one pool, so the names must be equal. */
static bool take_pool(struct auth_grant *g, struct bytes v)
{
	if (g->pool[0])
		return text_is(v, g->pool);
	return v.len && copy_text(v, g->pool, sizeof(g->pool));
}

static bool take_iid(struct auth_grant *g, struct bytes v)
{
	if (v.len != sizeof(g->iid))
		return false;
	memcpy(g->iid, v.at, v.len);
	g->has_iid = true;
	return true;
}

/* RFC 3162 section 2.3: a reserved byte, the length, as many bytes as it takes */
static bool get_prefix(struct bytes v, struct ip_prefix *p)
{
	struct ip_addr a = { .family = AF_INET6 };

	if (v.len < 2 || v.len > 18 || v.at[1] > 128 || (size_t)(v.at[1] + 7) / 8 > v.len - 2)
		return false;
	memcpy(a.bytes, v.at + 2, v.len - 2);
	*p = (struct ip_prefix){ ip_mask(&a, v.at[1]), v.at[1] };
	return true;
}

static bool take_prefix(struct auth_grant *g, struct bytes v)
{
	return get_prefix(v, &g->ipv6_prefix);
}

static bool take_delegated(struct auth_grant *g, struct bytes v)
{
	return get_prefix(v, &g->ipv6_delegated);
}

static bool get_ipv6(struct bytes v, struct ip_addr *a)
{
	if (v.len != sizeof(a->bytes))
		return false;
	a->family = AF_INET6;
	memcpy(a->bytes, v.at, v.len);
	return true;
}

static bool take_ipv6(struct auth_grant *g, struct bytes v)
{
	return get_ipv6(v, &g->ipv6);
}

static bool take_ipv6_dns(struct auth_grant *g, struct bytes v)
{
	return get_ipv6(v, &g->ipv6_dns[g->ipv6_dns[0].family == AF_INET6]);
}

static bool take_rate(struct auth_grant *g, struct bytes v)
{
	return radius_rate_parse(v, &g->rate_up, &g->rate_down);
}

static bool take_max_up(struct auth_grant *g, struct bytes v)
{
	g->rate_up = radius_number(v);
	return v.len == sizeof(uint32_t);
}

static bool take_max_down(struct auth_grant *g, struct bytes v)
{
	g->rate_down = radius_number(v);
	return v.len == sizeof(uint32_t);
}

/* The numbers of a quota are two attributes: the low 32 bits, and the high ones. */
static bool take_low(uint64_t *quota, struct bytes v)
{
	*quota = (*quota & ~(uint64_t)UINT32_MAX) | radius_number(v);
	return v.len == sizeof(uint32_t);
}

static bool take_high(uint64_t *quota, struct bytes v)
{
	*quota = (uint64_t)radius_number(v) << 32 | (uint32_t)*quota;
	return v.len == sizeof(uint32_t);
}

static bool take_recv_limit(struct auth_grant *g, struct bytes v)
{
	return take_low(&g->quota_up, v);
}

static bool take_xmit_limit(struct auth_grant *g, struct bytes v)
{
	return take_low(&g->quota_down, v);
}

static bool take_recv_gigawords(struct auth_grant *g, struct bytes v)
{
	return take_high(&g->quota_up, v);
}

static bool take_xmit_gigawords(struct auth_grant *g, struct bytes v)
{
	return take_high(&g->quota_down, v);
}

/* `number_at`: the offset of an uint32_t; else `take` reads the value. */
static const struct row {
	uint32_t vendor;
	uint8_t type;
	size_t number_at;
	bool (*take)(struct auth_grant *g, struct bytes v);
} rows[] = {
	{ 0, RADIUS_FRAMED_IP_ADDRESS, 0, take_address },
	{ 0, RADIUS_FRAMED_IP_NETMASK, 0, take_netmask },
	{ 0, RADIUS_FILTER_ID, 0, take_filter },
	{ 0, RADIUS_FRAMED_MTU, 0, take_mtu },
	{ 0, RADIUS_FRAMED_ROUTE, 0, take_route },
	{ 0, RADIUS_CLASS, 0, take_class },
	{ 0, RADIUS_SESSION_TIMEOUT, offsetof(struct auth_grant, session_s), NULL },
	{ 0, RADIUS_IDLE_TIMEOUT, offsetof(struct auth_grant, idle_s), NULL },
	{ 0, RADIUS_PORT_LIMIT, offsetof(struct auth_grant, sessions), NULL },
	{ 0, RADIUS_ACCT_INTERIM_INTERVAL, 0, take_interim },
	{ 0, RADIUS_FRAMED_POOL, 0, take_pool },
	{ 0, RADIUS_FRAMED_INTERFACE_ID, 0, take_iid },
	{ 0, RADIUS_FRAMED_IPV6_PREFIX, 0, take_prefix },
	{ 0, RADIUS_FRAMED_IPV6_ROUTE, 0, take_route },
	{ 0, RADIUS_FRAMED_IPV6_POOL, 0, take_pool },
	{ 0, RADIUS_DELEGATED_IPV6_PREFIX_POOL, 0, take_pool },
	{ 0, RADIUS_DELEGATED_IPV6_PREFIX, 0, take_delegated },
	{ 0, RADIUS_FRAMED_IPV6_ADDRESS, 0, take_ipv6 },
	{ 0, RADIUS_DNS_SERVER_IPV6_ADDRESS, 0, take_ipv6_dns },
	{ RADIUS_MICROSOFT, RADIUS_MS_PRIMARY_DNS, offsetof(struct auth_grant, dns[0]), NULL },
	{ RADIUS_MICROSOFT, RADIUS_MS_SECONDARY_DNS, offsetof(struct auth_grant, dns[1]), NULL },
	{ RADIUS_MICROSOFT, RADIUS_MS_PRIMARY_NBNS, offsetof(struct auth_grant, nbns[0]), NULL },
	{ RADIUS_MICROSOFT, RADIUS_MS_SECONDARY_NBNS, offsetof(struct auth_grant, nbns[1]), NULL },
	{ RADIUS_MIKROTIK, RADIUS_MIKROTIK_RATE_LIMIT, 0, take_rate },
	{ RADIUS_MIKROTIK, RADIUS_MIKROTIK_RECV_LIMIT, 0, take_recv_limit },
	{ RADIUS_MIKROTIK, RADIUS_MIKROTIK_XMIT_LIMIT, 0, take_xmit_limit },
	{ RADIUS_MIKROTIK, RADIUS_MIKROTIK_RECV_LIMIT_GIGAWORDS, 0, take_recv_gigawords },
	{ RADIUS_MIKROTIK, RADIUS_MIKROTIK_XMIT_LIMIT_GIGAWORDS, 0, take_xmit_gigawords },
	{ RADIUS_WISPR, RADIUS_WISPR_MAX_UP, 0, take_max_up },
	{ RADIUS_WISPR, RADIUS_WISPR_MAX_DOWN, 0, take_max_down },
};

static bool take_number(void *to, struct bytes v)
{
	uint32_t number = radius_number(v);

	memcpy(to, &number, sizeof(number));
	return v.len == sizeof(number);
}

bool radius_grant_take(struct auth_grant *grant, const struct radius_attr *a)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];

		if (row->vendor != a->vendor || row->type != a->type)
			continue;
		return row->take ? row->take(grant, a->value)
				 : take_number((char *)grant + row->number_at, a->value);
	}
	return false;
}

bool radius_grant_is_changeable(const struct radius_attr *a)
{
	if (a->vendor)
		return a->vendor == RADIUS_MIKROTIK || a->vendor == RADIUS_WISPR;
	return a->type == RADIUS_SESSION_TIMEOUT || a->type == RADIUS_IDLE_TIMEOUT ||
	       a->type == RADIUS_ACCT_INTERIM_INTERVAL;
}

static void add_network(struct auth_grant *g, const struct ip_addr *a, unsigned len)
{
	if (g->route_count < AUTH_ROUTES_MAX)
		g->routes[g->route_count++] = (struct ip_prefix){ ip_mask(a, len), len };
}

/*
 * What is behind the client by other attributes than routes: the network around its address
 * (Framed-IP-Netmask), and IPv6 addresses that it has configured itself, since DHCPv6 is not served.
 */
static void add_own_networks(struct auth_grant *g)
{
	struct ip_addr own = ip_from_v4(g->ipv4);

	if (g->ipv4 && g->ipv4_len && g->ipv4_len < 32)
		add_network(g, &own, g->ipv4_len);
	if (g->ipv6_delegated.addr.family)
		add_network(g, &g->ipv6_delegated.addr, g->ipv6_delegated.len);
	if (g->ipv6.family)
		add_network(g, &g->ipv6, 128);
}

size_t radius_grant_pushed(struct bytes packet, struct ip_prefix to[AUTH_ROUTES_MAX])
{
	struct radius_walk w = radius_walk(packet);
	struct radius_attr a;
	size_t count = 0;

	while (count < AUTH_ROUTES_MAX && radius_next(&w, &a))
		if (!a.vendor && a.type == RADIUS_ROUTE_IPV6_INFORMATION &&
		    get_prefix(a.value, &to[count]) && advert_is_route(&to[count]))
			count++;
	return count;
}

const char *radius_grant_get(struct auth_grant *grant, struct bytes packet)
{
	struct radius_walk w = radius_walk(packet);
	struct radius_attr a;

	while (radius_next(&w, &a)) {
		if (!a.vendor && a.type == RADIUS_SERVICE_TYPE &&
		    radius_number(a.value) != SERVICE_FRAMED)
			return "the RADIUS server grants another Service-Type than Framed-User";
		if (!a.vendor && a.type == RADIUS_FRAMED_PROTOCOL &&
		    radius_number(a.value) != FRAMED_PPP)
			return "the RADIUS server grants another Framed-Protocol than PPP";
		if (radius_grant_take(grant, &a) || a.vendor)
			continue;
		if (a.type == RADIUS_FILTER_ID)
			return "the RADIUS server sends more than one Filter-Id, or one that is no "
			       "name of 1 to 63 bytes";
		if (a.type == RADIUS_FRAMED_POOL || a.type == RADIUS_FRAMED_IPV6_POOL ||
		    a.type == RADIUS_DELEGATED_IPV6_PREFIX_POOL)
			return "the RADIUS server names more than one pool of addresses, or sends a "
			       "name that does not have 1 to 63 bytes";
	}
	add_own_networks(grant);
	return NULL;
}
