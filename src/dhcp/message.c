/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCP messages, RFC 2131 section 2, with the options of RFC 2132, RFC 3396 and RFC 3442. */
#include "dhcp/message.h"

#include <ctype.h>
#include <netinet/in.h>

#include "util/checksum.h"

enum {
	IPV4_LEN = 20, /* RFC 791 */
	UDP_LEN = 8,   /* RFC 768 */
	TTL = 64,
	FRAGMENT_BITS = 0x3fff,

	BOOT_REQUEST = 1,
	BOOT_REPLY = 2,
	HARDWARE_ETHERNET = 1,
	HARDWARE_LEN = 6,
	CHADDR_LEN = 16,
	SNAME_LEN = 64,
	FILE_LEN = 128,
	COOKIE = 0x63825363, /* section 3 */
	BOOT_MIN = 300,      /* what BOOTP relays require, RFC 1542 section 2.1 */

	OPTION_PAD = 0,
	OPTION_DNS = 6,
	OPTION_DOMAIN = 15,
	OPTION_OVERLOAD = 52,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_PARAMETERS = 55,
	OPTION_SIZE = 57,
	OPTION_CLIENT = 61,
	OPTION_ROUTES = 121,
	OPTION_ROUTES_MS = 249,
	OPTION_END = 255,
	OPTION_MAX = 255, /* bytes of one */
};

/* ---- reading */

/* The three places where options may be: RFC 2132 section 9.3. */
struct options {
	struct bytes part[3];
	size_t count;
};

static struct ip_addr get_v4(struct reader *r)
{
	return ip_from_v4(get_u32(r));
}

/* The next option of one place; false at its end, and on a malformed one. */
static bool next_option(struct reader *r, uint8_t *code, struct bytes *value)
{
	do {
		if (!r->left)
			return false;
		*code = get_u8(r);
	} while (*code == OPTION_PAD);
	if (*code == OPTION_END)
		return false;
	value->len = get_u8(r);
	value->at = get_bytes(r, value->len);
	return !r->bad;
}

/* All parts of one option, one after the other (RFC 3396). False: it is not there, or too long. */
static bool get_option(const struct options *o, uint8_t code, struct writer *to)
{
	bool found = false;

	for (size_t i = 0; i < o->count; i++) {
		struct reader r = reader_of(o->part[i].at, o->part[i].len);
		struct bytes value;
		uint8_t is;

		while (next_option(&r, &is, &value)) {
			if (is != code)
				continue;
			found = true;
			put_bytes(to, value.at, value.len);
		}
	}
	return found && !to->full;
}

static void find_options(struct options *o, struct bytes main, struct bytes file,
			 struct bytes sname)
{
	uint8_t room[OPTION_MAX];
	struct writer w = writer_of(room, sizeof(room));

	o->part[0] = main;
	o->count = 1;
	if (!get_option(o, OPTION_OVERLOAD, &w) || w.len != 1)
		return;
	if (room[0] & 1)
		o->part[o->count++] = file;
	if (room[0] & 2)
		o->part[o->count++] = sname;
}

/* A network that can be routed into a tunnel; a default route is the user's to choose. */
static bool is_route(const struct ip_prefix *p)
{
	uint8_t first = p->addr.bytes[0];

	return p->len && first && first != 127 && first < 224;
}

static void add_route(struct dhcp_info *info, const struct ip_prefix *p)
{
	for (size_t i = 0; i < info->route_count; i++)
		if (info->routes[i].len == p->len && ip_equal(&info->routes[i].addr, &p->addr))
			return;
	if (info->route_count < DHCP_ROUTES_MAX && is_route(p))
		info->routes[info->route_count++] = *p;
}

