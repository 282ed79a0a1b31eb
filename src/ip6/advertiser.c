/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ip6/advertiser.h"

#include <string.h>

#include "ip6/domain_name.h"
#include "ip6/message.h"

enum {
	INITIAL_COUNT = 3,      /* RFC 4861 section 10: MAX_INITIAL_RTR_ADVERTISEMENTS */
	INITIAL_MS = 16 * 1000, /* MAX_INITIAL_RTR_ADVERT_INTERVAL */
	MIN_MS = 200 * 1000,    /* section 6.2.1: MinRtrAdvInterval */
	MAX_MS = 600 * 1000,    /* MaxRtrAdvInterval */
	BETWEEN_MS = 1000,      /* between two advertisements to this one host */

	HOP_LIMIT = 64,
	FLAG_OTHER = 0x40, /* section 4.2 */
	LIFETIME_S = ADVERT_LIFETIME_S,
	VALID_S = 86400,
	PREFERRED_S = 14400,

	OPT_PREFIX = 3, /* section 4.6 */
	OPT_MTU = 5,
	OPT_SERVERS = 25, /* RFC 8106 */
	OPT_DOMAINS = 31,
	OPT_ROUTE = 24,         /* RFC 4191 section 2.3 */
	FLAG_AUTONOMOUS = 0x40, /* not on-link: the link has no neighbors */
	PREFIX_LEN = 64,
	ADDR_LEN = 16,
	OPTION_UNIT = 8,
	RESERVED_LEN = 4,
};

static const struct ip_addr all_nodes = { AF_INET6, { 0xff, 2, [15] = 1 } };

void advertiser_start(struct advertiser *a, uint64_t now_ms)
{
	*a = (struct advertiser){ .next_ms = now_ms };
}

/* RFC 4861 section 6.1.1. The source may be unspecified: the host has no address yet. */
static bool is_solicitation(const uint8_t *packet, size_t len)
{
	struct nd_message m;
	struct nd_option o;

	if (!nd_get(packet, len, &m) || m.type != ND_ROUTER_SOLICITATION)
		return false;
	get_bytes(&m.body, RESERVED_LEN);
	while (nd_option_next(&m.body, &o))
		;
	return !m.body.bad;
}

void advertiser_input(struct advertiser *a, const uint8_t *packet, size_t len, uint64_t now_ms)
{
	if (is_solicitation(packet, len))
		advertiser_changed(a, now_ms);
}

void advertiser_changed(struct advertiser *a, uint64_t due_ms)
{
	if (a->has_sent && due_ms < a->last_ms + BETWEEN_MS)
		due_ms = a->last_ms + BETWEEN_MS;
	if (due_ms < a->next_ms)
		a->next_ms = due_ms;
}

uint64_t advertiser_deadline(const struct advertiser *a)
{
	return a->next_ms;
}

/*
 * The intervals of a session vary, so that those of many sessions that came up together do not stay
 * together. The prefix is different in each session; nothing depends on it being unpredictable.
 */
static uint32_t interval_ms(const struct advertiser *a, const struct advertised *what)
{
	uint32_t h = 2166136261u ^ a->count; /* FNV-1a */

	if (a->count < INITIAL_COUNT)
		return INITIAL_MS;
	for (size_t i = 0; i < ADDR_LEN; i++)
		h = (h ^ what->prefix.bytes[i]) * 16777619u;
	return MIN_MS + (h ^ h >> 16) % (MAX_MS - MIN_MS + 1);
}

static void put_prefix(struct writer *w, const struct ip_addr *prefix)
{
	put_u8(w, OPT_PREFIX);
	put_u8(w, 4);
	put_u8(w, PREFIX_LEN);
	put_u8(w, FLAG_AUTONOMOUS);
	put_u32(w, VALID_S);
	put_u32(w, PREFERRED_S);
	put_u32(w, 0); /* Reserved2 */
	put_bytes(w, prefix->bytes, ADDR_LEN);
}

static void put_mtu(struct writer *w, uint32_t mtu)
{
	put_u8(w, OPT_MTU);
	put_u8(w, 1);
	put_u16(w, 0);
	put_u32(w, mtu);
}

