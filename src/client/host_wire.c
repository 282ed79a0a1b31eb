/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/host_wire.h"

#include <ctype.h>

#include "ip6/advert.h"
#include "util/ip_wire.h"

enum {
	DELEGATED_MIN = 16, /* a prefix that is shorter is nobody's */
	MTU_MIN = 68,       /* RFC 791 */
	MTU_MAX = 65535,
};

static void put_bool(struct writer *w, bool is_so)
{
	put_u8(w, is_so);
}

static bool get_bool(struct reader *r)
{
	uint8_t is_so = get_u8(r);

	reader_require(r, is_so <= 1);
	return is_so == 1;
}

/* ---- addresses */

static struct ip_addr get_addr_of(struct reader *r, sa_family_t family)
{
	struct ip_addr a = ip_wire_get(r);

	reader_require(r, a.family == AF_UNSPEC || a.family == family);
	return a;
}

/* One that can be a host's. */
static bool is_unicast6(const struct ip_addr *a)
{
	static const struct ip_addr none = { .family = AF_INET6 };

	return a->family == AF_INET6 && a->bytes[0] != 0xff && !ip_is_loopback(a) &&
	       !ip_equal(a, &none);
}

static size_t get_count(struct reader *r, size_t max)
{
	uint16_t count = get_u16(r);

	reader_require(r, count <= max);
	return r->bad ? 0 : count;
}

void host_wire_put_addrs(struct writer *w, const struct ip_addr *a, size_t count)
{
	put_u16(w, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		ip_wire_put(w, &a[i]);
}

size_t host_wire_get_addrs(struct reader *r, struct ip_addr *to, size_t max)
{
	size_t count = get_count(r, max);

	for (size_t i = 0; i < count; i++) {
		to[i] = ip_wire_get(r);
		reader_require(r, to[i].family != AF_UNSPEC);
	}
	return r->bad ? 0 : count;
}

static struct ip_prefix get_prefix(struct reader *r, sa_family_t family)
{
	struct ip_prefix p = ip_wire_get_prefix(r);

	reader_require(r, p.addr.family == AF_UNSPEC || p.addr.family == family);
	return p;
}

/* ---- names */

static void put_name(struct writer *w, const char *name)
{
	put_u8(w, (uint8_t)strlen(name));
	put_bytes(w, name, strlen(name));
}

/* It becomes a part of resolv.conf, an argument of programs, and a script's variable. */
static void get_name(struct reader *r, char *to, size_t size)
{
	size_t len = get_u8(r);

	reader_require(r, len < size);
	if (r->bad)
		len = 0;
	get_copy(r, to, len);
	to[len] = '\0';
	for (size_t i = 0; i < len; i++)
		reader_require(r, isalnum((unsigned char)to[i]) || (to[i] == '.' && i) ||
					  to[i] == '_' || to[i] == '-');
}

/* ---- the link */

static void put_ip6(struct writer *w, const struct slaac_config *c)
{
	put_bool(w, c->is_settled);
	put_bool(w, c->has_router);
	put_bool(w, c->has_dhcp);
	put_u32(w, c->mtu);
	put_u16(w, (uint16_t)c->addr_count);
	for (size_t i = 0; i < c->addr_count; i++) {
		ip_wire_put(w, &c->addrs[i].addr);
		put_u32(w, c->addrs[i].preferred_s);
		put_u32(w, c->addrs[i].valid_s);
	}
	host_wire_put_addrs(w, c->servers, c->server_count);
	put_u16(w, (uint16_t)c->domain_count);
	for (size_t i = 0; i < c->domain_count; i++)
		put_name(w, c->domains[i]);
	put_u16(w, (uint16_t)c->route_count);
	for (size_t i = 0; i < c->route_count; i++)
		ip_wire_put_prefix(w, &c->routes[i]);
}

static void get_ip6(struct reader *r, struct slaac_config *c)
{
	c->is_settled = get_bool(r);
	c->has_router = get_bool(r);
	c->has_dhcp = get_bool(r);
	c->mtu = get_u32(r);
	c->addr_count = get_count(r, IP6_ADDRS_MAX);
	for (size_t i = 0; i < c->addr_count; i++) {
		c->addrs[i].addr = ip_wire_get(r);
		c->addrs[i].preferred_s = get_u32(r);
		c->addrs[i].valid_s = get_u32(r);
		reader_require(r, is_unicast6(&c->addrs[i].addr));
	}
	c->server_count = host_wire_get_addrs(r, c->servers, IP6_SERVERS_MAX);
	c->domain_count = get_count(r, IP6_DOMAINS_MAX);
	for (size_t i = 0; i < c->domain_count; i++)
		get_name(r, c->domains[i], sizeof(c->domains[i]));
	c->route_count = get_count(r, IP6_ROUTES_MAX);
	for (size_t i = 0; i < c->route_count; i++) {
		c->routes[i] = get_prefix(r, AF_INET6);
		reader_require(r, advert_is_route(&c->routes[i]));
	}
}

void host_wire_put_link(struct writer *w, const struct link_addrs *link)
{
	ip_wire_put(w, &link->own);
	ip_wire_put(w, &link->peer);
	ip_wire_put(w, &link->own_ll);
	put_ip6(w, &link->ip6);
	ip_wire_put_prefix(w, &link->delegated);
	host_wire_put_addrs(w, link->dns, link->dns_count);
	put_bool(w, link->is_informed);
	put_u16(w, (uint16_t)link->route_count);
	for (size_t i = 0; i < link->route_count; i++)
		ip_wire_put_prefix(w, &link->routes[i]);
	put_name(w, link->domain);
	put_u32(w, link->mtu);
	ip_wire_put(w, &link->server);
}

void host_wire_get_link(struct reader *r, struct link_addrs *link)
{
	*link = (struct link_addrs){ .own = get_addr_of(r, AF_INET) };
	link->peer = get_addr_of(r, AF_INET);
	link->own_ll = get_addr_of(r, AF_INET6);
	reader_require(r, link->own_ll.family == AF_UNSPEC || ip_is_link_local(&link->own_ll));
	get_ip6(r, &link->ip6);
	link->delegated = get_prefix(r, AF_INET6);
	reader_require(r, link->delegated.addr.family == AF_UNSPEC ||
				  link->delegated.len >= DELEGATED_MIN);
	link->dns_count = host_wire_get_addrs(r, link->dns, LINK_DNS_MAX);
	link->is_informed = get_bool(r);
	link->route_count = get_count(r, LINK_ROUTES_MAX);
	for (size_t i = 0; i < link->route_count; i++) {
		link->routes[i] = get_prefix(r, AF_INET);
		reader_require(r, link->routes[i].addr.family == AF_INET);
	}
	get_name(r, link->domain, sizeof(link->domain));
	link->mtu = get_u32(r);
	reader_require(r, link->mtu >= MTU_MIN && link->mtu <= MTU_MAX);
	link->server = ip_wire_get(r);
	reader_require(r, !r->left);
}