/* RFC 3442: the length, as many bytes of the network as it needs, the router. */
static void get_routes(const struct options *o, uint8_t code, struct dhcp_info *info)
{
	uint8_t room[DHCP_PACKET_MAX];
	struct writer w = writer_of(room, sizeof(room));
	struct reader r;

	if (!get_option(o, code, &w))
		return;
	r = reader_of(room, w.len);
	while (r.left) {
		struct ip_prefix p = { { .family = AF_INET }, get_u8(&r) };
		struct ip_addr network = { .family = AF_INET };

		if (p.len > 32)
			return;
		get_copy(&r, network.bytes, (p.len + 7) / 8);
		get_v4(&r);
		if (r.bad)
			return;
		p.addr = ip_mask(&network, p.len);
		add_route(info, &p);
	}
}

static void get_dns(const struct options *o, struct dhcp_info *info)
{
	uint8_t room[OPTION_MAX * 2];
	struct writer w = writer_of(room, sizeof(room));
	struct reader r;

	if (!get_option(o, OPTION_DNS, &w))
		return;
	r = reader_of(room, w.len);
	while (r.left >= 4 && info->dns_count < DHCP_DNS_MAX) {
		struct ip_addr a = get_v4(&r);

		if (ip_v4_is_host(ip_v4(&a)))
			info->dns[info->dns_count++] = a;
	}
}

/* A name that is safe in a resolv.conf. Some servers count a NUL at its end. */
static void get_domain(const struct options *o, struct dhcp_info *info)
{
	uint8_t room[DHCP_DOMAIN_SIZE];
	struct writer w = writer_of(room, sizeof(room));

	if (!get_option(o, OPTION_DOMAIN, &w))
		return;
	while (w.len && (!room[w.len - 1] || room[w.len - 1] == '.'))
		w.len--;
	if (w.len >= DHCP_DOMAIN_SIZE || !w.len || room[0] == '.')
		return;
	for (size_t i = 0; i < w.len; i++)
		if (!isalnum(room[i]) && room[i] != '-' && room[i] != '.' && room[i] != '_')
			return;
	memcpy(info->domain, room, w.len);
	info->domain[w.len] = '\0';
}

/* The headers of IPv4 and UDP. TLS has protected what is in a tunnel: its checksum is not needed. */
static bool get_headers(struct reader *r, struct dhcp_message *m, bool *is_reply)
{
	size_t total, udp_len;
	uint16_t from_port, to_port;
	uint8_t first = get_u8(r), protocol;
	size_t len = (size_t)(first & 15) * 4;

	get_u8(r);
	total = get_u16(r);
	get_u16(r);
	if (get_u16(r) & FRAGMENT_BITS)
		return false;
	get_u8(r);
	protocol = get_u8(r);
	get_u16(r);
	m->from = get_v4(r);
	m->to = get_v4(r);
	if (r->bad || first >> 4 != 4 || len < IPV4_LEN || protocol != IPPROTO_UDP ||
	    total < len + UDP_LEN || total - IPV4_LEN > r->left)
		return false;
	r->left = total - IPV4_LEN;
	get_bytes(r, len - IPV4_LEN);
	from_port = get_u16(r);
	to_port = get_u16(r);
	udp_len = get_u16(r);
	get_u16(r);
	*is_reply = from_port == DHCP_SERVER_PORT && to_port == DHCP_CLIENT_PORT;
	if (r->bad || udp_len < UDP_LEN || udp_len - UDP_LEN > r->left ||
	    (!*is_reply && (from_port != DHCP_CLIENT_PORT || to_port != DHCP_SERVER_PORT)))
		return false;
	r->left = udp_len - UDP_LEN;
	return true;
}