static void put_servers(struct writer *w, const struct ip_addr servers[ADVERT_SERVERS_MAX])
{
	unsigned count = 0;

	for (size_t i = 0; i < ADVERT_SERVERS_MAX; i++)
		if (servers[i].family == AF_INET6)
			count++;
	if (!count)
		return;
	put_u8(w, OPT_SERVERS);
	put_u8(w, (uint8_t)(1 + 2 * count));
	put_u16(w, 0);
	put_u32(w, LIFETIME_S);
	for (size_t i = 0; i < ADVERT_SERVERS_MAX; i++)
		if (servers[i].family == AF_INET6)
			put_bytes(w, servers[i].bytes, ADDR_LEN);
}

/* A preference of medium. The prefix is cut to a multiple of eight bytes. */
static void put_route(struct writer *w, const struct ip_prefix *dst, uint32_t lifetime_s)
{
	unsigned units = (dst->len + 63) / 64;

	if (w->room - w->len < (size_t)OPTION_UNIT * (1 + units))
		return;
	put_u8(w, OPT_ROUTE);
	put_u8(w, (uint8_t)(1 + units));
	put_u8(w, (uint8_t)dst->len);
	put_u8(w, 0);
	put_u32(w, lifetime_s);
	put_bytes(w, dst->addr.bytes, (size_t)OPTION_UNIT * units);
}

static bool is_advertised(const struct advertised *what, const struct ip_prefix *dst)
{
	for (size_t i = 0; i < what->route_count; i++)
		if (what->routes[i].len == dst->len && ip_equal(&what->routes[i].addr, &dst->addr))
			return true;
	return false;
}

static void put_domains(struct writer *w, const struct advertised *what)
{
	struct writer before = *w;
	size_t start = w->len;

	put_u8(w, OPT_DOMAINS);
	put_u8(w, 0); /* the length: below */
	put_u16(w, 0);
	put_u32(w, LIFETIME_S);
	if (!domain_names_put(w, what->domains, what->domain_count)) {
		*w = before;
		return;
	}
	while ((w->len - start) % OPTION_UNIT)
		put_u8(w, 0);
	if (!w->full)
		w->at[start + 1] = (uint8_t)((w->len - start) / OPTION_UNIT);
}

static size_t write_advert(const struct advertised *what, uint8_t to[ADVERT_SIZE_MAX])
{
	struct writer w = writer_of(to, ADVERT_SIZE_MAX);
	struct ip_addr own = ip_link_local(what->own_iid);
	bool is_router = what->prefix.family == AF_INET6;

	nd_begin(&w, ND_ROUTER_ADVERTISEMENT, &own, &all_nodes);
	put_u8(&w, HOP_LIMIT);
	put_u8(&w, what->has_dhcp ? FLAG_OTHER : 0);
	put_u16(&w, is_router ? LIFETIME_S : 0);
	put_u32(&w, 0); /* Reachable Time: unspecified */
	put_u32(&w, 0); /* Retrans Timer */
	if (is_router)
		put_prefix(&w, &what->prefix);
	if (what->mtu >= IP6_MIN_MTU)
		put_mtu(&w, what->mtu);
	put_servers(&w, what->servers);
	for (size_t i = 0; i < what->route_count; i++)
		put_route(&w, &what->routes[i], LIFETIME_S);
	put_domains(&w, what);
	for (size_t i = 0; i < what->withdrawn_count; i++)
		if (!is_advertised(what, &what->withdrawn[i]))
			put_route(&w, &what->withdrawn[i], 0);
	return nd_end(&w);
}

size_t advertiser_tick(struct advertiser *a, const struct advertised *what, uint64_t now_ms,
		       uint8_t to[ADVERT_SIZE_MAX])
{
	if (now_ms < a->next_ms)
		return 0;
	if (a->count < UINT16_MAX)
		a->count++;
	a->has_sent = true;
	a->last_ms = now_ms;
	a->next_ms = now_ms + interval_ms(a, what);
	return write_advert(what, to);
}