bool dhcp_get(const uint8_t *packet, size_t len, struct dhcp_message *m)
{
	struct reader r = reader_of(packet, len);
	struct bytes file, sname;
	struct options options;
	uint8_t type[OPTION_MAX], op;
	struct writer w = writer_of(type, sizeof(type));
	bool is_reply;
	uint32_t client;

	memset(m, 0, sizeof(*m));
	if (!get_headers(&r, m, &is_reply))
		return false;
	op = get_u8(&r);
	get_copy(&r, m->hardware, 2);
	get_u8(&r); /* hops */
	m->id = get_u32(&r);
	get_u32(&r); /* seconds and flags */
	client = get_u32(&r);
	get_bytes(&r, 12); /* yiaddr, siaddr, giaddr */
	get_copy(&r, m->hardware + 2, CHADDR_LEN);
	sname = bytes_of(get_bytes(&r, SNAME_LEN), SNAME_LEN);
	file = bytes_of(get_bytes(&r, FILE_LEN), FILE_LEN);
	if (get_u32(&r) != COOKIE || r.bad || op != (is_reply ? BOOT_REPLY : BOOT_REQUEST))
		return false;
	if (client)
		m->client = ip_from_v4(client);
	find_options(&options, bytes_of(r.at, r.left), file, sname);
	if (!get_option(&options, OPTION_TYPE, &w) || w.len != 1)
		return false;
	m->type = type[0];
	get_routes(&options, OPTION_ROUTES, &m->info);
	get_routes(&options, OPTION_ROUTES_MS, &m->info);
	get_dns(&options, &m->info);
	get_domain(&options, &m->info);
	return true;
}

/* ---- writing */

static void put_v4(struct writer *w, const struct ip_addr *a)
{
	put_u32(w, ip_v4(a));
}

static void put_zeroes(struct writer *w, size_t len)
{
	uint8_t *at = put_gap(w, len);

	if (at)
		memset(at, 0, len);
}

static void begin(struct writer *w, const struct ip_addr *from, const struct ip_addr *to,
		  bool is_reply)
{
	put_u8(w, 0x45);
	put_zeroes(w, 7); /* type of service, length, identification, fragment */
	put_u8(w, TTL);
	put_u8(w, IPPROTO_UDP);
	put_u16(w, 0);
	put_v4(w, from);
	put_v4(w, to);
	put_u16(w, is_reply ? DHCP_SERVER_PORT : DHCP_CLIENT_PORT);
	put_u16(w, is_reply ? DHCP_CLIENT_PORT : DHCP_SERVER_PORT);
	put_zeroes(w, 4); /* length and checksum */
	put_u8(w, is_reply ? BOOT_REPLY : BOOT_REQUEST);
}

/* Fills in lengths and checksums. */
static size_t end(struct writer *w)
{
	uint8_t *at = w->at;
	uint16_t sum;

	put_u8(w, OPTION_END);
	if (w->len < IPV4_LEN + UDP_LEN + BOOT_MIN)
		put_zeroes(w, IPV4_LEN + UDP_LEN + BOOT_MIN - w->len);
	put_u16_at(w, 2, (uint16_t)w->len);
	put_u16_at(w, IPV4_LEN + 4, (uint16_t)(w->len - IPV4_LEN));
	put_u16_at(w, 10, (uint16_t)~checksum_sum(at, IPV4_LEN));
	sum = checksum_fold(checksum_pseudo(at + 12, 8, IPPROTO_UDP, w->len - IPV4_LEN) +
			    checksum_sum(at + IPV4_LEN, w->len - IPV4_LEN));
	put_u16_at(w, IPV4_LEN + 6, sum == 0xffff ? sum : (uint16_t)~sum);
	return w->full ? 0 : w->len;
}

static void put_option(struct writer *w, uint8_t code, const void *value, size_t len)
{
	put_u8(w, code);
	put_u8(w, (uint8_t)len);
	put_bytes(w, value, len);
}

size_t dhcp_put_inform(uint8_t to[DHCP_PACKET_MAX], const struct ip_addr *own, uint32_t id)
{
	static const uint8_t type[] = { DHCP_INFORM },
			     size[] = { DHCP_PACKET_MAX >> 8, DHCP_PACKET_MAX & 0xff };
	static const uint8_t wanted[] = { OPTION_ROUTES, OPTION_ROUTES_MS, OPTION_DOMAIN,
					  OPTION_DNS };
	struct ip_addr all = ip_from_v4(UINT32_MAX);
	struct writer w = writer_of(to, DHCP_PACKET_MAX);
	/* there is no hardware: a local address, made from the IPv4 address */
	uint8_t client[1 + HARDWARE_LEN] = { HARDWARE_ETHERNET, 0x02, 0x53 };

	memcpy(client + 3, own->bytes, 4);
	begin(&w, own, &all, false);
	put_u8(&w, HARDWARE_ETHERNET);
	put_u8(&w, HARDWARE_LEN);
	put_u8(&w, 0);
	put_u32(&w, id);
	put_u32(&w, 0);
	put_v4(&w, own);
	put_zeroes(&w, 12);
	put_bytes(&w, client + 1, HARDWARE_LEN);
	put_zeroes(&w, CHADDR_LEN - HARDWARE_LEN + SNAME_LEN + FILE_LEN);
	put_u32(&w, COOKIE);
	put_option(&w, OPTION_TYPE, type, sizeof(type));
	put_option(&w, OPTION_CLIENT, client, sizeof(client));
	put_option(&w, OPTION_PARAMETERS, wanted, sizeof(wanted));
	put_option(&w, OPTION_SIZE, size, sizeof(size));
	return end(&w);
}

enum { ROUTER_LEN = 4 };

static size_t route_size(const struct ip_prefix *p)
{
	return 1 + (p->len + 7) / 8 + ROUTER_LEN;
}

bool dhcp_routes_fit(const struct ip_prefix *routes, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += route_size(&routes[i]);
	return len <= OPTION_MAX && count <= DHCP_ROUTES_MAX;
}

static size_t put_route(uint8_t *at, const struct ip_prefix *p, const struct ip_addr *router)
{
	size_t n = (p->len + 7) / 8;

	at[0] = (uint8_t)p->len;
	memcpy(at + 1, p->addr.bytes, n);
	memcpy(at + 1 + n, router->bytes, ROUTER_LEN);
	return route_size(p);
}

/* As many as fit into one option: clients that do not know RFC 3396 read them too. */
static void put_routes(struct writer *w, uint8_t code, const struct dhcp_info *info,
		       const struct ip_addr *router)
{
	uint8_t room[OPTION_MAX + 9];
	size_t len = 0, n;

	for (size_t i = 0; i < info->route_count; i++) {
		n = put_route(room + len, &info->routes[i], router);
		if (len + n > OPTION_MAX)
			break;
		len += n;
	}
	if (len)
		put_option(w, code, room, len);
}

size_t dhcp_put_ack(uint8_t to[DHCP_PACKET_MAX], const struct dhcp_message *inform,
		    const struct ip_addr *server, const struct dhcp_info *info)
{
	static const uint8_t type[] = { DHCP_ACK };
	const struct ip_addr *client = inform->client.family ? &inform->client : &inform->from;
	struct writer w = writer_of(to, DHCP_PACKET_MAX);

	begin(&w, server, client, true);
	put_bytes(&w, inform->hardware, 2);
	put_u8(&w, 0);
	put_u32(&w, inform->id);
	put_u32(&w, 0);
	put_v4(&w, client);
	put_zeroes(&w, 12);
	put_bytes(&w, inform->hardware + 2, CHADDR_LEN);
	put_zeroes(&w, SNAME_LEN + FILE_LEN);
	put_u32(&w, COOKIE);
	put_option(&w, OPTION_TYPE, type, sizeof(type));
	put_option(&w, OPTION_SERVER, server->bytes, 4);
	put_routes(&w, OPTION_ROUTES, info, server);
	put_routes(&w, OPTION_ROUTES_MS, info, server);
	if (info->dns_count) {
		put_u8(&w, OPTION_DNS);
		put_u8(&w, (uint8_t)(4 * info->dns_count));
		for (size_t i = 0; i < info->dns_count; i++)
			put_v4(&w, &info->dns[i]);
	}
	if (*info->domain)
		put_option(&w, OPTION_DOMAIN, info->domain, strlen(info->domain));
	return end(&w);
}
